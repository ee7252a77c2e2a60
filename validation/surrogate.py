"""Errors of the surrogate on held-out data, next to its baselines."""

from __future__ import annotations

import json
from pathlib import Path

from argyro.surrogates.serving.bundled_model import shipped_folder
from argyro.validation.tables import Data, Section

MODEL = "surrogate.json"
WANTED_DEX = {"boundary": 0.15, "composition": 0.25}  # targets: largest mean absolute error of log10 D


def section(data: Data) -> Section:
    """Tabulate the scores of all candidates on all splits of the surrogate's report."""
    report = json.loads((_folder(data) / MODEL).read_text())["report"]
    first = {"split": report["split"], "scores": report["scores"], "best": report["shipped"]}
    rows = []
    for split in [first, *report.get("splits", [])]:
        wanted = next((limit for word, limit in WANTED_DEX.items() if word in split["split"]), None)
        for kind, score in split["scores"].items():
            if score["mae_dex"] is not None:
                ships = "ships" if kind == report["shipped"] else ""
                reached = "" if wanted is None else f"{'within' if score['mae_dex'] <= wanted else 'above'} {wanted:g}"
                coverage = f"{score['coverage_95']:.0%}"
                best = "best" if kind == split["best"] else ""
                rows.append([split["split"], kind, f"{score['mae_dex']:.3f}", reached, coverage, ships, best])
    told = {"values": report["values"], "bounds": report["bounds"], "noise": report["noise_floor_dex"]}
    columns = ("left out", "model", "MAE, dex", "aim", "95 % intervals cover", "", "")
    return data.section("surrogate", columns, rows, **told)


def _folder(data: Data) -> Path:
    """Folder of the export's surrogate; that of the reference campaign ships inside the package."""
    own = data.folder / "surrogate"
    return own if own.exists() else shipped_folder()
