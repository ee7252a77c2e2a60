"""The surrogate as a campaign uses it, on made-up laws."""

import numpy as np
import pytest
from synthetic_laws import World

from argyro.platform.common.errors import InputError
from argyro.surrogates.data.descriptors import identity_of
from argyro.surrogates.data.observation import TARGETS
from argyro.surrogates.models.surrogate import Surrogate
from argyro.surrogates.training.train import SurrogateOptions, train_surrogate

SHORT = SurrogateOptions(members=2, steps=40)


@pytest.fixture(scope="module")
def quickstart(small_campaign):
    return train_surrogate(small_campaign, SHORT, seed=0)


def test_recovers_the_laws_where_molecular_dynamics_was_run(quickstart, small_campaign):
    """Within the noise of three runs: 300 K and the barrier inside their intervals, a tight value at 750 K."""
    world = World()
    for atoms in {id(o.structure): o.structure for o in small_campaign}.values():
        prediction = quickstart.predict(atoms, (300.0, 750.0))
        identity = identity_of(atoms)
        assert prediction.in_domain
        for target in TARGETS:
            answer = getattr(prediction, target)
            if answer is None:
                continue
            for uncertain, true in zip(answer, world.diffusivity_cm2_s(identity, target, (300.0, 750.0)), strict=True):
                assert uncertain.low / 1.5 < true < uncertain.high * 1.5
            assert answer[1].log_sigma < (0.25 if target == "bulk" else 0.45)  # a boundary shows itself in a mixture
            assert answer[0].log_sigma > 2 * answer[1].log_sigma  # far extrapolation costs certainty
        barrier = prediction.activation_energy_eV
        assert barrier.low - 0.02 < world.coefficients(identity, "bulk")[1] < barrier.high + 0.02


def test_off_the_data_intervals_are_wide_and_flagged(quickstart, cell):
    known = quickstart.predict(cell("Li6PS5Cl", 0.5), (600.0,))
    other = quickstart.predict(cell("Li6PS5Br", 0.2, "sigma3(1-12)[110]"), (600.0, 1300.0))
    assert not other.in_domain
    assert any("Br" in w for w in other.warnings)
    assert any("boundary" in w for w in other.warnings)
    assert any("1300 K" in w for w in other.warnings)
    assert other.bulk[0].log_sigma > 4 * known.bulk[0].log_sigma


@pytest.mark.parametrize("kind", ["graph", "gp"])
def test_a_saved_surrogate_answers_the_same(small_campaign, tmp_path, kind):
    surrogate = train_surrogate(small_campaign, SurrogateOptions(members=2, steps=10, candidates=(kind,)), seed=1)
    surrogate.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors", ".md"}
    assert f"Model: **{kind}**" in (tmp_path / "README.md").read_text()
    atoms = small_campaign[-1].structure
    before, after = (s.predict(atoms, (300.0, 600.0)) for s in (surrogate, Surrogate.load(tmp_path)))
    np.testing.assert_allclose(after.samples, before.samples, rtol=1e-6)
    np.testing.assert_allclose(after.without_rule.samples, before.without_rule.samples, rtol=1e-6)
    assert after.warnings == before.warnings


def test_same_seed_same_surrogate(small_campaign):
    options = SurrogateOptions(members=2, steps=5, candidates=("graph",))
    one, two = (
        train_surrogate(small_campaign, options, seed=3).predict(small_campaign[0].structure, (300.0,)) for _ in "ab"
    )
    np.testing.assert_array_equal(one.samples, two.samples)


def test_another_realisation_of_a_known_material_is_as_sharp(quickstart, cell):
    first, second = (quickstart.predict(cell("Li6PS5Cl", 0.5, seed=seed), (600.0,)) for seed in (0, 7))
    assert second.bulk[0].value == pytest.approx(first.bulk[0].value, rel=0.02)


def test_joint_samples_keep_the_order_of_like_materials(small_campaign, cell):
    """Two unknown neighbours in composition rise and fall together; drawn alone they do so less."""
    surrogate = train_surrogate(small_campaign, SurrogateOptions(candidates=("gp",)), seed=0)
    pair = [cell("Li6PS5Br", 0.50), cell("Li6PS5Br", 0.52)]
    joint = surrogate.predict(pair, (600.0,), samples=2000, joint=True)
    assert np.corrcoef(np.log([p.samples[:, 0, 0] for p in joint]))[0, 1] > 0.3


def test_the_bias_of_the_reference_widens_and_lowers(small_campaign):
    """A soft reference reads high at 300 K; the limits without its bias are those of the plain surrogate."""
    from dataclasses import replace

    soft = [replace(o, label_source="sevennet 0.13.0") for o in small_campaign]
    options = SurrogateOptions(candidates=("gp",), reference_model="7net-l3i5")
    plain, biased = (
        train_surrogate(one, options).predict(small_campaign[0].structure, (300.0,)).bulk[0]
        for one in (small_campaign, soft)
    )
    assert biased.given_reference.low == pytest.approx(plain.low, rel=0.05)
    assert biased.given_reference.high == pytest.approx(plain.high, rel=0.05)
    assert biased.value < 0.8 * plain.value
    assert biased.log_sigma > plain.log_sigma


def test_single_observation_and_single_material(cell, world):
    atoms = cell("Li6PS5Cl", 0.5)
    surrogate = train_surrogate(world.observe([atoms], (700.0,)), SHORT, seed=0)
    assert surrogate.report["split"] == "none possible"
    assert surrogate.predict(atoms, (700.0,)).bulk[0].log_sigma < 0.3


def test_only_bounds(cell, world):
    observations = world.observe([cell("Li6PS5I", 0.0)], (500.0, 600.0), detectable_cm2_s=1.0)
    assert all(o.bounded for o in observations)
    prediction = train_surrogate(observations, SHORT, seed=0).predict(observations[0].structure, (600.0,))
    assert prediction.bulk[0].high < 4.0


@pytest.mark.parametrize("options", [{"candidates": ("oracle",)}, {"members": 0}])
def test_options_are_checked(options):
    with pytest.raises(InputError):
        SurrogateOptions(**options)


def test_bad_queries(quickstart, cell):
    with pytest.raises(InputError, match="positive"):
        quickstart.predict(cell("Li6PS5Cl", 0.5), (0.0,))
    with pytest.raises(InputError, match="not a share"):
        quickstart.predict(cell("Li6PS5Cl", 1.5), (300.0,))
    nameless = cell("Li6PS5Cl", 0.5)
    del nameless.info["boundary"]
    with pytest.raises(InputError, match="boundary"):
        quickstart.predict(nameless, (300.0,))


def test_load_says_where_there_is_none(tmp_path):
    with pytest.raises(InputError, match="no surrogate"):
        Surrogate.load(tmp_path)
