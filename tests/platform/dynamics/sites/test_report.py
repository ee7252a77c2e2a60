import numpy as np
import pytest
from ase import Atoms
from ase.io import write
from walkers import brownian

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.diffusion.report import charge_transport, load
from argyro.platform.dynamics.diffusion.tracer import diffusivity
from argyro.platform.dynamics.sites.report import radial_report


@pytest.fixture
def gas(tmp_path):
    random = np.random.default_rng(0)
    frames = [Atoms("Li40S40", random.random((80, 3)) * 12, cell=np.eye(3) * 12, pbc=True) for _ in range(450)]
    write(tmp_path / "gas.extxyz", frames)
    return tmp_path / "gas.extxyz"


def test_distributions_of_a_long_run_come_from_frames_spread_over_it(gas):
    report = radial_report([gas], ["Li-S", "Li-Li"], [gas])
    assert set(report) == {"Li-S", "Li-Li"}
    for entry in report.values():
        values = np.array(entry["values"])[np.array(entry["distance_A"]) > 3]
        np.testing.assert_allclose(values, 1.0, atol=0.25)
        assert entry["mismatch"] == 0.0


@pytest.mark.parametrize("pair", ["Li", "Li-", "-S", "Li-Na"])
def test_a_pair_that_is_none_is_refused(gas, pair):
    with pytest.raises(InputError, match=r"not a pair of elements|has no pair"):
        radial_report([gas], [pair])


def test_a_file_without_framework_has_no_distribution(tmp_path):
    brownian([1.0] * 3).write(tmp_path / "run.bin")
    with pytest.raises(InputError, match="only the mobile ions"):
        radial_report([tmp_path / "run.bin"], ["Li-S"])


def test_the_time_between_frames_is_asked_for_or_known(gas, tmp_path):
    with pytest.raises(InputError, match="time between frames is missing"):
        load([gas], None)
    brownian([1.0] * 3).write(tmp_path / "run.bin")
    assert load([tmp_path / "run.bin"], None).interval_ps == pytest.approx(0.1)
    with pytest.raises(InputError, match="100 fs, not 50"):
        load([tmp_path / "run.bin"], 50.0)


def test_caged_ions_have_no_haven_ratio():
    """Their displacements over a few ps are vibrations, whose ratio says nothing of conduction."""
    from walkers import caged

    free, bound = brownian([1.0] * 3, frames=1000), caged(frames=1000)
    assert charge_transport(free, diffusivity(free, 500.0, estimator="exact")).haven_ratio
    assert charge_transport(bound, diffusivity(bound, 500.0, estimator="exact")).haven_ratio is None


@pytest.mark.parametrize(
    ("temperature_K", "axes"), [(0.0, "xyz"), (-3.0, "z"), (500.0, "q"), (500.0, ""), (500.0, "xx")]
)
def test_temperatures_and_axes_without_meaning_are_refused(temperature_K, axes):
    with pytest.raises(InputError, match=r"must be positive|is not a set of axes"):
        diffusivity(brownian([1.0] * 3), temperature_K, axes)
