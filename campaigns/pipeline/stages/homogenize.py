"""Compute diffusivity and conductivity of the polycrystal over temperature and grain size, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.pipeline.notes import Note
from argyro.campaigns.pipeline.stages.microstructure import polycrystals
from argyro.campaigns.pipeline.stages.posterior import COEFFICIENTS, POSTERIOR
from argyro.campaigns.pipeline.stages.structure import STRUCTURE, read_structure, structure_name
from argyro.campaigns.pipeline.stages.surrogate import MODEL, SURROGATE
from argyro.campaigns.plots.series import ArrheniusCurve, ConductivityCurve, ParityPoint
from argyro.campaigns.spec.material import BoundaryType, Cell
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import S_CM_IN_MS_CM
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult, Tracked

if TYPE_CHECKING:
    from argyro.platform.continuum.propagate import Propagated
    from argyro.surrogates.models.prediction import Prediction
    from argyro.surrogates.models.surrogate import Surrogate

SAMPLES, TABLE = "screening_samples.npz", "effective.parquet"
WITHOUT = "without_meyer_neldel_mS_cm"  # samples without this prior
PICTURE, TEMPERATURE, ARRHENIUS, MAP = "grain_size.png", "conductivity.png", "arrhenius.png", "map.png"
CURVE_TEMPERATURES = 12


class HomogenizeInputs(Contract):
    """Decide a map of the polycrystal.

    Args:
        cell: the candidate; a bulk cell is a single crystal, and a boundary ``NAME=SHARE + NAME=SHARE`` a mixture.
        temperatures_K: of the map, the screening temperature among them.
        grain_sizes_nm: of the map.
        width_nm: of the boundaries.
        screening_temperature_K: of the ranking.
        seed: of the choice of polycrystals.
    """

    cell: Cell
    temperatures_K: tuple[float, ...]
    grain_sizes_nm: tuple[float, ...]
    width_nm: float
    screening_temperature_K: float
    seed: int


class RunCounts(Contract):
    """Count the diffusivities from MD of a candidate's bulk and boundary; the rest is the surrogate's."""

    bulk: int
    boundary: int


class Polycrystal(Contract):
    """Transport of one candidate at one temperature and grain size; the columns of the results' tables."""

    composition: str
    disorder: float
    boundary: str
    material: str
    measured: RunCounts
    temperature_K: float
    grain_size_nm: float
    width_nm: float
    effective_cm2_s: Uncertain
    conductivity_mS_cm: Uncertain
    without_meyer_neldel_mS_cm: Uncertain | None = None  # σ without this prior


class Regime(Contract):
    """Temperature dependence of a polycrystal: bend of D_eff(T), and range in which boundaries dominate."""

    composition: str
    disorder: float
    boundary: str
    material: str
    grain_size_nm: float
    cold_eV: Uncertain
    hot_eV: Uncertain
    non_arrhenius: bool
    takeover_K: Uncertain | None
    takeover_share: float
    boundaries: str


class HomogenizeResult(StageResult):
    """Hold the map of a candidate, see docs/homogenization.md; the whole map is a table of the item."""

    screening: list[Polycrystal]
    conductivity_curve: ConductivityCurve
    arrhenius_curves: list[ArrheniusCurve]
    regimes: list[Regime]
    basis_error: float
    mesh_error: float
    in_domain: bool
    notes: list[Note]

    def tracked(self) -> Tracked:
        """Select the conductivity and diffusivity of each grain size at the screening temperature."""
        metrics: dict[str, float | None] = {}
        for row in self.screening:
            metrics[f"conductivity_mS_cm_{row.grain_size_nm:g}_nm"] = row.conductivity_mS_cm.value
            metrics[f"effective_cm2_s_{row.grain_size_nm:g}_nm"] = row.effective_cm2_s.value
        return Tracked(metrics, artifacts=[PICTURE, TEMPERATURE, ARRHENIUS, MAP, TABLE])


