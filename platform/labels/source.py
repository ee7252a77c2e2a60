"""Label source: the code that computes labels, with the version and weights that identify it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from argyro.platform.common.errors import InputError
from argyro.platform.labels.references import ENGINES, RECIPES, SOURCES

WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class LabelSource:
    """A reference for energies, forces and stresses, with all settings that determine its values.

    Args:
        source: name in the table of `references`, or ase with a factory.
        python: interpreter of the reference's environment; None for this one.
        factory: for ``ase``, ``module:callable`` or ``file.py:callable`` that returns an ASE calculator.
        kwargs: settings of the engine.
        threads: number of threads of the worker; use one on shared cores.
        timeout_s: time limit of one frame, without loading of the model.
        memory_GB: memory limit of the worker; by default 0.8 of the machine's memory.
        doubt_eV_A: committee disagreement above which a frame is ``doubtful``: the standard deviation of the forces,
            as a norm over components, at the atom with the largest value.

    Raises:
        InputError: the source is unknown, or `factory` does not match it.
    """

    source: str = "diep"
    python: str | None = None
    factory: str | None = None
    kwargs: dict = field(default_factory=dict)
    threads: int = 1
    timeout_s: float = 3600.0
    memory_GB: float | None = None
    doubt_eV_A: float | None = None

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            raise InputError(
                f"label source {self.source!r} is unknown; use one of {', '.join(SOURCES)} (any other: `ase`)",
                accepted=", ".join(SOURCES),
            )
        if (self.source == "ase") != (self.factory is not None) or (self.factory and ":" not in self.factory):
            raise InputError(
                f"source {self.source!r} with factory {self.factory!r} does not work: `ase` needs a factory, as "
                "file.py:callable or module:callable, and other sources have none",
                accepted="module:callable, e.g. sevenn.calculator:SevenNetCalculator",
            )

    @property
    def interpreter(self) -> str:
        """The path of the worker's Python interpreter."""
        return self.python or sys.executable

    @property
    def config(self) -> str:
        """Return the worker's configuration as JSON."""
        return json.dumps(
            {name: getattr(self, name) for name in ("source", "factory", "kwargs", "threads", "memory_GB")},
            sort_keys=True,
        )

    @property
    def environment(self) -> dict[str, str]:
        """Return the worker's environment; paths of this interpreter are removed for another one."""
        drop = {"PYTHONPATH", "PYTHONHOME"} if self.python else set()
        kept = {key: value for key, value in os.environ.items() if key not in drop}
        return kept | {"OMP_NUM_THREADS": str(self.threads), "MKL_NUM_THREADS": str(self.threads)}

    @cached_property
    def _description(self) -> dict:
        command = [self.interpreter, str(WORKER), "describe", self.config]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, env=self.environment, check=True, timeout=120
            )
        except FileNotFoundError:
            reason = f"the interpreter {self.interpreter} does not exist"
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            reason = f"the interpreter {self.interpreter} cannot describe the engine: {str(error.stderr)[-300:]}"
        else:
            return json.loads(done.stdout)
        return {"available": False, "reason": reason, "version": "", "weights": ""}

    def available(self) -> tuple[bool, str]:
        """Check whether the engine is installed; if not, return reason and repair. No heavy import is made."""
        told = self._description
        if told["available"]:
            return True, ""
        return False, told["reason"] + self._repair(told["reason"])

    def _repair(self, reason: str) -> str:
        if self.source in RECIPES:
            return f"; run `argyro labels install {self.source}`"
        if self.python is None and "is not installed" in reason and self.source in ENGINES:
            return f"; pip install -c constraints.txt {ENGINES[self.source].distribution}"
        return ""

    def identity(self) -> dict[str, str]:
        """Return name, version, settings hash and weights hash; labels may be mixed only if all four are equal."""
        weights = self._description["weights"]
        # a model is identified by its hash, not by its path
        kwargs = {name: value for name, value in self.kwargs.items() if not (weights and name == "model")}
        settings = json.dumps({"factory": self.factory, "kwargs": kwargs}, sort_keys=True)
        return {
            "name": self.factory or self.source,
            "version": self._description["version"],
            "settings": hashlib.sha256(settings.encode()).hexdigest()[:12],
            "weights": weights,
        }

    @property
    def label_source(self) -> str:
        """Return the identity as one word, as in ``info["label_source"]`` of every labelled frame."""
        parts = self.identity()
        return "/".join(
            part or "-" for part in (parts["name"], parts["version"], parts["settings"], parts["weights"])
        ).replace(" ", "_")
