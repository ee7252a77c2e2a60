"""A mapped trajectory larger than what the analysis may hold."""

import subprocess
import sys

import numpy as np
import pytest

from argyro.platform.dynamics.trajectories.trajectory import TrajectoryHeader, TrajectoryWriter

IONS, FRAMES = 36_000, 600  # 260 MB of positions
LIMIT_MB = 300  # of which the interpreter and its libraries take 150
SCRIPT = """
import sys
from pathlib import Path
from argyro.platform.dynamics.diffusion.tracer import diffusivity
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
result = diffusivity(Trajectory.read(Path(sys.argv[1])), 500.0, estimator="exact")
status = Path("/proc/self/status").read_text()  # getrusage may tell the peak of who started us
print(int(status.split("VmHWM:")[1].split()[0]) / 1024, result.apparent_cm2_s)
"""


@pytest.mark.slow
def test_a_diffusivity_needs_a_part_of_the_trajectory_at_a_time(tmp_path):
    random, positions = np.random.default_rng(0), np.zeros((IONS, 3), dtype=np.float32)
    header = TrajectoryHeader("Li", {"Li": IONS, "P": IONS // 6}, np.eye(3) * 80.0, 0.1)
    with TrajectoryWriter(tmp_path / "run.bin", header) as writer:
        for _ in range(FRAMES):
            positions += random.standard_normal((IONS, 3), dtype=np.float32) * 0.1
            writer.append(np.zeros(3), positions)
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "run.bin")]
    peak_MB, value = map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert peak_MB < LIMIT_MB
    assert abs(value / (0.1**2 / (2 * 0.1) * 1e-4) - 1) < 0.03
