"""All runs of a cell together, from walkers whose diffusivity is known in bulk and boundary."""

import json
from dataclasses import replace

import numpy as np
import pytest
from ase.io import write

from argyro.campaigns.pipeline.stages import diffusivity, transport
from argyro.campaigns.pipeline.stages.md import TRAJECTORY
from argyro.campaigns.pipeline.stages.structure import FILE
from argyro.campaigns.spec.material import BULK, BoundaryType, Cell, Material
from argyro.campaigns.workload.run_space import RunConditions
from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.boundaries.layered_medium import log_parallel, log_perpendicular
from argyro.platform.dynamics.diffusion.run_observation import from_summary
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.platform.execution.stage import StageContext
from argyro.platform.structures.crystal.bulk import build_bulk
from argyro.surrogates.data.excess import Excess

CELL = Cell(Material(composition="Li6PS5Cl", disorder=0.0), BULK)
BOUNDARY = Cell(CELL.material, BoundaryType("sigma5(001)[001]"))
PREFACTOR_A2_PS, ENERGY_EV = 100.0, 0.2


def true_A2_ps(temperature_K):
    return PREFACTOR_A2_PS * np.exp(-ENERGY_EV / (8.617333e-5 * temperature_K))


def bulk_run(folder, temperature_K, seed, frames=600):
    """A folder as the md stage leaves it: Li that walk away from their sites in a perfect crystal."""
    atoms = build_bulk("Li6PS5Cl", supercell=(2, 2, 1))
    random, interval_ps = np.random.default_rng(seed), 0.1
    start = atoms.positions[atoms.symbols == "Li"]
    steps = random.normal(size=(frames, len(start), 3)) * np.sqrt(2 * true_A2_ps(temperature_K) * interval_ps)
    counts = {"Li": len(start), "P": 16, "S": 80, "Cl": 16}
    times = np.arange(frames) * interval_ps
    run = Trajectory(start + np.cumsum(steps, axis=0), np.zeros((frames, 3)), times, atoms.cell.array, counts)
    folder.mkdir(parents=True)
    run.write(folder / TRAJECTORY)
    write(folder / FILE, atoms)
    return folder


def measured(tmp_path, temperature_K, seed, **options):
    """The folder of a diffusivity item."""
    run = bulk_run(tmp_path / f"md-{temperature_K}-{seed}", temperature_K, seed, **options)
    folder = tmp_path / f"diffusivity-{temperature_K}-{seed}"
    folder.mkdir()
    conditions = RunConditions(CELL, temperature_K, seed, 60.0)
    inputs = diffusivity.DiffusivityInputs(conditions=conditions, width_nm=None, seed=seed)
    result = diffusivity.run(StageContext(inputs, {"run": [run], "structure": [run]}, folder, None))
    return written(folder, inputs, result)


def written(folder, inputs, result):
    """The files of a stored item that another stage reads."""
    (folder / "item.json").write_text(json.dumps({"inputs": inputs.model_dump(mode="json")}))
    (folder / "result.json").write_text(result.model_dump_json())
    return folder


def read(folder):
    return diffusivity.DiffusivityResult.model_validate_json((folder / "result.json").read_text())


def combined(folder, cell, width_nm=None, **folders):
    """The transport of a cell from the folders of its runs."""
    asked = {"screening_temperature_K": 300.0, "width_nm": width_nm, "seed": 0}
    return transport.run(StageContext(transport.TransportInputs(cell=cell, **asked), folders, folder, None))


@pytest.fixture(scope="module")
def bulk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bulk")
    runs = [measured(folder, T, seed) for T in (500.0, 700.0) for seed in (0, 1)]
    return combined(folder, CELL, runs=runs), folder


def test_runs_of_one_temperature_become_one_diffusivity(bulk):
    result, folder = bulk
    found = [point.combined for point in result.points]
    assert [(one.temperature_K, one.runs, one.valid_runs) for one in found] == [(500.0, 2, 2), (700.0, 2, 2)]
    for one in found:
        assert one.estimate.low < true_A2_ps(one.temperature_K) * 1e-4 < one.estimate.high
        assert one.spread < 0.3
    assert (folder / transport.PICTURE).stat().st_size > 5000


def test_the_law_of_the_runs_comes_back(bulk):
    law = bulk[0].laws["bulk"]
    assert law.activation_energy_eV.low < ENERGY_EV < law.activation_energy_eV.high
    assert law.screening_temperature_K == 300.0
    assert law.screening_cm2_s.low < true_A2_ps(300.0) * 1e-4 < law.screening_cm2_s.high


