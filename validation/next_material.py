"""Cost of one more composition: planned, and measured in a campaign that began with labels of the reference campaign.

``next_material.csv`` is the table "planned" of that campaign's report, ``next_material.yaml`` its file.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import yaml

from argyro.validation.tables import Data, Section, number

FOLDER = Path(__file__).with_name("data")
NAME = "next_material"


def section(data: Data) -> Section:
    """Tabulate planned and actual cost of each stage."""
    costs = pd.read_csv(FOLDER / f"{NAME}.csv")
    campaign = yaml.safe_load((FOLDER / f"{NAME}.yaml").read_text())
    minutes, labels = costs[costs.unit == "core minutes"], costs[costs.unit != "core minutes"]
    spent = minutes.set_index("stage").actual.nlargest(3)
    return data.section(
        NAME,
        ("stage", "items", "unit", "planned", "actual"),
        [
            [stage, str(done), unit, number(planned), number(actual)]
            for stage, done, unit, planned, actual in costs.itertuples(index=False)
        ],
        [],
        composition=campaign["materials"][0]["composition"],
        planned=number(minutes.planned.sum(), 2),
        actual=number(minutes.actual.sum(), 2),
        labels=number(labels.actual.sum()),
        most=number(labels.planned.sum()),
        stages=", ".join(f"{stage} {core_min:.0f}" for stage, core_min in spent.items()),
    )
