import pandas as pd
import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.structures.crystal.bulk import build_bulk
from argyro.surrogates import predict
from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.models.surrogate import Query
from argyro.surrogates.serving.csv_batch import answer_csv, answer_frame, answer_table
from argyro.surrogates.serving.csv_tables import ANSWERED, COLUMNS, BadRow
from argyro.surrogates.serving.predictor import Oracle, Question, lithium_per_A3, require_temperature
from argyro.surrogates.serving.provenance import origin, origin_lines
from argyro.surrogates.training.train import SurrogateOptions, train_surrogate

GOOD = ("Li6PS5Cl", 0.5, "sigma5(001)[001]", 600.0, 100.0)


def test_answer_has_the_stable_keys(oracle):
    answer = oracle.answer(Question(*GOOD))
    stable = {
        "bulk_cm2_s",
        "boundary_parallel_cm2_s",
        "boundary_perpendicular_cm2_s",
        "effective_cm2_s",
        "conductivity_mS_cm",
        "activation_energy_eV",
        "in_domain",
        "label_source",
    }
    assert stable <= set(answer)
    assert answer["in_domain"]
    for name in stable - {"in_domain", "label_source"}:
        assert answer[name]["low"] <= answer[name]["value"] <= answer[name]["high"]


def test_a_temperature_in_celsius_is_refused_with_its_kelvin():
    with pytest.raises(InputError, match=r"27 K is outside 150 to 3000 K.*; 27 °C is 300\.15 K"):
        require_temperature(27)
    with pytest.raises(InputError, match=r"the accepted range$"):
        require_temperature(4000)


def test_conductivity_is_nernst_einstein(oracle):
    """24 Li in 9.8614³ Å³ at 600 K and D = 1e-6 cm²/s: n e² D / kT = 77.5 mS/cm."""
    answer = oracle.answer(Question(*GOOD))
    assert lithium_per_A3("Li6PS5Cl") == pytest.approx(24 / 9.8614**3)
    ratio = answer["conductivity_mS_cm"]["value"] / answer["effective_cm2_s"]["value"]
    density, charge, thermal = 24 / 9.8614**3 * 1e24, 1.602176634e-19, 1.380649e-23 * 600
    assert ratio * answer["haven_ratio"]["value"] == pytest.approx(density * charge**2 / thermal * 1e3, rel=0.05)


def test_saved_oracle_answers_the_same(oracle, tmp_path):
    oracle.save(tmp_path)
    assert Oracle.load(tmp_path).answer(Question(*GOOD)) == oracle.answer(Question(*GOOD))


def test_networks_see_the_built_structure_of_what_is_new(small_campaign, polycrystal):
    """A new bulk composition is built once and kept; a trained one needs no structure."""
    surrogate = train_surrogate(small_campaign, SurrogateOptions(members=2, steps=5, candidates=("graph",)), seed=0)
    oracle = Oracle(surrogate, polycrystal)
    assert oracle.query(*GOOD[:3]).coefficients is None
    new = Question("Li6PS5Cl0.5I0.5", 0.25, "bulk", 600.0, 100.0)
    first = oracle.answer(new)
    query = oracle.query("Li6PS5Cl0.5I0.5", 0.25, "bulk")
    assert query.coefficients.shape == (2, 3, 2)
    assert oracle.query("Li6PS5Cl0.5I0.5", 0.25, "bulk") is query
    assert oracle.answer(new) == first
    with pytest.raises(InputError, match="which the graph networks need"):
        surrogate.predict(Query(Identity.of("Li6PS5Br", 0.0)), (300.0,))


@pytest.mark.slow
def test_networks_see_built_boundaries(small_campaign, polycrystal):
    surrogate = train_surrogate(small_campaign, SurrogateOptions(members=2, steps=5, candidates=("graph",)), seed=0)
    answer = Oracle(surrogate, polycrystal).answer(Question("Li6PS5Br", 0.25, "sigma5(001)[001]", 600.0, 100.0))
    assert answer["boundary_parallel_cm2_s"]["value"] > 0
    assert not answer["in_domain"]


def test_bulk_answer_has_no_boundary(oracle):
    answer = oracle.answer(Question("Li6PS5Cl", 0.5, "bulk", 600.0, 100.0))
    assert answer["boundary_parallel_cm2_s"] is None
    assert answer["effective_cm2_s"] == answer["bulk_cm2_s"]
    assert answer["width_nm"] is None


def test_equivalent_formulas_are_one_material(oracle):
    assert (
        oracle.answer(Question("Li24P4S20Cl4", *GOOD[1:]))["bulk_cm2_s"] == oracle.answer(Question(*GOOD))["bulk_cm2_s"]
    )


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (0, "Na3PS4", "Na"),
        (1, 1.2, "not a share"),
        (2, "sigma4(001)[001]", "coincidence"),
        (3, -5.0, "positive"),
        (3, 20.0, "150 to 3000 K"),
        (3, 1e5, "150 to 3000 K"),
        (4, 0.0, "not positive"),
        (4, 10.0, "too small"),
        (4, 1e7, "above the limit of 1 mm"),
    ],
)
def test_bad_questions(oracle, place, value, says):
    question = list(GOOD)
    question[place] = value
    with pytest.raises(InputError, match=says):
        oracle.answer(Question(*question))


