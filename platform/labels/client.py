"""Labelling of frames by a persistent worker process with a time limit, replaced after a crash."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.execution.child_processes import die_with_parent
from argyro.platform.labels.source import WORKER, LabelSource

STATUSES = ("converged", "unconverged", "failed", "timeout", "doubtful")
LOG_TAIL_CHARACTERS = 2000
LOADING_S = 600.0
ENDING_S = 10.0
# Larger values are no energy, force or stress of matter; all-electron energies stay below 1e6 eV/atom.
MOST_eV_ATOM, MOST_eV_A, MOST_eV_A3 = 1e6, 1e3, 1e2


class WorkerDied(ArgyroError):
    """An error for a worker process that ended during a frame."""


class WorkerTimeout(ArgyroError):
    """An error for a worker without an answer within the time limit."""


class NotLoaded(ArgyroError):
    """An error for a reference that cannot be loaded."""


class _Worker:
    """A process of the reference that answers each input line by one output line."""

    def __init__(self, source: LabelSource, log: Path):
        self.log = log
        self.process = subprocess.Popen(
            [source.interpreter, str(WORKER), "serve", source.config],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("ab"),
            env=source.environment,
            start_new_session=True,  # a timeout also ends the engine's children
            preexec_fn=partial(die_with_parent, signal.SIGTERM),  # on this signal it ends its descendants
        )
        assert self.process.stdin is not None and self.process.stdout is not None  # both are pipes
        self._requests, self._answers = self.process.stdin, self.process.stdout
        self._pending = b""
        self._ready = False

    def ask(self, request: dict, timeout_s: float) -> dict:
        """Send one request and wait for its answer.

        Raises:
            NotLoaded: the engine could not be loaded.
            WorkerDied: the process ended.
            WorkerTimeout: the time limit passed without an answer.
        """
        if not self._ready:
            self._wait_until_loaded()
        try:
            self._requests.write(json.dumps(request).encode() + b"\n")
            self._requests.flush()
        except BrokenPipeError as error:
            raise WorkerDied("the worker process has ended") from error
        return self._answer(request["id"], timeout_s)

    def _wait_until_loaded(self) -> None:
        try:
            answer = self._answer("ready", LOADING_S)
        except (WorkerDied, WorkerTimeout) as error:
            raise NotLoaded(f"the reference could not be loaded: {error}") from error
        if not answer.get("ready"):
            raise NotLoaded(f"the reference could not be loaded: {answer.get('message', '')}")
        self._ready = True

    def _answer(self, wanted: str, timeout_s: float) -> dict:
        """Return the next answer with this id; other lines are output of the engine."""
        deadline = time.monotonic() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while True:
                while b"\n" in self._pending:
                    line, _, self._pending = self._pending.partition(b"\n")
                    answer = _parsed(line)
                    if answer.get("id") == wanted:
                        return answer
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise WorkerTimeout(f"no answer within {timeout_s:g} s")
                piece = os.read(self._answers.fileno(), 1 << 20)
                if not piece:
                    raise WorkerDied(f"the worker process ended with exit code {self.process.wait()}")
                self._pending += piece

    def stop(self) -> None:
        """End the process and all its descendants."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(ENDING_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._requests.close()
        self._answers.close()


def _parsed(line: bytes) -> dict:
    """Return the answer of a line; empty if the line is not an answer."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def implausible(answer: Mapping, atoms: int) -> str:
    """Return the reason against a converged answer (shape, finite numbers, magnitude); empty for a valid label.

    Args:
        answer: energy in eV, forces in eV/Å, stress in eV/Å³.
        atoms: number of atoms of the frame.
    """
    for name, shape, most in (
        ("energy", (), MOST_eV_ATOM * max(1, atoms)),
        ("forces", (atoms, 3), MOST_eV_A),
        ("stress", (6,), MOST_eV_A3),
    ):
        try:
            numbers = np.asarray(answer[name], dtype=float)
        except (KeyError, TypeError, ValueError):
            return f"the engine returned no {name}"
        if numbers.shape != shape:
            return f"the engine returned {name} of shape {numbers.shape}, not {shape}"
        if not np.isfinite(numbers).all():
            return f"the engine returned {name} that are not finite"
        largest = float(np.abs(numbers).max(initial=0.0))
        if largest > most:
            return f"the engine returned {name} of {largest:.1e}, above the plausible {most:.0e}"
    return ""


def failure(frame: Atoms) -> str:
    """Return the reason for a failed label: the last line of the engine's error and the path of its log."""
    where = f" (log: {frame.info['log_file']})" if frame.info.get("log_file") else ""
    return f"{frame.info.get('reason') or frame.info['status']}{where}"


