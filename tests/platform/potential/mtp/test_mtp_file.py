import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from potential_examples import random_cell, random_potential

from argyro.platform.common.errors import InputError
from argyro.platform.potential.mtp import mtp_file
from argyro.platform.potential.mtp.model import MTP

TEXT = mtp_file.text(random_potential(8, ("Li", "S")).with_repulsion(np.full((2, 2), 1.7)).parameters)


def read_text(folder, text, **kwargs):
    path = folder / "p.mtp"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return MTP.read(path, **kwargs)


def entry(name):
    return re.search(rf"^\s*{name} = .*$", TEXT, re.MULTILINE)[0]


def test_round_trip_is_exact(tmp_path):
    mtp = random_potential(10).with_repulsion((np.arange(16).reshape(4, 4) + np.arange(16).reshape(4, 4).T) / 7)
    mtp.write(tmp_path / "p.mtp")
    again = MTP.read(tmp_path / "p.mtp")
    for name in ("radial_coefficients", "species_energies_eV", "coefficients"):
        np.testing.assert_array_equal(getattr(again, name), getattr(mtp, name))
    np.testing.assert_array_equal(again.parameters.zbl_outer_A, mtp.parameters.zbl_outer_A)
    assert (again.species, again.level, again.cutoff_A, again.min_dist_A, again.scaling) == (
        mtp.species,
        10,
        mtp.cutoff_A,
        mtp.min_dist_A,
        mtp.scaling,
    )


def test_any_order_of_the_tables(tmp_path):
    """Basic moments, products and functions shuffled as another code might have them."""
    mtp, rng = random_potential(12), np.random.default_rng(0)
    shuffled = mtp.kernel.parameters
    basic, times, scalars = shuffled.basic, shuffled.times, shuffled.scalar_moments
    order = rng.permutation(len(basic))
    renumber = np.arange(shuffled.moments_count)
    renumber[order] = np.arange(len(basic))
    times[:, [0, 1, 3]] = renumber[times[:, [0, 1, 3]]]
    times = times[np.argsort(times[:, 3], kind="stable")]
    times[::2, [0, 1]] = times[::2, [1, 0]]
    functions = rng.permutation(len(scalars))
    shuffled.basic, shuffled.times, shuffled.scalar_moments = basic[order], times, renumber[scalars[functions]]
    shuffled.coefficients = mtp.coefficients[functions]
    other, atoms = MTP(shuffled), random_cell(6)
    np.testing.assert_allclose(other.evaluate(atoms).forces_eV_A, mtp.evaluate(atoms).forces_eV_A, rtol=1e-9)
    np.testing.assert_allclose(other.basis(atoms), mtp.basis(atoms)[:, functions], rtol=1e-9)
    np.testing.assert_allclose(
        other.upconvert(14).evaluate(atoms).forces_eV_A, mtp.evaluate(atoms).forces_eV_A, rtol=1e-8
    )


def test_untrained_files_and_files_without_species(tmp_path):
    untrained = TEXT.replace(entry("potential_tag"), "potential_tag = species:Li,S")
    untrained = re.sub(r"\tradial_coeffs\n(\t\t.*\n)+", "", untrained)
    untrained = re.sub(r"(species|moment)_coeffs = .*\n", "", untrained)
    assert read_text(tmp_path, untrained).evaluate(random_cell(4, ("Li", "S"))).energy_eV == 0.0
    nameless = TEXT.replace(entry("potential_tag"), "potential_tag = made elsewhere")
    with pytest.raises(InputError, match="has no species names"):
        read_text(tmp_path, nameless)
    assert read_text(tmp_path, nameless, species=["Li", "S"]).species == ("Li", "S")
    with pytest.raises(InputError, match="has 2 species, 3 are given"):
        read_text(tmp_path, nameless, species=["Li", "S", "Cl"])
    with pytest.raises(InputError, match="Li is named twice"):
        read_text(tmp_path, nameless, species=["Li", "Li"])
    with pytest.raises(InputError, match="has the species Li, S, not S, Li"):
        read_text(tmp_path, TEXT, species=["S", "Li"])


def test_mlips_binary_tail_is_ignored(tmp_path):
    assert read_text(tmp_path, TEXT.encode() + b"#MVS_v1.1\n\x00\xff\x01").level == 8


DATE = "# DATE: 2024-05-01 UNITS: metal CONTRIBUTOR: somebody CITATION: none\n"


@pytest.mark.parametrize(
    "alter",
    [
        lambda text: DATE + text,
        lambda text: "\n# two\n\n" + DATE + text,
        lambda text: text.replace("version = 1.1.0\n", "version = 1.1.0  # of the format\n# trained on PBE labels\n"),
        lambda text: re.sub(r"(\t\t0-1\n)", r"# pair\n\1\n# rows\n", text),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: "\ufeff" + DATE + text.replace("\n", "\r\n") + "# the end\n",
        lambda text: DATE + text + "#MVS_v1.1\n#\x00 = }",
    ],
)
def test_comments_line_ends_and_byte_order_marks(tmp_path, alter):
    found, expected = read_text(tmp_path, alter(TEXT)), read_text(tmp_path, TEXT)
    np.testing.assert_array_equal(found.radial_coefficients, expected.radial_coefficients)
    np.testing.assert_array_equal(found.coefficients, expected.coefficients)
    assert (found.species, found.cutoff_A) == (expected.species, expected.cutoff_A)


