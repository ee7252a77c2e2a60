"""Export of a campaign's results to a folder of plain files for publication and predictions; see `CARD`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from gzip import GzipFile
from pathlib import Path

import numpy as np
import pandas as pd
from ase.io import write

from argyro.campaigns.pipeline.stages.homogenize import TABLE
from argyro.campaigns.pipeline.stages.learn import POTENTIAL, TRAINING_SET, family_of
from argyro.campaigns.pipeline.stages.structure import read_structure
from argyro.campaigns.pipeline.stages.surrogate import MODEL
from argyro.campaigns.results.ancestry import Lineage
from argyro.campaigns.results.results_table import results_table
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.common.errors import InputError

# Every export has all of these files.
SIGNS = ("README.md", "campaign.yaml", "results.parquet", "structures.parquet", "surrogate/surrogate.json")
RANKED = ("effective.parquet", "ranking.parquet", "regimes.parquet")
OWN = {*RANKED, "structures.extxyz", "potentials", *(sign.split("/")[0] for sign in SIGNS)}
# Files that the next export may lack: those of another mesh, and of a campaign with a ranking.
NOT_ALWAYS = (*RANKED, "surrogate/effective-*.npz", "surrogate/reduced-*.npz")
OF_A_MEMBER, LABELS = (".mtp", ".active_set.txt"), ".labels.extxyz.gz"

# Filled in by `_card`.
CARD = """# Results of the campaign "{name}"

Written by `argyro export` {version}. Labels: {labels}. {cells} cells of {materials} materials, {runs} molecular
dynamics runs, {coldest:g} to {hottest:g} K, {median_ps:g} ps (median) each; {valid} of {rows} diffusivities have a
value, the others an upper bound or a reason.

