"""Rows as CSV that no spreadsheet runs as a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.cells import BYTE_ORDER_MARK, written


def read(rows: list[list[object]]) -> list[list[str]]:
    """Return rows as whoever reads the file finds them."""
    return list(csv.reader(io.StringIO("".join(written(rows)).removeprefix(BYTE_ORDER_MARK), newline="")))


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "＝1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_a_formula(text: str) -> None:
    assert "".join(written([[text]])).removeprefix(BYTE_ORDER_MARK).lstrip('"').startswith("'")


@pytest.mark.parametrize("value", [-1, -0.5, 3])
def test_a_number_stays_one(value: float) -> None:
    assert read([[value]]) == [[str(value)]]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), min_size=1))
def test_what_is_written_is_read_again(text: str) -> None:
    [[found]] = read([[text]])
    assert found.removeprefix("'") == text.removeprefix("'")


def test_what_cannot_be_written_does_not_break_the_file() -> None:
    assert read([["half a character \ud800 and \0 none"]]) == [["half a character ? and  none"]]
