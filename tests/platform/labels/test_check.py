"""`labels check` passes a consistent reference and exposes one whose forces or stress are no slopes of its energy."""

import pytest
from ase.build import bulk

from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.labels.check import check_source
from argyro.platform.labels.client import Labeller
from argyro.platform.labels.environments import install
from argyro.platform.labels.source import LabelSource

WRONG = """
from ase.calculators.lj import LennardJones

class Wrong(LennardJones):
    def calculate(self, *arguments, **keywords):
        super().calculate(*arguments, **keywords)
        self.results["forces"] = self.results["forces"] * 1.5
        self.results["stress"] = -self.results["stress"]

def nothing():
    return object()
"""
PARAMETERS = {"sigma": 2.6, "epsilon": 0.1, "rc": 7.0, "smooth": True}


@pytest.fixture
def cell():
    atoms = bulk("Ar", "fcc", a=3.9, cubic=True)
    atoms.rattle(0.1, seed=4)
    return atoms


def test_consistent_reference_passes(cell):
    with Labeller(LabelSource(source="ase", factory="ase.calculators.lj:LennardJones", kwargs=PARAMETERS)) as labeller:
        result = check_source(labeller, cell)
    assert result.force_error_eV_A < 1e-3 * result.max_force_eV_A + 1e-3
    assert result.stress_error_GPa < 1e-3 * abs(result.pressure_GPa) + 1e-3


def test_wrong_forces_and_stress_sign_are_exposed(cell, tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG)
    with Labeller(LabelSource(source="ase", factory=f"{tmp_path}/wrong.py:Wrong", kwargs=PARAMETERS)) as labeller:
        result = check_source(labeller, cell)
    assert result.force_error_eV_A > 0.1 * result.max_force_eV_A
    assert result.stress_error_GPa == pytest.approx(2 * abs(result.pressure_GPa), rel=0.01)


def test_reference_that_labels_nothing_raises_with_its_log(cell, tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG)
    source = LabelSource(source="ase", factory=f"{tmp_path}/wrong.py:nothing")
    with Labeller(source) as labeller, pytest.raises(ArgyroError, match="ended failed"):
        check_source(labeller, cell)


def test_only_references_with_an_environment_of_their_own_are_installed():
    with pytest.raises(InputError, match="install diep, chgnet and mace in this one"):
        install("chgnet")
