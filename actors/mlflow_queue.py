"""Records on their way to MLflow, on disk: nothing is lost while the server is away, and nothing is told twice."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from argyro.actors.mlflow_tracker import Record
from argyro.platform.execution.atomic_files import write_json


class Spool:
    """A folder with one file per record that MLflow has not got, and a list of the keys that it has.

    Args:
        folder: made if absent.
        destination: server, experiment and campaign; what another destination has got counts for nothing.
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
        """Whether MLflow has got it."""
        return key in self._logged

    @staticmethod
    def forget(folder: Path) -> None:
        """Count nothing as told: the database is gone."""
        (folder / "logged").unlink(missing_ok=True)

    def put(self, record: Record) -> None:
        """Keep a record until MLflow has it; the same key twice is one record."""
        document = asdict(record) | {"artifacts": [str(path) for path in record.artifacts]}
        write_json(self.waiting_folder / f"{record.key}.json", document)

    def waiting(self) -> list[Path]:
        """Files of the records that MLflow has not got."""
        return sorted(self.waiting_folder.glob("*.json"))

    @staticmethod
    def read(file: Path) -> Record:
        """The record in a file."""
        stored = json.loads(file.read_text())
        return Record(**stored | {"artifacts": [Path(path) for path in stored["artifacts"]]})

    def mark(self, key: str) -> None:
        """Note that MLflow has got a key, and drop its record."""
        with self._ledger.open("a") as ledger:
            ledger.write(f"{key}\n")
        self._logged.add(key)
        (self.waiting_folder / f"{key}.json").unlink(missing_ok=True)

    def refuse(self, file: Path, reason: str) -> None:
        """Set a record aside that MLflow will never take, so that it does not hold up the others."""
        self.refused_folder.mkdir(exist_ok=True)
        (self.refused_folder / f"{file.stem}.log").write_text(reason)
        file.rename(self.refused_folder / file.name)
