import json

import pytest
from walkers import brownian, caged

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.diffusion.report import diffusion_report, load, plot_diffusion


@pytest.mark.parametrize("walk", [brownian([1.0] * 3, frames=600), caged()])
def test_the_report_has_the_stable_keys_and_a_plot(walk, tmp_path):
    report = json.loads(json.dumps(diffusion_report(walk, 500.0)))
    stable = {"diffusivity_cm2_s", "valid", "upper_bound_cm2_s", "loglog_slope", "window_ps", "frames", "species"}
    assert stable | {"advice", "haven_ratio"} <= report.keys()
    assert (report["diffusivity_cm2_s"] is None) == (not report["valid"]) == (report["upper_bound_cm2_s"] is not None)
    plot_diffusion(walk, report, tmp_path / "msd.png")
    assert (tmp_path / "msd.png").stat().st_size > 5000


def test_a_compact_trajectory_brings_its_own_interval(tmp_path):
    brownian([1.0] * 3, interval_ps=0.25).write(tmp_path / "a.bin")
    assert load([tmp_path / "a.bin"], frame_interval_fs=None).interval_ps == pytest.approx(0.25)
    with pytest.raises(InputError, match="no trajectory"):
        load([tmp_path / "absent"], 100.0)