| file | content |
|---|---|
| `results.parquet` | one row per run and direction: D with its 95 % interval or bound, width, window, seeds, keys |
| `structures.parquet` | the cells relaxed with the potential: energies, lattice constants, boundary energies |
| `structures.extxyz` | the same cells |
| `effective.parquet`, `ranking.parquet` | D and σ of the polycrystals over temperature and grain size; the candidates |
| `regimes.parquet` | per grain size: bend of D_eff(T), temperature range in which boundaries dominate |
| `potentials/` | moment tensor potentials (MLIP's format) of each ensemble, active sets, labels, learning rounds |
| `surrogate/` | the surrogate of ln D and its card |
| `campaign.yaml` | the campaign file |

```python
import pandas as pd

table = pd.read_parquet("results.parquet")
bulk = table[table.valid & (table.direction == "bulk")]
bulk.pivot_table("diffusivity_value_cm2_s", "material", "temperature_K")
```
"""


def export_campaign(root: Path, out: Path, on_cell: Callable[[int, int], object] = lambda done, total: None) -> dict:
    """Write the export of the newest results of a campaign.

    Args:
        root: the campaign's folder.
        out: output folder; files of an earlier export are replaced, other files are kept.
        on_cell: called with the number of relaxed cells and that of all after each, which takes seconds.

    Returns:
        ``folder``, ``rows``, ``valid_rows``, ``structures``, ``potentials``, ``megabytes``.

    Raises:
        InputError: `root` is not a campaign's folder or has no surrogate yet, or `out` is a file or has other content.
    """
    folder = CampaignFolder(root)
    campaign = folder.campaign()
    whole = out.resolve()
    partial = whole.with_name(f".{whole.name}.part")
    _refuse_other(out, interrupted=partial.exists())
    lineage = Lineage(folder.store(campaign))
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    results = results_table(lineage)
    results.to_parquet(partial / "results.parquet")
    structures = _write_structures(lineage, partial, on_cell)
    _write_potentials(lineage, partial / "potentials")
    _write_ranking(lineage, partial)
    shutil.copytree(lineage.surrogate.path / MODEL, partial / "surrogate")
    shutil.copy(folder.spec_file, partial / "campaign.yaml")
    (partial / "README.md").write_text(_card(campaign, results, structures, lineage.ranking is not None))
    megabytes = round(sum(file.stat().st_size for file in _files(partial)) / 1e6, 2)
    _put(partial, whole)
    return {
        "folder": str(out),
        "rows": len(results),
        "valid_rows": int(results["valid"].sum()),
        "structures": len(structures),
        "potentials": len(lineage.potentials),
        "megabytes": megabytes,
    }


def _refuse_other(out: Path, interrupted: bool) -> None:
    """Refuse a file, and a non-empty folder that is neither a complete nor an interrupted export."""
    file = next((path for path in (out, *out.parents) if path.exists() and not path.is_dir()), None)
    if file:
        raise _refused(out, f"{file} is a file; name a folder")
    held = sorted(path.name for path in out.iterdir()) if out.exists() else []
    if held and not interrupted and not all((out / sign).is_file() for sign in SIGNS):
        stranger = next((name for name in held if name not in OWN), held[0])
        raise _refused(out, f"{out} holds {stranger} and is not an export; name a new folder, or empty it")


def _refused(out: Path, message: str) -> InputError:
    return InputError(message)


def _put(partial: Path, out: Path) -> None:
    """Move the new files into place: a new folder as a whole, else each file over the earlier one."""
    if not out.exists():
        partial.rename(out)
        return
    new = [file.relative_to(partial) for file in _files(partial)]
    outdated = _of_export(out) - set(new)
    for name in new:
        (out / name).parent.mkdir(exist_ok=True)
        (partial / name).replace(out / name)
    for name in outdated:
        (out / name).unlink()
    shutil.rmtree(partial)


def _of_export(out: Path) -> set[Path]:
    """List files of an earlier export that the next one may lack, as relative paths."""
    families = [file.name.removesuffix(".rounds.json") for file in out.glob("potentials/*.rounds.json")]
    of_families = [f"potentials/{family}*" for family in families]
    files = [file for pattern in (*of_families, *NOT_ALWAYS) for file in out.glob(pattern)]
    return {file.relative_to(out) for file in files if file.is_file()}


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _write_structures(lineage: Lineage, folder: Path, on_cell: Callable[[int, int], object]) -> pd.DataFrame:
    """Write every simulated cell, relaxed with its potential."""
    from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
    from argyro.platform.potential.mtp.model import MTP
    from argyro.platform.structures.boundaries.relaxed import FORCE_EV_A, STEPS
    from argyro.platform.structures.relaxation import boundary_energy, formula_units, relax

    cells = {measured.structure.inputs: measured for measured in lineage.measurements}
    relaxed, rows = {}, []
    for inputs, measured in cells.items():
        calculator = MTPCalculator(MTP.read(measured.potential.path / POTENTIAL))
        atoms = relax(read_structure(measured.structure.path), calculator, FORCE_EV_A, STEPS)
        atoms.arrays.pop("energy_eV", None)
        atoms.info["name"] = measured.structure_name
        relaxed[inputs.cell, inputs.number] = atoms
        write(folder / "structures.extxyz", atoms, append=True)
        on_cell(len(relaxed), len(cells))
    for inputs, measured in cells.items():
        atoms, cell = relaxed[inputs.cell, inputs.number], inputs.cell
        facts = {name: cell.facts[name] for name in ("composition", "disorder", "boundary")}
        units, energy_eV = formula_units(atoms), atoms.info["energy_eV"]
        row = {"structure": measured.structure_name, **facts, "seed": inputs.seed, "atoms": len(atoms)}
        row["energy_eV_per_unit"] = energy_eV / units
        row["lattice_parameter_A"] = float(np.cbrt(4 * atoms.get_volume() / units))
        row["converged"] = atoms.info["relaxed"]
        bulk = relaxed.get((cell.bulk, inputs.number))
        if not cell.boundary.is_bulk and bulk is not None:
            per_unit = bulk.info["energy_eV"] / formula_units(bulk)
            row["boundary_energy_J_m2"] = boundary_energy(atoms, energy_eV, per_unit).J_m2
        rows.append(row)
    table = pd.DataFrame(rows)
    table.to_parquet(folder / "structures.parquet")
    return table


def _write_potentials(lineage: Lineage, folder: Path) -> None:
    folder.mkdir()
    for potential in lineage.potentials:
        source = potential.path
        family = family_of(source)
        for file in (path for ending in OF_A_MEMBER for path in source.glob(f"potential*{ending}")):
            shutil.copy(file, folder / file.name.replace("potential", family, 1))
        with GzipFile(folder / f"{family}{LABELS}", "wb", mtime=0) as packed:  # equal labels give equal files
            packed.write((source / TRAINING_SET).read_bytes())
        rounds = {"key": potential.key, **potential.item.to_json(), "rounds": potential.result.rounds}
        (folder / f"{family}.rounds.json").write_text(json.dumps(rounds, indent=1))


def _write_ranking(lineage: Lineage, folder: Path) -> None:
    """Write the tables of the polycrystals, if the campaign has a ranking."""
    if lineage.ranking is None:
        return
    tables = [pd.read_parquet(item.path / TABLE) for item in lineage.homogenized]
    pd.concat(tables, ignore_index=True).to_parquet(folder / "effective.parquet")
    regimes = [row.model_dump() for item in lineage.homogenized for row in item.result.regimes]
    pd.json_normalize(regimes, sep="_").to_parquet(folder / "regimes.parquet")
    ranking = [row.model_dump() for row in lineage.ranking.result.ranking]
    pd.json_normalize(ranking, sep="_").to_parquet(folder / "ranking.parquet")


def _card(campaign: Campaign, results: pd.DataFrame, structures: pd.DataFrame, ranked: bool) -> str:
    """Write the text of the export's README."""
    import argyro

    lines = CARD.splitlines(keepends=True)
    text = "".join(line for line in lines if ranked or not any(f"`{name}`" in line for name in RANKED))
    return text.format(
        name=campaign.name,
        version=argyro.__version__,
        labels=", ".join(sorted(set(results["label_source"]))),
        cells=len(structures),
        materials=results["material"].nunique(),
        runs=results["md_key"].nunique(),
        coldest=results["temperature_K"].min(),
        hottest=results["temperature_K"].max(),
        median_ps=results["production_ps"].median(),
        valid=int(results["valid"].sum()),
        rows=len(results),
    )
