"""Ranks material, boundary and grain size by the conductivity of the polycrystal at the screening temperature."""

from __future__ import annotations

import numpy as np

from argyro.campaigns.pipeline.homogenize import SAMPLES
from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.platform.execution.task import StageContext


def run(context: StageContext) -> dict:
    """Inputs: screening_temperature_K. Parents: homogenization items."""
    rows, samples = [], []
    for role in sorted(context.parents):
        result = context.parent_result(role)
        stored = np.load(context.parents[role] / SAMPLES)
        for index, row in enumerate(result["screening"]):
            rows.append(dict(row))
            samples.append(stored["conductivity_mS_cm"][:, index])
    best = np.bincount(np.argmax(np.stack(samples), axis=0), minlength=len(rows)) / len(samples[0])
    for row, probability in zip(rows, best, strict=True):
        row["probability_best"] = float(probability)
    rows.sort(key=lambda row: -row["conductivity_mS_cm"]["value"])
    top = rows[0]
    return {
        "ranking": rows,
        "metrics": {
            "best_conductivity_mS_cm": top["conductivity_mS_cm"]["value"],
            "best_probability": top["probability_best"],
        },
    }


RANKING = StageDefinition("ranking", 1, run)