def test_lines_come_in_the_order_that_lammps_reads(tmp_path):
    """LAMMPS' own pair style mtp reads line by line in this order."""
    order = (
        "version potential_name scaling species_count potential_tag radial_basis_type min_dist max_dist "
        "radial_basis_size radial_funcs_count radial_coeffs alpha_moments_count alpha_index_basic_count "
        "alpha_index_basic alpha_index_times_count alpha_index_times alpha_scalar_moments alpha_moment_mapping "
        "species_coeffs moment_coeffs"
    )
    keys = [line.split("=")[0].strip() for line in TEXT.splitlines() if "=" in line or line.strip() == "radial_coeffs"]
    assert TEXT.startswith("MTP\n")
    assert " ".join(keys) == order


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("MTP\n", "MLIP\n", "first line"),
        ("1.1.0", "2.0", "version is '2.0'"),
        ("RBChebyshev", "RBTaylor", "RBTaylor"),
        ("species_count = 2", "species_count = -2", "must be positive"),
        ("species_count = 2", "species_count = 3", "radial_coeffs"),
        ("radial_basis_size = 8", "radial_basis_size = 7", "8 values, radial_basis_size is 7"),
        ("max_dist = 5.0", "max_dist = 1.0", "min_dist < max_dist"),
        ("max_dist = 5.0", "max_dist = nan", "finite"),
        ("alpha_index_times_count = 14", "alpha_index_times_count = 15", "holds 14 entries"),
        ("alpha_index_basic = {{0", "alpha_index_basic = {{9", "radial function beyond"),
        ("alpha_moment_mapping = {0", "alpha_moment_mapping = {99", "beyond alpha_moments_count"),
        ("alpha_moment_mapping = {0", "alpha_moment_mapping = {zero", "not an integer"),
        ("\t\t0-1", "\t\t0-0", "twice"),
        ("zbl:1.7", "zbl:", "one radius per pair"),
        ("species:Li,S", "species:Li,Xx", "not a chemical symbol from H to Lr"),
        ("species:Li,S", "species:Li", "names 1 species"),
    ],
)
def test_damaged_files_say_what_is_wrong(tmp_path, old, new, message):
    assert old in TEXT
    with pytest.raises(InputError, match=re.escape(message)):
        read_text(tmp_path, TEXT.replace(old, new, 1))


def test_a_product_used_before_it_is_complete_is_refused(tmp_path):
    parameters = random_potential(8).kernel.parameters
    times = parameters.times
    parameters.times = times[::-1].copy()
    with pytest.raises(InputError, match="before it is complete"):
        MTP(parameters)


@pytest.mark.parametrize("level", [6, 8, 16])
def test_lines_fit_the_buffer_of_lammps_own_reader(level):
    """1024 bytes, then 20 a row from the basic moments on, 40 a row from the products on (src/ML-MTP of LAMMPS)."""
    species = ("Li", "P", "S", "Cl", "Br", "I")
    parameters = random_potential(level, species).with_repulsion(np.full((6, 6), 1.2345678901234567)).parameters
    buffer = 1024
    for line in mtp_file.text(parameters).splitlines(keepends=True):
        if line.startswith("alpha_index_basic ="):
            buffer = 20 * len(parameters.basic) + 20
        if line.startswith("alpha_index_times ="):
            buffer = 40 * len(parameters.times) + 20
        assert len(line) < buffer


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="is it a folder"):
        MTP.read(tmp_path)
    with pytest.raises(InputError, match="cannot open"):
        MTP.read(tmp_path / "none.mtp")


def accepted_or_refused(folder, text):
    """A damaged file is either refused with a message or, if the damage is harmless, evaluates without a crash."""
    try:
        mtp = read_text(folder, text)
        with np.errstate(over="ignore"):
            mtp.evaluate(random_cell(4, mtp.species))
    except InputError as error:
        assert str(error)


fuzz = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@fuzz
@given(length=st.integers(0, len(TEXT) - 1))
def test_truncated_files(tmp_path, length):
    text = TEXT[:length]
    if "\nmoment_coeffs = {" in text and text.rstrip().endswith("}"):
        return  # only the last line break is gone
    with pytest.raises(InputError):
        read_text(tmp_path, text)


NUMBER = re.compile(r"-?\d+\.?\d*(e-?\d+)?")
NUMBERS = [match.span() for match in NUMBER.finditer(TEXT)]


@fuzz
@given(
    place=st.sampled_from(NUMBERS),
    value=st.sampled_from(["-1", "0", "7", "99", "2147483648", "nan", "1e308", "-1e-300", "", "{"]),
)
def test_altered_numbers(tmp_path, place, value):
    accepted_or_refused(tmp_path, TEXT[: place[0]] + value + TEXT[place[1] :])


@fuzz
@given(start=st.integers(0, len(TEXT) - 1), length=st.integers(1, 60), insert=st.binary(max_size=8))
def test_altered_bytes(tmp_path, start, length, insert):
    text = TEXT.encode()
    accepted_or_refused(tmp_path, text[:start] + insert + text[start + length :])
