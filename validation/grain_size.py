"""Comparison of the effect of grain size on the polycrystal with published theory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import yaml

from argyro.platform.common.estimate import Uncertain
from argyro.surrogates.serving.predictor import Oracle
from argyro.validation import figures
from argyro.validation.tables import Data, Section, interval

ROOM_K = 300.0
SAMPLES = 400
PICTURE = "grain_size.png"


def section(data: Data, oracle: Oracle) -> Section:
    """Tabulate and draw D_eff over that of the largest grains, for every material of the campaign.

    Args:
        data: with the export.
        oracle: surrogate with its polycrystal.
    """
    table = pd.read_parquet(data.folder / "results.parquet")
    sizes_nm = sorted(yaml.safe_load((data.folder / "campaign.yaml").read_text())["grain_sizes_nm"])
    published = data.published["effective_over_bulk"]
    found = {
        material: relative(oracle, composition, float(disorder), sizes_nm)
        for (material, composition, disorder), _ in table.groupby(["material", "composition", "disorder"])
    }
    known = {f"{name} {100 * share:g} %": curve for name in ("Li6PS5Cl",) for share, curve in published[name].items()}
    figures.grain_sizes(sizes_nm, found, known, data.pictures / PICTURE)
    rows = [[material, *(interval(ratio, 2) for ratio in curve)] for material, curve in found.items()]
    smallest = {material: curve[0] for material, curve in found.items()}
    slower, faster = min(smallest, key=lambda m: smallest[m].value), max(smallest, key=lambda m: smallest[m].value)
    (compared,) = known
    return data.section(
        "grain_size",
        ("material", *(f"{size:g} nm" for size in sizes_nm)),
        rows,
        [PICTURE],
        smallest=f"{sizes_nm[0]:g}",
        largest=f"{sizes_nm[-1] / 1000:g}",
        kelvin=f"{ROOM_K:g}",
        slower=slower,
        slower_ratio=interval(smallest[slower], 2),
        faster=faster,
        faster_ratio=interval(smallest[faster], 2),
        compared=compared,
        ours=interval(smallest[compared], 2) if compared in smallest else "not simulated",
        theirs=f"{np.interp(sizes_nm[0], list(known[compared]), list(known[compared].values())):.2f}",
        cite=data.cite("effective_over_bulk"),
    )


def relative(oracle: Oracle, composition: str, disorder: float, sizes_nm: list[float]) -> list[Uncertain]:
    """Compute D_eff at each grain size over that at the largest, with the boundaries of the campaign."""
    query = oracle.query(composition, disorder, oracle.population().label)
    prediction = oracle.prediction(query, (ROOM_K,), SAMPLES)
    effective = [oracle.effective_samples(prediction, 0, size) for size in sizes_nm]
    return [Uncertain.from_samples(each / effective[-1]) for each in effective]
