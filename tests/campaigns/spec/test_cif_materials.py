"""Materials given by a CIF: occupancies give composition and disorder, a number in the file overrides the disorder."""

import sys
from pathlib import Path

import pytest

from argyro.campaigns.spec.load import InvalidCampaign, load_campaign

sys.path.insert(0, str(Path(__file__).parents[2] / "platform" / "structures" / "cif"))
from cif_text import GARNET, argyrodite

FILE = """name: cifs
materials: [{materials}]
temperatures_K: [500, 600]
grain_sizes_nm: [100]
"""


def campaign(folder, monkeypatch, *materials):
    monkeypatch.chdir(folder)
    (folder / "campaign.yaml").write_text(FILE.replace("{materials}", ", ".join(materials)))
    return load_campaign(folder / "campaign.yaml")


def test_occupancies_give_composition_and_disorder(tmp_path, monkeypatch):
    (tmp_path / "a.cif").write_text(argyrodite(halide_4a=0.385))
    (tmp_path / "b.cif").write_text(argyrodite(halide_4a=0.885, halide_4c=0.615, lithium=0.458))
    found = campaign(tmp_path, monkeypatch, "{cif: a.cif}", "{cif: b.cif, disorder: 0.5}").materials
    assert [(m.composition, m.disorder) for m in found] == [("Li6PS5Cl", 0.615), ("Li5.5PS4.5Cl1.5", 0.5)]


@pytest.mark.parametrize(
    ("material", "words"),
    [
        ("{cif: garnet.cif}", "no argyrodite"),
        ("{cif: absent.cif}", "cannot be read"),
        ("{cif: garnet.cif, composition: Li6PS5Cl}", "either composition or cif"),
        ("{disorder: 0.5}", "either composition or cif"),
        ("{cif: ../garnet.cif}", "outside"),
    ],
)
def test_each_mistake_is_one_sentence(tmp_path, monkeypatch, material, words):
    (tmp_path / "garnet.cif").write_text(GARNET)
    with pytest.raises(InvalidCampaign, match=words) as error:
        campaign(tmp_path, monkeypatch, material)
    assert len(error.value.mistakes) == 1
    assert error.value.mistakes[0].path.startswith("materials[0]")


def test_a_cif_and_its_composition_are_the_same_material(tmp_path, monkeypatch):
    (tmp_path / "a.cif").write_text(argyrodite(halide_4a=0.5))
    with pytest.raises(InvalidCampaign, match="same material"):
        campaign(tmp_path, monkeypatch, "{cif: a.cif}", "{composition: Li6PS5Cl, disorder: 0.5}")
