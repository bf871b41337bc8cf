"""Coral's external moderation phase: what Coral 9.11.8 sends, byte for byte, and what it makes of our answers."""

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from service.domain.labels import Action
from service.domain.policy import Rule
from service.flows import blogs, endpoints
from service.store.engine import Database
from service.store.tables import CommentRow, JobRow, Protocol, SiteRow
from tests import cast
from tests.thoroughness import examples
from tests.web.protocols.doors import coral_headers as signed

STORY = "https://relay.example.org/five-years-after-hsct"
SECRET = "empsec_" + "5e" * 32
CORAL_WAITS = 0.2
SPAM = "BEST STEM CELL CLINIC!!! 100% cure guaranteed, call now, visit http://cure-ms-now.example/buy discount today"

ACCEPTED = {
    "status": {"NONE", "APPROVED", "REJECTED", "PREMOD", "SYSTEM_WITHHELD"},
    "reason": {"COMMENT_DETECTED_TOXIC", "COMMENT_DETECTED_SPAM"},
    "code": {"OFFENSIVE", "ABUSIVE", "SPAM", "BANNED_WORD", "AD", "ILLEGAL_CONTENT", "HARASSMENT_BULLYING"}
    | {"MISINFORMATION", "HATE_SPEECH", "IRRELEVANT_CONTENT", "OTHER"},
}
"""What Coral's own check of an answer lets pass."""


def body(text: str = cast.KIND, action: str = "NEW", parent: str | None = None, author: str = "a-7") -> bytes:
    """Return a request as Coral writes it: JSON, pretty-printed with two spaces, other scripts as they are."""
    request = {
        "action": action,
        "comment": {"body": text, "parentID": parent},
        "author": {"id": author, "role": "COMMENTER"},
        "story": {"id": "fa3f1f4c-5c6c-4e37-a3a5-b2f5a3f7a6f0", "url": STORY},
        "site": {"id": "9a2b7a4d-0d5f-4c9e-8d4e-6f1f3a1d2c3b"},
        "tenantID": "c7b1f7c1-1a8d-4b5e-9a3d-0b2f6c1d7e9f",
        "tenantDomain": "comments.relay.example.org",
    }
    return json.dumps(request, indent=2, ensure_ascii=False).encode()


def send(blog: cast.Blog, raw: bytes, *secrets: str) -> TestResponse:
    """Ask as Coral does."""
    headers = signed(raw, *(secrets or [blog.keys.coral_secret]))
    return blog.client.post(f"/v1/coral/{blog.site_id}", data=raw, headers=headers)


def what_coral_makes_of(answer: TestResponse) -> dict[str, Any]:
    """Return an answer as Coral reads it; fail where Coral would drop it."""
    assert answer.status_code in (200, 204), answer.text
    if answer.status_code == 204 or answer.text in ("", "{}"):
        return {}
    said: dict[str, Any] = answer.json
    assert said.keys() <= {"status", "actions", "moderationAction"}
    assert said["status"] in ACCEPTED["status"]
    for each in said.get("actions", []):
        assert (each["actionType"], each.keys()) == ("FLAG", {"actionType", "reason"})
        assert each["reason"] in ACCEPTED["reason"]
    assert ("moderationAction" in said) == (said["status"] == "REJECTED")
    if "moderationAction" in said:
        assert said["moderationAction"]["rejectionReason"]["code"] in ACCEPTED["code"]
    return said


def rows(database: Database) -> list[CommentRow]:
    """Return all comments."""
    with database.reading() as session:
        found = list(session.scalars(select(CommentRow).order_by(CommentRow.id)).all())
        for row in found:
            _ = (row.thread.url, [each.text for each in row.revisions], [each.status for each in row.decisions])
        return found


def rule(database: Database, blog: cast.Blog, *rules: Rule, otherwise: Action = Action.APPROVE) -> None:
    """Give the site its rules."""
    with database.writing() as session:
        site = session.get(SiteRow, blog.site_id)
        assert site
        site.otherwise = otherwise
        blogs.save_rules(session, site, rules)


