"""The worker process: results as ASE gives them, and every way in which a frame can fail."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.lj import LennardJones

from argyro.platform.common.errors import InputError
from argyro.platform.labels.client import Labeller
from argyro.platform.labels.source import LabelSource

TROUBLE = '''
import os, time
from pathlib import Path
import numpy as np
from ase.calculators.calculator import Calculator, all_changes

class Trouble(Calculator):
    """One atom is fine; two raise, three die, four hang, five die in the first attempt only, six return NaN."""

    implemented_properties = ["energy", "forces", "stress"]

    def __init__(self, marker):
        super().__init__()
        self.marker = Path(marker)

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        print("noise on standard output")
        n = len(atoms)
        if n == 2:
            raise RuntimeError("the cell is cursed")
        if n == 3 or (n == 5 and not self.marker.exists()):
            self.marker.touch()
            os._exit(7)
        if n == 4:
            time.sleep(60)
        energy = float("nan") if n == 6 else float(os.getpid())
        self.results = {"energy": energy, "forces": np.zeros((n, 3)), "stress": np.zeros(6)}
'''


def chain(n: int) -> Atoms:
    return Atoms(f"Li{n}", positions=[[3.0 * i, 0, 0] for i in range(n)], cell=[3.0 * n, 9, 9], pbc=True)


@pytest.fixture
def troubled(tmp_path: Path):
    (tmp_path / "trouble.py").write_text(TROUBLE)
    source = LabelSource(
        source="ase", factory=f"{tmp_path}/trouble.py:Trouble", kwargs={"marker": str(tmp_path / "died")}, timeout_s=1.0
    )
    with Labeller(source, tmp_path / "labels") as labeller:
        yield labeller


def test_labels_equal_those_of_the_calculator_itself():
    parameters = {"sigma": 2.5, "epsilon": 0.1, "rc": 6.0}
    frame = bulk("Ar", "fcc", a=4.0, cubic=True)
    frame.rattle(0.1, seed=1)
    frame.info["composition"] = "Ar"
    with Labeller(LabelSource(source="ase", factory="ase.calculators.lj:LennardJones", kwargs=parameters)) as labeller:
        (labelled,) = labeller.label([frame])
    frame.calc = LennardJones(**parameters)
    assert labelled.get_potential_energy() == frame.get_potential_energy()
    np.testing.assert_array_equal(labelled.get_forces(), frame.get_forces())
    np.testing.assert_array_equal(labelled.get_stress(), frame.get_stress())
    assert labelled.info["composition"] == "Ar" and labelled.info["status"] == "converged"


def test_worker_stays_alive_over_frames_and_prints_do_not_disturb(troubled):
    first, second = troubled.label([chain(1), chain(1)])
    assert first.get_potential_energy() == second.get_potential_energy() != os.getpid()


def test_exception_of_the_engine_is_a_status_with_its_log(troubled):
    failed, after = troubled.label([chain(2), chain(1)])
    assert failed.info["status"] == "failed" and failed.calc is None
    assert "the cell is cursed" in failed.info["log"]
    assert after.info["status"] == "converged"


def test_dead_worker_is_replaced_and_its_frame_tried_once_more(troubled):
    before, hopeless, after = troubled.label([chain(1), chain(3), chain(1)])
    assert hopeless.info["status"] == "failed" and "exit code 7" in hopeless.info["log"]
    assert after.info["status"] == "converged" and after.get_potential_energy() != before.get_potential_energy()


def test_frame_that_killed_a_worker_by_chance_is_labelled_in_the_next(troubled):
    (labelled,) = troubled.label([chain(5)])
    assert labelled.info["status"] == "converged"


def test_slow_frame_times_out_and_the_next_is_labelled(troubled):
    start = time.monotonic()
    slow, after = troubled.label([chain(4), chain(1)])
    assert slow.info["status"] == "timeout" and after.info["status"] == "converged"
    assert time.monotonic() - start < 30


def test_result_that_is_no_number_is_a_failure(troubled):
    (labelled,) = troubled.label([chain(6)])
    assert labelled.info["status"] == "failed" and "not finite" in labelled.info["log"]


def test_model_that_cannot_be_loaded_is_told_in_the_log(tmp_path):
    (tmp_path / "broken.py").write_text("def make():\n    raise OSError('no weights here')\n")
    with Labeller(LabelSource(source="ase", factory=f"{tmp_path}/broken.py:make")) as labeller:
        (labelled,) = labeller.label([chain(1)])
    assert labelled.info["status"] == "failed" and "no weights here" in labelled.info["log"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"source": "lammps"}, "use one of"),
        ({"source": "ase"}, "`ase` needs a factory"),
        ({"source": "chgnet", "factory": "a:b"}, "`ase` needs a factory"),
        ({"source": "ase", "factory": "nocolon"}, "or module:callable"),
    ],
)
def test_impossible_sources_are_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        LabelSource(**arguments)


def test_missing_engine_says_what_repairs_it(tmp_path):
    available, reason = LabelSource(source="gpaw", python=str(tmp_path / "python")).available()
    assert not available and "argyro labels install gpaw" in reason
    with (
        pytest.raises(InputError, match="program"),
        Labeller(LabelSource(source="vasp", kwargs={"command": "no-such-vasp"})),
    ):
        pass


def test_identity_changes_with_settings_and_weights(tmp_path):
    (tmp_path / "own.py").write_text("x = 1\n")
    factory = f"{tmp_path}/own.py:x"
    plain = LabelSource(source="ase", factory=factory).identity()
    assert LabelSource(source="ase", factory=factory, kwargs={"a": 1}).identity()["settings"] != plain["settings"]
    (tmp_path / "own.py").write_text("x = 2\n")
    assert LabelSource(source="ase", factory=factory).identity()["weights"] != plain["weights"]


def test_availability_of_the_default_is_known_without_importing_it():
    source = LabelSource()
    start = time.monotonic()
    assert source.available() == (True, "")
    assert time.monotonic() - start < 3
    assert all(source.identity().values())