def run(context: StageContext[HomogenizeInputs, None]) -> HomogenizeResult:
    """Propagate the samples of the candidate through the polycrystals."""
    from argyro.surrogates.models.surrogate import Surrogate
    from argyro.surrogates.serving.uncertainty import haven_samples

    inputs, trained = context.inputs, context.parent("surrogate", SURROGATE)
    bulk = read_structure(context.parent("bulk", STRUCTURE).folder)
    cells = [read_structure(parent.folder) for parent in context.parents("candidate", STRUCTURE)]
    model = Surrogate.load(trained.folder / MODEL)
    drawn = _mixed([_drawn(context, model, cell) for cell in cells], cells, inputs.cell)
    propagated = _propagate(context, drawn.samples)
    effective, plain = propagated.samples_cm2_s, _given_reference(context, drawn)
    free = (
        None
        if drawn.without_rule is None
        else _propagate(context, drawn.without_rule.samples, errors=False).samples_cm2_s
    )
    # Candidates share the samples of the Haven ratio, so that its uncertainty does not blur their ranking.
    haven_ratio = haven_samples(len(effective))[:, None, None]
    conductivity = effective * conductivity_factors(bulk, inputs.temperatures_K)[None, :, None] / haven_ratio
    measured = _measured(trained.result.parity, inputs.cell)
    per_D = conductivity / effective
    sigma, without = ((None if each is None else each * per_D) for each in (plain, free))
    rows = _rows(inputs, measured, (effective, plain), (conductivity, sigma), without)
    screening = [row for row in rows if row.temperature_K == inputs.screening_temperature_K]
    at = inputs.temperatures_K.index(inputs.screening_temperature_K)
    kept = {"conductivity_mS_cm": conductivity} | ({} if without is None else {WITHOUT: without})
    np.savez_compressed(context.workdir / SAMPLES, **{name: samples[:, at] for name, samples in kept.items()})
    _write_table(rows, context.workdir / TABLE)
    curve = ConductivityCurve(
        label=f"{inputs.cell.material.label}, {inputs.cell.boundary}",
        grain_sizes_nm=inputs.grain_sizes_nm,
        conductivity=tuple(row.conductivity_mS_cm for row in screening),
    )
    laws = _arrhenius_curves(model, cells, inputs)
    _draw(curve, rows, laws, trained.result.parity, propagated, context)
    return HomogenizeResult(
        screening=screening,
        conductivity_curve=curve,
        arrhenius_curves=laws,
        regimes=_regimes(inputs.cell, propagated, drawn.samples[:, 0]),
        basis_error=propagated.basis_error,
        mesh_error=propagated.mesh_error,
        in_domain=drawn.in_domain,
        notes=[Note(code="out-of-domain", detail=warning) for warning in drawn.warnings],
    )


def _drawn(context: StageContext[HomogenizeInputs, None], model: Surrogate, cell: Atoms) -> Prediction:
    """Select the candidate's samples, at the temperatures of the map."""
    from argyro.surrogates.data.descriptors import identity_of
    from argyro.surrogates.models.surrogate import Query

    query = Query(identity_of(cell))
    coefficients = np.load(context.parent("posterior", POSTERIOR).folder / COEFFICIENTS)[query.identity.key]
    return model.at(query, coefficients, context.inputs.temperatures_K)


def _mixed(predictions: list[Prediction], cells: Sequence[Atoms], candidate: Cell) -> Prediction:
    """Mix the boundary types of a candidate that names shares of several."""
    from argyro.surrogates.serving.population import Population, mixed_prediction

    if len(predictions) == 1:
        return predictions[0]
    by_name = {cell.info["boundary"]: one for cell, one in zip(cells, predictions, strict=True)}
    population = Population.of(str(candidate.boundary))
    return mixed_prediction([by_name[name] for name, _ in population.shares], population)


def _given_reference(context: StageContext[HomogenizeInputs, None], drawn: Prediction) -> np.ndarray | None:
    """Propagate the samples without the bias of the reference; None where no bias applies."""
    given = drawn.given_reference
    return None if given is drawn else _propagate(context, given.samples, errors=False).samples_cm2_s


def _measured(points: Sequence[ParityPoint], cell: Cell) -> RunCounts:
    mine = [point for point in points if point.cell.material == cell.material and not point.censored]
    bulk = sum(point.target == "bulk" for point in mine)
    types = [part.boundary for part in parts_of(cell)]
    return RunCounts(bulk=bulk, boundary=sum(point.target != "bulk" and point.cell.boundary in types for point in mine))


