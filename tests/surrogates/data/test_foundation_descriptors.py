"""Frozen descriptors of foundation models as features of the graph's nodes."""

from dataclasses import replace

import numpy as np
import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.labels.descriptors import atom_descriptors
from argyro.platform.labels.source import LabelSource
from argyro.platform.structures.crystal.bulk import build_bulk
from argyro.surrogates.data.foundation_descriptors import COMPONENTS, FrozenDescriptors
from argyro.surrogates.data.structure_graph import NODE_FEATURES
from argyro.surrogates.models.surrogate import Surrogate
from argyro.surrogates.training.train import SurrogateOptions, train_surrogate

CHGNET = LabelSource("chgnet")


@pytest.fixture(scope="module")
def trained(small_campaign):
    options = SurrogateOptions(members=2, steps=5, candidates=("graph",), foundation=CHGNET)
    return train_surrogate(small_campaign, options, seed=0)


def test_descriptors_follow_their_atom_through_every_motion():
    """Rotated, moved, permuted and repeated cells have the same descriptors, atom by atom."""
    atoms = build_bulk("Li6PS5Cl0.5Br0.5", 0.5)
    expected = atom_descriptors(CHGNET, atoms)
    turned = atoms.copy()
    turned.rotate(30.0, (1.0, 2.0, 3.0), rotate_cell=True)
    turned.translate((1.0, -2.0, 0.5))
    order = np.random.default_rng(0).permutation(len(atoms))
    repeated = atoms * (2, 1, 1), np.tile(expected, (2, 1))
    for same, descriptors in ((turned, expected), (atoms[order], expected[order]), repeated):
        np.testing.assert_allclose(atom_descriptors(CHGNET, same), descriptors, atol=5e-3 * expected.std())


def test_components_are_uncorrelated_with_unit_variance_over_the_training():
    cells = [build_bulk("Li6PS5Cl", 0.5), build_bulk("Li6PS5I")]
    frozen = FrozenDescriptors.fit(CHGNET, cells)
    seen = np.concatenate([frozen.of(atoms) for atoms in cells])
    np.testing.assert_allclose(seen.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(np.cov(seen.T, bias=True), np.eye(COMPONENTS), atol=1e-6)


def test_networks_see_them_and_a_saved_surrogate_still_does(trained, tmp_path):
    atoms = build_bulk("Li6PS5Br", 0.25)
    graph = trained.graph(atoms)
    assert graph.num_node_features == NODE_FEATURES + COMPONENTS == trained.ensemble.size["inputs"]
    np.testing.assert_allclose(graph.x[:, NODE_FEATURES:], trained.frozen.of(atoms), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(graph.near, graph.x[:, NODE_FEATURES - 2])
    trained.save(tmp_path)
    answers = [s.predict(atoms, (600.0,)).samples for s in (trained, Surrogate.load(tmp_path))]
    np.testing.assert_array_equal(*answers)
    assert f"chgnet, weights {CHGNET.identity()['weights']}" in (tmp_path / "README.md").read_text()


def test_other_weights_are_refused(trained):
    with pytest.raises(InputError, match="differ from those of the surrogate"):
        replace(trained.frozen, weights="0123456789ab").of(build_bulk("Li6PS5Br"))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (LabelSource("gpaw"), "gives no descriptors of atoms; use one of chgnet, mace"),
        (LabelSource("mace"), "is not a file; give the path of one"),
        (LabelSource("mace", kwargs={"model": "/nowhere/model.file"}), "is not a file; give the path of one"),
    ],
)
def test_models_that_cannot_describe_are_refused_before_anything_is_loaded(small_campaign, source, words):
    with pytest.raises(InputError, match=words):
        train_surrogate(small_campaign, SurrogateOptions(candidates=("graph",), foundation=source))
