"""Check the surrogate on the results of the reference campaign: held-out accuracy, and its long runs.

python -m argyro.benchmarks.reference_surrogate long             100 ps runs against the 400 ps runs of the same cells
python -m argyro.benchmarks.reference_surrogate accuracy         held-out accuracy by composition, boundary, temperature
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import perf_counter, process_time

import ase.io
import numpy as np
import pandas as pd

from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.run_observation import from_summary
from argyro.surrogates.data.observation import Observation, of_run
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hyperparameter_posterior import fit_hyperparameters
from argyro.surrogates.models.training_arrays import examples_of
from argyro.surrogates.training.accuracy_table import evaluate, markdown_table
from argyro.surrogates.training.cross_validation import held_out_runs
from argyro.surrogates.training.train import SurrogateOptions

REFERENCE = Path(__file__).parents[1] / "campaigns" / "reference"
AXES = {"bulk": "xyz", "parallel": "xy", "perpendicular": "z"}
SHORT_PS = 100.0


def reference_observations(folder: Path = REFERENCE) -> list[Observation]:
    """Read the runs of an exported campaign."""
    cells = ase.io.read(folder / "structures.extxyz", ":")
    structures = {atoms.info["name"]: atoms for atoms in cells}
    return [_observation(row, structures) for row in pd.read_parquet(folder / "results.parquet").itertuples()]


def _observation(row, structures: dict) -> Observation:
    value = Uncertain(row.cell_value_cm2_s, row.cell_low_cm2_s, row.cell_high_cm2_s) if row.cell_valid else None
    bound = None if row.cell_valid else row.cell_upper_bound_cm2_s
    run = from_summary(
        AXES[row.direction],
        row.temperature_K,
        row.production_ps,
        row.ions,
        row.msd_A2,
        row.drift,
        row.drift_sigma,
        row.ion_correlation,
        value,
        bound,
    )
    boundary = row.direction != "bulk"
    return of_run(
        run,
        structure=structures[row.structure],
        realisation=int(row.structure.rsplit("/", 1)[1]),
        target=row.direction,
        thickness_nm=row.thickness_nm if boundary else None,
        width_nm=row.width_nm if boundary else None,
        material=row.material,
        boundary=row.boundary,
        label_source=row.label_source,
    )


def long_runs(observations: list[Observation]) -> dict[str, float]:
    """Predict every run longer than SHORT_PS from the short ones of all cells, and count those inside 95 %."""
    examples, prior = examples_of(observations), ArrheniusPrior()
    long = np.array([o.duration_ps > SHORT_PS for o in observations])
    mean = np.tile(prior.mean, (len(examples.runs.rows), 1))
    hyper = fit_hyperparameters("gp", examples.runs.take(~long), mean, prior)
    predicted, sigma, _ = held_out_runs("gp", hyper.samples, examples.runs, mean[None], prior, ~long)
    seen = np.isfinite(examples.runs.log_values) & long
    error = (examples.runs.log_values - predicted)[seen]
    z = error / np.hypot(sigma, examples.runs.log_sigmas)[seen]
    return {
        "long_runs": int(seen.sum()),
        "covered_95": float((np.abs(z) <= 1.96).mean()),
        "mean_error_dex": float(error.mean() / np.log(10)),
        "mae_dex": float(np.abs(error).mean() / np.log(10)),
        "bias_size": float(np.mean([one.bias for one in hyper.samples])),
        "scatter": float(np.mean([one.scatter for one in hyper.samples])),
        "jitter": float(np.mean([one.jitter for one in hyper.samples])),
    }


def main() -> None:
    """Run one of the parts and print its result as JSON or a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("long", "accuracy"))
    parser.add_argument("--candidates", nargs="+", default=("mean", "ridge", "gp"))
    given = parser.parse_args()
    observations, began = reference_observations(), (perf_counter(), process_time())
    options = SurrogateOptions(candidates=tuple(given.candidates))
    if given.what == "long":
        print(json.dumps(long_runs(observations), indent=1))
    else:
        print(markdown_table(evaluate(observations, options)))
    print(
        f"{len(observations)} observations: {perf_counter() - began[0]:.0f} s, {process_time() - began[1]:.0f} s of CPU"
    )


if __name__ == "__main__":
    main()
