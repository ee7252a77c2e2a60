"""Run-length bias: models that cross over late, known sizes, runs of the first reference campaign."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hopping import cage_hop, mixed_models
from walkers import brownian

from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import A2_PER_PS_IN_CM2_S
from argyro.platform.dynamics.diffusion.run_length_bias import (
    SIZE,
    SIZES,
    StretchPair,
    bias_scale,
    size_evidence,
    slope_fall,
)
from argyro.platform.dynamics.diffusion.run_observation import from_summary
from argyro.platform.dynamics.diffusion.stretch_pairs import stretch_pairs
from argyro.platform.dynamics.diffusion.tracer import diffusivity
from argyro.platform.dynamics.diffusion.validity_checks import shortness

TRIALS = 90


@pytest.fixture(scope="module")
def measured():
    """(standing, truth, diffusivity) of runs that cross over between 0.1 and 3 run lengths; a run gives a value."""
    runs = [
        (diffusivity(trajectory, 500.0, estimator="exact", seed=i), truth * A2_PER_PS_IN_CM2_S)
        for _, trajectories, truths in mixed_models(TRIALS)
        for i, (trajectory, truth) in enumerate(zip(trajectories, truths, strict=True))
    ]
    return [(one.standing, truth, one) for one, truth in runs]


@pytest.mark.parametrize("standing", ["short", "converged"])
def test_the_interval_of_a_run_with_a_late_crossover_holds_the_long_time_diffusivity(measured, standing):
    held = [one.estimate.low <= truth <= one.estimate.high for kind, truth, one in measured if kind == standing]
    assert len(held) > 40
    assert 0.90 <= np.mean(held) <= 0.98 + 1 / len(held)


def test_the_slope_alone_is_too_sure_of_short_runs(measured):
    held = [
        abs(np.log(one.apparent_cm2_s / truth)) < 1.96 * one.relative_error
        for kind, truth, one in measured
        if kind == "short"
    ]
    assert np.mean(held) < 0.8


def test_bounds_hold(measured):
    held = [one.upper_bound_cm2_s >= truth for kind, truth, one in measured if kind == "bound"]
    assert len(held) > 20 and np.mean(held) >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / len(held))


def test_the_scale_falls_as_the_root_of_the_displacement_and_adds_a_significant_fall():
    assert bias_scale(49.0) == pytest.approx(SIZE)
    assert bias_scale(4 * 49.0, size=0.4) == pytest.approx(0.2)
    assert bias_scale(49.0, fall=0.4, size=0.3) == pytest.approx(0.5)
    assert slope_fall(0.7, 0.1) == pytest.approx(-np.log(0.7)) and slope_fall(0.85, 0.1) == 0.0


@pytest.mark.parametrize(
    ("msd_A2", "drift", "reason"),
    [(48.0, 1.0, "less than 7 Å"), (50.0, 0.95, ""), (50.0, 0.86, ""), (50.0, 0.8, "below 0.9")],
)
def test_a_converged_run_left_its_cage_with_a_steady_slope(msd_A2, drift, reason):
    found = shortness(msd_A2, drift, 0.05)
    assert reason in found and bool(found) == bool(reason)


def made_pairs(size, runs, rng):
    """Pairs of a campaign whose biases are half-normal with a known size."""
    for msd_A2, bias in zip(rng.uniform(20.0, 60.0, runs), size * np.abs(rng.normal(size=runs)), strict=True):
        pair = StretchPair(0.25, 0.0, 0.08, msd_A2, 4 * msd_A2)
        yield [StretchPair(0.25, pair.sensitivity * bias + 0.08 * rng.normal(), 0.08, msd_A2, 4 * msd_A2)]


def likeliest_size(runs):
    return SIZES[np.sum([size_evidence(pairs) for pairs in runs], axis=0).argmax()]


@pytest.mark.parametrize("size", [0.15, 0.3, 0.6])
def test_the_size_is_learned_from_pairs(size):
    pairs = list(made_pairs(size, 200, np.random.default_rng(3)))
    assert likeliest_size(pairs) == pytest.approx(size, rel=0.2)


def test_without_pairs_no_size_is_likelier():
    assert np.ptp(size_evidence([])) == 0


def test_the_parts_of_free_walks_differ_by_their_stated_noise():
    walks = [brownian([1.0] * 3, frames=400, seed=seed) for seed in range(60)]
    pulls = {0.25: [], 0.5: []}
    for walk in walks:
        for pair in stretch_pairs(walk):
            pulls[pair.share].append(pair.log_ratio / pair.sigma)
    for values in pulls.values():
        assert abs(np.mean(values)) < 0.5
        assert 0.7 < np.std(values) < 1.4


def test_the_first_part_of_a_run_that_crosses_over_reads_high():
    trajectories, _ = cage_hop(np.full(40, 0.4), np.full(40, 4.0), frames=250, seed=5)
    ratios = [pair.log_ratio for one in trajectories for pair in stretch_pairs(one) if pair.share == 0.5]
    assert np.mean(ratios) > 3 * np.std(ratios) / np.sqrt(len(ratios))


@pytest.fixture(scope="module")
def reference():
    """Whole-cell diffusivities of the first reference campaign (SevenNet labels): 100 ps and 400 ps."""
    return pd.read_csv(Path(__file__).parent / "data" / "first_campaign_runs.csv")


def observed(row):
    limits = [row[f"cell_{limit}_cm2_s"] for limit in ("value", "low", "high")]
    return from_summary(
        {"bulk": "xyz", "parallel": "xy", "perpendicular": "z"}[row["direction"]],
        row["temperature_K"],
        row["production_ps"],
        row["ions"],
        row["msd_A2"],
        row["drift"],
        row["drift_sigma"],
        row["ion_correlation"],
        Uncertain(*limits) if row["cell_valid"] else None,
        row["cell_upper_bound_cm2_s"],
    )


def pairs_of(table):
    """Runs of 100 ps and 400 ps of the same cell, temperature and direction."""
    table = table.assign(cell=table.structure)
    for _, group in table[table.cell_valid].groupby(["cell", "temperature_K", "direction"]):
        short, long = group[group.asked_ps == 100.0], group[group.asked_ps == 400.0]
        if len(short) and len(long):
            yield observed(short.iloc[0]), observed(long.iloc[0])


def test_the_first_reference_campaign_has_the_stated_size(reference):
    pairs = list(pairs_of(reference))
    assert len(pairs) == 52
    runs = [
        [StretchPair(0.25, a.log_cm2_s - b.log_cm2_s, np.hypot(a.log_sigma, b.log_sigma), a.end_msd_A2, b.end_msd_A2)]
        for a, b in pairs
    ]
    assert likeliest_size(runs) == pytest.approx(SIZE, abs=0.06)


def test_old_results_keep_a_value_where_they_had_one(reference):
    standings = [(observed(row).standing, row["cell_valid"]) for row in reference.to_dict("records")]
    assert all((standing == "bound") == (not valid) for standing, valid in standings)
    cold = reference[(reference.temperature_K == 500.0) & (reference.asked_ps == 100.0) & reference.cell_valid]
    assert np.mean([observed(row).standing == "short" for row in cold.to_dict("records")]) > 0.9