def test_table_answers_the_good_rows_and_lists_the_bad(oracle, tmp_path):
    """10 000 rows, every thousandth bad: 10 are listed with their line, the rest answered like single questions."""
    rows = [(*GOOD[:3], 500.0 + i % 40, 50.0 + i % 60) for i in range(10000)]
    for i in range(0, 10000, 2000):
        rows[i] = ("Li6PS5Xe", *GOOD[1:])
        rows[i + 1000] = (*GOOD[:3], "hot", 100.0)
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["name"] = [f"row {i}" for i in range(10000)]
    table.to_csv(tmp_path / "in.csv", index=False)
    answered, bad = answer_csv(oracle, tmp_path / "in.csv", tmp_path / "out.csv")
    assert answered == 9990
    assert [b.row for b in bad] == [i + 2 for i in range(0, 10000, 1000)]
    assert "Xe" in bad[0].message
    assert "'hot' is not a number" in bad[1].message
    good = pd.read_csv(tmp_path / "out.csv")
    assert len(good) == 9990
    line = good[good["name"] == "row 4321"].iloc[0]
    single = oracle.answer(Question(*rows[4321]))
    assert line["effective_cm2_s"] == pytest.approx(single["effective_cm2_s"]["value"])
    assert line["effective_cm2_s_high"] == pytest.approx(single["effective_cm2_s"]["high"])


def test_a_table_without_its_columns(oracle, tmp_path):
    (tmp_path / "in.csv").write_text("composition,disorder\nLi6PS5Cl,0\n")
    with pytest.raises(InputError, match="no column boundary"):
        answer_csv(oracle, tmp_path / "in.csv", tmp_path / "out.csv")


def test_a_table_of_bad_rows_only(oracle):
    table = pd.DataFrame([["nonsense", 0, "bulk", 300, 100]], columns=COLUMNS)
    good, bad = answer_table(oracle, table)
    assert len(good) == 0
    assert isinstance(bad[0], BadRow)


def test_a_frame_of_answers_is_aligned_with_its_questions(oracle):
    """As MLflow wants it: one row each, a bad one with its reason and no numbers."""
    rows = [GOOD, ("Li6PS5Xe", *GOOD[1:]), (*GOOD[:2], "bulk", *GOOD[3:])]
    frame = answer_frame(oracle, pd.DataFrame(rows, columns=COLUMNS, index=[7, 8, 9]))
    assert list(frame.index) == [7, 8, 9]
    assert list(frame.columns) == list(ANSWERED)
    assert frame["conductivity_mS_cm"].notna().tolist() == [True, False, True]
    assert frame["boundary_parallel_cm2_s"].notna().tolist() == [True, False, False]
    assert frame["in_domain"].tolist() == [True, False, True]
    assert frame["error"].map(bool).tolist() == [False, True, False]


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", ""])
@pytest.mark.parametrize("column", ["temperature_K", "grain_size_nm"])
def test_a_row_needs_positive_numbers(oracle, column, value):
    table = pd.DataFrame([GOOD], columns=COLUMNS).astype(str)
    table[column] = value
    _, bad = answer_table(oracle, table)
    assert bad[0].row == 2
    assert "positive" in bad[0].message or "not a number" in bad[0].message


def test_predict_from_python(oracle, tmp_path):
    """Each temperature and, within it, each grain size; from names or from a structure, which says what it is."""
    oracle.save(tmp_path)
    answers = predict(*GOOD[:3], (500.0, 600.0), (50.0, 100.0), surrogate=tmp_path)
    assert [(a["temperature_K"], a["grain_size_nm"]) for a in answers] == [(500, 50), (500, 100), (600, 50), (600, 100)]
    assert answers[-1] == oracle.answer(Question(*GOOD))
    cell = build_bulk("Li6PS5Cl", 0.5)
    (own,) = predict(structure=cell, temperatures_K=(600.0,), surrogate=tmp_path)
    assert own["bulk_cm2_s"] == oracle.answer(Question("Li6PS5Cl", 0.5, "bulk", 600.0, 1000.0))["bulk_cm2_s"]


def test_a_structure_without_labels_is_named_by_hand(oracle):
    cell = build_bulk("Li6PS5Cl", 0.5)
    cell.info.clear()
    with pytest.raises(InputError, match="does not state its disorder, boundary"):
        oracle.ask(None, None, None, cell)
    named = oracle.ask(None, 0.5, "bulk", cell)
    assert named.identity == Identity.of("Li6PS5Cl", 0.5)
    for nothing in (None, 12):
        with pytest.raises(InputError, match="no composition is given"):
            oracle.ask(nothing, None, None)


