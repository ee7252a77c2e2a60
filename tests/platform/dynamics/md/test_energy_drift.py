"""The time step conserves energy: NVE runs of Li6PS5Cl, and the error of the drift they show."""

from pathlib import Path

import numpy as np
import pytest

from argyro.platform.dynamics.md.energy_drift import conserved_drift_meV_atom_ns, linear_drift
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.dynamics.md.simulation import run_md
from argyro.platform.structures.crystal.bulk import build_bulk

POTENTIAL = Path(__file__).parents[2] / "learning" / "reference.mtp"  # level 8, learned from chgnet


def drift_of_a_run(workdir, timestep_fs, seed=1):
    settings = MDSettings(600.0, 4.0, 25.0, timestep_fs=timestep_fs, frame_every_fs=20.0, ensemble="nve", seed=seed)
    run = run_md(build_bulk("Li6PS5Cl", supercell=(2, 2, 1)), POTENTIAL, settings, workdir)
    return conserved_drift_meV_atom_ns(workdir), run.summary["temperature_K"]


@pytest.mark.slow
def test_two_femtoseconds_conserve_energy_to_a_meV_per_atom_and_ns(tmp_path):
    """The drift of a single run of 25 ps scatters by 0.9; that of their mean by 0.3."""
    runs = [drift_of_a_run(tmp_path / str(seed), 2.0, seed) for seed in range(1, 9)]
    assert [temperature_K for _, temperature_K in runs] == pytest.approx([600.0] * len(runs), rel=0.1)
    assert abs(np.mean([drift.value for drift, _ in runs])) < 1.0


def test_four_femtoseconds_do_not(tmp_path):
    drift, _ = drift_of_a_run(tmp_path, 4.0)
    assert max(abs(drift.low), abs(drift.high)) > 1.0


@pytest.mark.parametrize("memory", [0.0, 0.9])
def test_the_interval_of_a_drift_covers_it_where_residuals_are_correlated(memory):
    times, hits = np.arange(2000) * 1e-3, []
    for seed in range(200):
        noise = np.random.default_rng(seed).normal(size=len(times))
        for i in range(1, len(times)):
            noise[i] += memory * noise[i - 1]
        drift = linear_drift(times, 0.7 * times + noise)
        hits.append(drift.low < 0.7 < drift.high)
    assert 0.90 <= np.mean(hits) <= 0.99
