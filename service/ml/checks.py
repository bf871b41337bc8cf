"""Functional checks: small sets of comments, one behaviour each, that no model is trained or tuned on.

After HateCheck (Röttger et al., 2021): a figure for each behaviour says more than one figure for all.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from service.domain.comment import Reading
from service.domain.labels import LABELS
from service.ml.classifier import Classifier
from service.ml.evaluation import SetBroken

ABSENT, PRESENT, SAME = "absent", "present", "same"
MOST_MOVED = 0.1
"""How far a probability may move where a change to the text changes nothing."""


class Case(NamedTuple):
    """A comment, and for `same` what it is changed to."""

    reading: Reading
    changed: Reading | None


class Check(NamedTuple):
    """One behaviour: what is expected of a label, and the comments to see it by."""

    behaviour: str
    says: str
    label: str | None
    expect: str
    cases: list[Case]


def read(folder: Path) -> Iterator[Check]:
    """Yield the checks of a folder, one for each `.jsonl` file: a line about the behaviour, then a case a line."""
    for path in sorted(folder.glob("*.jsonl")):
        try:
            head, *rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
            cases = [_case(row, head["expect"]) for row in rows]
            yield _checked(Check(head["behaviour"], head["says"], head["label"], head["expect"], cases))
        except (ValueError, KeyError, TypeError) as error:
            raise SetBroken(
                f"{path} is no functional check ({error!r}); training_data/README.md has the format"
            ) from error


def run(classifier: Classifier, check: Check) -> dict[str, Any]:
    """Return how many of a check's cases a model passes, and its first failures."""
    failed = [case.reading.text for case in check.cases if not _passes(classifier, check, case)]
    return {
        "says": check.says,
        "label": check.label,
        "expect": check.expect,
        "cases": len(check.cases),
        "passed": len(check.cases) - len(failed),
        "failed": failed,
    }


def run_all(classifier: Classifier, folder: Path) -> dict[str, dict[str, Any]]:
    """Return what became of every check in a folder, by behaviour."""
    return {check.behaviour: run(classifier, check) for check in read(folder)}


def table(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a table in plain text, which is Markdown too."""
    rows = [
        f"| {name.replace('_', ' ')} | {_expected(row)} | {row['passed']} of {row['cases']} |"
        for name, row in results.items()
    ]
    return "\n".join(["| behaviour | expected | passed |", "| --- | --- | ---: |", *rows])


def _checked(check: Check) -> Check:
    if check.expect not in (ABSENT, PRESENT, SAME):
        raise ValueError(f"expect is {check.expect!r}; write {ABSENT}, {PRESENT} or {SAME}")
    if check.expect != SAME and check.label not in LABELS:
        raise ValueError(f"there is no label {check.label!r}")
    return check


def _case(row: Mapping[str, Any], expect: str) -> Case:
    texts = [row["text"], row["changed"]] if expect == SAME else [row["text"]]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(f"a text was expected in {row!r}")
    readings = [Reading(text, row.get("parent"), row.get("post_title")) for text in texts]
    return Case(readings[0], readings[1] if expect == SAME else None)


def _passes(classifier: Classifier, check: Check, case: Case) -> bool:
    if check.expect == SAME:
        both = [classifier.score_any(each) for each in (case.reading, case.changed or case.reading)]
        before, after = ({**each.probabilities, **each.kinds} for each in both)
        return all(abs(after[label] - p) <= MOST_MOVED for label, p in before.items())
    is_called = check.label in classifier.score_any(case.reading).labels
    return is_called == (check.expect == PRESENT)


def _expected(row: Mapping[str, Any]) -> str:
    return "no probability moves" if row["expect"] == SAME else f"`{row['label']}` {row['expect']}"
