"""Functional checks: read from their folder, and judged."""

import json
from pathlib import Path

import pytest

from service.domain.comment import Reading
from service.domain.labels import LABELS
from service.ml import checks
from service.ml.checks import ABSENT, PRESENT, SAME, Case, Check
from service.ml.evaluation import SetBroken
from tests.ml import small

INSULT = Reading("You are an idiot and a liar, and everybody here knows it.")
THANKS = Reading("Thank you so much for this, it helped my mother a lot.")
HEAD = {"behaviour": "plain", "says": "Plain.", "label": "abusive", "expect": "absent"}


def judged(expect: str, *cases: Case) -> dict[str, object]:
    label = None if expect == SAME else "abusive"
    return checks.run(small.classifier(), Check("plain", "Plain.", label, expect, list(cases)))


def test_the_real_checks_are_read() -> None:
    found = list(checks.read(small.TRAINING_DATA / "checks"))
    assert len({check.behaviour for check in found}) == len(found) > 30
    for check in found:
        assert check.expect in (ABSENT, PRESENT, SAME)
        assert check.label in LABELS or check.expect == SAME
        assert all((case.changed is not None) == (check.expect == SAME) for case in check.cases)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["{"],
        ["[]"],
        ["{}"],
        [HEAD | {"expect": "presnt"}],
        [HEAD | {"label": "rude"}, {"text": "a"}],
        [{key: HEAD[key] for key in ("behaviour", "says", "label")}],
        [HEAD, {"parent": "a"}],
        [HEAD, ["a"]],
        [HEAD, "a"],
        [HEAD, {"text": None}],
        [HEAD | {"expect": "same"}, {"text": "a"}],
    ],
    ids=str,
)
def test_a_broken_file_is_named(tmp_path: Path, lines: list[object]) -> None:
    written = [line if isinstance(line, str) and line in "{[]{}" else json.dumps(line) for line in lines]
    (tmp_path / "odd.jsonl").write_text("".join(f"{line}\n" for line in written))
    with pytest.raises(SetBroken, match=r"odd\.jsonl"):
        list(checks.read(tmp_path))


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(SetBroken, match=r"odd\.jsonl"):
        list(checks.read(tmp_path))


def test_a_case_has_its_context(tmp_path: Path) -> None:
    rows = [HEAD | {"expect": "same"}, {"text": "a", "changed": "b", "parent": "p", "post_title": "t"}]
    (tmp_path / "plain.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (check,) = checks.read(tmp_path)
    assert check.cases == [Case(Reading("a", "p", "t"), Reading("b", "p", "t"))]


@pytest.mark.parametrize(
    ("expect", "case", "passed"),
    [
        (PRESENT, Case(INSULT, None), 1),
        (PRESENT, Case(THANKS, None), 0),
        (ABSENT, Case(INSULT, None), 0),
        (ABSENT, Case(THANKS, None), 1),
        (SAME, Case(INSULT, Reading(INSULT.text.upper().replace("O", "0"))), 1),
        (SAME, Case(THANKS, INSULT), 0),
    ],
)
def test_a_case_is_judged_by_what_is_expected(expect: str, case: Case, passed: int) -> None:
    assert judged(expect, case)["passed"] == passed


def test_what_failed_is_shown() -> None:
    found = judged(ABSENT, Case(INSULT, None), Case(THANKS, None))
    assert (found["cases"], found["failed"]) == (2, [INSULT.text])


def test_a_check_in_another_language_is_judged_too() -> None:
    assert (
        judged(ABSENT, Case(Reading("Das ist eine sehr teure Behandlung und niemand bezahlt sie."), None))["cases"] == 1
    )


def test_the_table_has_a_line_for_each_behaviour(tmp_path: Path) -> None:
    (tmp_path / "plain_talk.jsonl").write_text(json.dumps(HEAD | {"behaviour": "plain_talk"}) + '\n{"text": "Hello"}\n')
    shown = checks.table(checks.run_all(small.classifier(), tmp_path))
    assert shown.splitlines()[-1] == "| plain talk | `abusive` absent | 1 of 1 |"
