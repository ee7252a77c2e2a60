"""Provenance of a surrogate: data, reference method and accuracy."""

from __future__ import annotations

import math
from collections.abc import Mapping

from argyro.platform.labels.bias_table import bias_note, reference_words
from argyro.surrogates.models.surrogate import Surrogate


def origin(surrogate: Surrogate) -> dict:
    """Summarize model, reference method, data and held-out accuracy.

    Returns:
        ``model``, ``label_source``, ``label_bias``, ``potential_warnings``, ``diffusivities``, ``upper_bounds``,
        ``materials``, ``boundaries``, ``width_nm``, ``md_temperatures_K`` and ``held_out`` with ``split``, ``mae_dex``,
        ``rmse_dex`` and ``coverage_95``; None without held-out data.
    """
    report, domain = surrogate.report, surrogate.domain
    source = report.get("label_source", "")
    accuracy = _accuracy(report["scores"].get(report["shipped"]))
    return {
        "model": report["shipped"],
        "label_source": source,
        "label_bias": bias_note(source),
        "potential_warnings": report.get("potential_warnings", []),
        "diffusivities": report["values"],
        "upper_bounds": report["bounds"],
        "materials": [material_words(name) for name in report["materials"]],
        "boundaries": report["boundaries"],
        "width_nm": surrogate.width_nm,
        "md_temperatures_K": list(domain.temperatures_K),
        "held_out": accuracy and {"split": report["split"], **accuracy},
    }


def _accuracy(score: Mapping[str, float | None] | None) -> dict[str, float] | None:
    """Return the held-out errors; None where no held-out diffusivity has a value, only upper bounds."""
    found = {name: (score or {}).get(name) for name in ("mae_dex", "rmse_dex", "coverage_95")}
    known = {name: value for name, value in found.items() if value is not None and math.isfinite(value)}
    return known if len(known) == len(found) else None


def material_words(name: str) -> str:
    """Write ``Li6PS5Cl|0.5`` as ``Li6PS5Cl 50 %``."""
    composition, _, disorder = name.partition("|")
    return f"{composition} {100 * float(disorder):g} %"


def _grouped(materials: list[str]) -> str:
    """Write the disorders of one composition together: ``Li6PS5Cl 0, 50 %``."""
    shares: dict[str, list[str]] = {}
    for name in materials:
        composition, share, _ = name.split()
        shares.setdefault(composition, []).append(share)
    return "; ".join(f"{composition} {', '.join(each)} %" for composition, each in shares.items())


def origin_lines(document: dict) -> list[str]:
    """Write `origin` as lines of text."""
    low, high = document["md_temperatures_K"]
    bounds = f" and {document['upper_bounds']} upper bounds" if document["upper_bounds"] else ""
    held_out = document["held_out"]
    lines = [
        f"{document['diffusivities']} diffusivities{bounds} of molecular dynamics at {low:g} to {high:g} K: "
        f"{_grouped(document['materials'])}; {', '.join(document['boundaries'])}",
        f"potentials trained on {reference_words(document['label_source']) or 'labels of unknown source'}",
    ]
    if held_out:
        lines.append(
            f"model {document['model']}, {held_out['split']}: mean absolute error {held_out['mae_dex']:.2f} dex, "
            f"95 % intervals cover {100 * held_out['coverage_95']:.0f} %"
        )
    else:
        lines.append(f"model {document['model']}; too few data for a held-out test, so the accuracy is unknown")
    if document["label_bias"]:
        lines.append(document["label_bias"])
    return lines + [f"warning: {warning}" for warning in document["potential_warnings"]]
