import pandas as pd
import pytest

from argyro.platform.errors import InputError
from argyro.surrogates.answer import Oracle, Question, lithium_per_A3
from argyro.surrogates.batch import COLUMNS, BadRow, answer_csv, answer_table
from argyro.surrogates.descriptors import Identity
from argyro.surrogates.surrogate import Query
from argyro.surrogates.training import SurrogateOptions, train_surrogate

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


def test_conductivity_is_nernst_einstein(oracle):
    """24 Li in 9.8614³ Å³ at 600 K and D = 1e-6 cm²/s: n e² D / kT = 77.5 mS/cm."""
    answer = oracle.answer(Question(*GOOD))
    assert lithium_per_A3("Li6PS5Cl") == pytest.approx(24 / 9.8614**3)
    ratio = answer["conductivity_mS_cm"]["value"] / answer["effective_cm2_s"]["value"]
    density, charge, thermal = 24 / 9.8614**3 * 1e24, 1.602176634e-19, 1.380649e-23 * 600
    assert ratio == pytest.approx(density * charge**2 / thermal * 1e3, rel=1e-6)


def test_saved_oracle_answers_the_same(oracle, tmp_path):
    oracle.save(tmp_path)
    assert Oracle.load(tmp_path).answer(Question(*GOOD)) == oracle.answer(Question(*GOOD))


def test_networks_see_the_built_structure_of_what_is_new(small_campaign, polycrystal):
    """A new bulk composition is built once and kept; a trained one needs no structure."""
    surrogate = train_surrogate(small_campaign, SurrogateOptions(members=2, steps=5, candidates=("graph",)), seed=0)
    oracle = Oracle(surrogate, polycrystal)
    oracle.answer(Question(*GOOD))
    assert len(oracle.kept) == 0
    new = Question("Li6PS5Cl0.5I0.5", 0.25, "bulk", 600.0, 100.0)
    first = oracle.answer(new)
    assert len(oracle.kept) == 1 and Identity.of("Li6PS5Cl0.5I0.5", 0.25) in oracle.kept
    assert oracle.answer(new) == first
    with pytest.raises(InputError, match="need its structure"):
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
        (4, 0.0, "not positive"),
        (4, 10.0, "too small"),
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
