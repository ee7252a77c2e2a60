"""Fault injection on a cluster of two nodes: random kills, restarts, and a comparison with unkilled runs.

    python benchmarks/chaos.py DIR --kills 50 --campaigns learning boundary adaptive

Three small campaigns run without faults, then again under random kills (SIGKILL) of driver, worker, label process, lmp,
raylet, GCS and MLflow delivery. A kill that ends the run is followed by a restart in the same folder. After its share
of kills a campaign runs to completion. Then every result must equal that of the unkilled run, no item may have been
computed twice, every item must be in the store with valid checksums, and MLflow must have one finished run for each
tracked item. The labels come from a moment tensor potential, so that learning takes little time.

Each kill and each verdict is a line in DIR/chaos.jsonl. A second call continues after the last kill.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from chaos_cluster import PORT, TwoNodes, victims
from chaos_verdict import verdict

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-c", "from argyro.campaigns.cli.main import main; main()"]
NOTICE_S = 45.0  # a driver ends within 35 s after its raylet or the GCS died
WORK_S = 60.0  # longest wait for a running item before a kill
PATIENCE_S = 240.0  # a driver that still runs after this time hangs
SMALL = {
    "materials": [{"composition": "Li6PS5Cl", "disorder": 0.5}],
    "temperatures_K": [700, 750, 800],
    "grain_sizes_nm": [20, 1000],
    "structures": {"supercell": [1, 1, 1], "min_grain_thickness_nm": 0.9},
    "labels": {"source": "ase", "factory": "labels.py:make", "kwargs": {"mtp": "reference.mtp"}},
    "potential": {"levels": [6], "max_labels": 40, "max_rounds": 4, "explore_ps": 2, "ensemble": 1},
    # too short for a restart file: an interrupted run starts anew, so its trajectory is that of the unkilled run
    "md": {"equilibrate_ps": 0.5, "production_ps": 8, "realisations": 3, "frame_every_fs": 20},
    "surrogate": {"members": 2, "steps": 50},
    "homogenization": {"grains": 8, "samples": 50},
}
CAMPAIGNS = {
    "learning": {
        "seed": 1,
        "materials": [{"composition": "Li6PS5Cl", "disorder": share} for share in (0.0, 0.5)],
        "potential": SMALL["potential"] | {"levels": [6, 8]},
    },
    "boundary": {
        "seed": 2,
        "boundaries": ["sigma3(1-12)[110]"],
        "boundary_width_nm": 0.4,
        "temperatures_K": [400, 450, 500],  # at 700 K the small potential does not hold this cell
        "md": SMALL["md"] | {"production_ps": 6},
    },
    "adaptive": {
        "seed": 3,
        "materials": [{"composition": "Li6PS5Cl", "disorder": share} for share in (0.25, 0.5)],
        "acquisition": {"start": 3, "batch": 2, "until": {"regret_dex": 1e-9}},
    },
}
LABELS = '''"""Labels of a moment tensor potential, the reference of the small campaigns."""

from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
from argyro.platform.potential.mtp.model import MTP


def make(mtp):
    """Make the calculator of a potential file."""
    return MTPCalculator(MTP.read(mtp), threads=1)
'''


@dataclass
class Chaos:
    """One campaign under fault injection.

    Args:
        name: name of the campaign.
        folder: folder of the benchmark; the run's folder is below.
        cluster: cluster of two nodes.
        dice: random generator of victims and times.
        pause_s: shortest and longest time between kills.
        log: function called with each event.
    """

    name: str
    folder: Path
    cluster: TwoNodes
    dice: random.Random
    pause_s: tuple[float, float]
    log: Callable[..., None]
    killed: Counter = field(default_factory=Counter)
    process: subprocess.Popen | None = None

    @property
    def run_folder(self) -> Path:
        return self.folder / f"{self.name}-killed"

    def start(self) -> None:
        """Start the run, after the cluster if that is incomplete."""
        self.cluster.complete()
        options = ["--workdir", self.run_folder.name, "--address", f"127.0.0.1:{PORT}"]
        self.process = start_run(self.folder, self.name, options, self.cluster.environment)

    def attack(self, kills: int) -> None:
        """Kill the given number of times, or until the campaign is complete."""
        self.start()
        while self.killed.total() < kills:
            self.wait_for_work()
            self.sleep(self.dice.uniform(*self.pause_s))
            if self.process.poll() == 0:
                return
            if self.process.poll() is not None:
                self.log(event="restart", campaign=self.name, exit_code=self.process.returncode)
                self.start()
            else:
                self.kill()

    def wait_for_work(self) -> None:
        """Wait until an item runs, the run ends, or WORK_S have passed."""
        ends = time.monotonic() + WORK_S
        while not self.running() and self.process.poll() is None and time.monotonic() < ends:
            time.sleep(0.1)

    def running(self) -> list[str]:
        """List the keys of the running items."""
        return sorted(path.stem[:8] for path in (self.run_folder / "scratch").glob("*.lock") if path.stem != "run")

    def sleep(self, seconds: float) -> None:
        """Wait for a time, or until the run ends."""
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return

    def kill(self) -> None:
        """Kill a process of a random kind among those that run; mend the cluster, restart an ended run."""
        found = victims(self.process.pid)
        kind = self.dice.choice(sorted(found))
        running = self.running()
        self.dice.choice(found[kind]).kill()
        self.killed[kind] += 1
        began = time.monotonic()
        if kind == "gcs":
            self.sleep(PATIENCE_S)
        elif kind == "raylet":
            self.sleep(NOTICE_S)  # the driver ends only with its own raylet
        elif kind == "driver":
            self.process.wait()
        ended_after_s = None if self.process.poll() is None else round(time.monotonic() - began, 1)
        hung = kind == "gcs" and ended_after_s is None
        self.log(event="kill", campaign=self.name, victim=kind, running=running, ended_after_s=ended_after_s, hung=hung)
        if hung:
            self.process.kill()
            self.process.wait()
        if self.process.poll() is None:
            self.cluster.complete()
        elif self.process.returncode != 0:
            self.start()

    def finish(self) -> int:
        """Run the campaign to completion and return its exit code."""
        code = self.process.wait()
        for _ in range(3):
            if code == 0:
                break
            self.log(event="restart", campaign=self.name, exit_code=code)
            self.start()
            code = self.process.wait()
        return code


def start_run(folder: Path, name: str, options: list[str], environment: dict[str, str]) -> subprocess.Popen:
    """Start `argyro run` in the folder of the benchmark."""
    errors = (folder / f"{name}.err").open("a")
    command = [*COMMAND, "run", f"{name}.yaml", *options, "--trust", "--json"]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=errors)


def prepare(folder: Path) -> None:
    """Write the campaign files and the label reference."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "labels.py").write_text(LABELS)
    potential = ROOT / "campaigns" / "reference" / "potentials" / "Cl-Li-P-S.mtp"
    (folder / "reference.mtp").write_bytes(potential.read_bytes())
    for name, differences in CAMPAIGNS.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({"name": name, **SMALL, **differences}))


