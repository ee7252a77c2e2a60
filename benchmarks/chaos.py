"""Fault injection: random kills of campaign processes, restarts, and a search for repeated or lost items.

    python benchmarks/chaos.py --spec campaigns/templates/smoke.yaml --workdir DIR --kills 50 --kills-per-campaign 7

Random victims (driver, worker, raylet, head or GCS, tracker) are killed by SIGKILL. A kill that ends the run is
followed by a restart in the same folder. After its number of kills a campaign runs to completion. Then every item must
be in the store with valid checksums, the journal must have no duplicate key, and MLflow must have one finished run for
each tracked item. Each kill and each campaign is a line in DIR/chaos.jsonl.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil

COMMAND = [sys.executable, "-c", "from argyro.campaigns.cli.main import main; main()"]
# Substrings of the command line that identify a victim; the driver is the started process.
VICTIMS = {
    "driver": (),
    "worker": ("ray::_run_task", "ray::ItemHost"),
    "raylet": ("raylet/raylet",),
    "head": ("gcs/gcs_server",),
    "tracker": ("ray::Delivery",),
}
# Time limit for a run to detect the loss of its cluster.
NOTICE_S = 180.0


@dataclass
class Chaos:
    """One campaign under fault injection.

    Args:
        spec: campaign file.
        folder: working folder of the campaign.
        dice: random generator of victims and times.
        pause_s: shortest and longest time between kills.
        log: function called with each event.
    """

    spec: Path
    folder: Path
    dice: random.Random
    pause_s: tuple[float, float]
    log: object
    killed: Counter = field(default_factory=Counter)
    hung: int = 0
    process: subprocess.Popen | None = None

    def start(self) -> None:
        errors = (self.folder.parent / f"{self.folder.name}.err").open("a")
        command = [*COMMAND, "run", str(self.spec), "--workdir", str(self.folder), "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)

    def attack(self, kills: int) -> None:
        """Kill the given number of times, or until the campaign is complete."""
        self.start()
        while sum(self.killed.values()) < kills:
            self.sleep(self.dice.uniform(*self.pause_s))
            if self.process.poll() == 0:
                return
            if self.process.poll() is not None:
                self.start()
            elif (kind := self.kill()) is not None:
                self.killed[kind] += 1
                self.after(kind)

    def sleep(self, seconds: float) -> None:
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return

    def kill(self) -> str | None:
        """Kill a process of a random kind among the running kinds; return None if the run just ended."""
        try:
            family = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return None
        victims = {kind: [p for p in family if known_by(p, signs)] for kind, signs in VICTIMS.items()}
        victims["driver"] = [self.process]
        kind = self.dice.choice([kind for kind, there in victims.items() if there])
        running = self.running()
        self.dice.choice(victims[kind]).kill()
        self.log(event="kill", campaign=self.folder.name, victim=kind, running=running)
        return kind

    def running(self) -> list[str]:
        """List the keys of the running items."""
        return sorted(path.stem[:8] for path in (self.folder / "scratch").glob("*.lock") if path.stem != "run")

    def after(self, kind: str) -> None:
        """Restart the run after the death of the driver or the loss of the cluster, which must end the run."""
        if kind in ("raylet", "head"):
            self.sleep(NOTICE_S)
            if self.process.poll() is None:
                self.hung += 1
                self.log(event="hung", campaign=self.folder.name, after=kind)
                self.process.kill()
        if kind in ("driver", "raylet", "head"):
            self.process.wait()
            self.start()

    def finish(self) -> dict:
        """Run the campaign to completion and check it."""
        code = self.process.wait()
        if code != 0:
            self.start()
            code = self.process.wait()
        return judge(self.folder) | {"exit_code": code, "killed": dict(self.killed), "hung": self.hung}


def known_by(process: psutil.Process, signs: tuple[str, ...]) -> bool:
    try:
        line = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return any(sign in line for sign in signs)


def judge(folder: Path) -> dict:
    """Find the faults of a finished campaign; every count must be zero."""
    from argyro.campaigns.pipeline.grow_graph import finished, grown_graph
    from argyro.campaigns.runtime.workspace import CampaignFolder
    from argyro.platform.execution.result_store import DamagedItem

    campaign_folder = CampaignFolder(folder)
    campaign = campaign_folder.campaign()
    store = campaign_folder.store(campaign)
    graph = grown_graph(campaign, store)
    items = graph.items()
    done = finished(graph, store)
    damaged = []
    for name, item in items.items():
        try:
            store.path(item)
        except DamagedItem:
            damaged.append(name)
    keys = Counter(entry["key"] for entry in campaign_folder.journal())
    tracked = {items[name].key for name, result in done.results.items() if result.tracked() and name not in damaged}
    return {
        "event": "judged",
        "campaign": folder.name,
        "items": len(items),
        "computed": len(keys),
        "computed_twice": sum(count > 1 for count in keys.values()),
        "lost_or_damaged": damaged,
        "untracked_or_twice": sum(count != 1 for count in tracked_runs(campaign_folder, campaign, tracked).values()),
    }


def tracked_runs(folder, campaign, keys: set[str]) -> dict[str, int]:
    """Count the finished MLflow runs of each key."""
    from mlflow import MlflowClient

    from argyro.actors.mlflow_tracker import KEY_TAG, default_tracking_uri

    client = MlflowClient(campaign.tracking or default_tracking_uri(folder.root))
    experiment = client.get_experiment_by_name(campaign.name)
    found: Counter = Counter()
    token = None
    while True:
        page = client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'", page_token=token)
        found.update(run.data.tags.get(KEY_TAG) for run in page)
        if not (token := page.token):
            return {key: found[key] for key in keys}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spec", type=Path, default=Path("campaigns/templates/smoke.yaml"))
    parser.add_argument("--workdir", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--kills-per-campaign", type=int, default=7)
    parser.add_argument("--pause-s", type=float, nargs=2, default=(5.0, 60.0))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.workdir.mkdir(parents=True, exist_ok=True)
    record = options.workdir / "chaos.jsonl"

    def log(**event) -> None:
        with record.open("a") as file:
            file.write(json.dumps({"time": round(time.time(), 1), **event}) + "\n")

    killed, verdicts = Counter(), []
    while killed.total() < options.kills:
        number = len(verdicts)
        folder = options.workdir / f"campaign-{options.seed}-{number}"
        chaos = Chaos(options.spec, folder, random.Random(f"{options.seed} {number}"), tuple(options.pause_s), log)
        chaos.attack(min(options.kills_per_campaign, options.kills - killed.total()))
        verdicts.append(chaos.finish())
        log(**verdicts[-1])
        killed += chaos.killed
        print(json.dumps(verdicts[-1]), flush=True)
    print(json.dumps({"campaigns": len(verdicts), "kills": killed.total(), "by_victim": dict(killed)}))
    flaws = ("exit_code", "computed_twice", "lost_or_damaged", "untracked_or_twice", "hung")
    return int(any(verdict[flaw] for verdict in verdicts for flaw in flaws))


if __name__ == "__main__":
    sys.exit(main())