class Labeller:
    """A context manager that labels frames one by one with a `LabelSource`.

    The worker starts with the context and loads its model in the background. It serves all frames. After a crash the
    worker is replaced and the frame is tried once more. A worker that exceeds the time limit is ended.

    Args:
        source: the reference.
        workdir: folder for file-based codes and the log; None for a temporary folder.

    Raises:
        InputError: the reference is not installed.
    """

    def __init__(self, source: LabelSource, workdir: Path | None = None):
        self.source = source
        self.seconds_spent = 0.0
        self.cpu_seconds_spent = 0.0  # of the worker, without loading of the model
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if workdir is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="argyro-labels-")
            workdir = Path(self._temporary.name)
        self.workdir = Path(workdir)
        self._worker: _Worker | None = None
        self._cannot_load = ""

    def __enter__(self) -> Labeller:
        available, reason = self.source.available()
        if not available:
            raise InputError(f"label source {self.source.source!r} cannot be used: {reason}")
        self.workdir.mkdir(parents=True, exist_ok=True)
        self._start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def label(self, frames: Sequence[Atoms], progress: Callable[[int, int], None] | None = None) -> list[Atoms]:
        """Label every frame; a failed frame is returned with its status instead of an exception.

        Args:
            frames: periodic structures; their arrays and info are kept.
            progress: callback for the numbers of finished and of all frames.

        Returns:
            Copies in the same order with ``info["status"]`` (one of `STATUSES`), ``info["label_source"]`` and
            ``info["log"]``. Converged frames have a `SinglePointCalculator` with energy (eV), forces (eV/Å) and stress
            (eV/Å³, ASE sign and order); failed frames have ``info["reason"]`` and ``info["log_file"]``.
        """
        labelled = []
        for frame in frames:
            labelled.append(self._label_one(frame))
            if progress is not None:
                progress(len(labelled), len(frames))
        return labelled

    def _label_one(self, frame: Atoms) -> Atoms:
        start = time.monotonic()
        result = frame.copy()
        answer, log = self._ask(frame)
        if answer["status"] == "converged" and (reason := implausible(answer, len(frame))):
            answer, log = {"status": "failed", "message": reason}, log + reason
        disagreement, doubt = answer.get("disagreement"), self.source.doubt_eV_A
        if disagreement is not None:
            result.info["disagreement_eV_A"] = disagreement
            if doubt is not None and disagreement > doubt:
                answer["status"] = "doubtful"
                log = (
                    f"the members of the committee disagree by {disagreement:.2f} eV/Å, above the limit of {doubt:.2f}"
                )
        result.info |= {"status": answer["status"], "label_source": self.source.label_source, "log": log}
        if answer["status"] != "converged":
            lines = [line.strip() for line in (answer.get("message") or log).splitlines() if line.strip()]
            result.info["reason"] = lines[-1] if lines else answer["status"]
            result.info["log_file"] = "" if self._temporary else str(self._log)
        else:
            result.info["log"] = ""
            result.calc = SinglePointCalculator(
                result, energy=answer["energy"], forces=np.array(answer["forces"]), stress=np.array(answer["stress"])
            )
        self.seconds_spent += time.monotonic() - start
        self.cpu_seconds_spent += answer.get("cpu_s", 0.0)  # absent after a crash of the worker
        return result

    def _ask(self, frame: Atoms) -> tuple[dict, str]:
        if self._cannot_load:  # every frame would fail in the same way
            return {"status": "failed", "message": self._cannot_load}, self._cannot_load
        request = {
            "id": uuid.uuid4().hex,
            "numbers": frame.numbers.tolist(),
            "positions": frame.positions.tolist(),
            "cell": frame.cell.tolist(),
            "pbc": frame.pbc.tolist(),
            "directory": str(self.workdir.resolve() / f"frame-{uuid.uuid4().hex[:12]}"),
        }
        log_start = self._log_size()
        answer = {"status": "failed", "message": ""}
        for attempt in range(2):
            worker = self._worker or self._start()
            try:
                answer = worker.ask(request, self.source.timeout_s)
                if answer.get("status") not in STATUSES:
                    answer = {"status": "failed", "message": "the worker gave an answer without a status"}
                if answer.get("exhausted"):
                    self._stop()
                break
            except NotLoaded as error:
                self._stop()
                self._cannot_load = str(error) if attempt else ""
                answer = {"status": "failed", "message": f"{error} (tried again once in a new worker)"}
            except WorkerTimeout as error:
                self._stop()
                answer = {"status": "timeout", "message": str(error)}
                break
            except WorkerDied as error:
                self._stop()
                answer = {"status": "failed", "message": f"{error} (tried again once in a new worker)"}
        return answer, self._log_tail(log_start, answer["message"])

    @property
    def _log(self) -> Path:
        return self.workdir / "worker.log"

    def _log_size(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0

    def _log_tail(self, start: int, message: str) -> str:
        with self._log.open("rb") as log:
            log.seek(start)
            text = log.read().decode(errors="replace")
        return (text + message)[-LOG_TAIL_CHARACTERS:]

    def _start(self) -> _Worker:
        self._worker = _Worker(self.source, self._log)
        return self._worker

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
