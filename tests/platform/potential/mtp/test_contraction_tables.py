import numpy as np
import pytest
from potential_examples import random_cell, random_potential

from argyro.platform.common.errors import InputError
from argyro.platform.potential.mtp.contraction_tables import generate, levels
from argyro.platform.potential.mtp.contractions import contractions

COUNTS = {2: 1, 4: 2, 6: 5, 8: 9, 10: 16, 12: 29, 14: 52, 16: 92, 18: 163, 20: 288, 22: 500, 24: 864, 26: 1464}


@pytest.mark.parametrize("level", COUNTS)
def test_number_of_basis_functions_is_that_of_mlip(level):
    assert len(contractions(level)) == COUNTS[level]


@pytest.mark.parametrize("level", [2, 4, 10, 16, 20])
def test_no_product_exceeds_the_level_and_operands_come_first(level):
    tables = generate(level)
    assert levels(tables.basic, tables.times, tables.moments_count)[tables.scalar_moments].max() <= level
    written = set(range(len(tables.basic)))
    for left, right, _, target in tables.times:
        assert left in written or left < target
        assert right in written or right < target
        written.add(target)


def test_fewer_products_than_mlips_tables():
    assert len(generate(20).times) < 6349  # MLIP's file of level 20


def test_a_level_begins_with_the_one_below():
    assert contractions(14)[: COUNTS[12]] == contractions(12)


def test_basis_functions_are_independent():
    """As many independent columns as functions: none is listed twice under another name."""
    mtp = random_potential(10, species=("Li", "S"))
    rows = np.vstack([mtp.basis(random_cell(6, ("Li", "S"), seed=seed)) for seed in range(8)])
    assert np.linalg.matrix_rank(rows / np.linalg.norm(rows, axis=0), tol=1e-10) == mtp.basis_size


@pytest.mark.parametrize("level", [3, 0, 28, -2, 8.0])
def test_other_levels_are_refused(level):
    with pytest.raises(InputError, match="even integer from 2 to 26"):
        generate(level)
