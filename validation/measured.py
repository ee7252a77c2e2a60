"""Comparison of the surrogate with conductivities and disorders measured on laboratory samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from argyro.platform.common.estimate import Limits, Uncertain
from argyro.platform.common.units import S_CM_IN_MS_CM
from argyro.surrogates.data.disorder_estimate import LIMITS, best_disorder, left_out_disorders
from argyro.surrogates.data.published import Published, published_values
from argyro.surrogates.serving.bundled_model import shipped_folder
from argyro.surrogates.serving.predictor import Oracle
from argyro.validation import figures
from argyro.validation.tables import Data, Section, interval, number

ROOM_K, GRAIN_NM = 298.0, 5000.0
COLLECTION = "OBELiX"  # one value per sample and both series complete; the other digitisation covers four samples
SERIES = {"halides": "halides", "silicon in Li6PS5Br": "silicon"}


@dataclass(frozen=True)
class Compared:
    """Conductivity of one sample in mS/cm, measured and predicted, with the predicted disorder."""

    sample: Published
    predicted: Uncertain
    disorder: Uncertain
    in_domain: bool

    @property
    def measured(self) -> float:
        """Measured conductivity in mS/cm."""
        assert self.sample.conductivity_S_cm is not None  # `compared` takes no others
        return S_CM_IN_MS_CM * self.sample.conductivity_S_cm

    @property
    def log_factor(self) -> float:
        """ln of predicted over measured."""
        return float(np.log(self.predicted.value / self.measured))

    def holds(self, log_factor: float = 0.0, given_reference: bool = False) -> bool:
        """Check whether the interval holds the measured value times a factor."""
        limits = self.predicted.given_reference if given_reference else self.predicted
        assert limits is not None  # predictions of a surrogate have both
        return limits.low <= self.measured * np.exp(log_factor) <= limits.high


def compared(oracle: Oracle) -> list[Compared]:
    """Predict all samples of the two series, without their disorder, as a polycrystal of large grains."""
    samples = [row for row in published_values() if row.series and COLLECTION in row.source and row.conductivity_S_cm]
    return [_compared(oracle, sample) for sample in samples]


def _compared(oracle: Oracle, sample: Published) -> Compared:
    (answer,) = oracle.answers(sample.composition, None, None, None, [ROOM_K], [GRAIN_NM])
    sigma, disorder = answer["conductivity_mS_cm"], answer["disorder"]
    given = sigma.get("given_reference", sigma)
    predicted = Uncertain(
        *(sigma[limit] for limit in ("value", "low", "high")), given_reference=Limits(given["low"], given["high"])
    )
    return Compared(
        sample, predicted, Uncertain(*(disorder[limit] for limit in ("value", "low", "high"))), answer["in_domain"]
    )


def rank_correlation(pairs: Sequence[Compared]) -> float:
    """Compute Spearman's coefficient of predicted and measured conductivities."""
    from scipy.stats import spearmanr

    return float(spearmanr([pair.predicted.value for pair in pairs], [pair.measured for pair in pairs]).statistic)


def conductivities(data: Data, pairs: Sequence[Compared]) -> Section:
    """Tabulate and draw predicted over measured conductivities; judge ranks, offset and coverage."""
    offset = float(np.median([pair.log_factor for pair in pairs]))
    rows = [
        [
            SERIES[pair.sample.series],
            pair.sample.composition,
            number(pair.measured, 2),
            interval(pair.predicted, 2),
            number(float(np.exp(pair.log_factor)), 2),
            f"{100 * pair.disorder.value:.0f}",
            "" if pair.in_domain else "outside",
        ]
        for pair in pairs
    ]
    figures.measured_conductivity(pairs, offset, data.pictures / "measured.png")
    columns = ("series", "composition", "measured, mS/cm", "predicted, mS/cm", "factor", "disorder, %", "domain")
    series = {
        key: [pair for pair in pairs if SERIES[pair.sample.series] == key] for key in SERIES.values()
    }  # fmt: skip
    return data.section(
        "measured",
        columns,
        rows,
        ["measured.png"],
        samples=len(pairs),
        all=rank_correlation(pairs),
        **{key: rank_correlation(found) for key, found in series.items()},
        offset=float(np.exp(offset)),
        halide_offset=float(np.exp(np.median([pair.log_factor for pair in series["halides"]]))),
        inside=_share(pairs),
        inside_given=_share(pairs, given_reference=True),
        shifted=_share(pairs, offset),
        shifted_given=_share(pairs, offset, given_reference=True),
    )


def _share(pairs: Sequence[Compared], log_factor: float = 0.0, given_reference: bool = False) -> float:
    return float(np.mean([pair.holds(log_factor, given_reference) for pair in pairs]))


def disorders(data: Data, oracle: Oracle) -> Section:
    """Compare the disorders that the campaign predicted with refined ones, as they are and corrected."""
    told = sorted(oracle.surrogate.report.get("disorders", {}).items())
    predicted = {composition: Uncertain.from_json(found) for composition, found in told}
    refined = {row.composition: 100 * row.disorder for row in published_values() if row.disorder is not None}
    percent = {name: found.scaled(100) for name, found in predicted.items()}
    best = {name: best_disorder(name, predicted).scaled(100) for name in percent}
    left_out = {name: found.scaled(100) for name, found in left_out_disorders(predicted).items()}
    rows = [
        [name, *(interval(column.get(name), 2) for column in (percent, best, left_out)), number(refined.get(name), 2)]
        for name in percent
    ]
    both = [(found, refined[name]) for name, found in percent.items() if name in refined]
    if percent:
        drawn = [(name, found, refined.get(name)) for name, found in percent.items()]
        figures.disorders(drawn, data.pictures / "predicted_disorder.png")
    return data.section(
        "predicted_disorder",
        ("composition", "given the reference, %", "corrected, %", "without its own, %", "refined, %"),
        rows,
        ["predicted_disorder.png"] if percent else [],
        compared=len(both),
        inside=_inside(both),
        bromide=interval(left_out.get("Li6PS5Br"), 2),
        refined_bromide=number(refined["Li6PS5Br"], 2),
        left_out_inside=_inside([(found, refined[name]) for name, found in left_out.items()]),
        least=f"{100 * LIMITS[0]:g}",
        largest=f"{max((abs(found.value - known) for found, known in both), default=0.0):.0f}",
    )


def _inside(pairs: Sequence[tuple[Uncertain, float]]) -> int:
    """Count the refined disorders in % inside their intervals; those below the least are not distinguished."""
    return sum(found.low <= max(known, 100 * LIMITS[0]) <= found.high for found, known in pairs)


def oracle_of_export(data: Data) -> Oracle:
    """Load the surrogate of the export; the package has that of the reference campaign."""
    own = data.folder / "surrogate"
    return Oracle.load(own if own.exists() else shipped_folder())
