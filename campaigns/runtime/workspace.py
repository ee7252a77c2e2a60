"""A campaign's folder: what was asked, where results and unfinished work lie."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

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
        """The campaign as it was last run."""
        return self.root / "campaign.yaml"

    @property
    def scratch(self) -> Path:
        """Unfinished work, the journal of what was computed, logs of quarantined items."""
        return self.root / "scratch"

    @property
    def run_lock(self) -> Path:
        """Lock file of the `argyro run` at work in the folder."""
        return self.scratch / "run.lock"

    @property
    def report_file(self) -> Path:
        """The campaign's report."""
        return self.root / "report.html"

    @property
    def artifacts(self) -> Path:
        """Files of the MLflow runs, when the database is a local one."""
        return self.root / "mlflow-artifacts"

    @property
    def spool(self) -> Path:
        """Records that MLflow has not got."""
        return self.scratch / "tracking"

    @property
    def _costs_file(self) -> Path:
        return self.root / "costs.json"

    def costs(self) -> Costs | None:
        """What the machine of the first run was measured to take; None before it."""
        try:
            return Costs.from_json(json.loads(self._costs_file.read_text()))
        except FileNotFoundError:
            return None

    def keep_costs(self, costs: Costs) -> None:
        """For the time left, and for the report to compare with."""
        write_json(self._costs_file, costs.to_json(), shared=True)

    @property
    def _marker(self) -> Path:
        return self.root / "campaign.json"

    def prepare(self, campaign: Campaign) -> str:
        """Make the folder, or take it up again; returns the campaign's lasting identity.

        Raises:
            InputError: the folder cannot be written, belongs to a campaign of another name, or to a newer argyro.
        """
        try:
            self.scratch.mkdir(parents=True, exist_ok=True)
            if self._marker.exists():
                identity = self._read_marker()
                if identity["name"] != campaign.name:
                    raise InputError(
                        f"{self.root} holds the campaign {identity['name']!r}, not {campaign.name!r}; "
                        "give another --workdir, or the campaign its old name",
                        path="workdir",
                        given=campaign.name,
                        accepted=identity["name"],
                    )
            else:
                identity = {"argyro_campaign": FORMAT_VERSION, "name": campaign.name, "id": uuid.uuid4().hex}
                write_json(self._marker, identity, shared=True)
            text = yaml.safe_dump(campaign.model_dump(mode="json"), sort_keys=False)
            write_text(self.spec_file, text, shared=True)
        except OSError as error:
            raise InputError(
                f"{self.root} cannot be written to ({error.strerror}); choose another with --workdir",
                path="workdir",
                given=str(self.root),
                accepted="a writable folder",
            ) from error
        return identity["id"]

    def _read_marker(self) -> dict:
        try:
            identity = json.loads(self._marker.read_text())
            version = identity["argyro_campaign"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{self.root} is not a campaign folder: its campaign.json is missing or damaged; "
                "give the folder that `argyro run` made",
                path="workdir",
                given=str(self.root),
            ) from error
        if version != FORMAT_VERSION:
            raise InputError(
                f"{self.root} was written in campaign format {version}, this argyro knows {FORMAT_VERSION}; "
                "use the argyro that wrote it, or another --workdir",
                path="workdir",
                given=version,
                accepted=str(FORMAT_VERSION),
            )
        return identity

    def campaign(self) -> Campaign:
        """The campaign that ran here.

        Raises:
            InputError: this is not a campaign folder, or one of a newer format.
        """
        self._read_marker()
        return Campaign.model_validate(yaml.safe_load(self.spec_file.read_text()))

    def store(self, campaign: Campaign) -> Store:
        """The store that the campaign names, by default one in the folder."""
        return Store(campaign.store or self.root / "store", cache=self.scratch / "parents")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the folder for one run; the lock goes with the process, however it ends.

        Raises:
            ArgyroError: another `argyro run` works in the folder.
        """
        refusal = f"another `argyro run` works in {self.root}; wait for it (argyro status {self.root}) or stop it"
        with exclusive_lock(self.run_lock, refusal):
            yield

    def journal(self) -> list[dict]:
        """One entry for each item ever computed here: key, stage, seconds, time, pid; a line cut off is left out."""
        file = self.scratch / "journal.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
