"""Worker process of a reference: JSON requests on standard input, JSON answers on standard output, one per line.

The worker is started by path with the interpreter of the reference's environment, so it must not import argyro. It
needs only ASE and the engine. Output of the engine goes to the log (standard error), not between the answers.

    worker.py describe CONFIG     print availability, version and weights of the engine, one JSON line
    worker.py serve CONFIG        label frames until standard input ends

CONFIG is ``{"source", "factory", "kwargs", "threads", "memory_GB"}`` as JSON. A request is ``{"id", "numbers",
"positions", "cell", "pbc", "directory"}``, an answer ``{"id", "status", "energy", "forces", "stress", "message",
"cpu_s"}`` in eV, eV/Å and eV/Å³ (xx, yy, zz, yz, xz, xy). ``cpu_s`` is the CPU time of the frame and of its programs. A
committee of models also gives ``disagreement``. Lines without the id of the request are output of the engine.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    import numpy as np
    from ase import Atoms

ANSWERS_FD = 200  # far above the file descriptors of an engine


def _sibling(name: str) -> ModuleType:
    """Load a file of this folder without adding the folder to the path, which could hide modules of the engine."""
    spec = importlib.util.spec_from_file_location(f"argyro_labels_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None  # the name ends in .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def limit_threads(threads: int) -> None:
    """Limit the threads of the numerical libraries, torch included; call it before they are imported."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)


class Reference:
    """An engine that labels frames and keeps its calculator, with the loaded model, between frames."""

    def __init__(self, config: dict):
        engines = _sibling("references")
        self.engine = engines.find(config["source"], config.get("factory"))
        self.parser = getattr(_sibling("convergence"), config["source"]) if self.engine.output else None
        self.kwargs = config.get("kwargs") or {}
        self.calculator = None if self.engine.output else self.engine.build(self.kwargs, Path.cwd())
        self.elements = self.engine.elements(self.calculator) if self.engine.elements else None
        self.source = config["source"]

    def label(self, request: dict) -> dict:
        """Return energy, forces, stress and status of one frame; an exception of the engine gives a status."""
        from ase import Atoms

        atoms = Atoms(request["numbers"], positions=request["positions"], cell=request["cell"], pbc=request["pbc"])
        changes = ({}, *self.engine.retries) if self.engine.output else ({},)
        answer: dict = {}
        before_s = _cpu_s()
        for attempt, change in enumerate(changes):
            answer = self._attempt(atoms, {**self.kwargs, **change}, Path(request["directory"]) / f"attempt-{attempt}")
            if answer["status"] != "unconverged":
                break
        return answer | {"cpu_s": _cpu_s() - before_s}

    def _attempt(self, atoms: Atoms, kwargs: dict, directory: Path) -> dict:
        answer = {"status": "failed", "message": ""}
        unknown = sorted({atom.symbol for atom in atoms if self.elements and atom.number not in self.elements})
        if unknown:
            return answer | {"message": f"{self.source} does not support {', '.join(unknown)}; use another reference"}
        try:
            if self.engine.output:
                directory.mkdir(parents=True, exist_ok=True)
                atoms.calc = self.engine.build(kwargs, directory)
            else:
                atoms.calc = self.calculator
            answer = _results(atoms)
        except MemoryError:
            traceback.print_exc(file=sys.stderr)
            return answer | {"message": "MemoryError: the frame needs more memory than is granted", "exhausted": True}
        except (Exception, SystemExit) as error:
            traceback.print_exc(file=sys.stderr)
            unconverged = "convergence" in type(error).__name__.lower()
            message = f"{type(error).__name__}: {error}"
            answer = {"status": "unconverged" if unconverged else "failed", "message": message}
        # An output without any cycle comes from a crash, which density mixing cannot repair.
        verdict = self._verdict(directory)
        if verdict is not None and not verdict.converged and "stopped before" not in verdict.reason:
            return {"status": "unconverged", "message": verdict.reason}
        return answer

    def _verdict(self, directory: Path) -> Any:
        path = directory / (self.engine.output or "")
        return self.parser(path.read_text(errors="replace")) if self.parser and path.is_file() else None


def _cpu_s() -> float:
    """Return the CPU time of this process and its ended children."""
    return sum(os.times()[:4])


def _results(atoms: Atoms) -> dict:
    import numpy as np

    energy = float(atoms.get_potential_energy())
    forces = np.asarray(atoms.get_forces(), dtype=float)
    stress = np.asarray(atoms.get_stress(voigt=True), dtype=float)
    if not (np.isfinite(energy) and np.isfinite(forces).all() and np.isfinite(stress).all()):
        return {"status": "failed", "message": "the engine returned energies, forces or stresses that are not finite"}
    return {
        "status": "converged",
        "energy": energy,
        "forces": forces.tolist(),
        "stress": stress.tolist(),
        "message": "",
        "disagreement": _disagreement(getattr(atoms.calc, "results", {}).get("forces_comm")),
    }


def _disagreement(forces: np.ndarray | None) -> float | None:
    """Return the largest disagreement of a committee over atoms in eV/Å; None for a single model."""
    import numpy as np

    return None if forces is None else float(np.linalg.norm(np.std(forces, axis=0), axis=-1).max())


def serve(config: dict, requests: Iterable[str], answers: TextIO) -> None:
    """Answer each request line until the input ends; the first answer reports the loaded model."""
    limit_threads(int(config.get("threads", 1)))
    limit_memory(config.get("memory_GB"))
    try:
        reference = Reference(config)
    except (Exception, SystemExit) as error:
        traceback.print_exc(file=sys.stderr)
        _send({"id": "ready", "ready": False, "message": f"{type(error).__name__}: {error}"}, answers)
        return
    _send({"id": "ready", "ready": True}, answers)
    for line in requests:
        request = json.loads(line)
        answer = reference.label(request)
        _send(answer | {"id": request["id"]}, answers)
        if answer.get("exhausted"):
            return  # the engine does not release memory; a new worker replaces this one


def limit_memory(memory_GB: float | None) -> None:
    """Limit the memory of this process, so that a large frame fails with MemoryError."""
    import resource

    machine = 0.8 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    granted = int(machine if memory_GB is None else memory_GB * 2**30)
    with contextlib.suppress(OSError, ValueError):  # a lower limit already applies
        resource.setrlimit(resource.RLIMIT_DATA, (granted, granted))


def _send(answer: dict, answers: TextIO) -> None:
    """Write an answer on a new line, even after output of the engine."""
    answers.write("\n" + json.dumps(answer) + "\n")
    answers.flush()


def main(mode: str, config: dict) -> None:
    """Run the worker; standard output is kept for answers, and all other output goes to the log."""
    sys.path.pop(0)  # the folder of this file
    if mode == "serve":
        _sibling("worker_supervisor").supervise()
    answers = os.fdopen(fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, ANSWERS_FD), "w")
    os.dup2(2, 1)
    if mode == "describe":
        told = _sibling("references").describe(config["source"], config.get("factory"), config.get("kwargs") or {})
        print(json.dumps(told), file=answers, flush=True)
    else:
        serve(config, sys.stdin, answers)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
