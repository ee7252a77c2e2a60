from dataclasses import replace

import numpy as np
import pytest

from argyro.surrogates.models.metrics import HeldOut, advantage, calibration_factor, noise_floor_dex, score
from argyro.surrogates.training.accuracy_plots import plot_calibration, plot_parity
from argyro.surrogates.training.accuracy_table import LEVELS, calibration_curve, evaluate, markdown_table
from argyro.surrogates.training.cross_validation import fold_of
from argyro.surrogates.training.train import SurrogateOptions, best_candidate


def held_out(n=4000, too_narrow=1.0, seed=0):
    """Errors of unit standard deviation, stated as 1 / too_narrow."""
    errors = np.random.default_rng(seed).normal(size=n)
    zero, one = np.zeros(n), np.ones(n)
    return HeldOut(errors, zero, zero, one / too_narrow, np.full(n, np.nan), np.ones(n, dtype=bool), one)


def test_scores_of_normal_errors():
    """Mean |error| of a unit normal is √(2/π), its density ½(1 + ln 2π), both in natural logarithms."""
    found = score(held_out(40000))
    assert found.mae_dex == pytest.approx((2 / np.pi) ** 0.5 / np.log(10), rel=0.02)
    assert found.rmse_dex == pytest.approx(1 / np.log(10), rel=0.02)
    assert found.coverage_95 == pytest.approx(0.95, abs=0.005)
    assert found.negative_log_density == pytest.approx(0.5 * (1 + np.log(2 * np.pi)), rel=0.01)


def test_a_perfect_model_shows_the_noise_floor():
    assert noise_floor_dex(np.full(3, 0.1)) == pytest.approx(0.1 * (2 / np.pi) ** 0.5 / np.log(10))


def test_calibration_repairs_intervals():
    assert calibration_factor(held_out(too_narrow=2.0)) == pytest.approx(2.0, rel=0.05)
    assert score(held_out(too_narrow=2.0, seed=1), 2.0).coverage_95 == pytest.approx(0.95, abs=0.01)
    assert calibration_factor(held_out(too_narrow=0.5)) == 1.0


def test_few_values_cannot_calibrate():
    """The 95 % quantile of conformal prediction needs 19 values."""
    assert calibration_factor(held_out(n=18, too_narrow=5.0)) == 1.0
    assert calibration_factor(held_out(n=19, too_narrow=5.0)) > 1.5


def test_bounds_count_by_probability():
    """A bounding run counts by the probability of its few jumps."""
    zero = np.zeros(1)
    only_bound = HeldOut(zero + np.nan, zero, zero, zero + 1, np.log(zero + 0.5), np.array([True]), zero)
    assert score(only_bound).negative_log_density == pytest.approx(np.log(2))


def test_a_cell_counts_once_however_many_runs_it_has():
    """Nine runs of one cell are wrong by 1, the only run of another by 0: their mean error is one half."""
    errors, weights = np.array([1.0] * 9 + [0.0]), np.array([1 / 9] * 9 + [1.0])
    zero = np.zeros(10)
    found = score(HeldOut(errors, zero, zero, zero + 1, zero + np.nan, np.ones(10, dtype=bool), weights))
    assert found.mae_dex == pytest.approx(0.5 / np.log(10))
    assert found.cells == 2


def test_the_lead_of_a_candidate_has_an_error_over_cells():
    """Sums of two cells are 2 and 3 over three observations: lead 5/3, error √(2 · 0.5) / 3."""
    lead, error = advantage(np.zeros(4), np.array([1.0, 1.0, 3.0, np.nan]), np.array(["a", "a", "b", "c"]))
    assert (lead, error) == pytest.approx((5 / 3, 1 / 3))
    assert advantage(np.zeros(2), np.ones(2), np.array(["a", "a"]))[1] == np.inf


