"""Bulk cells and boundary cells pass all checks and have all arrays."""

import io

import ase.io
import numpy as np
import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.structures import build_boundary, build_bulk, check

COMPOSITIONS = [
    "Li6PS5Cl",
    "Li6PS5Br",
    "Li6PS5Cl0.5Br0.5",
    "Li5.5PS4.5Cl1.5",
    "Li6PSe5Cl",
    "Li6.5P0.5Ge0.5S5I",
    "Li7PS6",
]


@pytest.mark.parametrize("composition", COMPOSITIONS)
@pytest.mark.parametrize("supercell", [(1, 1, 1), (2, 2, 1)])
def test_bulk_passes_all_checks(composition, supercell):
    atoms = build_bulk(composition, 0.5, supercell)
    assert all(check(atoms).values()), check(atoms)
    assert np.all(atoms.arrays["boundary_distance_A"] == 1e9)


def test_li_sits_once_in_each_close_pair():
    atoms = build_bulk("Li6PS5Cl", 0.5, (2, 2, 2), seed=3)
    lithium = atoms[[atom.index for atom in atoms if atom.symbol == "Li"]]
    assert len(lithium) == 6 * 32
    distances = lithium.get_all_distances(mic=True)
    assert distances[np.triu_indices(len(lithium), 1)].min() > 2.0  # the partner site is 1.87 Å away


def test_arrays_survive_extxyz():
    atoms = build_boundary("Li6PS5Cl", 0.5, "sigma5(001)[001]", 0.9)
    text = io.StringIO()
    ase.io.write(text, atoms, format="extxyz")
    text.seek(0)
    again = ase.io.read(text, format="extxyz")
    assert list(again.arrays["site"]) == list(atoms.arrays["site"])
    assert np.array_equal(again.arrays["grain"], atoms.arrays["grain"])
    assert np.allclose(again.arrays["boundary_distance_A"], atoms.arrays["boundary_distance_A"])
    assert again.info["boundary"] == "sigma5(001)[001]" and again.info["boundaries"] == 2
    assert check(again) == check(atoms)


def test_same_seed_same_structure_and_other_seed_another():
    first, again, other = (build_bulk("Li6PS5Cl", 0.5, (2, 2, 2), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.positions, again.positions) and np.array_equal(first.numbers, again.numbers)
    assert not (np.array_equal(first.numbers, other.numbers) and np.allclose(first.positions, other.positions))


def test_unknown_boundary_is_refused_with_the_known_ones():
    with pytest.raises(
        InputError, match=r"'sigma7\(001\)\[001\]' is not a supported coincidence boundary about \[001\].*sigma5"
    ):
        build_boundary("Li6PS5Cl", 0.0, "sigma7(001)[001]")


@pytest.mark.parametrize("disorder", [-0.1, 1.5])
def test_disorder_is_a_share(disorder):
    with pytest.raises(InputError, match="not a share"):
        build_bulk("Li6PS5Cl", disorder)
