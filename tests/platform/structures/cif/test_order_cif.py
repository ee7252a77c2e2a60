"""Ordering of partial occupancies: neutral cells, correct numbers, no two ions on split sites."""

import numpy as np
import pytest
from cif_text import BETA_ALUMINA, GARNET, THIOPHOSPHATE, argyrodite, cif

from argyro.platform.common.errors import InputError
from argyro.platform.structures.cif.argyrodite import realised_disorder, refined_argyrodite
from argyro.platform.structures.cif.order_cif import order_cif
from argyro.platform.structures.cif.oxidation_states import oxidation_states
from argyro.platform.structures.cif.partial_crystal import read_cif
from argyro.platform.structures.cif.report import describe_ordered
from argyro.platform.structures.crystal.coulomb import ewald_energy_eV
from argyro.platform.structures.crystal.neighbours import close_distances


def ordered(tmp_path, text, **options):
    path = tmp_path / "crystal.cif"
    path.write_text(text)
    return order_cif(path, **options)


def refined(tmp_path, text):
    path = tmp_path / "crystal.cif"
    path.write_text(text)
    return refined_argyrodite(read_cif(path))


def test_half_filled_pairs_get_one_lithium_each(tmp_path):
    """Order half-filled 48h pairs with a distance of 1.9 Å: one Li per pair, 24 in the cell."""
    found = ordered(tmp_path, argyrodite(halide_4a=1.0))
    assert found.atoms.get_chemical_formula() == "Cl4Li24P4S20"
    assert found.supercell == (1, 1, 1)
    lithium = found.atoms.positions[found.atoms.symbols == "Li"]
    _, _, near = close_distances(lithium, lithium, found.atoms.cell[:], 1.95)
    assert len(near) == 0


def test_shared_sites_hold_their_shares_and_the_disorder_is_read_back(tmp_path):
    found = ordered(tmp_path, argyrodite(halide_4a=0.385), min_atoms=200)
    sites = refined_argyrodite(found.crystal)
    assert len(found.atoms) == 208
    assert sites.composition == "Li6PS5Cl"
    assert sites.disorder == pytest.approx(0.615)
    assert realised_disorder(found.atoms) == pytest.approx(0.625)
    assert found.counts.deviation == pytest.approx(0.01)


def test_halide_rich_and_substituted_argyrodites(tmp_path):
    rich = refined(tmp_path, argyrodite(halide_4a=0.885, halide_4c=0.615, lithium=0.458))
    assert rich.composition == "Li5.5PS4.5Cl1.5"
    assert rich.disorder == pytest.approx(
        (0.115 - 0) / 0.5, abs=1e-6
    )  # chalcogen on 4a over the largest number of exchanges, 0.5
    centre = (("P1", "P", 0.4), ("Ge1", "Ge", 0.6))
    mixed = refined(tmp_path, argyrodite(0.95, 0.55, "I", 0.05, centre))
    assert mixed.composition == "Li6.6P0.4Ge0.6S5I"
    assert mixed.disorder == pytest.approx(0.05)


def test_the_other_setting_of_the_free_anions_reads_the_same(tmp_path):
    """Exchange 4a and 4c (origin shifted by ¼¼¼ and inverted): the disorder is the same."""
    text = argyrodite(halide_4a=0.75)
    shifted = "\n".join(_inverted(line) for line in text.splitlines())
    one, other = (refined(tmp_path, t) for t in (text, shifted))
    assert one.disorder == pytest.approx(other.disorder) == pytest.approx(0.25)


def _inverted(line):
    words = line.split()
    if len(words) != 6:
        return line
    place = [f"{(0.25 - float(word)) % 1:.4f}" for word in words[2:5]]
    return " ".join([*words[:2], *place, words[5]])


@pytest.mark.parametrize("text", [GARNET, THIOPHOSPHATE, BETA_ALUMINA], ids=["garnet", "thiophosphate", "alumina"])
def test_other_crystals_are_neutral_with_split_sites_apart(tmp_path, text):
    found = ordered(tmp_path, text)
    document = describe_ordered(found)
    assert document["charge"] == 0
    assert document["checks"] == {"charge": True, "distances": True, "split_sites": True}
    assert document["composition"] is None


def test_relocated_ions_are_said(tmp_path):
    """Order Li1 and Li3 of Li10GeP2S12, 1.7 Å apart with 1.33 ions on two sites: some ions change their orbit."""
    found = ordered(tmp_path, THIOPHOSPHATE)
    assert any("another site of their element" in note for note in found.notes)
    assert sum(found.atoms.symbols == "Li") == 20


