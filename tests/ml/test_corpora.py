import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from service.domain.comment import Reading
from service.domain.labels import LABELS, NOT_ABUSIVE, OUTPUTS
from service.ml import corpora
from service.ml.corpora import CorpusBroken, Example
from tests.ml.small import CORPORA, TRAINING_DATA

SOURCES = {source.name: source for source in corpora.sources(TRAINING_DATA)}

SOURCE = """
[[source]]
name = "surge_toxicity"
repository = "somebody/something"
commit = "0000"
licence = "MIT"
licence_confirmed = true
weight = 1.0
at_most = {{ true = 1, false = 5 }}
files = [{{ file = "toxic.csv", path = "data/toxic.csv", sha256 = "{sha256}" }}]
[source.labels]
"Toxic" = {{ abusive = true }}
"Not Toxic" = {{ abusive = false }}
"""
CONTENT = 'text,is_toxic\n"You @anna fool #sarcasm",Toxic\nAnother fool,Toxic\nGood day :),Not Toxic\nHm,Unsure\n'


def write(folder: Path, content: str = CONTENT, sha256: str = "") -> list[corpora.Source]:
    (folder / "toxic.csv").write_text(content)
    sha256 = sha256 or hashlib.sha256(content.encode()).hexdigest()
    (folder / "sources.toml").write_text(SOURCE.format(sha256=sha256))
    return corpora.sources(folder)


def test_their_labels_become_ours_without_what_gives_them_away(tmp_path: Path) -> None:
    source = replace(write(tmp_path)[0], at_most={"true": 9, "false": 9})
    found = list(corpora.pool([source], tmp_path))
    assert {(each.reading.text, each.labels["abusive"]) for each in found} == {
        ("You fool", True),
        ("Another fool", True),
        ("Good day", False),
    }


def test_a_large_corpus_is_capped_and_what_it_does_not_know_is_left_out(tmp_path: Path) -> None:
    found = list(corpora.pool(write(tmp_path), tmp_path))
    assert sorted(each.labels["abusive"] for each in found) == [False, True]


def test_a_public_comment_that_is_not_abusive_may_say_that_it_is_no_kind_of_abuse(tmp_path: Path) -> None:
    rows = [f"Comment {number:b},{'Toxic' if number % 2 else 'Not Toxic'}" for number in range(400)]
    source = write(tmp_path, "text,is_toxic\n" + "\n".join(rows))[0]
    found = list(corpora.pool([replace(source, at_most={"true": 400, "false": 400})], tmp_path))
    assert all(set(each.labels) == {"abusive"} for each in found if each.labels["abusive"])
    telling = [each.labels for each in found if len(each.labels) > 1]
    assert all(labels == {"abusive": False} | NOT_ABUSIVE for labels in telling)
    assert 30 < len(telling) < 70


def test_a_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusBroken, match=r"toxic\.csv is not the file that sources\.toml describes"):
        list(corpora.pool(write(tmp_path, sha256="0" * 64), tmp_path))


def test_a_missing_file_says_where_it_is_to_be_had(tmp_path: Path) -> None:
    listed = write(tmp_path)
    (tmp_path / "toxic.csv").unlink()
    with pytest.raises(CorpusBroken, match=r"Fetch https://raw\.githubusercontent\.com/somebody/something/0000/data"):
        list(corpora.pool(listed, tmp_path))


def test_our_own_comments_know_every_label_and_their_parent() -> None:
    ours = corpora.own(TRAINING_DATA)
    assert all(set(LABELS) <= set(each.labels) <= set(OUTPUTS) for each in ours)
    assert any(each.reading.parent for each in ours)


def test_none_of_our_comments_is_a_kind_of_abuse_without_being_abusive() -> None:
    civil = [each for each in corpora.own(TRAINING_DATA) if not each.labels["abusive"]]
    assert [each.reading.text for each in civil if any(each.labels.get(kind) for kind in NOT_ABUSIVE)] == []


def written(folder: Path, *rows: dict[str, object]) -> list[Example]:
    """Return our own comments as they are read, with these rows for all there are."""
    usual = {"thread": "t", "parent": None, "post_title": "x", "labels": []}
    (folder / "ours.jsonl").write_text("".join(json.dumps(usual | row) + "\n" for row in rows))
    return corpora.own(folder)


def test_a_comment_with_a_disputed_label_is_not_learned_from_but_may_be_answered(tmp_path: Path) -> None:
    first = {"id": "a", "text": "Hm.", "disputed": ["cost"]}
    found = written(tmp_path, first, {"id": "b", "parent": "a", "text": "Well."})
    assert [each.reading for each in found] == [Reading("Well.", "Hm.", "x")]


def test_a_disputed_kind_of_abuse_is_not_known_and_the_rest_is(tmp_path: Path) -> None:
    row = {"id": "a", "text": "Idiot.", "labels": ["abusive", "insult"], "disputed": ["insult", "severe"]}
    (found,) = written(tmp_path, row)
    assert set(OUTPUTS) - set(found.labels) == {"insult", "severe"}
    assert [label for label, value in found.labels.items() if value] == ["abusive"]


def test_a_dispute_over_a_label_and_a_kind_is_one_over_a_label(tmp_path: Path) -> None:
    assert written(tmp_path, {"id": "a", "text": "Hm.", "disputed": ["insult", "abusive"]}) == []


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"id": "a", "thread": "a", "parent": null, "text": "x", "labels": []}',
        '{"id": "a", "thread": "a", "parent": "b", "post_title": "t", "text": "x", "labels": []}',
        '{"id": "a", "thread": "a", "parent": null, "post_title": "t", "text": "x", "labels": ["rude"]}',
        '{"id": "a", "thread": "a", "parent": null, "post_title": "", "text": "x", "labels": [], "disputed": ["rude"]}',
        '{"id": "a", "thread": "a", "parent": null, "post_title": "t", "text": null, "labels": []}',
    ],
)
def test_a_bad_line_of_ours_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "bad.jsonl").write_text(line + "\n")
    with pytest.raises(CorpusBroken, match=r"bad\.jsonl, line 1"):
        corpora.own(tmp_path)


def test_of_copies_the_first_is_kept() -> None:
    ours = Example(Reading("Thank you all!"), {"spam": False}, "t")
    copy = Example(Reading("thank you ALL"), {"spam": True}, "x", source="pool")
    other = Example(Reading("No"), {"spam": False}, "y", source="pool")
    assert corpora.distinct([ours, copy, other]) == [ours, other]


def test_every_listed_corpus_has_a_loader_a_licence_and_labels_of_ours() -> None:
    assert len(SOURCES) == 15
    for source in SOURCES.values():
        assert source.licence
        assert source.files
        assert {label for ours in source.labels.values() for label in ours} <= set(OUTPUTS)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the public corpora are not here")
@pytest.mark.parametrize("name", SOURCES)
def test_the_original_files_are_read(name: str) -> None:
    found = list(corpora.pool([SOURCES[name]], CORPORA))
    assert len(found) > 500
    assert {value for each in found for value in each.labels.values()} == {True, False}
    assert not any("[linebreak]" in each.reading.text or "#sarcasm" in each.reading.text for each in found)
