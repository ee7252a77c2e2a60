"""Time and memory of the diffusion statistics: `python benchmarks/diffusion.py [--ions 50000 --frames 5000]`.

The benchmark writes a compact trajectory of random walkers to a temporary folder and maps it into memory. It computes
the mean-square displacement at all lags and the diffusivity. Target: 50 000 Li × 5 000 frames in under 60 s and 4 GB
on two cores.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from argyro.platform.dynamics.diffusion.msd import mean_square_displacement
from argyro.platform.dynamics.diffusion.tracer import diffusivity
from argyro.platform.dynamics.trajectories.trajectory import Trajectory, TrajectoryHeader, TrajectoryWriter


def write_walkers(path: Path, ions: int, frames: int) -> None:
    random = np.random.default_rng(0)
    header = TrajectoryHeader("Li", {"Li": ions, "P": ions // 6}, np.eye(3) * (ions / 0.024) ** (1 / 3), 0.1)
    positions = np.zeros((ions, 3), dtype=np.float32)
    with TrajectoryWriter(path, header) as writer:
        for _ in range(frames):
            positions += random.standard_normal((ions, 3), dtype=np.float32) * 0.05
            writer.append(np.zeros(3), positions)


def peak_GB() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ions", type=int, default=50_000)
    parser.add_argument("--frames", type=int, default=5_000)
    parser.add_argument(
        "--folder", type=Path, default=None, help="folder of the trajectory; a temporary folder by default"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = Path(folder) / "walkers.bin"
        write_walkers(path, arguments.ions, arguments.frames)
        size = path.stat().st_size
        print(f"file {size / 1e9:.2f} GB, {size / arguments.ions / arguments.frames:.2f} bytes per ion and frame")
        trajectory = Trajectory.read(path)
        started, used = time.perf_counter(), time.process_time()
        msd = mean_square_displacement(trajectory)
        used = time.process_time() - used
        print(f"all lags: {time.perf_counter() - started:.1f} s ({used:.1f} s of CPU), peak {peak_GB():.2f} GB")
        print(f"slope / expected {np.polyfit(msd.lags_ps[:1000], msd.along()[:1000], 1)[0] / (3 * 0.05**2 / 0.1):.4f}")
        started = time.perf_counter()
        result = diffusivity(trajectory, 500.0)
        print(f"diffusivity: {time.perf_counter() - started:.1f} s, peak {peak_GB():.2f} GB, {result.estimate}")


if __name__ == "__main__":
    main()
