"""Coverage of short and converged runs: `python benchmarks/run_length.py [--trials 400]`.

Cage-hop and random-trap walkers cross over to their long-time diffusivity after 0.1 to 3 run lengths. For each model
and standing the benchmark prints the number of runs, the share of 95 % intervals that hold the long-time D, the same
without the run-length bias, and the mean of ln(D of the slope / D).
"""

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from argyro.platform.common.units import A2_PER_PS_IN_CM2_S
from argyro.platform.dynamics.diffusion.tracer import Diffusivity, diffusivity

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "platform" / "dynamics"))
from hopping import mixed_models


def held(one: Diffusivity, truth_cm2_s: float) -> tuple[bool, bool, float]:
    """Return whether the interval holds the truth, whether that of the slope does, and the bias of ln D."""
    if one.estimate is None or one.apparent_cm2_s is None:
        return one.upper_bound_cm2_s >= truth_cm2_s, True, np.nan
    bias = float(np.log(one.apparent_cm2_s / truth_cm2_s))
    return one.estimate.low <= truth_cm2_s <= one.estimate.high, abs(bias) < 1.96 * one.relative_error, bias


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--batch", type=int, default=100)
    arguments = parser.parse_args()
    rows: dict[tuple[str, str], list] = defaultdict(list)
    for seed in range(0, arguments.trials, arguments.batch):
        for model, runs, truths in mixed_models(arguments.batch, seed + 1000):
            for run, truth in zip(runs, truths, strict=True):
                one = diffusivity(run, 500.0, estimator="exact", seed=seed)
                found = held(one, truth * A2_PER_PS_IN_CM2_S)
                rows[model, one.standing].append(found)
                rows["both", one.standing].append(found)
    print("model         standing    runs  held  slope alone  ln(D slope / D)")
    for (model, standing), found in sorted(rows.items()):
        with_bias, alone, bias = np.mean(found, axis=0)
        print(f"{model:<13} {standing:<10} {len(found):>5}  {with_bias:.3f}  {alone:>11.3f}  {bias:>15.3f}")


if __name__ == "__main__":
    main()
