"""Warnings of all items, grouped by code."""

from __future__ import annotations

from collections.abc import Iterator

from argyro.campaigns.pipeline.graph import Finished
from argyro.campaigns.pipeline.notes import SENTENCES, Note
from argyro.campaigns.pipeline.stages.diffusivity import DIFFUSIVITY
from argyro.campaigns.pipeline.stages.disorder import DISORDER
from argyro.campaigns.pipeline.stages.homogenize import HOMOGENIZE
from argyro.campaigns.pipeline.stages.md import MD
from argyro.campaigns.pipeline.stages.transport import TRANSPORT
from argyro.campaigns.spec.material import BULK, Cell, Material


def grouped_notes(done: Finished) -> list[str]:
    """Write one line per code: its sentence, then the cases by cell with details."""
    groups: dict[str, dict[Cell, list[str]]] = {}
    for cell, at, note in _notes(done):
        detail = ", ".join(part for part in (note.target, note.detail) if part)
        case = f"{at} ({detail})" if at and detail else at or detail
        cases = groups.setdefault(note.code, {}).setdefault(cell, [])
        if case and case not in cases:
            cases.append(case)
    return [f"{SENTENCES[code]} {_cases(groups[code])}" for code in SENTENCES if code in groups]


def _cases(cells: dict[Cell, list[str]]) -> str:
    """Format ``Li6PS5I 0 %, bulk: 500 K, 575 K; ...``."""
    named = ((f"{cell.material.label}, {cell.boundary}", cases) for cell, cases in sorted(cells.items()))
    return "; ".join(f"{name}: {', '.join(cases)}" if cases else name for name, cases in named)


def _notes(done: Finished) -> Iterator[tuple[Cell, str, Note]]:
    """Collect cell, temperature and note of all warnings."""
    for _, inputs, run in done.of(MD):
        yield from ((inputs.conditions.cell, f"{inputs.conditions.temperature_K:g} K", note) for note in run.notes)
    for _, measurement, result in done.of(DIFFUSIVITY):
        cell, at = measurement.conditions.cell, f"{measurement.conditions.temperature_K:g} K"
        yield from ((cell, at, note) for note in result.notes)
        for target, measured in result.measured.items():
            direction = "" if target == "bulk" else target
            if measured.standing == "bound":
                yield cell, at, Note(code="upper-bound-only", target=direction, detail=measured.reason)
            elif measured.standing == "short":
                yield cell, at, Note(code="short-run", target=direction, detail=measured.shortness)
    for _, predicted, disorder in done.of(DISORDER):
        cell = Cell(Material(composition=predicted.composition), BULK)
        yield from ((cell, "", note) for note in disorder.notes)
    for _, combined, transport in done.of(TRANSPORT):
        yield from ((combined.cell, "", note) for note in transport.notes)
    for _, candidate, polycrystal in done.of(HOMOGENIZE):
        yield from ((candidate.cell, "", note) for note in polycrystal.notes)
