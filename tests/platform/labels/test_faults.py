"""Faults of an engine cost one frame: wrong shapes, absurd numbers, garbage on the pipe, children, memory."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ase import Atoms

from argyro.platform.labels.client import Labeller, failure, implausible
from argyro.platform.labels.source import LabelSource

FAULTY = '''
import os, signal, subprocess, sys, time
from pathlib import Path
import numpy as np
from ase.calculators.calculator import Calculator, all_changes

MODES = """fine shape shape1 flat stress5 huge huge_energy complex fdwrite exit segv sysexit leak
hang_child stress9 nan print recurse stop_itself""".split()

def recurse():
    return recurse()

class Faulty(Calculator):
    """As many atoms as the place of a mode in the list above choose it."""

    implemented_properties = ["energy", "forces", "stress"]

    def __init__(self, folder):
        super().__init__()
        self.folder, self.kept = Path(folder), []

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        n = len(atoms)
        mode, energy, forces, stress = MODES[n - 1], 0.0, np.zeros((n, 3)), np.zeros(6)
        if mode == "shape":
            forces = np.zeros((n + 3, 3))
        if mode == "shape1":
            forces = np.zeros((1, 3))
        if mode == "flat":
            forces = np.zeros(3 * n)
        if mode == "stress5":
            stress = np.zeros(5)
        if mode == "stress9":
            stress = np.zeros((3, 3))
        if mode == "nan":
            forces[0, 0] = np.nan
        if mode == "huge":
            forces[0, 0] = 1e30
        if mode == "huge_energy":
            energy = 1e30
        if mode == "complex":
            energy = 1j
        if mode == "fdwrite":
            for fd in [*range(3, 20), *range(190, 210)]:
                try:
                    os.write(fd, b'garbage, not JSON\\n{"status": "converged"}\\nand no line end')
                except OSError:
                    pass
        if mode == "print":
            print('{"status": "converged"}')
            os.write(1, b"garbage")
        if mode == "recurse":
            recurse()
        if mode == "exit":
            os._exit(0)
        if mode == "segv":
            os.kill(os.getpid(), signal.SIGSEGV)
        if mode == "sysexit":
            sys.exit(3)
        if mode == "leak":
            while True:
                self.kept.append(np.empty(5_000_000))
        if mode == "stop_itself":
            os.kill(os.getpid(), signal.SIGSTOP)
        if mode == "hang_child":  # one child in a session of its own, one whose parent is gone
            detached = subprocess.Popen(["sleep", "9999"], start_new_session=True)
            orphan = int(subprocess.check_output("setsid sleep 9998 >/dev/null & echo $!", shell=True))
            (self.folder / "children").write_text(f"{os.getpid()} {detached.pid} {orphan}")
            time.sleep(1000)
        self.results = {"energy": energy, "forces": forces, "stress": stress}
'''
MODES = FAULTY.split('MODES = """')[1].split('"""')[0].split()


def frame(mode: str) -> Atoms:
    n = MODES.index(mode) + 1
    return Atoms(f"Li{n}", positions=[[3.0 * i, 0, 0] for i in range(n)], cell=[3.0 * n, 9, 9], pbc=True)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids: list[int], within_s: float = 10.0) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until and any(map(alive, pids)):
        time.sleep(0.02)
    return not any(map(alive, pids))


def source(folder: Path) -> LabelSource:
    (folder / "faulty.py").write_text(FAULTY)
    kwargs = {"folder": str(folder)}
    return LabelSource("ase", factory=f"{folder}/faulty.py:Faulty", kwargs=kwargs, timeout_s=5.0, memory_GB=0.7)


@pytest.fixture(scope="module")
def labeller(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faulty")
    with Labeller(source(folder), folder / "labels") as opened:
        yield opened


@pytest.mark.parametrize(
    ("mode", "status", "words"),
    [
        ("shape", "failed", "forces of shape (5, 3), not (2, 3)"),
        ("shape1", "failed", "forces of shape (1, 3)"),
        ("flat", "failed", "forces of shape (12,)"),
        ("stress5", "failed", ""),
        ("huge", "failed", "forces of 1.0e+30"),
        ("huge_energy", "failed", "energy of 1.0e+30"),
        ("complex", "failed", "TypeError"),
        ("fdwrite", "converged", ""),
        ("exit", "failed", "exit code 0"),
        ("segv", "failed", f"exit code {128 + signal.SIGSEGV}"),
        ("sysexit", "failed", "SystemExit: 3"),
        ("leak", "failed", "MemoryError"),
        ("stress9", "converged", ""),
        ("nan", "failed", "not finite"),
        ("print", "converged", ""),
        ("recurse", "failed", "RecursionError"),
        ("stop_itself", "timeout", ""),
    ],
)
def test_a_fault_costs_its_frame_and_no_other(labeller, mode, status, words):
    faulty, after = labeller.label([frame(mode), frame("fine")])
    assert faulty.info["status"] == status and after.info["status"] == "converged"
    if status == "failed":
        assert faulty.calc is None and words in faulty.info["reason"] and "\n" not in faulty.info["reason"]
        assert failure(faulty).endswith(f"(log: {labeller.workdir / 'worker.log'})")


def test_every_descendant_ends_with_a_worker_that_took_too_long(labeller):
    (labelled,) = labeller.label([frame("hang_child")])
    pids = [int(word) for word in (labeller.workdir.parent / "children").read_text().split()]
    assert labelled.info["status"] == "timeout" and len(pids) == 3 and gone(pids)


def test_every_descendant_ends_with_the_process_that_labels(tmp_path):
    prepared = source(tmp_path)
    code = (
        "from argyro.platform.labels.client import Labeller\n"
        "from argyro.platform.labels.source import LabelSource\n"
        "from ase import Atoms\n"
        f"source = LabelSource('ase', factory={prepared.factory!r}, kwargs={prepared.kwargs!r}, timeout_s=100)\n"
        "with Labeller(source) as labeller:\n"
        f"    labeller.label([Atoms('Li{MODES.index('hang_child') + 1}', cell=[9, 9, 9], pbc=True)])\n"
    )
    driver = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"TMPDIR": str(tmp_path)})
    until = time.monotonic() + 60
    while not (tmp_path / "children").exists() and time.monotonic() < until:
        time.sleep(0.02)
    pids = [int(word) for word in (tmp_path / "children").read_text().split()]
    driver.kill()
    driver.wait()
    assert len(pids) == 3 and gone(pids)


def test_plausible_numbers_pass_and_others_are_named():
    answer = {"energy": -5000.0, "forces": [[1, 2, 3]], "stress": [0.1] * 6}
    assert implausible(answer, 1) == ""
    assert "no stress" in implausible({"energy": 0.0, "forces": [[0, 0, 0]]}, 1)
    assert "not finite" in implausible({**answer, "energy": float("nan")}, 1)
    assert "forces of shape (1, 3), not (2, 3)" in implausible(answer, 2)


def test_a_reference_that_cannot_be_loaded_is_not_waited_for_twice(tmp_path):
    (tmp_path / "broken.py").write_text("def make():\n    raise SystemExit('no licence')\n")
    with Labeller(LabelSource("ase", factory=f"{tmp_path}/broken.py:make"), tmp_path / "labels") as labeller:
        first, second = labeller.label([frame("fine"), frame("fine")])
        assert labeller._worker is None
    assert "SystemExit: no licence" in first.info["reason"] and "no licence" in second.info["reason"]