@pytest.mark.parametrize("formula", ["Li6PS5Cl0.3Br0.7", "Li5.3PS4.3Cl1.7", "Li6.6P0.4Ge0.6S5I"])
def test_a_small_cell_may_go_by_a_share_it_cannot_hold(oracle, formula):
    assert oracle.ask(None, None, None, build_bulk(formula, 0.25)).identity == Identity.of(formula, 0.25)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda cell: cell.info.update(composition="Li6PS5Br"), "is not Li6PS5Br; check the amounts of Br, Cl"),
        (lambda cell: cell.info.update(composition="Li5PS4Cl2"), "amounts of Cl, Li, S"),
        (lambda cell: cell.set_chemical_symbols(["Cu"] * len(cell)), "formula Cu52 is not Li6PS5Cl"),
    ],
)
def test_a_cell_that_is_not_what_it_goes_by_is_refused(oracle, change, says):
    cell = build_bulk("Li6PS5Cl", 0.5)
    change(cell)
    with pytest.raises(InputError, match=says):
        oracle.ask(None, None, None, cell)


def test_a_file_s_name_is_no_structure(oracle):
    with pytest.raises(InputError, match="read it from a file"):
        oracle.ask(None, None, None, "cell.extxyz")


def test_what_an_installation_ships_is_what_it_answers_from(oracle, tmp_path, monkeypatch):
    from argyro.surrogates.serving import bundled_model

    monkeypatch.setattr(bundled_model, "SHIPPED", tmp_path)
    with pytest.raises(InputError, match="has no bundled surrogate"):
        bundled_model.shipped_folder()
    oracle.save(tmp_path)
    assert bundled_model.shipped_folder() == tmp_path


def test_the_origin_names_data_accuracy_and_bias(oracle):
    from dataclasses import replace

    report = oracle.surrogate.report | {"label_source": "chgnet 0.4.2"}
    document = origin(replace(oracle.surrogate, report=report))
    assert document["materials"] == ["Li6PS5Cl 50 %", "Li6PS5I 0 %"]
    assert document["md_temperatures_K"] == [600.0, 900.0]
    assert document["diffusivities"] + document["upper_bounds"] == 18
    assert document["held_out"]["mae_dex"] == report["scores"][report["shipped"]]["mae_dex"]
    text = "\n".join(origin_lines(document))
    assert "Li6PS5I 0 %" in text and "chgnet 0.4.2" in text and "slope of forces on Li 0.66" in text
    assert "accuracy is unknown" in "\n".join(origin_lines(document | {"held_out": None}))


def test_without_anions_to_swap_there_is_no_disorder(oracle):
    for formula in ("Li7PS6", "Li5PS4Cl2"):
        ordered, asked = (oracle.answer(Question(formula, d, "bulk", 600.0, 100.0)) for d in (0.0, 0.5))
        assert asked == ordered and asked["disorder"]["value"] == 0.0


def test_warnings_say_what_was_asked_and_trained(oracle):
    warnings = oracle.answer(Question("Li6.5P0.5Ge0.5S5I", 0.1, "bulk", 600.0, 100.0))["warnings"]
    assert "lithium content 6.5 per formula unit is outside the trained range, 6 per formula unit" in warnings


@pytest.mark.parametrize("wrong", [{"temperatures_K": ()}, {"temperatures_K": "warm"}, {"disorder": "0.5"}])
def test_python_refuses_what_is_no_number(wrong):
    with pytest.raises(InputError):
        predict("Li6PS5Cl", **{"disorder": 0.5, **wrong})


def test_one_temperature_needs_no_list():
    assert predict("Li6PS5Cl", 0.5, temperatures_K=400, grain_sizes_nm=100) == predict(
        "Li6PS5Cl", 0.5, temperatures_K=(400.0,), grain_sizes_nm=(100.0,)
    )


def test_rows_with_too_many_fields_are_listed_by_their_line(oracle, tmp_path):
    source = tmp_path / "questions.csv"
    good = "Li6PS5Cl,0.5,bulk,600,100"
    source.write_text("\n".join([",".join(COLUMNS), good, "", good + ",7", "Na3PS4,0,bulk,600,100", good]) + "\n")
    answered, bad = answer_csv(oracle, source, tmp_path / "answers.csv")
    assert answered == 2
    assert [row.row for row in bad] == [4, 5]
    assert "needs 5 fields" in bad[0].message


@pytest.mark.parametrize("link", [None, "symlink_to", "hardlink_to"])
def test_answers_never_overwrite_their_questions(oracle, tmp_path, link):
    source = destination = tmp_path / "questions.csv"
    source.write_text(",".join(COLUMNS) + "\nLi6PS5Cl,0.5,bulk,600,100\nLi6PS5Xe,0.5,bulk,600,100\n")
    before = source.read_bytes()
    if link:
        destination = tmp_path / "answers.csv"
        getattr(destination, link)(source)
    with pytest.raises(InputError, match="is the file of the questions"):
        answer_csv(oracle, source, destination)
    assert source.read_bytes() == before
