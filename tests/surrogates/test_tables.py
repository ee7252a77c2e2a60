"""Tables of questions as users and spreadsheets write them."""

import pandas as pd
import pytest

from argyro.platform.errors import InputError
from argyro.surrogates.batch import COLUMNS, answer_csv, answer_frame, answer_table, read_questions

GOOD = ("Li6PS5Cl", "0.5", "bulk", "600", "100")


@pytest.fixture
def source(tmp_path):
    return tmp_path / "questions.csv"


def test_a_column_with_the_name_of_an_answer_is_refused(oracle, source, tmp_path):
    table = pd.DataFrame([(*GOOD, "batch 7", "2.5")], columns=[*COLUMNS, "notes", "width_nm"])
    table.to_csv(source, index=False)
    for ask in (
        lambda: read_questions(source),
        lambda: answer_csv(oracle, source, tmp_path / "answers.csv"),
        lambda: answer_table(oracle, table),
    ):
        with pytest.raises(InputError, match="width_nm, notes; rename"):
            ask()
    assert not (tmp_path / "answers.csv").exists()
    assert answer_frame(oracle, table)["notes"].tolist() == [""], "a model of MLflow answers beside its questions"


def test_an_earlier_answer_may_be_asked_again(oracle, source, tmp_path):
    pd.DataFrame([(*GOOD, "mine")], columns=[*COLUMNS, "error"]).to_csv(source, index=False)
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    answer_csv(oracle, source, first)
    table = pd.read_csv(first)
    assert table["error"].tolist() == ["mine"], "no answer in a CSV file has this name"
    table.assign(conductivity_mS_cm=0.0).to_csv(first, index=False)
    assert answer_csv(oracle, first, second) == (1, [])
    again = pd.read_csv(second)
    assert list(again.columns) == list(table.columns)
    assert again["conductivity_mS_cm"].tolist() == table["conductivity_mS_cm"].tolist() != [0.0]