def test_annealing_lowers_the_coulomb_energy(tmp_path):
    """Compare with random arrangements of the same numbers: the energy is below their mean."""
    found = ordered(tmp_path, argyrodite(halide_4a=0.5), supercell=(1, 1, 1))
    atoms = found.atoms
    charges = np.array([found.states[symbol] for symbol in atoms.get_chemical_symbols()])
    energy = ewald_energy_eV(atoms.positions, charges, atoms.cell[:])
    random, others = np.random.default_rng(0), []
    free = np.isin(atoms.arrays["orbit"], ["Xa", "Sa", "Xc", "Sc"])
    for _ in range(20):
        shuffled = charges.copy()
        shuffled[free] = random.permutation(charges[free])
        others.append(ewald_energy_eV(atoms.positions, shuffled, atoms.cell[:]))
    assert energy < np.mean(others)


def test_the_same_seed_gives_the_same_cell(tmp_path):
    first, again = (ordered(tmp_path, argyrodite(), seed=3).atoms for _ in range(2))
    assert np.array_equal(first.positions, again.positions)
    assert np.array_equal(first.numbers, again.numbers)
    assert not np.array_equal(first.numbers, ordered(tmp_path, argyrodite(), seed=4).atoms.numbers) or not np.allclose(
        first.positions, ordered(tmp_path, argyrodite(), seed=4).atoms.positions
    )


def test_an_ordered_crystal_is_repeated(tmp_path):
    salt = cif([("Li", "Li", 0, 0, 0, 1), ("Cl", "Cl", 0.5, 0.5, 0.5, 1)], (5.13,) * 3, "F m -3 m", 225)
    found = ordered(tmp_path, salt, min_atoms=200)
    assert len(found.atoms) >= 200
    assert max(found.supercell) - min(found.supercell) <= 1


def test_unknown_occupancies_count_as_full_and_are_said(tmp_path):
    salt = cif([("Li", "Li", 0, 0, 0, "?"), ("Cl", "Cl", 0.5, 0.5, 0.5, "?")], (5.13,) * 3, "F m -3 m", 225)
    found = ordered(tmp_path, salt)
    assert len(found.atoms) == 8
    assert found.notes == ("2 unknown occupancies are taken as 1",)


def test_states_of_the_cif_count_where_they_balance():
    amounts = {"Li": 2.0, "Fe": 1.0, "S": 2.0}
    assert oxidation_states(amounts, {}, "x")["Fe"] == 2
    assert oxidation_states({"Fe": 3.0, "O": 4.0}, {"Fe": 8 / 3, "O": -2}, "x")["Fe"] == pytest.approx(8 / 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no crystal at all", "no data block"),
        (argyrodite(lithium=0.2), "charges do not balance"),
        (cif([("Li", "Li", 0, 0, 0, 1), ("Cl", "Cl", 0, 0, 0, 1)], (5.1,) * 3, "F m -3 m", 225), "ccupanc"),
        (cif([("He", "He", 0, 0, 0, 1), ("Cl", "Cl", 0.5, 0.5, 0.5, 1)], (5.1,) * 3, "F m -3 m", 225), "He"),
    ],
)
def test_files_that_cannot_be_ordered_have_a_reason(tmp_path, text, words):
    with pytest.raises(InputError, match=words) as error:
        ordered(tmp_path, text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("occupancy", ["-0.5", "nan", "half", "0,5"])
def test_an_occupancy_that_is_no_share_is_refused(tmp_path, occupancy):
    """The parser drops sites of negative or undefined occupancy, and reads other texts as 1."""
    with pytest.raises(InputError, match=f"row 1 of the atom sites has the occupancy '{occupancy}'"):
        ordered(tmp_path, argyrodite(halide_4a=1.0, lithium=occupancy))


def test_isotopes_are_read_as_their_element(tmp_path):
    """The parser drops sites of type 6Li."""
    found = ordered(tmp_path, argyrodite(halide_4a=1.0).replace("Li1 Li ", "6Li1 6Li "))
    assert found.atoms.get_chemical_formula() == "Cl4Li24P4S20"
    assert any("6Li" in note for note in found.crystal.notes)


def test_a_vacancy_as_an_atom_site_is_refused(tmp_path):
    """The parser reads the type Vac as vanadium."""
    with pytest.raises(InputError, match="holds 'Vac', not an element"):
        ordered(tmp_path, argyrodite(halide_4a=1.0) + "V1 Vac 0.75 0.75 0.75 1\n")
