import numpy as np
import pytest
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.surrogates.data.boundary_excess import BoundaryExcess
from argyro.surrogates.data.periodic_edges import periodic_edges
from argyro.surrogates.data.structure_graph import graph_of

torch = pytest.importorskip("torch")


def test_edges_of_a_cell_smaller_than_the_cutoff():
    """A simple cubic lattice of 3 Å has 6 neighbours at 3 Å and 12 at 3√2 Å."""
    _, _, distances = periodic_edges(Atoms("Li", cell=[3.0] * 3, pbc=True), 4.5)
    np.testing.assert_allclose(np.sort(distances), [3.0] * 6 + [3 * 2**0.5] * 12)


def test_edges_equal_a_brute_force_sum_over_images(cell):
    atoms = cell("Li6PS5Cl", 0.5)
    _, _, distances = periodic_edges(atoms, 4.0)
    shifts = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3), axis=-1).reshape(-1, 3) @ atoms.cell.array
    all_pairs = np.linalg.norm(
        atoms.positions[None, None] + shifts[:, None, None] - atoms.positions[None, :, None], axis=-1
    )
    expected = all_pairs[(all_pairs > 0) & (all_pairs < 4.0)]
    np.testing.assert_allclose(np.sort(distances), np.sort(expected))


def test_network_is_invariant(cell):
    """Translation, rotation with inversion, permutation and repetition of the cell leave the answer as it is."""
    from torch_geometric.data import Batch

    from argyro.surrogates.models.gnn import GraphEnsemble, NetworkSize, evaluate

    torch.manual_seed(0)
    ensemble = GraphEnsemble(2, NetworkSize())
    atoms = cell("Li6PS5Cl", 0.5, "sigma5(001)[001]")
    moved = atoms.copy()
    moved.translate([1.3, -0.4, 2.2])
    turned = atoms.copy()
    rotation = -np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    turned.set_cell(atoms.cell.array @ rotation, scale_atoms=False)
    turned.positions = atoms.positions @ rotation
    permuted = atoms[np.random.default_rng(1).permutation(len(atoms))]
    permuted.info = atoms.info
    doubled = atoms.repeat((2, 1, 1))
    doubled.info = atoms.info
    with torch.no_grad():
        batch = Batch.from_data_list([graph_of(a, BoundaryExcess()) for a in (atoms, moved, turned, permuted, doubled)])
        answers = evaluate(ensemble, batch).numpy()
    np.testing.assert_allclose(answers, np.repeat(answers[:, :1], 5, axis=1), atol=2e-4)
    assert np.std(answers) > 0.05


def test_graph_refuses_unlabelled_structures(cell):
    with pytest.raises(InputError, match="site"):
        graph_of(Atoms("Li", cell=[5] * 3, pbc=True), BoundaryExcess())
    foreign = cell("Li6PS5Cl", 0.5)
    foreign.symbols[0] = "Na"
    with pytest.raises(InputError, match="Na"):
        graph_of(foreign, BoundaryExcess())
