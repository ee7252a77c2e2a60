"""Validation page docs/validation.md and its figures: python -m argyro.validation [EXPORT] [--out PAGE]."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import yaml

from argyro.platform.common.errors import InputError
from argyro.validation import aimd, boundaries, bulk, dft_check, grain_size, measured, next_material, recommendation
from argyro.validation.laws import laws
from argyro.validation.tables import Data, Section, table

ROOT = Path(__file__).parents[1]
PROSE = Path(__file__).with_name("data")


def sections(data: Data) -> Iterator[Section]:
    """Yield all comparisons: with laboratories, from the crystal to the polycrystal, and of the potentials."""
    oracle = measured.oracle_of_export(data)
    yield measured.conductivities(data, measured.compared(oracle))
    yield recommendation.section(data, oracle)
    yield measured.disorders(data, oracle)
    results = pd.read_parquet(data.folder / "results.parquet")
    found = laws(results)
    yield bulk.lattice(data, found, results)
    yield bulk.disorder(data, found)
    yield boundaries.over_bulk(data, found)
    yield grain_size.section(data, oracle)
    yield aimd.section(data)
    yield dft_check.section(data)
    yield next_material.section(data)


def write_page(folder: Path, page: Path) -> None:
    """Write the page and draw its figures in the folder ``pictures/validation`` next to it.

    Args:
        folder: export folder of a campaign.
        page: Markdown file to write.

    Raises:
        InputError: the folder is not an export.
    """
    if not (folder / "results.parquet").exists():
        raise InputError(f"{folder} has no results.parquet; create it with argyro export RUN --out {folder}")
    published, prose = (yaml.safe_load((PROSE / name).read_text()) for name in ("published.yaml", "sections.yaml"))
    data = Data(folder, page.parent / "pictures" / "validation", published, prose)
    data.pictures.mkdir(parents=True, exist_ok=True)
    head, found = prose["head"], list(sections(data))
    summary = table(("question", "answer"), [(section.question, section.answer.strip()) for section in found])
    parts = [f"# {head['title']}", head["text"].format(**_facts(folder)), summary]
    parts += [section.markdown(data.pictures) for section in found]
    parts.append(_sources(published))
    page.write_text("\n\n".join(part.strip() for part in parts if part) + "\n")


def _sources(published: dict) -> str:
    """List the published sources and their reliability."""
    rows = [[entry["cite"], entry["trust"], entry.get("note", "")] for entry in published["sources"].values()]
    return "## Sources\n\n" + table(("source", "trust", "note"), rows)


def _facts(folder: Path) -> dict:
    """Count the runs and results behind the page."""
    results = pd.read_parquet(folder / "results.parquet")
    campaign = yaml.safe_load((folder / "campaign.yaml").read_text())
    runs = results.drop_duplicates("md_key")
    return {
        "campaign": campaign["name"],
        "labels": ", ".join(sorted(set(results["label_source"]))),
        "runs": len(runs),
        "total_ns": runs["production_ps"].sum() / 1000,
        "median_ps": runs["production_ps"].median(),
        "coldest": runs["temperature_K"].min(),
        "hottest": runs["temperature_K"].max(),
        "valid": int(results["valid"].sum()),
        "rows": len(results),
    }


def main() -> None:
    """Parse the arguments and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", nargs="?", type=Path, default=ROOT / "campaigns" / "reference")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "validation.md")
    asked = parser.parse_args()
    write_page(asked.export, asked.out)


if __name__ == "__main__":
    main()
