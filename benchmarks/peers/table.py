"""Table and plot of force error against cost, from the records of the other scripts.

    python benchmarks/peers/table.py [--json FILE] [--plot FILE]

A point is on the Pareto line if no other measured point is both faster and more accurate. Published errors are marked
and never on the line.
"""

import argparse
import json
from pathlib import Path

from common import WORKDIR

PEERS_NOT_RUN = {
    "MLIP-3 (LAMMPS MTP)": "no package; needs a source build of MLIP-3 and LAMMPS",
    "GRACE/FS": "tensorpotential 0.6.2 needs TensorFlow with 5 GB of CUDA libraries; not installed",
}


def records() -> list[dict]:
    """Return the records, with one row for each precision of argyro."""
    rows = []
    for path in sorted((WORKDIR / "records").glob("*.json")):
        row = json.loads(path.read_text())
        double = row.pop("double_atom_steps_per_s", None)
        if double is None:
            rows.append(row)
            continue
        rows.append(row | {"name": f"{row['name']} mixed", "kind": f"{row['kind']}, mixed"})
        rows.append(
            row | {"name": f"{row['name']} double", "kind": f"{row['kind']}, double", "atom_steps_per_s": double}
        )
    return rows


def microseconds(record: dict) -> float:
    """Return the cost of an atom and step in microseconds of one core."""
    return 1e6 / record["atom_steps_per_s"]


def pareto(rows: list[dict]) -> list[dict]:
    """Return the rows that no other beats in both cost and error, cheapest first."""
    best, line = float("inf"), []
    for row in sorted(rows, key=microseconds):
        if row["rmse_all_meV_A"] < best:
            best = row["rmse_all_meV_A"]
            line.append(row)
    return line


def table(rows: list[dict]) -> str:
    lines = [
        "| potential | force RMSE, all / Li (meV/Å) | atom-steps/s per core | training (CPU s) | note |",
        "|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: (row["kind"], -row.get("atom_steps_per_s", 0))):
        error = " / ".join(f"{row[key]:.0f}" if key in row else "-" for key in ("rmse_all_meV_A", "rmse_li_meV_A"))
        speed = f"{row['atom_steps_per_s']:,.0f}".replace(",", " ") if "atom_steps_per_s" in row else "-"
        seconds = f"{row['training_s']:.0f}" if "training_s" in row else ""
        notes = [row.get("note", ""), row.get("evaluated_by", "")]
        lines.append(f"| {row['name']} | {error} | {speed} | {seconds} | {', '.join(filter(None, notes))} |")
    lines += [f"| {name} | not measured | | | {reason} |" for name, reason in PEERS_NOT_RUN.items()]
    return "\n".join(lines)


def draw(rows: list[dict], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4))
    for kind in sorted({row["kind"] for row in rows}):
        chosen = [row for row in rows if row["kind"] == kind]
        axes.loglog(list(map(microseconds, chosen)), [row["rmse_all_meV_A"] for row in chosen], "o", label=kind)
    line = pareto(rows)
    axes.loglog(list(map(microseconds, line)), [row["rmse_all_meV_A"] for row in line], "k--", lw=0.8)
    for row in rows:
        label = row["name"].removesuffix(" mixed").removesuffix(" double").removeprefix("MTP ").removeprefix("motep ")
        at = (microseconds(row), row["rmse_all_meV_A"])
        axes.annotate(label, at, fontsize=7, xytext=(3, 3), textcoords="offset points")
    axes.set(xlabel="µs per atom and step, one core", ylabel="force RMSE on held-out frames (meV/Å)")
    axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    rows = records()
    measured = [row for row in rows if row.get("rmse_all_meV_A") and "atom_steps_per_s" in row]
    print(table(rows))
    print("Pareto line:", ", ".join(row["name"] for row in pareto(measured)))
    if options.json:
        options.json.write_text(json.dumps({"records": rows, "pareto": [row["name"] for row in pareto(measured)]}))
    if options.plot:
        draw(measured, options.plot)


if __name__ == "__main__":
    main()
