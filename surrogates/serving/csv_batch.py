"""Batches of questions: CSV input, CSV output, and a list of invalid rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from argyro.platform.common.errors import InputError
from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.serving.csv_tables import (
    ANSWERED,
    COLUMNS,
    GIVEN,
    KINDS,
    PARTS,
    UNCERTAIN,
    WRITTEN,
    BadRow,
    earlier_answers,
    read_questions,
    require_columns,
    require_destination,
)
from argyro.surrogates.serving.predictor import Oracle, Question, require_grain_size, require_temperature


def answer_frame(oracle: Oracle, table: pd.DataFrame) -> pd.DataFrame:
    """Answer each row of a table with the columns COLUMNS and return the columns ANSWERED.

    Raises:
        InputError: a column is missing.
    """
    require_columns(table.columns)
    rows: list[dict] = [{} for _ in range(len(table))]
    groups: dict[tuple, list[tuple[int, Question]]] = defaultdict(list)
    for position, values in enumerate(table[list(COLUMNS)].itertuples(index=False)):
        try:
            question = _question(values)
            groups[question.composition, question.disorder, question.boundary].append((position, question))
        except InputError as error:
            rows[position] = {"error": str(error)}
    for group in groups.values():
        _answer_group(oracle, group, rows)
    frame = pd.DataFrame(rows, columns=list(ANSWERED), index=table.index)
    absent = {"double": float("nan"), "boolean": False, "string": ""}
    for name, kind in ANSWERED.items():
        frame[name] = frame[name].where(frame[name].notna(), absent[kind]).astype(KINDS[kind])
    return frame


def answer_table(oracle: Oracle, table: pd.DataFrame) -> tuple[pd.DataFrame, list[BadRow]]:
    """Answer each row of a table with the columns COLUMNS.

    Returns:
        the valid rows with value, ``_low`` and ``_high`` of each answer, ``in_domain`` and ``warnings``; and the
        invalid rows.

    Raises:
        InputError: a column is missing, or an answer's column exists already.
    """
    replaced = earlier_answers(table.columns)
    answers = answer_frame(oracle, table)
    good = (answers["error"] == "").to_numpy()
    out = pd.concat([table[good].drop(columns=replaced), answers.loc[good, WRITTEN]], axis=1)
    reasons = answers["error"].tolist()
    return out, [BadRow(position + 2, reasons[position]) for position in range(len(table)) if not good[position]]


def answer_csv(oracle: Oracle, source: Path | str, destination: Path | str) -> tuple[int, list[BadRow]]:
    """Answer a CSV file; see `answer_table`.

    Returns:
        number of answered rows, and the invalid rows.

    Raises:
        InputError: the file is no CSV, a column is missing, or the answers would overwrite the file.
    """
    require_destination(source, destination)
    table, ragged = read_questions(source)
    good, bad = answer_table(oracle, table)
    try:
        good.to_csv(destination, index=False)
    except OSError as error:
        raise InputError(f"{destination} cannot be written: {error}") from error
    bad = [BadRow(int(table.index[row.row - 2]), row.message) for row in bad]
    return len(good), sorted([*bad, *ragged], key=lambda row: row.row)


def _question(values: Sequence) -> Question:
    numbers = {}
    for name, value in zip(COLUMNS, values, strict=True):
        if name in ("composition", "boundary"):
            continue
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError):
            raise InputError(f"{name} '{value}' is not a number", path=name, accepted="a number") from None
    if pd.isna(values[2]) or not str(values[2]).strip():
        message = "boundary is empty; write bulk, or a coincidence boundary such as sigma5(001)[001]"
        raise InputError(message, path="boundary", accepted="bulk, or a coincidence boundary")
    require_temperature(numbers["temperature_K"])
    require_grain_size(numbers["grain_size_nm"])
    return Question(
        str(values[0]).strip(),
        numbers["disorder"],
        str(values[2]).strip(),
        numbers["temperature_K"],
        numbers["grain_size_nm"],
    )


def _answer_group(oracle: Oracle, group: list[tuple[int, Question]], rows: list[dict]) -> None:
    """Answer rows of one material and boundary with one prediction."""
    first = group[0][1]
    kelvin = {T: index for index, T in enumerate(sorted({question.temperature_K for _, question in group}))}
    try:
        query = oracle.query(first.composition, first.disorder, first.boundary)
        prediction = oracle.prediction(query, list(kelvin))
    except InputError as error:
        for position, _ in group:
            rows[position] = {"error": str(error)}
        return
    notes = _disorder_notes(first, query.identity)
    alike: dict[tuple[float, float], list[int]] = defaultdict(list)
    for position, question in group:
        alike[question.temperature_K, question.grain_size_nm].append(position)
    for (temperature_K, grain_size_nm), positions in alike.items():
        try:
            warnings = oracle.warnings(query, temperature_K)
            answer = oracle.describe(query.identity, prediction, kelvin[temperature_K], grain_size_nm)
            answer |= {"in_domain": not warnings, "warnings": list(warnings), "notes": [*notes, *answer["notes"]]}
            row = _flat(answer)
        except InputError as error:
            row = {"error": str(error)}
        for position in positions:
            rows[position] = row


def _disorder_notes(question: Question, answered: Identity) -> list[str]:
    """Note that the material has no disorder; the row keeps the requested value."""
    if round(question.disorder, 4) == answered.disorder:
        return []
    return [
        f"disorder {question.disorder:g} is ignored: {answered.composition} has no free anions to swap; "
        f"the answer is for {answered.disorder:g}"
    ]


def _flat(answer: dict) -> dict:
    flat: dict[str, object] = {}
    for name, value in answer.items():
        if name in UNCERTAIN:
            parts = {} if value is None else {**value, **{f"given_{k}": v for k, v in value.get(GIVEN, value).items()}}
            flat |= {name + suffix: parts.get(part) for part, suffix in PARTS.items()}
        else:
            flat[name] = "; ".join(value) if isinstance(value, list) else value
    return flat