def test_each_run_leaves_its_density_and_its_charge_transport(bulk):
    item = bulk[1] / "diffusivity-500.0-0"
    result = read(item)
    assert result.jumps is None and result.notes[0].code == "no-jump-rates"  # free walkers know no sites
    assert result.collective.blocks >= 5
    assert result.advice["bulk"]
    lines = (item / diffusivity.DENSITY_CUBE).read_text().splitlines()
    assert int(lines[2].split()[0]) == 28  # the framework of one crystal cell


AXES = {"parallel": "xy", "perpendicular": "z"}
SLOW, DURATION_PS = 0.2, 60.0  # a boundary five times slower than its grain


def apparent_cm2_s(target, grain_cm2_s, thickness_nm):
    """The D that a cell with 1 nm of slow boundary shows."""
    grain, own, fraction = np.log(grain_cm2_s), np.log(SLOW * grain_cm2_s), np.array(1 / thickness_nm)
    if target == "parallel":
        return float(np.exp(log_parallel(grain, own, fraction)))
    scale = np.log(DURATION_PS / (10 * thickness_nm) ** 2 * 1e4)
    return float(np.exp(log_perpendicular(grain, own, fraction, scale))[0])


def boundary_result(folder, temperature_K, grain_cm2_s, number, thickness_nm=4.0, bound=False):
    """The folder of a diffusivity item of a cell with boundaries, made up."""
    some = read(folder / f"diffusivity-{temperature_K}-0")
    measured, runs = {}, {}
    for target, axes in AXES.items():
        value = apparent_cm2_s(target, grain_cm2_s, thickness_nm)
        limits = None if bound and target == "perpendicular" else Uncertain(value, 0.9 * value, 1.1 * value)
        changes = {} if limits else {"valid": False, "upper_bound_cm2_s": 2 * value}
        measured[target] = replace(some.measured["bulk"], estimate=limits, **changes)
        about = (axes, temperature_K, DURATION_PS, 100, 1e4, 1.0, 0.1, 1.0)
        runs[target] = from_summary(*about, limits, None if limits else 2 * value)
    result = diffusivity.DiffusivityResult(
        measured=measured,
        runs=runs,
        advice={"parallel": "", "perpendicular": ""},
        observations=[],
        collective=some.collective,
        thickness_nm=thickness_nm,
        excess=Excess(energy_J_m2=0.2, volume_A=1.0 + number),
    )
    made = folder / f"boundary-{temperature_K}-{number}"
    made.mkdir()
    conditions = RunConditions(BOUNDARY, temperature_K, number, DURATION_PS)
    inputs = diffusivity.DiffusivityInputs(conditions=conditions, width_nm=1.0, seed=0)
    return written(made, inputs, result)


def test_a_boundary_is_inferred_from_all_runs_of_cell_and_bulk(bulk):
    result, folder = bulk
    grain = result.points[1].combined.estimate.value
    runs = [boundary_result(folder, 700.0, grain, n, bound=n == 2) for n in range(3)]
    bulk_runs = [folder / f"diffusivity-700.0-{seed}" for seed in (0, 1)]
    found = combined(folder, BOUNDARY, 1.0, runs=runs, bulk_runs=bulk_runs)
    points = {point.target: point for point in found.points}
    assert points["cell_perpendicular"].combined.valid_runs == 2 and points["cell_perpendicular"].combined.runs == 3
    assert points["parallel"].width_nm == 1.0 and points["cell_parallel"].width_nm is None
    for target in ("parallel", "perpendicular"):
        value = points[target].combined.estimate
        assert value.low < SLOW * grain < value.high
    assert found.laws["parallel"] is None  # one temperature
    assert found.excess.model_dump() == {
        "volume_A": 2.0,
        "energy_J_m2": pytest.approx(0.2),
        "volume_A_sigma": 1.0,
        "energy_J_m2_sigma": pytest.approx(0.0, abs=1e-12),
    }


def test_each_temperature_is_inferred_with_its_own_length_of_cell(bulk):
    result, folder = bulk
    runs, bulk_runs = [], []
    for point, thickness_nm in zip(result.points, (8.0, 4.0), strict=True):
        kelvin, grain = point.temperature_K, point.combined.estimate.value
        runs.append(boundary_result(folder, kelvin, grain, 7, thickness_nm))
        bulk_runs += [folder / f"diffusivity-{kelvin}-{seed}" for seed in (0, 1)]
    found = combined(folder, BOUNDARY, 1.0, runs=runs, bulk_runs=bulk_runs)
    grains = {point.temperature_K: point.combined.estimate.value for point in result.points}
    across = [point for point in found.points if point.target == "perpendicular"]
    assert len(across) == 2
    for point in across:
        value = point.combined.estimate
        assert value.low < SLOW * grains[point.temperature_K] < value.high