def flags(*reasons: str) -> list[dict[str, str]]:
    return [{"actionType": "FLAG", "reason": each} for each in reasons]


def test_a_kind_comment_passes(blog: cast.Blog) -> None:
    answer = send(blog, body())
    assert (answer.status_code, answer.data) == (204, b"")


def test_what_looks_abusive_is_withheld_and_flagged(blog: cast.Blog) -> None:
    said = what_coral_makes_of(send(blog, body(cast.UNKIND)))
    assert said == {"status": "SYSTEM_WITHHELD", "actions": flags("COMMENT_DETECTED_TOXIC")}


def test_what_looks_like_spam_is_withheld_and_flagged(blog: cast.Blog) -> None:
    said = what_coral_makes_of(send(blog, body(SPAM)))
    assert said == {"status": "SYSTEM_WITHHELD", "actions": flags("COMMENT_DETECTED_SPAM")}


def test_what_no_label_held_has_no_flag(careful: cast.Blog) -> None:
    assert what_coral_makes_of(send(careful, body())) == {"status": "SYSTEM_WITHHELD"}


def test_a_language_that_is_not_read_is_withheld_without_a_flag(blog: cast.Blog) -> None:
    text = "Ich danke Ihnen sehr herzlich für diese ausführliche Erklärung, sie hat meiner Frau und mir geholfen."
    assert what_coral_makes_of(send(blog, body(text))) == {"status": "SYSTEM_WITHHELD"}


@pytest.mark.parametrize(
    ("wanted", "text", "code"),
    [
        (Rule("abusive", 0.4, Action.REJECT), cast.UNKIND, "ABUSIVE"),
        (Rule("spam", 0.4, Action.SPAM), SPAM, "SPAM"),
    ],
)
def test_what_a_rule_refuses_is_rejected_with_its_reason(
    blog: cast.Blog, sqlite: Database, wanted: Rule, text: str, code: str
) -> None:
    rule(sqlite, blog, wanted)
    said = what_coral_makes_of(send(blog, body(text)))
    assert said["moderationAction"] == {"status": "REJECTED", "rejectionReason": {"code": code}}


def test_it_stands_at_the_desk_with_what_coral_says_of_it(blog: cast.Blog, sqlite: Database) -> None:
    send(blog, body(cast.UNKIND, parent="p-1"))
    [row] = rows(sqlite)
    said = (row.protocol, row.thread.url, row.author_id, row.author_role, row.parent_outside_id, row.outside_id)
    assert said == (Protocol.CORAL, STORY, "a-7", "COMMENTER", "p-1", None)


def test_a_repetition_is_answered_alike_and_stored_once(blog: cast.Blog, sqlite: Database) -> None:
    answers = [send(blog, body(cast.UNKIND)).data for _ in range(3)]
    assert (len(set(answers)), len(rows(sqlite))) == (1, 1)


def test_no_callback_is_written_whatever_is_decided(blog: cast.Blog, sqlite: Database, ana: FlaskClient) -> None:
    with sqlite.writing() as session:
        site = session.get(SiteRow, blog.site_id)
        assert site
        endpoints.tell_decisions_to(session, site, "https://relay.example.org/undertone", cast.NOW)
    send(blog, body(cast.UNKIND))
    [row] = rows(sqlite)
    answer = ana.post(f"/api/v1/comments/{row.id}/decisions", json={"decision": "reject"})
    with sqlite.reading() as session:
        assert (answer.status_code, session.scalars(select(JobRow)).all()) == (201, [])


def test_who_asks_again_hears_what_the_desk_decided(blog: cast.Blog, sqlite: Database, ana: FlaskClient) -> None:
    send(blog, body(cast.UNKIND))
    ana.post(f"/api/v1/comments/{rows(sqlite)[0].id}/decisions", json={"decision": "approve"})
    assert what_coral_makes_of(send(blog, body(cast.UNKIND))) == {}