def _propagate(context: StageContext[HomogenizeInputs, None], drawn: np.ndarray, errors: bool = True) -> Propagated:
    """Compute the effective diffusivity of every sample over temperature and grain size.

    Args:
        context: with the polycrystals, width and grain sizes.
        drawn: (samples, 3, temperatures) bulk, parallel and perpendicular; only the bulk for a single crystal.
        errors: whether to estimate the mesh error.
    """
    from argyro.platform.continuum.propagate import Propagated, propagate

    inputs = context.inputs
    sizes, temperatures = inputs.grain_sizes_nm, inputs.temperatures_K
    if inputs.cell.boundary.is_bulk:
        grid = (np.array(temperatures, dtype=float), np.array(sizes, dtype=float))
        alike = np.repeat(drawn[:, 0, :, None], len(sizes), axis=2)
        return Propagated(alike, *grid, 0.0, np.zeros(alike.shape[1:]))
    bulk, parallel, perpendicular = (drawn[:, target] for target in range(3))
    meshes = polycrystals(context)
    return propagate(meshes, bulk, parallel, perpendicular, inputs.width_nm, sizes, temperatures, inputs.seed, errors)


def _regimes(cell: Cell, propagated: Propagated, bulk: np.ndarray) -> list[Regime]:
    """Test for each grain size whether D_eff(T) bends and find where boundaries dominate; needs three temperatures."""
    from argyro.platform.continuum.regimes import arrhenius_bend, takeover

    temperatures = propagated.temperatures_K
    if len(temperatures) < 3:
        return []
    rows = []
    for s, size in enumerate(propagated.grain_sizes_nm):
        samples = propagated.samples_cm2_s[:, :, s]
        bend, crossing = arrhenius_bend(temperatures, samples), takeover(temperatures, bulk, samples)
        rows.append(
            Regime(
                **cell.facts,
                grain_size_nm=float(size),
                cold_eV=bend.cold_eV,
                hot_eV=bend.hot_eV,
                non_arrhenius=bend.non_arrhenius,
                takeover_K=crossing.temperature_K,
                takeover_share=crossing.share,
                boundaries="fast" if crossing.fast else "blocking",
            )
        )
    return rows


def conductivity_factors(bulk: Atoms, temperatures_K: Sequence[float]) -> np.ndarray:
    """Compute the Nernst-Einstein factor from cm²/s to mS/cm for each temperature, (t,), at a Haven ratio of one."""
    from argyro.platform.common.conductivity import conductivity_S_cm, lithium_per_A3

    density = lithium_per_A3(bulk)
    return np.array([S_CM_IN_MS_CM * conductivity_S_cm(1.0, density, T) for T in temperatures_K])


def _rows(
    inputs: HomogenizeInputs,
    measured: RunCounts,
    effective: tuple[np.ndarray, np.ndarray | None],
    conductivity: tuple[np.ndarray, np.ndarray | None],
    without: np.ndarray | None,
) -> list[Polycrystal]:
    """Make a row for each temperature and grain size.

    Args:
        inputs: of the item.
        measured: numbers of runs.
        effective: samples (n, temperatures, sizes) with the bias of the reference, and without it or None.
        conductivity: likewise.
        without: conductivity without the Meyer-Neldel rule, or None.
    """
    return [
        Polycrystal(
            **inputs.cell.facts,
            measured=measured,
            temperature_K=temperature,
            grain_size_nm=size,
            width_nm=inputs.width_nm,
            effective_cm2_s=_estimate(effective, t, s),
            conductivity_mS_cm=_estimate(conductivity, t, s),
            without_meyer_neldel_mS_cm=None if without is None else _estimate((without, None), t, s),
        )
        for t, temperature in enumerate(inputs.temperatures_K)
        for s, size in enumerate(inputs.grain_sizes_nm)
    ]


def _estimate(samples: tuple[np.ndarray, np.ndarray | None], t: int, s: int) -> Uncertain:
    """Summarize the samples at one temperature and grain size."""
    biased, plain = samples
    return Uncertain.from_samples(biased[:, t, s], None if plain is None else plain[:, t, s])


