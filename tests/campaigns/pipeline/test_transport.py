"""All runs of a cell together, from walkers whose diffusivity is known in bulk and boundary."""

import json

import numpy as np
import pytest
from ase.io import write

from argyro.campaigns.pipeline import diffusivity, transport
from argyro.campaigns.pipeline.md import TRAJECTORY
from argyro.campaigns.pipeline.structure import FILE
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.platform.execution.task import StageContext
from argyro.platform.structures.crystal.bulk import build_bulk

SCREENING = {"screening_temperature_K": 300.0}
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
    context = StageContext({"temperature_K": temperature_K, "seed": seed}, {"run": run, "structure": run}, folder)
    (folder / "result.json").write_text(json.dumps(diffusivity.run_bulk(context), allow_nan=False))
    return folder


@pytest.fixture(scope="module")
def bulk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bulk")
    parents = {f"cell:{T}/{seed}": measured(folder, T, seed) for T in (500.0, 700.0) for seed in (0, 1)}
    return transport.run_bulk(StageContext(SCREENING, parents, folder)), folder


def test_runs_of_one_temperature_become_one_diffusivity(bulk):
    result, folder = bulk
    assert [(point["temperature_K"], point["runs"], point["valid_runs"]) for point in result["points"]] == [
        (500.0, 2, 2),
        (700.0, 2, 2),
    ]
    for point in result["points"]:
        value, truth = point["diffusivity_cm2_s"], true_A2_ps(point["temperature_K"]) * 1e-4
        assert value["low"] < truth < value["high"]
        assert point["spread"] < 0.3
    assert (folder / transport.PICTURE).stat().st_size > 5000


def test_the_law_of_the_runs_comes_back(bulk):
    law = bulk[0]["laws"]["bulk"]
    assert law["activation_energy_eV"]["low"] < ENERGY_EV < law["activation_energy_eV"]["high"]
    assert law["screening"]["low"] < true_A2_ps(300.0) * 1e-4 < law["screening"]["high"]


def test_each_run_leaves_its_density_and_its_charge_transport(bulk):
    _, folder = bulk
    item = folder / "diffusivity-500.0-0"
    result = json.loads((item / "result.json").read_text())
    assert result["jumps"] is None and "no jump rates" in result["notes"][0]  # free walkers know no sites
    assert result["collective"]["charge_blocks"] >= 5
    assert result["measured"]["bulk"]["advice"]
    lines = (item / diffusivity.DENSITY_CUBE).read_text().splitlines()
    assert int(lines[2].split()[0]) == 28  # the framework of one crystal cell


def boundary_result(folder, temperature_K, parallel, perpendicular, number, thickness_nm=4.0):
    """A diffusivity item of a cell with boundaries, made up."""
    from argyro.platform.common.estimate import Uncertain

    some = json.loads((folder / f"diffusivity-{temperature_K}-0" / "result.json").read_text())

    def entry(value):
        limits = Uncertain(value, 0.9 * value, 1.1 * value).to_json() if value else None
        reason = {} if value else {"valid": False, "upper_bound_cm2_s": 1e-6}
        return some["measured"]["bulk"] | {"diffusivity_cm2_s": limits} | reason

    excess = {"volume_A": 1.0 + number, "energy_J_m2": 0.2}
    result = {
        "measured": {"parallel": entry(parallel), "perpendicular": entry(perpendicular)},
        "thickness_nm": thickness_nm,
        "profile": None,
        "excess": excess,
    }
    (folder / f"boundary-{temperature_K}-{number}").mkdir()
    (folder / f"boundary-{temperature_K}-{number}" / "result.json").write_text(json.dumps(result))
    return folder / f"boundary-{temperature_K}-{number}"


def test_a_boundary_is_inverted_from_the_means_of_cell_and_bulk(bulk):
    result, folder = bulk
    grain = result["points"][1]["diffusivity_cm2_s"]["value"]
    fraction, slow = 0.25, 0.2  # 1 nm in 4 nm of cell, five times slower than the grain
    along = (fraction * slow + 1 - fraction) * grain
    across = grain / (fraction / slow + 1 - fraction)
    parents = {f"cell:{n}": boundary_result(folder, 700.0, along, across, n) for n in range(2)}
    parents["cell:2"] = boundary_result(folder, 700.0, along, None, 2)
    parents |= {f"bulk:{seed}": folder / f"diffusivity-700.0-{seed}" for seed in (0, 1)}
    context = StageContext(SCREENING | {"width_nm": 1.0, "seed": 0}, parents, folder)
    found = transport.run_boundary(context)
    points = {point["target"]: point for point in found["points"]}
    assert points["cell_perpendicular"]["valid_runs"] == 2 and points["cell_perpendicular"]["runs"] == 3
    assert points["parallel"]["width_nm"] == 1.0 and points["cell_parallel"]["width_nm"] is None
    for target in ("parallel", "perpendicular"):
        value = points[target]["diffusivity_cm2_s"]
        assert value["low"] < slow * grain < value["high"]
    assert found["laws"]["parallel"] is None  # one temperature
    assert found["excess"] == {
        "volume_A": 2.0,
        "energy_J_m2": pytest.approx(0.2),
        "volume_A_sigma": 1.0,
        "energy_J_m2_sigma": pytest.approx(0.0, abs=1e-12),
    }


def test_each_temperature_is_inverted_with_its_own_length_of_cell(bulk):
    result, folder = bulk
    slow, parents = 0.2, {}
    for point, thickness_nm in zip(result["points"], (8.0, 4.0), strict=True):
        kelvin, grain = point["temperature_K"], point["diffusivity_cm2_s"]["value"]
        along, across = ((slow + thickness_nm - 1) / thickness_nm, thickness_nm / (1 / slow + thickness_nm - 1))
        parents[f"cell:{kelvin}"] = boundary_result(folder, kelvin, along * grain, across * grain, 7, thickness_nm)
        parents |= {f"bulk:{kelvin}-{seed}": folder / f"diffusivity-{kelvin}-{seed}" for seed in (0, 1)}
    found = transport.run_boundary(StageContext(SCREENING | {"width_nm": 1.0, "seed": 0}, parents, folder))
    grains = {point["temperature_K"]: point["diffusivity_cm2_s"]["value"] for point in result["points"]}
    ratios = [
        point["diffusivity_cm2_s"]["value"] / grains[point["temperature_K"]]
        for point in found["points"]
        if point["target"] == "perpendicular"
    ]
    assert len(ratios) == 2 and ratios == pytest.approx([slow, slow], rel=0.2)
