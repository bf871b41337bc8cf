"""What our own comments promise: enough of each kind, no two alike, and none that a check is made of."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from service.cli import main
from service.domain.labels import LABELS
from service.ml import checks

FOLDER = Path(__file__).parent.parent / "training_data"
README = (FOLDER / "README.md").read_text("utf-8")
ALIKE = 0.3
HARD = (
    "harsh_civil_criticism", "swearing_at_disease", "dark_humour", "quoted_abuse", "identity_words", "mock_thanks",
    "parent_reveals_sarcasm", "subtle_advert", "fmt_under_fmt_post", "money_idiom",
)  # fmt: skip


@cache
def comments() -> list[dict[str, Any]]:
    return [
        json.loads(line) for path in sorted(FOLDER.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()
    ]


def agreed() -> list[dict[str, Any]]:
    return [each for each in comments() if not set(each.get("disputed", ())) & set(LABELS)]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def grams(text: str) -> frozenset[tuple[str, ...]]:
    """Return the stretches of five words, or the whole of a shorter text."""
    found = words(text)
    return frozenset(tuple(found[at : at + 5]) for at in range(len(found) - 4)) or frozenset([tuple(found)])


def alike(texts: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of the pairs whose stretches of five words are shared by a Jaccard index of 0.3 or more."""
    sets = [grams(text) for text in texts]
    where: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, each in enumerate(sets):
        shared = Counter(other for gram in each for other in where[gram])
        for other, count in shared.items():
            if count / len(each | sets[other]) >= ALIKE:
                yield other, at
        for gram in each:
            where[gram].append(at)


def test_no_two_comments_are_alike() -> None:
    texts = [each["text"] for each in comments()]
    assert [(texts[one], texts[other]) for one, other in alike(texts)] == []


def test_no_comment_is_like_one_of_a_check() -> None:
    cases = [
        reading.text
        for check in checks.read(FOLDER / "checks")
        for case in check.cases
        for reading in case
        if reading is not None
    ]
    texts = [*(each["text"] for each in comments()), *cases]
    own = len(comments())
    assert [(texts[one], texts[other]) for one, other in alike(texts) if one < own <= other] == []


def test_no_opening_is_used_often() -> None:
    openings = Counter(tuple(words(each["text"])[:3]) for each in comments())
    [(_, count)] = openings.most_common(1)
    assert count <= 0.01 * len(comments())


def test_there_are_enough_comments_under_enough_posts() -> None:
    assert len(comments()) >= 4000
    assert len({each["thread"] for each in comments()}) >= 80


@pytest.mark.parametrize("label", LABELS)
def test_every_label_has_enough_examples_on_which_both_readers_agree(label: str) -> None:
    assert sum(label in each["labels"] for each in agreed()) >= (600 if label in ("sarcastic", "critical") else 350)


def test_half_of_the_sarcastic_comments_have_a_sincere_twin() -> None:
    sarcastic = {each["id"] for each in agreed() if "sarcastic" in each["labels"]}
    sincere = [each for each in agreed() if each.get("twin") and "sarcastic" not in each["labels"]]
    assert len({each["twin"] for each in sincere} & sarcastic) >= len(sarcastic) / 2


def test_a_twin_stands_in_the_same_thread() -> None:
    thread = {each["id"]: each["thread"] for each in comments()}
    twins = [each for each in comments() if each.get("twin")]
    assert [each["id"] for each in twins if thread.get(each["twin"]) != each["thread"]] == []


@pytest.mark.parametrize("kind", HARD)
def test_every_hard_case_is_there_often(kind: str) -> None:
    assert sum(each.get("kind") == kind for each in comments()) >= 60


def test_there_are_checks_of_many_behaviours() -> None:
    found = list(checks.read(FOLDER / "checks"))
    assert len(found) >= 30
    assert all(len(check.cases) >= 15 for check in found)
    assert all(check.label in LABELS or check.expect == checks.SAME for check in found)


def test_there_are_two_hundred_long_civil_comments_of_the_newspaper_kind() -> None:
    [long_civil] = [check for check in checks.read(FOLDER / "checks") if check.behaviour == "long_civil"]
    assert (long_civil.label, long_civil.expect) == ("abusive", checks.ABSENT)
    assert len(long_civil.cases) >= 200
    assert all(80 <= len(case.reading.text.split()) <= 250 for case in long_civil.cases)


def test_no_two_comments_share_an_id() -> None:
    assert [name for name, count in Counter(each["id"] for each in comments()).items() if count > 1] == []


def test_the_readme_counts_the_comments_of_every_file() -> None:
    counts = {path.name: len(path.read_text("utf-8").splitlines()) for path in FOLDER.glob("*.jsonl")}
    rows = re.findall(r"^\| `(\w+\.jsonl)` \|.*\| (\d+) \|$", README, re.MULTILINE)
    assert {name: int(count) for name, count in rows} == counts


def test_the_readme_says_how_far_the_readers_agree_as_the_command_prints_it() -> None:
    assert CliRunner().invoke(main, ["agreement"]).stdout in README


def test_every_comment_answers_one_of_its_own_thread() -> None:
    thread = {each["id"]: each["thread"] for each in comments()}
    assert [each["id"] for each in comments() if each["parent"] and thread[each["parent"]] != each["thread"]] == []
