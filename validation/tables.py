"""Sections of the page: title, text, table, figures; numbers with intervals."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from argyro.platform.common.estimate import Uncertain

WITHIN = "within the interval"
LONGEST = 20  # rows of a table on the page


@dataclass
class Section:
    """One comparison.

    Args:
        title: heading.
        question: of the summary.
        answer: result in a sentence or two, with its numbers.
        text: compared quantities and method.
        columns: column names of the table.
        rows: rows of the table.
        pictures: file names in the folder of figures.
    """

    title: str
    question: str
    answer: str
    text: str
    columns: Sequence[str] = ()
    rows: list[Sequence[str]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)

    def markdown(self, pictures: Path) -> str:
        """Write heading, figures, answer and method; the table is folded away, a long one is a file beside the figures.

        Args:
            pictures: folder of the figures, in ``pictures/`` beside the page.
        """
        folder = f"pictures/{pictures.name}"
        parts = [f"## {self.title}", *(f"![{self.title}]({folder}/{name})" for name in self.pictures)]
        parts += [self.answer, self.text]
        if len(self.rows) > LONGEST:
            name = f"{self.title.lower().replace(' ', '-')}.csv"
            with (pictures / name).open("w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([self.columns, *self.rows])
            parts.append(f"[Table, {len(self.rows)} rows]({folder}/{name})")
        elif self.rows:
            parts.append(folded("Table", table(self.columns, self.rows)))
        elif self.columns:
            parts.append("*No data.*")
        return "\n\n".join(part.strip() for part in parts if part)


def folded(title: str, text: str) -> str:
    """Write a block that opens on a click."""
    return f'<details markdown="1"><summary>{title}</summary>\n\n{text}\n\n</details>'


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table."""
    lines = ["|" + "|".join(str(cell) or " " for cell in line) + "|" for line in [columns, *rows]]
    return "\n".join([lines[0], "|" + "---|" * len(columns), *lines[1:]])


def number(value: float | None, digits: int = 3) -> str:
    """Format a number as ``0.0123``, ``610`` or ``1.2e-07``; empty for None."""
    if value is None:
        return ""
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:.0f}" if 10**digits <= abs(rounded) < 1e5 else f"{rounded:.{digits}g}"


def interval(value: Uncertain | None, digits: int = 3) -> str:
    """Format a value with its interval as ``0.31 (0.28 to 0.34)``; empty for None."""
    if value is None:
        return ""
    return f"{number(value.value, digits)} ({number(value.low, digits)} to {number(value.high, digits)})"


def verdict(ours: Uncertain | None, published: float | None) -> str:
    """Judge whether the published value is inside the simulated interval."""
    if ours is None or published is None:
        return ""
    if ours.low <= published <= ours.high:
        return WITHIN
    return "ours is higher" if ours.value > published else "ours is lower"


@dataclass(frozen=True)
class Data:
    """Inputs of the page.

    Args:
        folder: export folder of a campaign.
        pictures: folder of the figures.
        published: content of ``published.yaml``.
        prose: content of ``sections.yaml``.
    """

    folder: Path
    pictures: Path
    published: dict
    prose: dict

    def section(
        self, key: str, columns: Sequence[str], rows: list, pictures: Sequence[str] = (), **values: object
    ) -> Section:
        """Build a section; the values fill the placeholders of its texts."""
        entry = {name: text.format(**values) for name, text in self.prose[key].items()}
        return Section(**entry, columns=columns, rows=rows, pictures=list(pictures))

    def cite(self, key: str) -> str:
        """Return the source of an entry of ``published.yaml``; the list of sources has its reliability."""
        return self.published["sources"][self.published[key]["source"]]["cite"]
