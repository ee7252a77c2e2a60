"""A report says once what holds for many cases."""

from argyro.campaigns.reporting.warning_groups import Said, each_once

WIDE = "across: faster than its grains allow if that is 1.0 nm wide in {} nm of cell"


def test_sentences_that_differ_in_numbers_are_one_with_their_range():
    said = [
        Said(WIDE.format("2.21"), "Li6PS5I 0 %, sigma5(001)[001]", "650 K"),
        Said(WIDE.format("2.19"), "Li6PS5I 0 %, sigma5(001)[001]", "575 K"),
        Said(WIDE.format("2.20"), "Li6PS5Br 0 %, sigma5(001)[001]", "575 K"),
    ]
    cases = "Li6PS5I 0 %, sigma5(001)[001]: 650 K, 575 K; Li6PS5Br 0 %, sigma5(001)[001]: 575 K"
    assert list(each_once(said)) == [(WIDE.format("2.19 to 2.21"), cases)]


def test_a_case_is_named_once_and_formulas_are_no_numbers():
    said = [
        Said("Li6PS5Cl melts at 900 K", "a", "500 K"),
        Said("Li6PS5Cl melts at 900 K", "a", "500 K"),
        Said("Li6PS5Br melts at 900 K", "b"),
        Said("Li6PS5Cl melts at 900 K", "b"),
    ]
    assert list(each_once(said)) == [("Li6PS5Cl melts at 900 K", "a: 500 K; b"), ("Li6PS5Br melts at 900 K", "b")]


def test_numbers_are_ordered_by_value_and_keep_their_spelling():
    said = [Said(f"{ps} of 100 ps are used", "a", f"{ps}") for ps in ("39", "9.5", "1e2")]
    assert [sentence for sentence, _ in each_once(said)] == ["9.5 to 1e2 of 100 ps are used"]