def test_an_edit_of_the_only_comment_that_reads_like_it_is_its_next_revision(blog: cast.Blog, sqlite: Database) -> None:
    send(blog, body(cast.CRITICAL))
    send(blog, body(cast.CRITICAL + " Sorry!", "EDIT"))
    [row] = rows(sqlite)
    assert [each.text for each in row.revisions] == [cast.CRITICAL, cast.CRITICAL + " Sorry!"]


@pytest.mark.parametrize(
    "changed",
    [
        {"author": "a-8"},
        {"parent": "p-2"},
        {"text": "Something else entirely, about a different matter."},
    ],
    ids=["another author", "another place", "other words"],
)
def test_an_edit_of_what_is_not_certain_stands_by_itself(
    blog: cast.Blog, sqlite: Database, changed: dict[str, str]
) -> None:
    send(blog, body(cast.CRITICAL))
    send(blog, body(**{"text": cast.CRITICAL + " Sorry!", "action": "EDIT", **changed}))  # type: ignore[arg-type]
    assert [len(row.revisions) for row in rows(sqlite)] == [1, 1]


def test_an_edit_of_one_of_two_alike_stands_by_itself(blog: cast.Blog, sqlite: Database) -> None:
    send(blog, body(cast.CRITICAL))
    send(blog, body(cast.CRITICAL + " Truly."))
    send(blog, body(cast.CRITICAL + " Sorry!", "EDIT"))
    assert [len(row.revisions) for row in rows(sqlite)] == [1, 1, 1]


def test_an_edit_is_judged_by_its_new_text(blog: cast.Blog) -> None:
    send(blog, body(cast.KIND))
    said = what_coral_makes_of(send(blog, body(f"{cast.UNKIND} {cast.UNKIND}", "EDIT")))
    assert said["status"] == "SYSTEM_WITHHELD"


def test_nobody_gets_abuse_through_by_editing_it_away_and_writing_it_again(blog: cast.Blog) -> None:
    start = "Thank you all so much for your patience, this is a wonderful post and it gave us real comfort"
    vile = f"{start}. You disgusting worthless idiot, go to hell, pathetic scum."
    assert what_coral_makes_of(send(blog, body(vile)))["status"] == "SYSTEM_WITHHELD"
    assert what_coral_makes_of(send(blog, body(f"{start}. All the best to you.", "EDIT"))) == {}
    assert what_coral_makes_of(send(blog, body(vile)))["status"] == "SYSTEM_WITHHELD"


def test_an_edit_sent_twice_has_no_further_effect(blog: cast.Blog, sqlite: Database) -> None:
    send(blog, body(cast.CRITICAL))
    for _ in range(3):
        send(blog, body(cast.CRITICAL + " Sorry!", "EDIT"))
    assert [len(row.revisions) for row in rows(sqlite)] == [2]


@pytest.mark.parametrize("text", ["", "  \n "])
def test_a_picture_without_words_is_not_ours_to_judge(careful: cast.Blog, stored: Callable[[], int], text: str) -> None:
    assert (what_coral_makes_of(send(careful, body(text))), stored()) == ({}, 0)


def test_what_is_too_long_to_read_is_withheld(blog: cast.Blog, stored: Callable[[], int]) -> None:
    assert what_coral_makes_of(send(blog, body("kind " * 4001))) == {"status": "SYSTEM_WITHHELD"}
    assert stored() == 0


def test_what_a_newer_coral_adds_is_passed_over(blog: cast.Blog) -> None:
    sent = json.loads(body())
    sent["author"] |= {"role": "MEMBER", "username": "maya"}
    sent["comment"] |= {"media": None}
    assert send(blog, json.dumps(sent, indent=2).encode()).status_code == 204


