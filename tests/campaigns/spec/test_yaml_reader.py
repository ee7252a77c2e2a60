"""A YAML value means what a reader sees, or is refused by name with its line."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from argyro.campaigns.spec.load import InvalidCampaign, load_campaign
from argyro.campaigns.spec.yaml_reader import MAX_BYTES, read_yaml

GOOD = """name: small
materials:
  - {composition: Li6PS5Cl, disorder: 0.5}
  - {composition: Li6PS5Br, disorder: 0.25}
temperatures_K: [500, 600]
grain_sizes_nm: [20, 1000]
md: {production_ps: 50, realisations: 1}
"""
READ = {  # value of md.production_ps -> its number
    "50": 50,
    "+50": 50,
    "1e2": 100,
    ".5e2": 50,
    "5.0E+1": 50,
    '"50"': 50,
    "'1e2'": 100,
    "50.": 50,
}
REFUSED = {  # value of md.production_ps -> words of the message
    "yes": "true or false",
    "On": "true or false",
    "true": "not a number",
    "010": "leading zero",
    "0500": "leading zero",
    "1:30": "base 60",
    "190:20:30": "base 60",
    "1_00": "underscore",
    "0x10": "decimal",
    "0o17": "decimal",
    ".inf": "finite",
    ".nan": "finite",
    "1e999": "too large",
    "9" * 5000: "too large",
    "1.0d2": "1.0e2",
    '"yes"': "not a number",
    '"1_00"': "not a number",
    '"010"': "not a number",
    "50%": "0.5",
    "2026-01-01": "not a number",
    "[50]": "not a number",
    "~": "is empty",
    "!!float 50": "tag",
    "!!python/object/apply:os.getcwd []": "tag",
}


@pytest.fixture
def load(tmp_path):
    def loaded(text):
        file = tmp_path / "campaign.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_campaign(file)

    return loaded


def refused(load, text):
    with pytest.raises(InvalidCampaign) as caught:
        load(text)
    assert all(len(mistake.message) < 500 for mistake in caught.value.mistakes)
    return str(caught.value)


@pytest.mark.parametrize("text", READ)
def test_numbers_that_are_read(load, text):
    assert load(GOOD.replace("production_ps: 50", f"production_ps: {text}")).md.production_ps == READ[text]


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:30])
@pytest.mark.parametrize("style", ["flow", "block", "merged"])
def test_values_that_are_refused(load, text, style):
    written = {
        "flow": GOOD.replace("production_ps: 50", f"production_ps: {text}"),
        "block": GOOD.replace("{production_ps: 50, realisations: 1}", f"\n  realisations: 1\n  production_ps: {text}"),
        "merged": GOOD.replace("production_ps: 50", f"<<: {{production_ps: {text}}}"),
    }[style]
    message = refused(load, written)
    assert REFUSED[text] in message and ("line 9" if style == "block" else "line 7") in message


def test_keys_are_set_once_at_every_level(load):
    assert "lines 5 and 8" in refused(load, GOOD + "temperatures_K: [700]\n")
    assert "materials[0].disorder" in refused(load, GOOD.replace("disorder: 0.5", "disorder: 0.5, disorder: 0.6"))
    assert "md" in refused(load, GOOD + '"md": {frame_every_fs: 50}\n')


def test_merge_keys_and_aliases_share_settings(load):
    text = GOOD.replace("- {composition: Li6PS5Cl, disorder: 0.5}", "- &a {composition: Li6PS5Cl, disorder: 0.5}")
    campaign = load(text.replace("{composition: Li6PS5Br, disorder: 0.25}", "{<<: *a, composition: Li6PS5Br}"))
    assert [material.label for material in campaign.materials] == ["Li6PS5Cl 50 %", "Li6PS5Br 50 %"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD + "---\nname: other\n", "line 8: a second YAML document"),
        (GOOD + "resources:\n\tmd: 2\n", "line 9, column 1: a tab"),
        (GOOD + "5: 6\n", "'5' is not a setting"),
        (GOOD + "? [a]\n: 6\n", "key is not text"),
        (GOOD.replace("disorder: 0.5}", "disorder: 0,5}"), "decimal number has a point"),
        (GOOD.replace("[20, 1000]", "[20, 1,000]"), "leading zero"),
        (GOOD + "budget:\n", "budget: line 8: is empty"),
        (GOOD.encode("utf-16"), "UTF-8"),
        (GOOD.encode() + b"# \xff", "UTF-8"),
        (GOOD + "\x07", "not YAML"),
        ("[" * 10000, "line 1: more than 20 levels"),
        (GOOD + "#" * MAX_BYTES, "larger than"),
        (GOOD + "labels: {kwargs: &k {a: *k}}\n", "line 8: the alias *k"),
        (GOOD + "a: [" + "1, " * 20000 + "]\n", "more than 20000 values"),
    ],
    ids=lambda value: str(value)[-24:],
)
def test_files_that_are_refused(load, text, words):
    assert words in refused(load, text)


def test_a_bomb_of_aliases_is_refused_at_once(load):
    layers = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 11)]
    text = GOOD + "\n".join(["a0: &a0 [x, x, x, x, x, x, x, x, x]", *layers]) + "\n"
    assert "those of aliases included" in refused(load, text)


def test_utf8_is_read_in_any_locale_with_and_without_a_mark(load):
    assert load(b"\xef\xbb\xbf" + "# Σ5, σ in mS/cm\n".encode() + GOOD.encode()).name == "small"


def test_a_list_with_a_decimal_comma_is_pointed_out(tmp_path):
    file = tmp_path / "campaign.yaml"
    file.write_text(GOOD.replace("[20, 1000]", "[20,5, 1000]"))
    (hint,) = read_yaml(file).hints
    assert "line 6" in hint and "[20, 5, 1000]" in hint
    file.write_text(GOOD.replace("[20, 1000]", "[20,5,1000]"))
    assert not read_yaml(file).hints


TEXT = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])  # PyYAML itself loses other line breaks
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(TEXT, max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(TEXT, max_size=8), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(deadline=None, max_examples=200, derandomize=True)
@given(content=VALUES)
def test_what_yaml_writes_is_read_back(tmp_path_factory, content):
    """A campaign that a run stores is read by `argyro run FOLDER/campaign.yaml`."""
    file = tmp_path_factory.mktemp("yaml") / "x.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    document = read_yaml(file)
    assert document.content == content and not document.mistakes


@settings(deadline=None, max_examples=300, derandomize=True)
@given(data=st.binary(max_size=200) | st.text(alphabet="a:-[]{}&*!?|>'\"%#, \t\n01.e<", max_size=120).map(str.encode))
def test_any_bytes_end_in_a_document_or_one_error(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("yaml") / "x.yaml"
    Path(file).write_bytes(data)
    try:
        load_campaign(file)
    except InvalidCampaign as error:
        assert error.mistakes