@pytest.mark.parametrize("improved, chosen", [(slice(0, 2), "gp"), (slice(None), "graph")])
def test_networks_are_chosen_only_if_their_lead_exceeds_its_error(improved, chosen):
    """Smaller errors in one of twenty cells may be chance, in all of them not."""
    other = held_out(40)
    errors = 1.01 * other.log_values
    errors[improved] *= 0.3
    better = HeldOut(errors, *(getattr(other, name) for name in list(other.__dataclass_fields__)[1:]))
    found = best_candidate(
        {"gp": other, "graph": better}, {"gp": 1.0, "graph": 1.0}, ["gp", "graph"], np.repeat(np.arange(20), 2)
    )
    assert found == chosen


def test_networks_that_only_state_better_widths_are_not_chosen():
    other = held_out(40, too_narrow=0.3)
    sharper = replace(other, sigmas=other.sigmas * 0.4)
    chosen = best_candidate({"gp": other, "graph": sharper}, {"gp": 1.0, "graph": 1.0}, ["gp", "graph"], np.arange(40))
    assert score(sharper).negative_log_density < score(other).negative_log_density - 0.5
    assert chosen == "gp"


def test_groups_are_never_split():
    groups = np.repeat([f"g{i}" for i in range(13)], 4)
    folds = fold_of(groups, seed=0)
    assert len(set(folds)) == 5
    assert all(len(set(folds[groups == g])) == 1 for g in groups)


def test_calibration_curve_of_normal_errors():
    np.testing.assert_allclose(calibration_curve(held_out()), LEVELS, atol=0.03)


def test_evaluation_shows_every_candidate_on_every_split(small_campaign, tmp_path):
    results = evaluate(small_campaign, SurrogateOptions(candidates=("mean", "ridge", "gp")), seed=0)
    assert [r.split for r in results] == [
        "leave-one-composition-out",
        "leave-one-boundary-out",
        "leave-one-temperature-out",
        "random",
    ]
    assert all(set(r.scores) == {"mean", "ridge", "gp", "selected"} for r in results)
    assert markdown_table(results).count("yes") == 4
    random = results[3].scores["gp"]
    assert random.mae_dex < results[0].scores["gp"].mae_dex
    bulk = [o.target == "bulk" for o in small_campaign]
    assert np.isnan(results[1].held_out["gp"].means[bulk]).all()  # the bulk is no boundary to be left out
    assert results[1].to_json()["scores"]["gp"]["values"] == sum(not b for b in bulk)
    for draw, name in ((plot_calibration, "calibration.svg"), (plot_parity, "parity.svg")):
        draw(results, tmp_path / name)
        picture = (tmp_path / name).read_text()
        assert "<svg" in picture and picture.count("<path") > 50


def test_a_trained_gp_covers_what_it_has_not_seen(cell, world):
    """Six of nine materials train; the truth of the others lies inside the intervals about as often as promised."""
    from argyro.surrogates.data.descriptors import identity_of
    from argyro.surrogates.training.train import train_surrogate

    names = [(c, d) for c in ("Li6PS5Cl", "Li6PS5Br", "Li6PS5I") for d in (0.0, 0.25, 0.5)]
    names = [names[i] for i in np.random.default_rng(0).permutation(9)]
    cells = {name: [cell(*name, b) for b in ("bulk", "sigma5(001)[001]")] for name in names}
    inside = []
    for start in range(3):
        left_out = names[start::3]
        seen = [a for name in names if name not in left_out for a in cells[name]]
        surrogate = train_surrogate(
            world.observe(seen, (600.0, 900.0)), SurrogateOptions(candidates=("gp",)), seed=start
        )
        for atoms in (a for name in left_out for a in cells[name]):
            prediction, identity = surrogate.predict(atoms, (300.0, 750.0)), identity_of(atoms)
            for target in ("bulk",) if identity.boundary == "bulk" else ("parallel", "perpendicular"):
                true = world.diffusivity_cm2_s(identity, target, (300.0, 750.0))
                inside += [u.low <= t <= u.high for u, t in zip(getattr(prediction, target), true, strict=True)]
    assert 0.85 <= np.mean(inside) <= 1.0
    assert len(inside) == 54
