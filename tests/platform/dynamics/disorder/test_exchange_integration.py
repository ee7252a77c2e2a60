"""Free energies of arrangements: exchanged elements, and zero between arrangements that symmetry makes equal."""

from pathlib import Path

import numpy as np
import pytest

import argyro.campaigns
from argyro.platform.common.errors import ArgyroError
from argyro.platform.dynamics.disorder.exchange_integration import exchange_free_energy, exchanged_elements
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.structures.crystal.bulk import build_bulk

SETTINGS = MDSettings(823.0, equilibrate_ps=10.0, production_ps=1.0, seed=3, frame_every_fs=40.0)
POTENTIAL = Path(argyro.campaigns.__file__).parent / "reference" / "potentials" / "Br-Li-P-S.mtp"


def of_free_sites(elements, atoms, place):
    return sorted(elements[atoms.arrays["site"] == place].tolist())


def test_anions_take_the_elements_of_the_end_at_the_same_sites():
    start, end = build_bulk("Li6PS5Br", 0.0, seed=1), build_bulk("Li6PS5Br", 0.25, seed=2)
    elements = exchanged_elements(start, end)
    assert of_free_sites(elements, start, "4a") == ["Br", "Br", "Br", "S"]
    assert of_free_sites(elements, start, "4c") == ["Br", "S", "S", "S"]
    unchanged = ~np.isin(start.arrays["site"], ("4a", "4c"))
    assert np.array_equal(elements[unchanged], np.array(start.get_chemical_symbols())[unchanged])


def test_selenium_changes_its_corner_too():
    shares = {"Br": 0.25, "Se": 1.0}
    start, end = (
        build_bulk("Li6PS4.5Se0.5Br", 0.25, (2, 1, 1)),
        build_bulk("Li6PS4.5Se0.5Br", 0.25, (2, 1, 1), displaced=shares),
    )
    elements = exchanged_elements(start, end)
    assert np.sum((elements == "Se") & np.isin(start.arrays["site"], ("4a", "4c"))) == 4


def test_cells_of_other_sizes_are_refused():
    with pytest.raises(ArgyroError, match="supercell"):
        exchanged_elements(build_bulk("Li6PS5Br"), build_bulk("Li6PS5Br", 0.0, (2, 1, 1)))


def test_equal_arrangements_need_no_run(tmp_path):
    atoms = build_bulk("Li6PS5Br", 0.25)
    assert exchange_free_energy(atoms, atoms, "none.mtp", SETTINGS, tmp_path).free_energy_eV == 0.0


def test_arrangements_equal_by_symmetry_have_equal_free_energy(tmp_path):
    """All 16 exchanges of one Br and one free S in 52 atoms are images of each other; no node alone is near zero."""
    start, end = build_bulk("Li6PS5Br", 0.25, seed=1), build_bulk("Li6PS5Br", 0.25, seed=2)
    found = exchange_free_energy(start, end, POTENTIAL, SETTINGS, tmp_path)
    assert 0.0 < found.error_eV < 0.06
    assert abs(found.free_energy_eV) < 6 * found.error_eV
