"""The bias of a reference: exact for forces that are a known multiple of DFT's, and quoted in one line."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.lj import LennardJones
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from argyro.platform.common.errors import InputError
from argyro.platform.labels.bias_table import bias_note, bias_table, find_bias
from argyro.platform.labels.client import Labeller
from argyro.platform.labels.reference_bias import bias_rows, force_errors, measure_bias, read_dft_frames
from argyro.platform.labels.source import LabelSource

PARAMETERS = {"sigma": 2.6, "epsilon": 0.1, "rc": 7.0, "smooth": True}


def dft_frames(number: int = 5) -> list[Atoms]:
    rng = np.random.default_rng(0)
    frames = []
    for _ in range(number):
        frame = Atoms("Li2S", positions=rng.uniform(0, 5, (3, 3)), cell=[5, 5, 5], pbc=True)
        frame.calc = SinglePointCalculator(frame, energy=0.0, forces=rng.normal(size=(3, 3)))
        frames.append(frame)
    return frames


def test_slope_and_rmse_of_forces_scaled_by_element_are_exact():
    frames = dft_frames()
    forces = [frame.get_forces() * [[0.7], [0.7], [1.1]] for frame in frames]
    lithium, sulfur = (force_errors(frames, forces, element) for element in ("Li", "S"))
    assert lithium.slope.low == pytest.approx(0.7) and lithium.slope.high == pytest.approx(0.7)
    assert sulfur.slope.value == pytest.approx(1.1) and sulfur.rmse_eV_A == pytest.approx(0.1 * sulfur.rms_eV_A)
    rows = {row.element: row for row in bias_rows(frames, forces, "soft", "1", "PBE")}
    assert set(rows) == {"all", "Li", "S"} and 0.7 < rows["all"].slope < 1.1
    with pytest.raises(ValueError, match="no DFT force on Br"):
        force_errors(frames, forces, "Br")


def test_a_reference_that_is_the_dft_has_no_bias(tmp_path):
    """The DFT of this test is a Lennard-Jones fluid with twice the well depth: slope one half."""
    frames = []
    for seed in range(3):
        frame = bulk("Ar", "fcc", a=3.9, cubic=True)
        frame.rattle(0.1, seed=seed)
        frame.calc = LennardJones(**PARAMETERS | {"epsilon": 0.2})
        frame.get_forces()
        frames.append(frame)
    write(tmp_path / "dft.extxyz", frames)
    source = LabelSource(source="ase", factory="ase.calculators.lj:LennardJones", kwargs=PARAMETERS)
    with Labeller(source) as labeller:
        rows = measure_bias(labeller, read_dft_frames(tmp_path / "dft.extxyz"), "LJ")
    assert [row.element for row in rows] == ["all", "Ar"] and rows[0].functional == "LJ"
    assert rows[0].slope == pytest.approx(0.5, abs=1e-4) and rows[0].lattice_error_percent is None


def test_frames_without_forces_and_other_files_are_refused(tmp_path):
    write(tmp_path / "bare.extxyz", bulk("Ar", "fcc", a=3.9))
    with pytest.raises(InputError, match="has no forces"):
        read_dft_frames(tmp_path / "bare.extxyz")
    (tmp_path / "text.extxyz").write_text("no frames here\n")
    with pytest.raises(InputError, match="cannot be read"):
        read_dft_frames(tmp_path / "text.extxyz")


def test_one_line_quotes_each_reference():
    assert {row.reference for row in bias_table()} == {"diep", "chgnet", "sevennet"}
    note = bias_note("diep 2.0.0")
    assert (
        note.startswith("diep 2.0.0 (MatPES r2SCAN): slope of forces on Li 0.98") and "PBE" in note and "\n" not in note
    )
    assert "7net-0" in bias_note("sevennet 0.13.0") and "7net-0" not in bias_note("sevennet", "7net-l3i5")
    assert bias_note("chgnet 0.4.2, diep 2.0.0").count("slope") == 2
    assert note.endswith("in the median of 22 samples.")
    assert bias_note("gpaw 26.7") == "" and bias_note("") == ""
    assert "argyro labels bias mace" in bias_note("mace 0.3.16")
    assert len(find_bias("sevennet")) == 2
