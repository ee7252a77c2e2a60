"""Convergence read from outputs, which stand in outputs/ in the format of each code."""

from pathlib import Path

import pytest

from argyro.platform.labels import convergence
from argyro.platform.labels.references import ENGINES

JUDGED = sorted(name for name, engine in ENGINES.items() if engine.output)

OUTPUTS = Path(__file__).with_name("outputs")


@pytest.mark.parametrize(
    ("name", "converged", "words"),
    [
        ("vasp_converged.OUTCAR", True, "12 electronic steps"),
        ("vasp_unconverged.OUTCAR", False, "NELM = 4"),
        ("vasp_second_ionic_step_unconverged.OUTCAR", False, "3 electronic steps"),
        ("vasp_stopped.OUTCAR", False, "stopped before"),
        ("espresso_converged.pwo", True, "9 iterations"),
        ("espresso_unconverged.pwo", False, "NOT achieved"),
        ("espresso_killed.pwo", False, "JOB DONE"),
        ("cp2k_converged.out", True, "12 steps"),
        ("cp2k_unconverged.out", False, "NOT converged"),
        ("cp2k_outer_converged.out", True, "outer SCF loop converged"),
        ("gpaw_converged.txt", True, "10 steps"),
        ("gpaw_unconverged.txt", False, "limit of 4 steps"),
    ],
)
def test_verdict_and_its_reason(name, converged, words):
    verdict = getattr(convergence, name.partition("_")[0])((OUTPUTS / name).read_text())
    assert verdict.converged is converged
    assert words in verdict.reason


@pytest.mark.parametrize("code", JUDGED)
def test_empty_output_is_no_convergence(code):
    assert not getattr(convergence, code)("").converged
