"""Tables of questions as users and spreadsheets write them."""

import pandas as pd
import pytest

from argyro.platform.common.errors import InputError
from argyro.surrogates.serving.csv_batch import answer_csv, answer_frame, answer_table
from argyro.surrogates.serving.csv_tables import COLUMNS, read_questions

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


def test_blanks_around_names_do_not_matter(source):
    source.write_text(
        " composition, disorder ,boundary,\ttemperature_K,grain_size_nm , sample\n" + ",".join(GOOD) + ",a b\n"
    )
    table, ragged = read_questions(source)
    assert list(table.columns) == [*COLUMNS, "sample"] and ragged == []
    assert table["sample"].tolist() == ["a b"]


def lines(separator):
    return f"{separator.join(COLUMNS)}\n{separator.join(GOOD)}\n"


@pytest.mark.parametrize(
    ("content", "says", "shows"),
    [
        (lines(";").encode(), "separated by semicolons; save it as", "composition;disorder"),
        (lines("\t").encode(), "separated by tabs; save it as", r"composition\tdisorder"),
        (("sep=,\n" + lines(",")).encode(), "delete the line", "header is 'sep=,'"),
        (("sep=;\n" + lines(";")).encode(), "delete the line", "header is 'sep=;'"),
        (lines("\t").encode("utf-16"), "is UTF-16; save it as", r"composition\tdisorder"),
        (lines(",").encode("utf-16-le"), "has no column", r"c\x00o\x00m"),
        ((lines(",") + "Müller\n").encode("latin-1"), "0xfc in line 3; save it as", "composition,disorder"),
        (lines(",").title().encode(), "has no column composition", "Composition,Disorder"),
        (b"composition," + lines(",").encode(), "of the same name", "composition,composition,disorder"),
        (b"", "has no column composition", "header is ''"),
        (b"PK\x03\x04" + bytes(range(256)) * 9, "is not UTF-8", "'PK"),
        (b"x" * 5000, "has no column", "xxx..."),
    ],
)
def test_other_files_of_spreadsheets_are_refused_with_what_was_read(source, content, says, shows):
    source.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_questions(source)
    message = str(refused.value)
    assert says in message and shows in message, message
    assert "comma-separated, decimal points, UTF-8" in message
    assert message.isprintable() and len(message) < 700
    assert ("has no column" in message) == ("has no column" in says), "the cause, not its consequence"


def test_a_byte_order_mark_is_no_part_of_the_header(source):
    source.write_text(lines(","), encoding="utf-8-sig")
    assert list(read_questions(source)[0].columns) == list(COLUMNS)


def test_an_ignored_disorder_is_noted(oracle):
    """The row keeps its disorder and a note gives the answered one; an extrapolation note is added."""
    materials = [("Li7PS6", 0.3, 600.0), ("Li7PS6", 0.3, 300.0), ("Li7PS6", 0.0, 600.0), ("Li6PS5Cl", 0.00001, 600.0)]
    rows = [(formula, disorder, "bulk", kelvin, 100.0) for formula, disorder, kelvin in materials]
    good, bad = answer_table(oracle, pd.DataFrame(rows, columns=COLUMNS))
    assert bad == [] and good["disorder"].tolist() == [0.3, 0.3, 0.0, 0.00001]
    hot, cold, ordered, tiny = good["notes"]
    assert hot == "disorder 0.3 is ignored: Li7PS6 has no free anions to swap; the answer is for 0"
    assert cold.startswith(hot + "; 300 K is extrapolated")
    assert ordered == tiny == ""
    assert good["bulk_cm2_s"].iloc[0] == good["bulk_cm2_s"].iloc[2]


@pytest.mark.parametrize("empty", ["", "  ", None, float("nan")])
def test_without_a_boundary_one_writes_bulk(oracle, empty):
    table = pd.DataFrame([(*GOOD[:2], empty, *GOOD[3:])], columns=COLUMNS)
    _, bad = answer_table(oracle, table)
    assert "boundary is empty; write bulk" in bad[0].message
