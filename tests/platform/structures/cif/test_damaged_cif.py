"""A damaged CIF is refused in one sentence or still read; it never ends in another error."""

import random

import pytest
from cif_text import THIOPHOSPHATE, argyrodite

from argyro.platform.common.errors import InputError
from argyro.platform.structures.cif.partial_crystal import read_cif

WHOLE = [argyrodite().encode(), THIOPHOSPHATE.encode()]


def damaged(seed):
    chance = random.Random(seed)
    raw = chance.choice(WHOLE)
    cut = chance.randrange(len(raw))
    lines = raw.split(b"\n")
    kind = seed % 5
    if kind == 0:
        return raw[:cut]
    if kind == 1:
        return raw[:cut] + bytes(chance.randrange(256) for _ in range(12)) + raw[cut:]
    if kind == 2:
        return b"\n".join(chance.sample(lines, len(lines)))
    if kind == 3:
        return raw.decode().encode("utf-16")
    del lines[chance.randrange(len(lines))]
    return b"\n".join(lines)


@pytest.mark.parametrize("first", range(0, 100, 20))
def test_damage_is_refused_in_one_sentence_or_read(tmp_path, first):
    for seed in range(first, first + 20):
        path = tmp_path / f"{seed}.cif"
        path.write_bytes(damaged(seed))
        try:
            assert read_cif(path).orbits
        except InputError as error:
            assert "\n" not in str(error), seed
