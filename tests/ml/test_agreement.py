"""How far two readers agree."""

import json
from pathlib import Path

import pytest

from service.ml.agreement import agreements


def write(folder: Path, *rows: dict[str, list[str]]) -> Path:
    (folder / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_a_disputed_label_is_one_that_the_second_reader_saw_otherwise(tmp_path: Path) -> None:
    rows = [{"labels": ["cost"], "disputed": ["cost"]}, {"labels": ["cost"]}, {"labels": [], "disputed": ["cost"]}]
    found = agreements(write(tmp_path, *rows))["cost"]
    assert (found.comments, found.first, found.second) == (3, 2, 2)


def test_readers_who_always_agree_have_an_alpha_of_1(tmp_path: Path) -> None:
    assert agreements(write(tmp_path, {"labels": ["spam"]}, {"labels": []}))["spam"].alpha == 1


def test_readers_who_agree_as_chance_would_have_an_alpha_near_0(tmp_path: Path) -> None:
    # Krippendorff's own formula by hand: observed disagreement 1/2, expected 4/7, so 1 - (1/2) / (4/7) = 1/8.
    rows = [{"labels": ["spam"]}, {"labels": []}, {"labels": ["spam"], "disputed": ["spam"]}]
    rows.append({"labels": [], "disputed": ["spam"]})
    assert agreements(write(tmp_path, *rows))["spam"].alpha == pytest.approx(1 / 8)
