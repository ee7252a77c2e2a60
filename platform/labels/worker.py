"""The reference as a process of its own: JSON requests on standard input, JSON answers on standard output, one a line.

Started by path with the interpreter of the reference's environment, so nothing of argyro may be imported here; ASE and
the engine are all it needs. Whatever the engine prints goes to the log (standard error), never between the answers.

    worker.py describe CONFIG     whether the engine is there, its version and weights, one JSON line
    worker.py serve CONFIG        labels frames until standard input ends

CONFIG is ``{"source", "factory", "kwargs", "threads", "memory_GB"}`` as JSON. A request is ``{"id", "numbers",
"positions", "cell", "pbc", "directory"}``, an answer ``{"id", "status", "energy", "forces", "stress", "message",
"cpu_s"}`` in eV, eV/Å and eV/Å³ (xx, yy, zz, yz, xz, xy); ``cpu_s`` is the CPU time of the frame and of its
programs. A committee of models also gives ``disagreement``. Lines without the id of the request are
not answers: an engine may write into the pipe.
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

ANSWERS_FD = 200  # far from the numbers that an engine's files get


def _sibling(name: str):
    """Load a file next to this one without putting the folder on the path, where it could shadow the engine's names."""
    spec = importlib.util.spec_from_file_location(f"argyro_labels_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None  # the name ends in .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def limit_threads(threads: int) -> None:
    """Hold the numerical libraries, torch included, to the threads granted; must run before they are imported."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)


class Reference:
    """One engine that answers frames; keeps its calculator, and so the loaded model, between frames."""

    def __init__(self, config: dict):
        engines = _sibling("references")
        self.engine = engines.find(config["source"], config.get("factory"))
        self.parser = _sibling("convergence").PARSERS.get(config["source"])
        self.kwargs = config.get("kwargs") or {}
        self.calculator = None if self.engine.output else self.engine.build(self.kwargs, Path.cwd())
        self.elements = self.engine.elements(self.calculator) if self.engine.elements else None
        self.source = config["source"]

    def label(self, request: dict) -> dict:
        """Energy, forces and stress of one frame with its status; an exception of the engine is a status, too."""
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

    def _attempt(self, atoms, kwargs: dict, directory: Path) -> dict:
        answer = {"status": "failed", "message": ""}
        unknown = sorted({atom.symbol for atom in atoms if self.elements and atom.number not in self.elements})
        if unknown:
            return answer | {"message": f"{self.source} does not know {', '.join(unknown)}; use another reference"}
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
        # a file without any cycle comes from a crash, which is a failure and no matter of mixing
        verdict = self._verdict(directory)
        if verdict is not None and not verdict.converged and "stopped before" not in verdict.reason:
            return {"status": "unconverged", "message": verdict.reason}
        return answer

    def _verdict(self, directory: Path):
        path = directory / (self.engine.output or "")
        return self.parser(path.read_text(errors="replace")) if self.parser and path.is_file() else None


def _cpu_s() -> float:
    """CPU time of this process and of the children it has waited for."""
    return sum(os.times()[:4])


def _results(atoms) -> dict:
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


def _disagreement(forces) -> float | None:
    """How much a committee's members differ at the atom where they differ most, eV/Å; None for a single model."""
    import numpy as np

    return None if forces is None else float(np.linalg.norm(np.std(forces, axis=0), axis=-1).max())


def serve(config: dict, requests, answers) -> None:
    """Answer one line for every line of requests until they end; the first line says that the model is loaded."""
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
            return  # the engine keeps what it took; a new worker begins anew


def limit_memory(memory_GB: float | None) -> None:
    """Limit this process's data, so that a frame fails with MemoryError instead of the machine."""
    import resource

    machine = 0.8 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    granted = int(machine if memory_GB is None else memory_GB * 2**30)
    with contextlib.suppress(OSError, ValueError):  # a lower limit holds already
        resource.setrlimit(resource.RLIMIT_DATA, (granted, granted))


def _send(answer: dict, answers) -> None:
    """Write an answer on a line of its own, whatever an engine has written into the pipe before."""
    answers.write("\n" + json.dumps(answer) + "\n")
    answers.flush()


def main(mode: str, config: dict) -> None:
    """Entry point; keeps the real standard output for the answers and sends every other print to the log."""
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
