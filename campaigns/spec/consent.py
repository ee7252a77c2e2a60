"""Programs and code that a campaign file names, and the user's consent to run them.

Known engines run without consent: the references that come with argyro, `lmp`, the usual MPI launchers and DFT programs
by their bare names, and interpreters that `argyro labels install` made. Everything else needs `--trust`, which is
remembered by the hash of the campaign in the user's state folder, never beside the campaign: that folder, too, may come
from a stranger.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from argyro.campaigns.spec.mistakes import InvalidCampaign, Mistake
from argyro.campaigns.spec.schema import Campaign, Labels, Teacher

# Options with numbers only; other options may name files that list programs.
_SHORT = r"-(n|np|N|c|ppn)"
_LONG = r"--(n|np|nodes|ntasks|ntasks-per-node|cpus-per-task|exact|exclusive|overlap|oversubscribe)"
_LAUNCHER = rf"(mpirun|mpiexec|mpiexec\.hydra|srun|aprun|jsrun)( ({_SHORT}|{_LONG})([ =]?[0-9]+)?)*"
_PROGRAM = r"(lmp(_\w+)?|vasp_(std|gam|ncl)|pw\.x|cp2k(_shell)?(\.\w+)?)"
_KNOWN_COMMAND = re.compile(rf"{_LAUNCHER}|({_LAUNCHER} )?{_PROGRAM}")
_KNOWN_INTERPRETER = re.compile(r"python[0-9.]*")
_MODEL_SUFFIXES = (".model", ".pt", ".pth", ".ckpt", ".tar")


@dataclass(frozen=True)
class Execution:
    """One program, module or model file that a run executes because the campaign file names it.

    Args:
        setting: path of the setting.
        runs: its text.
        how: how it is executed.
        known: whether it is a known engine.
    """

    setting: str
    runs: str
    how: str
    known: bool

    def to_json(self) -> dict[str, object]:
        """Return the entry of `executes` in `argyro plan --json`."""
        return {"setting": self.setting, "runs": self.runs, "how": self.how, "known": self.known}


def executions(campaign: Campaign) -> list[Execution]:
    """List everything that a run executes because the campaign file names it."""
    labels, md, surrogate = campaign.labels, campaign.md, campaign.surrogate
    found = [*_of_labels("labels", labels.source, labels)]
    if labels.teacher is not None:
        teacher = labels.teacher
        found += _of_labels("labels.teacher", teacher.train_on, teacher)
        found += _model("labels.teacher.foundation", teacher.foundation)
    if surrogate.foundation is not None:
        found += _model("surrogate.foundation.model", surrogate.foundation.model)
    for name, text in (("launcher", md.launcher), ("lammps", md.lammps)):
        if text is not None:
            found.append(Execution(f"md.{name}", text, "program", _matches(_KNOWN_COMMAND, text)))
    return found


def require_consent(campaign: Campaign, source: str, *, trust: bool, run: bool) -> None:
    """Refuse a campaign that names unknown code, unless the user trusts it.

    Args:
        campaign: the campaign.
        source: its file, for the message.
        trust: whether the user said so now.
        run: for a run: earlier consent counts, new consent is kept, and interpreters must come from `labels install`.

    Raises:
        InvalidCampaign: with one mistake for each unknown program, module or model file.
    """
    registry = _read_registry() if run else {}
    installed = registry["interpreters"] if run else None
    unknown = [one for one in executions(campaign) if not one.known or not _is_installed(one, installed)]
    if not unknown or (run and campaign_hash(campaign) in registry["campaigns"]):
        return
    if trust:
        if run:
            _remember("campaigns", campaign_hash(campaign))
        return
    raise InvalidCampaign(source, [_mistake(one) for one in unknown])


def remember_interpreter(python: Path) -> None:
    """Keep the interpreter that `argyro labels install` made as a known one."""
    _remember("interpreters", str(python.absolute()))


def campaign_hash(campaign: Campaign) -> str:
    """Hash the content of a campaign file; comments and layout do not count."""
    return hashlib.sha256(campaign.model_dump_json().encode()).hexdigest()


def _mistake(one: Execution) -> Mistake:
    message = f"{one.runs!r} is a {one.how} that a run executes; if you trust this file as code, add --trust"
    return Mistake(one.setting, one.runs, "a known engine, or --trust", message)


def _of_labels(place: str, source: str, section: Labels | Teacher) -> Iterator[Execution]:
    if section.python is not None:
        own = section.python == f".venvs/{source}/bin/python"
        yield Execution(
            f"{place}.python", section.python, "program", own or _matches(_KNOWN_INTERPRETER, section.python)
        )
    if section.factory is not None:
        kind = "Python file" if section.factory.rpartition(":")[0].endswith(".py") else "Python module"
        yield Execution(f"{place}.factory", section.factory, kind, known=False)
    for name, value in section.kwargs.items():
        if name == "command":
            yield Execution(f"{place}.kwargs.command", str(value), "program", _matches(_KNOWN_COMMAND, str(value)))
        if name == "model":
            for model in value if isinstance(value, list) else [value]:
                yield from _model(f"{place}.kwargs.model", model)


def _model(place: str, model: object) -> Iterator[Execution]:
    """Name a model file: torch models are pickles, which may hold code."""
    text = str(model)
    if model is not None and ("/" in text or text.endswith(_MODEL_SUFFIXES) or Path(text).is_file()):
        yield Execution(place, text, "model file with code", known=False)


def _matches(pattern: re.Pattern[str], command: str) -> bool:
    return pattern.fullmatch(command) is not None


def _is_installed(one: Execution, interpreters: list[str] | None) -> bool:
    """Accept any program but an interpreter by path that `labels install` did not make."""
    if interpreters is None or not one.setting.endswith(".python") or "/" not in one.runs:
        return True
    return str(Path(one.runs).absolute()) in interpreters


def _registry() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "argyro" / "trusted.json"


def _read_registry() -> dict[str, list[str]]:
    """Read what the user trusts; a damaged file trusts nothing."""
    kept: dict[str, list[str]] = {"campaigns": [], "interpreters": []}
    try:
        found = json.loads(_registry().read_text(encoding="utf-8"))
        return {name: [str(entry) for entry in found[name]] for name in kept}
    except (OSError, ValueError, KeyError, TypeError):
        return kept


def _remember(kind: str, entry: str) -> None:
    from argyro.platform.execution.atomic_files import write_json

    registry = _read_registry()
    registry[kind] = sorted({*registry[kind], entry})
    with suppress(OSError):  # consent that cannot be kept is asked for again
        _registry().parent.mkdir(parents=True, exist_ok=True)
        write_json(_registry(), registry, shared=True)