def _write_table(rows: Sequence[Polycrystal], path: Path) -> None:
    """Write the rows as parquet, uncertain numbers in three columns."""
    import pandas as pd

    pd.json_normalize([row.model_dump() for row in rows], sep="_").to_parquet(path)


def _draw(
    curve: ConductivityCurve,
    rows: Sequence[Polycrystal],
    laws: Sequence[ArrheniusCurve],
    parity: Sequence[ParityPoint],
    propagated: Propagated,
    context: StageContext[HomogenizeInputs, None],
) -> None:
    from argyro.campaigns.plots.figures import arrhenius_plot, conductivity_plot, curve_label, grain_size_plot
    from argyro.platform.continuum.plots import draw_map

    drawn = {law.label for law in laws}
    points = [point for point in parity if curve_label(point.cell, point.target) in drawn]
    arrhenius_plot(points, laws, context.workdir / ARRHENIUS)
    draw_map(propagated, context.workdir / MAP)
    grain_size_plot([curve], context.workdir / PICTURE, context.inputs.screening_temperature_K)
    by_size = {size: [row for row in rows if row.grain_size_nm == size] for size in context.inputs.grain_sizes_nm}
    sigma = {f"{size:g} nm": [row.conductivity_mS_cm for row in each] for size, each in by_size.items()}
    conductivity_plot(context.inputs.temperatures_K, sigma, context.workdir / TEMPERATURE)


def _arrhenius_curves(model: Surrogate, cells: Sequence[Atoms], inputs: HomogenizeInputs) -> list[ArrheniusCurve]:
    """Predict D(T) of bulk and boundary for plots; equidistant in 1/T."""
    from argyro.campaigns.plots.figures import curve_label

    lowest, highest = min(inputs.temperatures_K), max(inputs.temperatures_K)
    temperatures = (1 / np.linspace(1 / lowest, 1 / highest, CURVE_TEMPERATURES)).tolist()
    predictions = [model.predict(cell, temperatures, seed=inputs.seed) for cell in cells]
    prediction = _mixed(predictions, cells, inputs.cell)
    return [
        ArrheniusCurve(label=curve_label(inputs.cell, target), temperatures_K=temperatures, diffusivity=values)
        for target in ("bulk", "parallel", "perpendicular")
        if (values := getattr(prediction, target)) is not None
    ]


HOMOGENIZE = Stage("homogenize", 5, run, HomogenizeInputs, HomogenizeResult)


def parts_of(cell: Cell) -> list[Cell]:
    """List the simulated cells of a candidate: one for each boundary type of a mixture, else itself."""
    if "=" not in cell.boundary:
        return [cell]
    from argyro.surrogates.serving.population import Population

    return [Cell(cell.material, BoundaryType(name)) for name, _ in Population.of(str(cell.boundary)).shares]


def mixtures(campaign: Campaign) -> list[Cell]:
    """List each material with the mixture of boundaries of the campaign; none without shares of several types."""
    from argyro.surrogates.serving.population import Population

    if len(campaign.boundary_shares) < 2:
        return []
    label = BoundaryType(Population.of(campaign.boundary_shares).label)
    return [Cell(material, label) for material in campaign.screened]


def add_homogenization(draft: Draft, cell: Cell, surrogate: str, posterior: str, microstructures: Sequence[str]) -> str:
    """Add the effective transport of polycrystals of a candidate; returns the name of its node."""
    campaign = draft.campaign
    inputs = HomogenizeInputs(
        cell=cell,
        temperatures_K=tuple(sorted({campaign.screening_temperature_K, *campaign.temperatures_K})),
        grain_sizes_nm=tuple(sorted(campaign.grain_sizes_nm)),
        width_nm=campaign.boundary_width_nm,
        screening_temperature_K=campaign.screening_temperature_K,
        seed=campaign.seed,
    )
    return draft.add(
        HOMOGENIZE,
        cell.label,
        inputs,
        parents={
            "surrogate": [surrogate],
            "posterior": [posterior],
            "bulk": [structure_name(cell.bulk, 0)],
            "candidate": [structure_name(part, 0) for part in parts_of(cell)],
            "microstructures": microstructures,
        },
        params={**cell.facts, "boundary_width_nm": campaign.boundary_width_nm},
        cost=draft.costs.homogenization(campaign),
    )