def reference_run(folder: Path, name: str, environment: dict[str, str]) -> None:
    """Run a campaign without faults, unless it is complete."""
    code = start_run(folder, name, ["--workdir", f"{name}-unkilled", "--inline"], environment).wait()
    if code != 0:
        raise SystemExit(f"the run without faults failed, see {folder / name}.err")


def share_costs(unkilled: Path, killed: Path) -> None:
    """Copy the measured costs, on which the choices of an adaptive campaign depend."""
    killed.mkdir(exist_ok=True)
    if not (killed / "costs.json").exists():
        shutil.copy(unkilled / "costs.json", killed)


def earlier(record: Path) -> tuple[dict[str, Counter], dict[str, dict]]:
    """Read the kills and the verdicts of earlier calls, by campaign."""
    killed: dict[str, Counter] = {name: Counter() for name in CAMPAIGNS}
    verdicts = {}
    for line in record.read_text().splitlines() if record.exists() else []:
        event = json.loads(line)
        if event["event"] == "kill":
            killed[event["campaign"]][event["victim"]] += 1
        elif event["event"] == "verdict":
            verdicts[event["campaign"]] = event
    return killed, verdicts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--campaigns", nargs="+", choices=CAMPAIGNS, default=list(CAMPAIGNS))
    parser.add_argument("--pause-s", type=float, nargs=2, default=(0.5, 5.0))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    prepare(options.folder)
    record = options.folder / "chaos.jsonl"

    def log(**event: object) -> None:
        with record.open("a") as file:
            file.write(json.dumps({"time": round(time.time(), 1), **event}) + "\n")

    killed, verdicts = earlier(record)
    cluster = TwoNodes(options.folder / "cluster.log")
    try:
        for number, name in enumerate(options.campaigns):
            if name in verdicts:
                continue
            reference_run(options.folder, name, dict(os.environ, OMP_NUM_THREADS="1"))
            share = options.kills * (number + 1) // len(options.campaigns) - options.kills * number // len(
                options.campaigns
            )
            dice = random.Random(f"{options.seed} {name} {killed[name].total()}")
            chaos = Chaos(name, options.folder, cluster, dice, tuple(options.pause_s), log, killed[name])
            share_costs(options.folder / f"{name}-unkilled", chaos.run_folder)
            try:
                chaos.attack(share)
                code = chaos.finish()
            finally:
                chaos.process.kill()
            found = verdict(options.folder / f"{name}-unkilled", chaos.run_folder)
            verdicts[name] = {"campaign": name, "exit_code": code, "killed": dict(chaos.killed), **found}
            log(event="verdict", **verdicts[name])
            print(json.dumps(verdicts[name]), flush=True)
    finally:
        cluster.stop()
    return summary(options.folder, verdicts, earlier(record)[0])


def summary(folder: Path, verdicts: dict[str, dict], killed: dict[str, Counter]) -> int:
    """Print a table of the campaigns; return 1 if one has a fault."""
    kinds = sorted({kind for counts in killed.values() for kind in counts})
    print("| campaign | items | " + " | ".join(kinds) + " | faults |\n|" + "---|" * (3 + len(kinds)))
    for name, found in verdicts.items():
        counts = " | ".join(str(killed[name][kind]) for kind in kinds)
        print(f"| {name} | {found['items']} | {counts} | {found['faults'] or 'none'} |")
    print(f"{sum(counts.total() for counts in killed.values())} kills, see {folder / 'chaos.jsonl'}")
    return int(any(found["faults"] or found["exit_code"] for found in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main())
