"""Workspace: a campaign's folder with specification, results and unfinished work."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from argyro.campaigns.spec.label_source import recall_identity
from argyro.campaigns.spec.mistakes import dotted
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.costs import Costs
from argyro.platform.common.errors import InputError
from argyro.platform.execution.atomic_files import exclusive_lock, write_json, write_text
from argyro.platform.execution.result_store import Store

FORMAT_VERSION = 1


@dataclass(frozen=True)
class CampaignFolder:
    """Paths below a campaign's working directory."""

    root: Path

    @property
    def spec_file(self) -> Path:
        """Specification of the last run."""
        return self.root / "campaign.yaml"

    @property
    def scratch(self) -> Path:
        """Unfinished work, the journal of computed items, logs of quarantined items."""
        return self.root / "scratch"

    @property
    def label_identity(self) -> Path:
        """Identity that the label reference reported to the run."""
        return self.root / "label_identity.json"

    @property
    def run_lock(self) -> Path:
        """Lock file of the active `argyro run`."""
        return self.scratch / "run.lock"

    @property
    def report_file(self) -> Path:
        """Report of the campaign."""
        return self.root / "report.html"

    @property
    def artifacts(self) -> Path:
        """Artifacts of the MLflow runs for a local database."""
        return self.root / "mlflow-artifacts"

    @property
    def spool(self) -> Path:
        """Undelivered MLflow records."""
        return self.scratch / "tracking"

    @property
    def _costs_file(self) -> Path:
        return self.root / "costs.json"

    def costs(self) -> Costs | None:
        """Read the costs measured before the first run; None if absent or damaged."""
        try:
            found = Costs.model_validate_json(self._costs_file.read_text())
            return found if found.model_fields_set else None
        except (OSError, ValueError):
            return None

    def keep_costs(self, costs: Costs) -> None:
        """Store the costs for later estimates and for the report."""
        write_text(self._costs_file, costs.model_dump_json(indent=1), shared=True)

    @property
    def _marker(self) -> Path:
        return self.root / "campaign.json"

    def prepare(self, campaign: Campaign) -> str:
        """Create or reuse the folder and return the campaign's permanent identity.

        Raises:
            InputError: the folder is not writable, or belongs to another campaign or a newer argyro.
        """
        try:
            self.scratch.mkdir(parents=True, exist_ok=True)
            identity = self._identity()
            if identity is None:
                identity = {"argyro_campaign": FORMAT_VERSION, "name": campaign.name, "id": uuid.uuid4().hex}
                write_json(self._marker, identity, shared=True)
            elif identity["name"] != campaign.name:
                raise InputError(
                    f"{self.root} holds the campaign {identity['name']!r}, not {campaign.name!r}; "
                    "give another --workdir, or restore the old name"
                )
            text = yaml.safe_dump(campaign.model_dump(mode="json"), sort_keys=False)
            write_text(self.spec_file, text, shared=True)
        except OSError as error:
            raise InputError(f"{self.root} is not writable ({error.strerror}); give another --workdir") from error
        return identity["id"]

    def _identity(self) -> dict[str, Any] | None:
        """Read ``campaign.json``; None if absent or damaged, in which case `prepare` rewrites it.

        Raises:
            InputError: a newer argyro wrote it.
        """
        try:
            identity = json.loads(self._marker.read_text())
            version, _, _ = identity["argyro_campaign"], identity["name"], identity["id"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if version != FORMAT_VERSION:
            raise InputError(
                f"{self.root} was written in campaign format {version}, this argyro reads {FORMAT_VERSION}; "
                "use the argyro that wrote it, or another --workdir"
            )
        return identity

    def campaign(self) -> Campaign:
        """Read the campaign of the last run.

        Raises:
            InputError: the folder is not a campaign's, has a newer format, or is damaged.
        """
        if self._identity() is None:
            raise InputError(
                f"{self.root} is not a campaign folder: its campaign.json is missing or damaged; give the folder that "
                f"`argyro run` made, or restore the file: argyro run SPEC.yaml --workdir {self.root}"
            )
        recall_identity(self.label_identity)
        try:
            return Campaign.model_validate(yaml.safe_load(self.spec_file.read_text()))
        except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
            if unknown := _unknown_settings(error):
                raise InputError(
                    f"{self.spec_file} is of another version of argyro: it holds {unknown}, not a setting of this one; "
                    f"use that version, or write the file again: argyro run SPEC.yaml --workdir {self.root}"
                ) from error
            raise InputError(
                f"{self.spec_file} is missing or damaged; restore it: argyro run SPEC.yaml --workdir {self.root}"
            ) from error

    def store(self, campaign: Campaign) -> Store:
        """Open the campaign's store, by default in the folder."""
        return Store(campaign.store or self.root / "store", cache=self.scratch / "parents")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Lock the folder for one run; the lock ends with the process.

        Raises:
            ArgyroError: another `argyro run` uses the folder.
        """
        refusal = f"another `argyro run` uses {self.root}; wait for it (argyro status {self.root}) or stop it"
        with exclusive_lock(self.run_lock, refusal):
            yield

    def journal(self) -> list[dict]:
        """Read one entry per item computed here: key, stage, seconds, time, pid; ignore damaged lines."""
        file = self.scratch / "journal.jsonl"
        lines = file.read_text(errors="replace").splitlines() if file.exists() else []
        return [entry for line in lines if (entry := _journal_entry(line)) is not None]


def _journal_entry(line: str) -> dict | None:
    """Parse a line of the journal; None if it is damaged."""
    try:
        entry = json.loads(line)
        numbers = entry["seconds"], entry["time"]
    except (ValueError, KeyError, TypeError):
        return None
    named = isinstance(entry.get("key"), str) and isinstance(entry.get("stage"), str)
    return entry if named and all(isinstance(number, int | float) for number in numbers) else None


def _unknown_settings(error: Exception) -> str:
    """List the settings of a stored campaign file that this version does not know; empty for other mistakes."""
    if not isinstance(error, ValidationError):
        return ""
    return ", ".join(dotted(one["loc"]) for one in error.errors() if one["type"] == "extra_forbidden")
