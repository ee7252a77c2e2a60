"""Spool on disk for MLflow records: no record is lost or logged twice while the server is unavailable."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from argyro.actors.mlflow_tracker import Record
from argyro.platform.execution.atomic_files import write_json


class Spool:
    """Folder with one file per waiting record and a list of the delivered keys.

    Args:
        folder: folder; created if absent.
        destination: server, experiment and campaign; a change discards the list of delivered keys.
    """

    def __init__(self, folder: Path, destination: str):
        self.waiting_folder, self.refused_folder = folder / "waiting", folder / "refused"
        self.waiting_folder.mkdir(parents=True, exist_ok=True)
        self._ledger = folder / "logged"
        if self._lines()[:1] != [destination]:
            self._ledger.write_text(f"{destination}\n")
        self._logged = set(self._lines()[1:])

    def _lines(self) -> list[str]:
        return self._ledger.read_text(errors="replace").splitlines() if self._ledger.exists() else []

    def __contains__(self, key: str) -> bool:
        """Check whether a key was delivered."""
        return key in self._logged

    @staticmethod
    def forget(folder: Path) -> None:
        """Discard the list of delivered keys after the loss of the database."""
        (folder / "logged").unlink(missing_ok=True)

    def put(self, record: Record) -> None:
        """Store a record until its delivery; equal keys are one record."""
        document = asdict(record) | {"artifacts": [str(path) for path in record.artifacts]}
        write_json(self.waiting_folder / f"{record.key}.json", document)

    def waiting(self) -> list[Path]:
        """List the files of waiting records."""
        return sorted(self.waiting_folder.glob("*.json"))

    @staticmethod
    def read(file: Path) -> Record:
        """Read the record in a file."""
        stored = json.loads(file.read_text())
        return Record(**stored | {"artifacts": [Path(path) for path in stored["artifacts"]]})

    def mark(self, key: str) -> None:
        """Mark a key as delivered and delete its record."""
        with self._ledger.open("a") as ledger:
            ledger.write(f"{key}\n")
        self._logged.add(key)
        (self.waiting_folder / f"{key}.json").unlink(missing_ok=True)

    def refuse(self, file: Path, reason: str) -> None:
        """Move an undeliverable record aside so that it does not block the others."""
        self.refused_folder.mkdir(exist_ok=True)
        (self.refused_folder / f"{file.stem}.log").write_text(reason)
        file.rename(self.refused_folder / file.name)