def test_a_secret_is_taken_that_coral_made(blog: cast.Blog, sqlite: Database) -> None:
    with sqlite.writing() as session:
        site = session.get(SiteRow, blog.site_id)
        assert site
        blogs.use_coral_secret(site, SECRET)
    answers = [send(blog, body(), each).status_code for each in (SECRET, blog.keys.coral_secret)]
    assert answers == [204, 204]


def test_the_secret_before_the_last_is_no_longer_taken(blog: cast.Blog, sqlite: Database) -> None:
    with sqlite.writing() as session:
        for _ in range(2):
            blogs.renew_secrets(session, "https://relay.example.org")
    assert send(blog, body(), blog.keys.coral_secret).status_code == 401


def test_one_signature_that_is_right_is_enough(blog: cast.Blog) -> None:
    assert send(blog, body(), SECRET, blog.keys.coral_secret).status_code == 204


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=" + "0" * 64, "sha1=abc", "sha256=\u00e9", ",,,", "sha256"],
    ids=repr,
)
def test_a_wrong_signature_is_refused(blog: cast.Blog, stored: Callable[[], int], signature: str) -> None:
    headers = {"X-Coral-Signature": signature.encode("latin-1").decode("latin-1")}
    answer = blog.client.post(f"/v1/coral/{blog.site_id}", data=body(), headers=headers)
    assert (answer.status_code, answer.json["error"]["code"], stored()) == (401, "wrong_signature", 0)


def test_the_very_bytes_are_signed(blog: cast.Blog) -> None:
    headers = signed(body(), blog.keys.coral_secret)
    compact = json.dumps(json.loads(body())).encode()
    assert blog.client.post(f"/v1/coral/{blog.site_id}", data=compact, headers=headers).status_code == 401


@pytest.mark.parametrize("site", [0, 99, 10**30])
def test_a_site_that_is_not_there_is_answered_like_one_that_is(blog: cast.Blog, site: int) -> None:
    headers = signed(body(), blog.keys.coral_secret)
    answer = blog.client.post(f"/v1/coral/{site}", data=body(), headers=headers)
    assert (answer.status_code, answer.data) == (401, send(blog, body(), "another").data)


REFUSED = {
    "no JSON": b"{",
    "no object": b"[]",
    "not UTF-8": b'{"action": "\xff"}',
    "too deep": b"[" * 100_000,
    "another action": body(action="DELETE"),
    "no author": b'{"action": "NEW", "comment": {"body": "a"}, "story": {"url": "https://a.example"}}',
    "a story that is nowhere": body().replace(STORY.encode(), b"javascript:alert(1)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_coral_never_sends_is_refused_and_not_stored(
    blog: cast.Blog, stored: Callable[[], int], case: str
) -> None:
    answer = send(blog, REFUSED[case])
    assert (answer.status_code, answer.json.keys(), stored()) == (400, {"error"}, 0)


def test_too_large_a_body_is_refused(blog: cast.Blog, stored: Callable[[], int]) -> None:
    assert (send(blog, body("a" * 1_000_001)).status_code, stored()) == (413, 0)


def test_it_answers_while_coral_still_waits(door: cast.Blog) -> None:
    took = []
    for number in range(15):
        begin = time.perf_counter()
        send(door, body(f"{cast.UNKIND} And {number} more of the kind."))
        took.append(time.perf_counter() - begin)
    assert statistics.median(took) < CORAL_WAITS


@examples(40)
@given(text=st.text(min_size=1, max_size=200), parent=st.none() | st.text(min_size=1, max_size=255))
def test_whatever_people_write_gets_an_answer_that_coral_takes(door: cast.Blog, text: str, parent: str | None) -> None:
    raw = json.dumps({**json.loads(body()), "comment": {"body": text, "parentID": parent}}, indent=2).encode()
    first, second = (what_coral_makes_of(send(door, raw)) for _ in range(2))
    assert first == second
