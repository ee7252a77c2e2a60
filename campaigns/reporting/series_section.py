"""Tables of predicted disorder and of properties along series of compositions, beside published values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from argyro.campaigns.pipeline.graph import Finished
from argyro.campaigns.pipeline.stages.disorder import DISORDER, DisorderResult
from argyro.campaigns.pipeline.stages.md import MD
from argyro.campaigns.pipeline.used_disorders import all_predictions, best_disorders
from argyro.campaigns.plots.series_plot import SeriesPoint
from argyro.campaigns.reporting.diffusion_tables import law_rows
from argyro.campaigns.spec.material import Material
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.spec.series import SeriesLine, series_of
from argyro.campaigns.workload.atom_counts import UNITS_PER_CELL, atoms_per_unit
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import S_CM_IN_MS_CM

BULK = "bulk"


@dataclass(frozen=True)
class DisorderRow:
    """Predicted disorder of one composition.

    Args:
        composition: formula.
        best: corrected by refined disorders; the interval contains the bias of the reference.
        result: given the reference.
    """

    composition: str
    best: Uncertain
    result: DisorderResult

    @property
    def sites(self) -> str:
        """Share of each species on each site: ``4a: Cl 0.40, S 0.60``."""
        return "; ".join(
            f"{site}: {', '.join(f'{name} {share:.2f}' for name, share in found.items())}"
            for site, found in self.result.shares.items()
        )


def disorder_rows(campaign: Campaign, done: Finished) -> list[DisorderRow]:
    """List the predicted disorders."""
    found = {inputs.composition: result for _, inputs, result in done.of(DISORDER)}
    best = best_disorders(campaign, all_predictions(campaign, found))
    return [DisorderRow(name, best[name], result) for name, result in found.items()]


def series_points(campaign: Campaign, done: Finished) -> list[tuple[SeriesLine, list[SeriesPoint]]]:
    """Collect the computed and published values of every series of the campaign; series without values are left out."""
    computed = _computed(campaign, done)
    found = []
    for line in series_of(campaign.materials):
        points = [*_of_campaign(line, computed), *_published(line)]
        if any(not point.published for point in points):
            found.append((line, points))
    return found


def _computed(campaign: Campaign, done: Finished) -> dict[Material, dict[str, Uncertain]]:
    """Return property -> value of each material: conductivity, barrier, lattice constant and disorder."""
    values: dict[Material, dict[str, Uncertain]] = {}
    for row in law_rows(done):
        if row.target == BULK and row.cell.boundary.is_bulk:
            here = values.setdefault(row.cell.material, {})
            here |= {"conductivity": row.conductivity_mS_cm, "barrier": row.law.activation_energy_eV}
    for material, lattice in lattice_constants(done, campaign.screening_temperature_K).items():
        values.setdefault(material, {})["lattice"] = lattice
    calibrate = campaign.disorder.calibrate
    rows = disorder_rows(campaign, done)
    predicted = {row.composition: row.best if calibrate else row.result.disorder for row in rows}
    for material, here in values.items():
        exact = Uncertain(material.share, material.share, material.share)
        found = predicted.get(material.composition, exact)
        here["disorder"] = found if abs(found.value - material.share) < 0.01 else exact
    return values


def lattice_constants(done: Finished, temperature_K: float) -> dict[Material, Uncertain]:
    """Extrapolate the lattice constant of each bulk material linearly from the temperatures of its runs.

    Args:
        done: finished items.
        temperature_K: at which the constant is given.
    """
    volumes: dict[Material, list[tuple[float, float]]] = {}
    for _, inputs, result in done.of(MD):
        if inputs.cell.boundary.is_bulk and result.production is not None:
            units = result.production.atoms / atoms_per_unit(inputs.cell.material.composition)
            lattice_A = (UNITS_PER_CELL * result.production.volume_A3 / units) ** (1 / 3)
            volumes.setdefault(inputs.cell.material, []).append((inputs.conditions.temperature_K, lattice_A))
    return {
        material: _extrapolated(np.array(pairs), temperature_K)
        for material, pairs in volumes.items()
        if len({kelvin for kelvin, _ in pairs}) > 1
    }


def _extrapolated(pairs: np.ndarray, temperature_K: float) -> Uncertain:
    """Fit a line through (temperature, value) rows; the residuals give the interval."""
    kelvin, values = pairs.T
    design = np.stack([np.ones_like(kelvin), kelvin - temperature_K], axis=1)
    coefficients, *_ = np.linalg.lstsq(design, values, rcond=None)
    free = len(values) - 2
    variance = float(((values - design @ coefficients) ** 2).sum()) / free if free else 0.0
    half = 1.96 * float(np.sqrt(variance * np.linalg.inv(design.T @ design)[0, 0]))
    value = float(coefficients[0])
    return Uncertain(value, value - half, value + half)


def _of_campaign(line: SeriesLine, computed: Mapping[Material, dict[str, Uncertain]]) -> Iterator[SeriesPoint]:
    for material, values in computed.items():
        if material.composition in line.places:
            yield SeriesPoint(line.places[material.composition], material.label, values)


def _published(line: SeriesLine) -> Iterator[SeriesPoint]:
    """List published samples of the series' compositions."""
    from argyro.surrogates.data.published import published_for

    for composition, place in line.places.items():
        for row in published_for(composition):
            given = {
                "conductivity": row.conductivity_S_cm and row.conductivity_S_cm * S_CM_IN_MS_CM,
                "barrier": row.activation_energy_eV,
                "lattice": row.lattice_constant_A,
                "disorder": row.disorder,
            }
            values = {name: Uncertain(x, x, x) for name, x in given.items() if x is not None}
            yield SeriesPoint(place, f"doi {row.doi} ({row.source})", values, published=True)
