"""Reading speed of trajectories in MB of text per second of one core, compared with ASE, MDAnalysis and chemfiles.

python benchmarks/trajectories.py FOLDER [--peers PYTHON] [--megabytes 200] [--peer-megabytes 40]

The benchmark writes its files to FOLDER. PYTHON is the interpreter of a separate environment with numpy, ase,
MDAnalysis and chemfiles; argyro does not require the last two. `reader` reads the frames; `door` also joins, checks and
unwraps them. Times are CPU times, which depend little on other load. `peak` is the peak memory of the process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

SPECIES = (("Li", 1536), ("P", 256), ("S", 1280), ("Cl", 256))
EDGE_A = 39.4456
REPEATS = 3
ATOMS = sum(count for _, count in SPECIES)

OURS = """
import sys, time, json
from pathlib import Path
from argyro.platform.dynamics.trajectories.concatenate import read_trajectories
from argyro.platform.dynamics.trajectories.readers import read_frames
path, task = Path(sys.argv[1]), sys.argv[2]
start = time.process_time()
frames = sum(1 for _ in read_frames(path)) if task == "reader" else read_trajectories([path], 100.0).frames
seconds = time.process_time() - start
peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({"frames": frames, "seconds": seconds, "peak_MB": peak}))
"""
PEER = """
import sys, time, json, warnings
warnings.simplefilter("ignore")
path, library = sys.argv[1:3]
dump = path.endswith(".dump")
if library == "ase":
    from ase.io import iread
    frames = lambda: iread(path, index=":", format="lammps-dump-text" if dump else "vasp-xdatcar")
elif library == "MDAnalysis":
    import MDAnalysis
    frames = lambda: MDAnalysis.Universe(path, format="LAMMPSDUMP").trajectory
else:
    import chemfiles
    frames = lambda: (frame.positions for frame in chemfiles.Trajectory(path, "r", "LAMMPS"))
start = time.process_time()
count = sum(1 for _ in frames())
print(json.dumps({"frames": count, "seconds": time.process_time() - start}))
"""


def write_files(folder: Path, megabytes: float) -> dict[str, Path]:
    """Write a dump (%g, as LAMMPS does) and an XDATCAR of the given approximate size."""
    random = np.random.default_rng(0)
    names = np.repeat([name for name, _ in SPECIES], [count for _, count in SPECIES])
    sites = random.random((ATOMS, 3)) * EDGE_A
    dump, xdatcar = folder / f"{megabytes:g}.dump", folder / f"XDATCAR.{megabytes:g}"
    box = "ITEM: BOX BOUNDS pp pp pp\n" + f"0 {EDGE_A}\n" * 3 + "ITEM: ATOMS id element xu yu zu\n"
    with dump.open("w") as lammps, xdatcar.open("w") as vasp:
        vasp.write(f"t\n 1.0\n {EDGE_A} 0 0\n 0 {EDGE_A} 0\n 0 0 {EDGE_A}\n Li P S Cl\n 1536 256 1280 256\n")
        for step in range(round(megabytes * 1e6 / 107_000)):
            frame = sites + random.normal(0, 0.15, sites.shape)
            lammps.write(f"ITEM: TIMESTEP\n{50 * step}\nITEM: NUMBER OF ATOMS\n{ATOMS}\n{box}")
            rows = zip(range(1, ATOMS + 1), names, *frame.T, strict=True)
            lammps.write("".join(f"{number} {name} {x:g} {y:g} {z:g} \n" for number, name, x, y, z in rows))
            vasp.write(f"Direct configuration={step + 1:6d}\n")
            vasp.write("".join(f"  {x:.8f}  {y:.8f}  {z:.8f}\n" for x, y, z in frame / EDGE_A % 1))
    return {"LAMMPS dump": dump, "XDATCAR": xdatcar}


def measure(python: str, script: str, path: Path, task: str) -> dict:
    """Run a task in separate processes and return the fastest."""
    command = [python, "-c", script, str(path), task]
    runs = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(REPEATS)]
    found = min(runs, key=lambda run: run["seconds"])
    return found | {"MB_s": path.stat().st_size / 1e6 / found["seconds"]}


def main() -> None:
    """Print a table of reading speeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peers")
    parser.add_argument("--megabytes", type=float, default=200)
    parser.add_argument("--peer-megabytes", type=float, default=40)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    print("| file | program | MB/s | peak MB |\n|---|---|---|---|")
    for kind, path in write_files(options.folder, options.megabytes).items():
        for task in ("reader", "door"):
            found = measure(sys.executable, OURS, path, task)
            print(f"| {kind} | argyro, {task} | {found['MB_s']:.0f} | {found['peak_MB']:.0f} |", flush=True)
    if not options.peers:
        return
    for kind, path in write_files(options.folder, options.peer_megabytes).items():
        for library in ("ase", "MDAnalysis", "chemfiles") if kind == "LAMMPS dump" else ("ase",):
            found = measure(options.peers, PEER, path, library)
            print(f"| {kind} | {library} | {found['MB_s']:.0f} | |", flush=True)


if __name__ == "__main__":
    main()
