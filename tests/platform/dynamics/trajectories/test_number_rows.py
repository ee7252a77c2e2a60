import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argyro.platform.dynamics.trajectories.number_rows import (
    BUFFER_ENDS,
    COMPLETE,
    NOT_A_NUMBER,
    WRONG_WIDTH,
    read_rows,
    read_rows_in_python,
)

TEXT = b"1 Li 0.5 -1e-3 7\n\n2 P  +2.25\t3 8 \r\n3 Li 4 5 9"


def test_numbers_and_names_are_read():
    rows = read_rows(TEXT, 0, 3, 5, (0, 2, 3), name_column=1, last=True)
    assert (rows.status, rows.read, rows.end, rows.lines) == (COMPLETE, 3, len(TEXT), 3)
    np.testing.assert_array_equal(rows.values, [[1, 0.5, -1e-3], [2, 2.25, 3], [3, 4, 5]])
    assert [rows.names[code] for code in rows.codes] == [b"Li", b"P", b"Li"]


@pytest.mark.parametrize(
    ("text", "status", "read"),
    [
        (b"1 2 3\n1 2\n", WRONG_WIDTH, 1),
        (b"1 2 3\n1 2 3 4\n", WRONG_WIDTH, 1),
        (b"1 2 3\n1 ** 3\n", NOT_A_NUMBER, 1),
        (b"1 2 3\n1 2-3 3\n", NOT_A_NUMBER, 1),
        (b"1 2 3\n1 1_0 3\n", NOT_A_NUMBER, 1),
        (b"1 2 3\n1 2 3", BUFFER_ENDS, 1),
        (b"", BUFFER_ENDS, 0),
    ],
)
def test_the_first_row_that_does_not_fit_stops_the_reading(text, status, read):
    rows = read_rows(text, 0, 2, 3, (0, 1, 2))
    assert (rows.status, rows.read) == (status, read)
    assert rows.end == (6 if read else 0)


pieces = st.lists(st.sampled_from(["1", "-2.5", "1e3", "nan", "Li", "***", " ", "\t", "\n", "\n\n", "\r\n", "x"]))


@given(pieces.map(" ".join), st.integers(0, 4), st.integers(1, 3), st.booleans(), st.booleans())
def test_the_compiled_reader_agrees_with_the_one_in_python(text, rows, width, exact, last):
    arguments = (text.encode(), 0, rows, width)
    fast = read_rows(*arguments, range(width), 0, exact, last)
    slow = read_rows_in_python(*arguments, exact, list(range(width)), 0, last)
    assert tuple(fast)[:4] == slow[:4]
    np.testing.assert_array_equal(fast.values[: fast.read], slow[4])
    np.testing.assert_array_equal(fast.codes[: fast.read], slow[5])
    assert fast.names == slow[6]


@pytest.mark.parametrize(("text", "value"), [(b"1e400\n", np.inf), (b"-1e-400\n", 0.0), (b"inf\n", np.inf)])
def test_numbers_out_of_range_are_infinite_or_zero(text, value):
    assert read_rows(text, 0, 1, 1, (0,)).values[0, 0] == value


@given(st.floats(allow_nan=False))
def test_every_number_is_read_exactly(value):
    text = f"{value!r}\n".encode()
    assert read_rows(text, 0, 1, 1, (0,)).values[0, 0] == value
