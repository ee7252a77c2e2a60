"""One diffusivity per temperature and one Arrhenius law per cell and direction, from the rows of a results table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.arrhenius_fit import Arrhenius, arrhenius
from argyro.platform.dynamics.diffusion.replicates import Ensemble, ensemble

LIMITS = ("value", "low", "high")


@dataclass(frozen=True)
class Law:
    """Results of one cell and direction.

    Args:
        material: name such as ``Li6PS5Cl 50 %``.
        composition: formula.
        disorder: fraction of the halide not on 4a.
        boundary: ``bulk`` or the name of a boundary.
        direction: ``bulk``, ``parallel`` or ``perpendicular``.
        width_nm: GB width of the boundary diffusivity.
        ions_per_A3: number density of Li, mean over the runs.
        points: one point per temperature, combined over seeds.
        fit: Arrhenius fit; None for fewer than two temperatures with a value.
    """

    material: str
    composition: str
    disorder: float
    boundary: str
    direction: str
    width_nm: float | None
    ions_per_A3: float
    points: tuple[Ensemble, ...]
    fit: Arrhenius | None

    def at(self, temperature_K: float) -> Uncertain | None:
        """Evaluate the law at a temperature."""
        return self.fit.at(temperature_K) if self.fit else None

    def measured(self, temperature_K: float) -> Uncertain | None:
        """Return the measured D at a temperature."""
        return next((point.estimate for point in self.points if point.temperature_K == temperature_K), None)


def laws(results: pd.DataFrame) -> list[Law]:
    """Build a law for each material, boundary and direction, in the order of the table."""
    return [_law(rows) for _, rows in results.groupby(["material", "boundary", "direction"], sort=False)]


def _law(rows: pd.DataFrame) -> Law:
    first = rows.iloc[0]
    points = tuple(_points(rows))
    try:
        fit = arrhenius(points)
    except InputError:
        fit = None
    widths = rows["width_nm"].dropna()
    return Law(
        material=first["material"],
        composition=first["composition"],
        disorder=float(first["disorder"]),
        boundary=first["boundary"],
        direction=first["direction"],
        width_nm=float(widths.iloc[0]) if len(widths) else None,
        ions_per_A3=float(rows["ions_per_A3"].mean()),
        points=points,
        fit=fit,
    )


def _points(rows: pd.DataFrame) -> Iterator[Ensemble]:
    for temperature_K, alike in rows.groupby("temperature_K"):
        runs = [_run(row) for _, row in alike.iterrows()]
        known = [run for run in runs if run != (None, None)]
        if known:
            yield ensemble(float(temperature_K), known)


def _run(row: pd.Series) -> tuple[Uncertain | None, float | None]:
    if row["valid"]:
        return Uncertain(*(float(row[f"diffusivity_{limit}_cm2_s"]) for limit in LIMITS)), None
    bound = row["upper_bound_cm2_s"]
    return None, None if bound is None or np.isnan(bound) else float(bound)


def ratio(upper: Uncertain | None, lower: Uncertain | None) -> Uncertain | None:
    """Divide two positive numbers with independent normal logarithms."""
    if upper is None or lower is None or min(upper.low, lower.low) <= 0:
        return None
    spread = 1.959964 * float(np.hypot(upper.log_sigma, lower.log_sigma))
    value = upper.value / lower.value
    return Uncertain(value, value * float(np.exp(-spread)), value * float(np.exp(spread)))
