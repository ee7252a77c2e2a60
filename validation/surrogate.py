"""Errors of the surrogate on held-out data, with its baselines."""

from __future__ import annotations

import json
from pathlib import Path

from argyro.surrogates.serving.bundled_model import shipped_folder
from argyro.validation.tables import Data, Section

MODEL = "surrogate.json"
TARGETS_DEX = {"boundary": 0.15, "composition": 0.25}  # limits of the mean absolute error of log10 D


def section(data: Data) -> Section:
    """Tabulate the scores of all candidates on all splits in the report of the surrogate."""
    report = json.loads((_folder(data) / MODEL).read_text())["report"]
    first = {"split": report["split"], "scores": report["scores"], "best": report["shipped"]}
    rows = []
    for split in [first, *report.get("splits", [])]:
        if split["split"] == "random":
            continue  # this split holds out no material or boundary
        for kind, score in split["scores"].items():
            if score["mae_dex"] is not None:
                marks = ["best"] * (kind == split["best"]) + ["used"] * (kind == report["shipped"])
                row = [split["split"], kind, f"{score['mae_dex']:.3f}", f"{score['coverage_95']:.0%}", ", ".join(marks)]
                rows.append(row)
    values = {"values": report["values"], "bounds": report["bounds"], "noise": report["noise_floor_dex"], **TARGETS_DEX}
    return data.section("surrogate", ("left out", "model", "MAE, dex", "95 % cover", ""), rows, **values)


def _folder(data: Data) -> Path:
    """Find the surrogate of the export; the package has that of the reference campaign."""
    own = data.folder / "surrogate"
    return own if own.exists() else shipped_folder()
