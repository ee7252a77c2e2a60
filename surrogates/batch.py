"""Many questions at once: a CSV file in, a CSV file out, bad rows listed and the good ones answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from argyro.platform.errors import InputError
from argyro.surrogates.answer import Oracle, Question, require_grain_size

COLUMNS = ("composition", "disorder", "boundary", "temperature_K", "grain_size_nm")
UNCERTAIN = (
    "bulk_cm2_s",
    "boundary_parallel_cm2_s",
    "boundary_perpendicular_cm2_s",
    "effective_cm2_s",
    "conductivity_mS_cm",
    "activation_energy_eV",
)


@dataclass(frozen=True)
class BadRow:
    """A row that could not be answered: its number in the file, the header being 1, and why."""

    row: int
    message: str


def answer_table(oracle: Oracle, table: pd.DataFrame) -> tuple[pd.DataFrame, list[BadRow]]:
    """Answer each row of a table with the columns COLUMNS.

    Returns:
        the good rows with value, ``_low`` and ``_high`` of each answer, ``in_domain`` and ``warnings``; and the bad
        rows.

    Raises:
        InputError: a column is missing.
    """
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise InputError(
            f"the table has no column {', '.join(missing)}; it needs {', '.join(COLUMNS)}", accepted=", ".join(COLUMNS)
        )
    answers: dict[int, dict] = {}
    bad: dict[int, str] = {}
    groups: dict[tuple, list[tuple[int, Question]]] = defaultdict(list)
    for position, values in enumerate(table[list(COLUMNS)].itertuples(index=False)):
        try:
            question = _question(values)
            groups[question.composition, question.disorder, question.boundary].append((position, question))
        except InputError as error:
            bad[position] = str(error)
    for group in groups.values():
        _answer_group(oracle, group, answers, bad)
    good = sorted(answers)
    columns = pd.DataFrame([answers[p] for p in good], index=table.index[good])
    extra = [name for name in table.columns if name not in columns.columns]
    out = pd.concat([table.iloc[good][extra], columns], axis=1)
    return out, [BadRow(position + 2, bad[position]) for position in sorted(bad)]


def answer_csv(oracle: Oracle, source: Path | str, destination: Path | str) -> list[BadRow]:
    """Answer a CSV file; see `answer_table`.

    Raises:
        InputError: the file is no CSV or lacks a column.
    """
    try:
        table = pd.read_csv(source, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{source} cannot be read as CSV: {error}", given=str(source)) from error
    good, bad = answer_table(oracle, table)
    good.to_csv(destination, index=False)
    return bad


def _question(values: Sequence) -> Question:
    numbers = {}
    for name, value in zip(COLUMNS, values, strict=True):
        if name in ("composition", "boundary"):
            continue
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError):
            raise InputError(f"{name} '{value}' is not a number", path=name, given=value, accepted="a number") from None
    if not numbers["temperature_K"] > 0:
        raise InputError(
            f"temperature {values[3]} K is not positive", path="temperature_K", given=values[3], accepted="> 0 K"
        )
    require_grain_size(numbers["grain_size_nm"])
    return Question(
        str(values[0]).strip(),
        numbers["disorder"],
        str(values[2]).strip(),
        numbers["temperature_K"],
        numbers["grain_size_nm"],
    )


def _answer_group(
    oracle: Oracle, group: list[tuple[int, Question]], answers: dict[int, dict], bad: dict[int, str]
) -> None:
    """Answer rows of one material and boundary with one prediction."""
    first = group[0][1]
    kelvin = sorted({question.temperature_K for _, question in group})
    try:
        query = oracle.query(first.composition, first.disorder, first.boundary)
        prediction = oracle.surrogate.predict(query, kelvin)
    except InputError as error:
        bad.update({position: str(error) for position, _ in group})
        return
    alike: dict[tuple[float, float], list[int]] = defaultdict(list)
    for position, question in group:
        alike[question.temperature_K, question.grain_size_nm].append(position)
    for (temperature_K, grain_size_nm), positions in alike.items():
        try:
            warnings = oracle.surrogate.domain.warnings(query.identity, (temperature_K,))
            answer = oracle.describe(query.identity, prediction, kelvin.index(temperature_K), grain_size_nm)
            flat = _flat(answer | {"in_domain": not warnings, "warnings": list(warnings)})
            answers.update(dict.fromkeys(positions, flat))
        except InputError as error:
            bad.update(dict.fromkeys(positions, str(error)))


def _flat(answer: dict) -> dict:
    flat = {}
    for name, value in answer.items():
        if name in UNCERTAIN:
            for part, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
                flat[name + suffix] = None if value is None else value[part]
        else:
            flat[name] = "; ".join(value) if name == "warnings" else value
    return flat
