"""Published values beside a prediction: experiment with its scatter, theory, and the bias of the reference."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from argyro.platform.common.conductivity import conductivity_S_cm
from argyro.platform.common.units import S_CM_IN_MS_CM
from argyro.platform.structures.crystal.composition import Composition
from argyro.surrogates.data.published import published_for

DIFFUSIVITIES = Path(__file__).parents[1] / "data" / "published_diffusivity.csv"
FORMULA_UNITS_PER_CELL = 4


@dataclass(frozen=True)
class Known:
    """A published value of a composition.

    Args:
        kind: ``experiment`` (conductivity), ``NMR`` or ``theory`` (diffusivities, by Nernst-Einstein with H_R = 1).
        conductivity_mS_cm: value.
        temperature_K: of the value.
        disorder: site disorder of the sample; None if not known.
        doi: of the article.
        note: preparation, method, or digitisation.
    """

    kind: str
    conductivity_mS_cm: float
    temperature_K: float
    disorder: float | None
    doi: str
    note: str


@lru_cache(maxsize=1024)
def known_values(composition: str) -> tuple[Known, ...]:
    """List the published values of a composition: experiments, then diffusivities."""
    measured = [
        Known("experiment", S_CM_IN_MS_CM * row.conductivity_S_cm, row.temperature_K or 298.0, row.disorder, row.doi,
              ", ".join(filter(None, (row.preparation, row.method, row.source))))
        for row in published_for(composition)
        if row.conductivity_S_cm is not None
    ]  # fmt: skip
    return (*measured, *_diffusivities(composition))


def comparison(composition: str) -> dict:
    """Summarize the published values with the keys of `argyro predict --json`.

    Returns:
        ``experiment_mS_cm``: lowest and highest measured conductivity, None without any; ``theory_mS_cm`` likewise;
        ``values``: all of them.
    """
    values = known_values(composition)
    return {
        "experiment_mS_cm": _range([known for known in values if known.kind != "theory"]),
        "theory_mS_cm": _range([known for known in values if known.kind == "theory"]),
        "values": [asdict(known) for known in values],
    }


@lru_cache(maxsize=4096)
def lithium_per_A3(composition: str) -> float:
    """Compute the Li ions per Å³ of the crystal."""
    parsed = Composition.parse(composition)
    return FORMULA_UNITS_PER_CELL * parsed["Li"] / parsed.lattice_parameter_A**3


def _range(values: list[Known]) -> dict[str, float] | None:
    numbers = [known.conductivity_mS_cm for known in values]
    return {"low": min(numbers), "high": max(numbers)} if numbers else None


def _diffusivities(composition: str) -> list[Known]:
    return [_known(row) for row in _table().get(Composition.parse(composition).formula, ())]


def _known(row: dict[str, str]) -> Known:
    kelvin, diffusivity = float(row["temperature_K"]), float(row["diffusivity_cm2_s"])
    conductivity = S_CM_IN_MS_CM * conductivity_S_cm(diffusivity, lithium_per_A3(row["composition"]), kelvin)
    disorder = float(row["disorder"]) if row["disorder"] else None
    kind = "NMR" if "NMR" in row["method"] else "theory"
    return Known(kind, conductivity, kelvin, disorder, row["doi"], row["method"])


@lru_cache(maxsize=1)
def _table() -> dict[str, list[dict[str, str]]]:
    """Read the diffusivities, the rows of each formula."""
    rows: dict[str, list[dict[str, str]]] = {}
    with DIFFUSIVITIES.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows.setdefault(Composition.parse(row["composition"]).formula, []).append(row)
    return rows
