"""Recommendation of the campaign: the best material and grain size, how sure, and what would change the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import yaml

from argyro.platform.common.conductivity import conductivity_S_cm
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import S_CM_IN_MS_CM
from argyro.surrogates.serving.comparison import lithium_per_A3
from argyro.surrogates.serving.population import MixedQuery, mixed_prediction
from argyro.surrogates.serving.predictor import Oracle
from argyro.surrogates.serving.uncertainty import haven_samples
from argyro.validation import figures
from argyro.validation.tables import Data, Section, interval

PICTURE = "recommendation.png"
ROOM_K, SAMPLES, SEED = 300.0, 400, 1
# Source of uncertainty -> the experiment or run that removes most of it.
REMEDIES = {
    "reference": "the diffusivity of {leader} by pulsed-field-gradient NMR, or labels of a hybrid functional",
    "run_length": "MD runs of {leader} four times as long",
    "realisation": "three more arrangements of anions and Li in {leader}",
    "interpolation": "MD runs of {leader} itself",
    "extrapolation": "MD runs of {leader} at 350 K",
    "boundary": "MD runs of boundaries in {leader}, or impedance of a sintered pellet, which separates grains",
    "disorder": "neutron diffraction of {leader}: its site disorder",
    "haven_ratio": "impedance and NMR diffusivity of the same sample of {leader}",
}


@dataclass(frozen=True)
class Ranked:
    """Joint samples of the conductivity of all materials at every grain size.

    Args:
        materials: labels.
        sizes_nm: grain sizes.
        samples_mS_cm: (materials, sizes, samples).
    """

    materials: list[str]
    sizes_nm: list[float]
    samples_mS_cm: np.ndarray

    def probabilities(self) -> np.ndarray:
        """Compute the probability of being the best, (materials, sizes)."""
        flat = self.samples_mS_cm.reshape(-1, self.samples_mS_cm.shape[-1])
        highest = flat == flat.max(axis=0)
        return (highest / highest.sum(axis=0)).mean(axis=1).reshape(self.samples_mS_cm.shape[:2])


def ranked(oracle: Oracle, materials: Mapping[str, tuple[str, float]], sizes_nm: Sequence[float]) -> Ranked:
    """Draw all materials together, with the boundaries of the campaign, and homogenize them.

    Args:
        oracle: surrogate with its polycrystal.
        materials: label -> composition and disorder.
        sizes_nm: grain sizes.
    """
    population = oracle.population()
    queries = [oracle.query(*material, population.label) for material in materials.values()]
    parts = [query.parts if isinstance(query, MixedQuery) else (query,) for query in queries]
    model, together = oracle.surrogate, [part for each in parts for part in each]
    coefficients = iter(model.draw(together, SAMPLES, SEED))
    haven = haven_samples(SAMPLES)
    found = []
    for each, (composition, _) in zip(parts, materials.values(), strict=True):
        predictions = [model.at(part, next(coefficients), (ROOM_K,)) for part in each]
        mixed = predictions[0] if len(each) == 1 else mixed_prediction(predictions, population)
        factor = conductivity_S_cm(1.0, lithium_per_A3(composition), ROOM_K) * S_CM_IN_MS_CM
        found.append([oracle.effective_samples(mixed, 0, size) * factor / haven for size in sizes_nm])
    return Ranked(list(materials), list(sizes_nm), np.array(found))


def section(data: Data, oracle: Oracle) -> Section:
    """Tabulate and draw the materials with their probability of being the best, and name the next steps.

    Args:
        data: with the export.
        oracle: surrogate with its polycrystal.
    """
    results = pd.read_parquet(data.folder / "results.parquet")
    rows = results.drop_duplicates("material")[["material", "composition", "disorder"]].itertuples(index=False)
    materials = {name: (composition, float(disorder)) for name, composition, disorder in rows}
    sizes_nm = sorted(yaml.safe_load((data.folder / "campaign.yaml").read_text())["grain_sizes_nm"])
    found = ranked(oracle, materials, sizes_nm)
    sigma = {name: Uncertain.from_samples(each[-1]) for name, each in zip(materials, found.samples_mS_cm, strict=True)}
    probabilities = found.probabilities()
    best = pd.Series(probabilities.sum(axis=1), index=list(materials)).sort_values(ascending=False)
    grains = probabilities.sum(axis=0)
    order = sorted(sigma, key=lambda material: -sigma[material].value)
    figures.recommendation([(name, sigma[name], float(best[name])) for name in order], data.pictures / PICTURE)
    leader = best.index[0]
    (answer,) = oracle.answers(*materials[leader], None, None, [ROOM_K], [sizes_nm[-1]])
    shares = sorted(answer["uncertainty_shares"].items(), key=lambda item: -item[1])[:3]
    return data.section(
        "recommendation",
        ("material", "σ(300 K), mS/cm", "best, %"),
        [[name, interval(sigma[name], 2), f"{100 * best[name]:.0f}"] for name in order],
        [PICTURE],
        leader=leader,
        disorder=_disorder(oracle, materials[leader][0]),
        sigma=interval(sigma[leader], 2),
        sure=f"{100 * best.iloc[0]:.0f}",
        second="; ".join(f"{name} ({100 * share:.0f} %)" for name, share in best.iloc[1:2].items())
        or "no other material",
        largest=f"{sizes_nm[-1] / 1000:g}",
        grain=f"{sizes_nm[int(grains.argmax())]:g}",
        grain_sure=f"{100 * grains.max():.0f}",
        causes=", ".join(f"{name.replace('_', ' ')} {100 * share:.0f} %" for name, share in shares),
        steps="; ".join(
            f"({number}) {REMEDIES[name].format(leader=leader)}" for number, (name, _) in enumerate(shares, 1)
        ),
    )


def _disorder(oracle: Oracle, composition: str) -> str:
    """State the predicted disorder of a composition, which its conductivity assumes."""
    found = oracle.surrogate.report.get("disorders", {}).get(composition)
    if found is None:
        return "given"
    given, best = Uncertain.from_json(found).scaled(100), oracle.expected_disorder(composition).scaled(100)
    return f"predicted as {interval(given, 2)} % given the reference, corrected {interval(best, 2)} %"
