"""Measured biases of the references in ``bias_table.csv``, and sentences that quote them.

``python -m argyro.validation.dft_check bias`` makes the file from frames labelled by GPAW.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from argyro.platform.labels.reference_bias import ALL, Bias

TABLE = Path(__file__).with_name("bias_table.csv")
# First section of docs/validation.md
PELLETS = "The shipped surrogate predicts 17 times more than pressed pellets measure, in the median of 22 samples."
# (reference, model) -> data of its training
TRAINED_ON = {
    ("diep", ""): "MatPES r2SCAN",
    ("chgnet", "0.3.0"): "MPtrj PBE",
    ("sevennet", "7net-l3i5"): "MPtrj PBE",
    ("sevennet", "7net-0"): "MPtrj PBE",
}
DFT = ("gpaw", "vasp", "espresso", "cp2k")


@lru_cache(maxsize=1)
def bias_table() -> tuple[Bias, ...]:
    """Return all rows of the shipped table."""
    with TABLE.open(newline="") as file:
        return tuple(_row(row) for row in csv.DictReader(file))


def find_bias(reference: str, element: str = ALL, model: str = "") -> list[Bias]:
    """Return the rows of a reference for one element; one row per model unless a model is given."""
    rows = [row for row in bias_table() if row.reference == reference and row.element == element]
    return [row for row in rows if row.model == model] or rows


def reference_words(label_source: str, model: str = "") -> str:
    """Name references with version and training data, for instance ``diep 2.0.0 (MatPES r2SCAN)``.

    Args:
        label_source: name and version of one reference, or of several separated by commas.
        model: model of the reference; by default its first in the bias table.
    """
    return ", ".join(_named(source.strip(), model) for source in label_source.split(",") if source.strip())


def _named(source: str, model: str) -> str:
    rows = find_bias(source.split()[0].split("/")[0], "Li", model)
    data = TRAINED_ON.get((rows[0].reference, model or rows[0].model)) if rows else None
    return f"{source} ({data})" if data else source


def bias_note(label_source: str, model: str = "") -> str:
    """Return the measured bias of references in one line.

    Args:
        label_source: name and version of one reference, or of several separated by commas.
        model: model of the reference, if it has several.

    Returns:
        One sentence per reference, then the known factor to pressed pellets; empty for DFT, which defines the bias.
    """
    names = [source.split()[0].split("/")[0] for source in label_source.split(",") if source.strip()]
    notes = [note for name in dict.fromkeys(names) if (note := _note(name, model))]
    return " ".join([*notes, PELLETS]) if notes else ""


def _note(name: str, model: str) -> str:
    if name in DFT:
        return ""
    rows = find_bias(name, "Li", model)
    if not rows:
        return f"The bias of {name} is not measured; measure it with: argyro labels bias {name} FRAMES.extxyz."
    return " ".join(_sentence(row, several=len(rows) > 1) for row in rows)


def _sentence(row: Bias, several: bool) -> str:
    version = f"{row.reference} {row.version}"
    name = f"{version} ({row.model})" if several else reference_words(version, row.model)
    lattice = "" if row.lattice_error_percent is None else f", lattice {row.lattice_error_percent:+.1f} %"
    return (
        f"{name}: slope of forces on Li {row.slope:.2f} ({row.slope_low:.2f} to {row.slope_high:.2f}) against "
        f"{row.functional}, RMSE {row.rmse_eV_A:.2f} eV/Å, {row.frames} frames{lattice}."
    )


def write_table(rows: Iterable[Bias], path: Path = TABLE) -> None:
    """Write a bias table as CSV."""
    documents: Sequence[dict] = [row.to_json() for row in rows]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, documents[0])
        writer.writeheader()
        writer.writerows(documents)


def _row(row: dict[str, str]) -> Bias:
    return Bias(
        reference=row["reference"],
        model=row["model"],
        version=row["version"],
        element=row["element"],
        slope=float(row["slope"]),
        slope_low=float(row["slope_low"]),
        slope_high=float(row["slope_high"]),
        rmse_eV_A=float(row["rmse_eV_A"]),
        lattice_error_percent=float(row["lattice_error_percent"]) if row["lattice_error_percent"] else None,
        frames=int(row["frames"]),
        functional=row["functional"],
    )
