"""Standard Webhooks in: what a blog tells, signed, at most five minutes old, and each message once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from standardwebhooks.webhooks import Webhook
from werkzeug.test import TestResponse

from service.domain.comment import Status
from service.flows import blogs, endpoints
from service.store.engine import Database
from service.store.tables import CommentRow, DecisionRow, JobRow, JobStatus, MessageRow, Origin, SiteRow
from tests import cast
from tests.thoroughness import examples
from tests.web.protocols.doors import webhook_headers as signed

CREATED = "comment.created"
EDITED = "comment.edited"
DELETED = "comment.deleted"
MODERATED = "comment.moderated"


def event(kind: str = CREATED, **data: Any) -> bytes:  # noqa: ANN401
    """Return the body of a message."""
    return json.dumps({"type": kind, "data": data}).encode()


def comment(kind: str = CREATED, text: str = cast.KIND, **more: Any) -> bytes:  # noqa: ANN401
    """Return the body of a message about a comment."""
    return event(kind, **{"id": "1", "text": text, "thread": {"url": cast.POST, "title": cast.TITLE}, **more})


def send(blog: cast.Blog, raw: bytes, message_id: str = "msg_1", **changed: str) -> TestResponse:
    """Send a message."""
    headers = {**signed(raw, blog.keys.webhook_secret, message_id), **changed}
    return blog.client.post(f"/api/v1/webhooks/{blog.site_id}", data=raw, headers=headers)


def texts(database: Database) -> list[str]:
    """Return every text that was stored, revision by revision."""
    with database.reading() as session:
        rows = session.scalars(select(CommentRow).order_by(CommentRow.id)).all()
        return [each.text for row in rows for each in row.revisions]


def decisions(database: Database) -> list[tuple[Origin, Status]]:
    """Return every decision."""
    with database.reading() as session:
        return [(each.origin, each.status) for each in session.scalars(select(DecisionRow).order_by(DecisionRow.id))]


@pytest.fixture
def told(sqlite: Database, blog: cast.Blog) -> cast.Blog:
    """Return a blog that has an address for callbacks."""
    with sqlite.writing() as session:
        site = session.get(SiteRow, blog.site_id)
        assert site
        endpoints.tell_decisions_to(session, site, "https://relay.example.org/undertone", cast.NOW)
    return blog


def waiting(database: Database) -> int:
    """Return how many callbacks wait."""
    with database.reading() as session:
        return session.scalar(select(func.count()).where(JobRow.status == JobStatus.WAITING)) or 0


def test_a_new_comment_is_answered_as_the_api_answers_it(blog: cast.Blog) -> None:
    answer = send(blog, comment(text=cast.UNKIND))
    asked = blog.get(f"/comments/{answer.json['id']}").json
    assert (answer.status_code, answer.json) == (201, {name: asked[name] for name in answer.json})


def test_it_was_written_when_the_event_happened(blog: cast.Blog) -> None:
    raw = json.dumps({**json.loads(comment()), "timestamp": "2026-11-20T07:00:00Z"}).encode()
    number = send(blog, raw).json["id"]
    assert blog.get(f"/comments/{number}").json["created_at"] == "2026-11-20T07:00:00.000Z"


def test_a_message_twice_is_one_and_answered_alike(blog: cast.Blog, stored: Callable[[], int]) -> None:
    first, second = send(blog, comment()), send(blog, comment())
    assert (second.status_code, second.json, stored()) == (200, first.json, 1)


def test_a_message_that_was_taken_has_no_effect_after_what_came_since(blog: cast.Blog, sqlite: Database) -> None:
    send(blog, comment(), "msg_1")
    send(blog, event(DELETED, id="1"), "msg_2")
    answer = send(blog, comment(), "msg_1")
    assert (answer.status_code, answer.json["status"], texts(sqlite)) == (200, "withdrawn", [""])


def test_a_repetition_about_what_is_no_more_has_nothing_to_say(blog: cast.Blog) -> None:
    number = send(blog, comment(id=None)).json["id"]
    blog.client.delete(f"/api/v1/comments/{number}", headers=blog.headers)
    answer = send(blog, comment(id=None))
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_message_of_another_number_about_the_same_is_known(blog: cast.Blog, stored: Callable[[], int]) -> None:
    send(blog, comment(), "msg_1")
    assert (send(blog, comment(), "msg_2").status_code, stored()) == (200, 1)


def test_messages_are_forgotten_after_a_day(blog: cast.Blog, sqlite: Database) -> None:
    send(blog, comment(), "msg_1")
    with sqlite.writing() as session:
        for each in session.scalars(select(MessageRow)):
            each.received_at -= timedelta(days=1, seconds=1)
    send(blog, comment(), "msg_2")
    with sqlite.reading() as session:
        assert session.scalars(select(MessageRow.message_id)).all() == ["msg_2"]


def test_what_was_refused_may_be_sent_again(blog: cast.Blog) -> None:
    refused = send(blog, event(DELETED, id="1"), "msg_1")
    send(blog, comment(), "msg_2")
    again = send(blog, event(DELETED, id="1"), "msg_1")
    assert (refused.status_code, again.status_code, again.json["status"]) == (404, 200, "withdrawn")


def test_an_edit_is_judged_anew(blog: cast.Blog, sqlite: Database) -> None:
    send(blog, comment(), "msg_1")
    answer = send(blog, comment(EDITED, cast.UNKIND), "msg_2")
    assert (answer.status_code, answer.json["status"], texts(sqlite)) == (200, "held", [cast.KIND, cast.UNKIND])


def test_an_edit_of_what_is_not_known_is_taken_in(blog: cast.Blog, sqlite: Database) -> None:
    assert (send(blog, comment(EDITED)).status_code, texts(sqlite)) == (201, [cast.KIND])


def test_a_new_comment_s_message_that_its_edit_overtook_changes_nothing(blog: cast.Blog, sqlite: Database) -> None:
    before = (datetime.now(UTC) - timedelta(seconds=9)).isoformat()
    send(blog, comment(EDITED, cast.UNKIND), "msg_2")
    late = send(blog, json.dumps({**json.loads(comment()), "timestamp": before}).encode(), "msg_1")
    assert (late.json["status"], texts(sqlite)) == ("held", [cast.UNKIND])


def test_an_edit_that_a_deletion_overtook_brings_nothing_back(blog: cast.Blog, sqlite: Database) -> None:
    send(blog, comment(), "msg_1")
    send(blog, event(DELETED, id="1"), "msg_3")
    late = send(blog, comment(EDITED, cast.CRITICAL), "msg_2")
    assert (late.status_code, late.json["status"], texts(sqlite)) == (200, "withdrawn", [""])


def test_a_deletion_erases(blog: cast.Blog, sqlite: Database) -> None:
    send(blog, comment(author={"name": "Maya"}), "msg_1")
    answer = send(blog, comment(DELETED, author={"name": "Maya"}), "msg_2")
    assert (answer.status_code, answer.json["status"], texts(sqlite)) == (200, "withdrawn", [""])


@pytest.mark.parametrize("to", ["approved", "held", "rejected", "spam"])
def test_a_moderator_on_the_blog_decides(told: cast.Blog, sqlite: Database, to: str) -> None:
    send(told, comment(text=cast.UNKIND), "msg_1")
    answer = send(told, event(MODERATED, **{"id": "1", "from": "held", "to": to, "moderator": "Rolf"}), "msg_2")
    assert (answer.status_code, answer.json["status"], waiting(sqlite)) == (200, to, 0)
    assert decisions(sqlite) == [(Origin.POLICY, Status.HELD), (Origin.SITE, Status(to))]


def test_what_the_desk_wanted_to_say_is_not_said_any_more(told: cast.Blog, sqlite: Database, ana: FlaskClient) -> None:
    number = send(told, comment(text=cast.UNKIND), "msg_1").json["id"]
    ana.post(f"/api/v1/comments/{number}/decisions", json={"decision": "reject"})
    before = waiting(sqlite)
    send(told, event(MODERATED, id="1", to="approved"), "msg_2")
    assert (before, waiting(sqlite)) == (1, 0)


def test_the_desk_that_decides_again_tells_the_blog_although_it_had_told_it_so_before(
    told: cast.Blog, sqlite: Database, ana: FlaskClient
) -> None:
    number = send(told, comment(text=cast.UNKIND), "msg_1").json["id"]
    ana.post(f"/api/v1/comments/{number}/decisions", json={"decision": "reject"})
    with sqlite.writing() as session:
        for job in session.scalars(select(JobRow)):
            job.status, job.attempts = JobStatus.DONE, 1
    send(told, event(MODERATED, id="1", to="approved"), "msg_2")
    ana.post(f"/api/v1/comments/{number}/decisions", json={"decision": "reject"})
    assert waiting(sqlite) == 1


def test_the_desk_that_agrees_with_the_blog_says_nothing(told: cast.Blog, sqlite: Database, ana: FlaskClient) -> None:
    number = send(told, comment(text=cast.UNKIND), "msg_1").json["id"]
    send(told, event(MODERATED, id="1", to="rejected"), "msg_2")
    ana.post(f"/api/v1/comments/{number}/decisions", json={"decision": "reject"})
    assert waiting(sqlite) == 0


def test_to_agree_with_the_rules_is_a_decision_and_to_say_it_twice_is_not(blog: cast.Blog, sqlite: Database) -> None:
    send(blog, comment(), "msg_1")
    send(blog, event(MODERATED, id="1", to="approved"), "msg_2")
    send(blog, event(MODERATED, id="1", to="approved"), "msg_3")
    assert decisions(sqlite) == [(Origin.POLICY, Status.APPROVED), (Origin.SITE, Status.APPROVED)]


def test_what_the_blog_s_moderator_refused_waits_when_it_is_edited(blog: cast.Blog) -> None:
    send(blog, comment(), "msg_1")
    send(blog, event(MODERATED, id="1", to="rejected"), "msg_2")
    assert send(blog, comment(EDITED, cast.KIND + " Maya"), "msg_3").json["status"] == "held"


def test_the_desk_reads_who_it_was_and_the_author_never(told: cast.Blog, sqlite: Database, ana: FlaskClient) -> None:
    number = send(told, comment(text=cast.UNKIND), "msg_1").json["id"]
    send(told, event(MODERATED, id="1", to="rejected", moderator="Rolf"), "msg_2")
    assert "Rolf" in ana.get(f"/comments/{number}").text


def test_a_deleted_comment_is_not_moderated(blog: cast.Blog) -> None:
    send(blog, comment(), "msg_1")
    send(blog, event(DELETED, id="1"), "msg_2")
    answer = send(blog, event(MODERATED, id="1", to="approved"), "msg_3")
    assert (answer.status_code, answer.json["status"]) == (200, "withdrawn")


@pytest.mark.parametrize("raw", [event(DELETED, id="1"), event(MODERATED, id="1", to="spam")])
def test_of_another_site_s_comments_nothing_is_known(blog: cast.Blog, sqlite: Database, raw: bytes) -> None:
    with sqlite.writing() as session:
        other, keys = cast.add_site(session, "https://other.example.org")
        others = cast.Blog(blog.client, keys, other.id)
    send(blog, comment())
    assert send(others, raw).status_code == 404


def test_two_sites_may_number_their_messages_alike(
    blog: cast.Blog, sqlite: Database, stored: Callable[[], int]
) -> None:
    with sqlite.writing() as session:
        other, keys = cast.add_site(session, "https://other.example.org")
        others = cast.Blog(blog.client, keys, other.id)
    assert [send(each, comment()).status_code for each in (blog, others)] == [201, 201]


def test_the_secret_before_is_taken_until_the_next_renewal(blog: cast.Blog, sqlite: Database) -> None:
    statuses = []
    for number in range(3):
        statuses.append(send(blog, comment(), f"msg_{number}").status_code)
        with sqlite.writing() as session:
            blogs.renew_secrets(session, "https://relay.example.org")
    assert statuses == [201, 200, 401]


def test_one_signature_of_several_is_enough_whatever_the_others_are(blog: cast.Blog) -> None:
    right = signed(comment(), blog.keys.webhook_secret)["webhook-signature"]
    several = f"nonsense v1a,abc v1,not-base64! v1,{'A' * 44} {right}"
    assert send(blog, comment(), **{"webhook-signature": several}).status_code == 201


@pytest.mark.parametrize("seconds", [-310, 310])
def test_a_message_is_good_for_five_minutes(blog: cast.Blog, stored: Callable[[], int], seconds: int) -> None:
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    headers = signed(comment(), blog.keys.webhook_secret, at=at)
    answer = blog.client.post(f"/api/v1/webhooks/{blog.site_id}", data=comment(), headers=headers)
    assert (answer.status_code, stored()) == (401, 0)


@pytest.mark.parametrize("seconds", [-290, 290])
def test_clocks_may_differ(blog: cast.Blog, seconds: int) -> None:
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    headers = signed(comment(), blog.keys.webhook_secret, at=at)
    assert blog.client.post(f"/api/v1/webhooks/{blog.site_id}", data=comment(), headers=headers).status_code == 201


WRONG = {
    "no signature": {"webhook-signature": ""},
    "no comma": {"webhook-signature": "v1"},
    "two commas": {"webhook-signature": "v1,a,b"},
    "no Base64": {"webhook-signature": "v1,\u00e9"},
    "another's": {"webhook-signature": "v1," + "A" * 43 + "="},
    "no number": {"webhook-id": ""},
    "another number": {"webhook-id": "msg_2"},
    "too long a number": {"webhook-id": "m" * 256},
    "no time": {"webhook-timestamp": ""},
    "no time at all": {"webhook-timestamp": "nan"},
    "a time in words": {"webhook-timestamp": "1_795_000_000"},
    "a time of another kind": {"webhook-timestamp": "9" * 400},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_signature_is_refused(blog: cast.Blog, stored: Callable[[], int], case: str) -> None:
    answer = send(blog, comment(), **WRONG[case])
    assert (answer.status_code, answer.json["error"]["code"], stored()) == (401, "wrong_signature", 0)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_every_header_is_needed(blog: cast.Blog, missing: str) -> None:
    headers = signed(comment(), blog.keys.webhook_secret)
    del headers[missing]
    assert blog.client.post(f"/api/v1/webhooks/{blog.site_id}", data=comment(), headers=headers).status_code == 401


@pytest.mark.parametrize("site", [0, 99, 10**30])
def test_a_site_that_is_not_there_is_answered_like_one_that_is(blog: cast.Blog, site: int) -> None:
    headers = signed(comment(), blog.keys.webhook_secret)
    answer = blog.client.post(f"/api/v1/webhooks/{site}", data=comment(), headers=headers)
    stranger = {"webhook-signature": "v1,c29tZXRoaW5n"}
    assert (answer.status_code, answer.data) == (401, send(blog, comment(), **stranger).data)


@pytest.mark.parametrize("kind", ["comment.burnt", "", 7, None, ["comment.created"]])
def test_an_event_nobody_knows_is_refused_with_those_that_are_known(blog: cast.Blog, kind: object) -> None:
    answer = send(blog, json.dumps({"type": kind, "data": {}}).encode())
    said = answer.json["error"]["message"]
    assert (answer.status_code, [name in said for name in (CREATED, EDITED, DELETED, MODERATED)]) == (400, [True] * 4)


def test_whoever_signs_nothing_does_not_learn_which_sites_there_are(blog: cast.Blog) -> None:
    answers = [blog.client.post(f"/api/v1/webhooks/{site}", data=comment()) for site in (blog.site_id, 99)]
    assert [(each.status_code, each.json["error"]["code"]) for each in answers] == [(401, "no_signature")] * 2


REFUSED = {
    "no JSON": b"{",
    "no object": b"[]",
    "too deep": b"[" * 100_000,
    "a new comment without a text": event(id="1", thread={"url": cast.POST}),
    "a field that is not described": comment(txt="a"),
    "an edit of no comment": comment(EDITED, id=None),
    "a deletion of nothing": event(DELETED),
    "a decision that is none": event(MODERATED, id="1", to="burnt"),
    "a decision about nothing": event(MODERATED, to="spam"),
    "no data": b'{"type": "comment.created"}',
    "a time that is none": b'{"type": "comment.deleted", "timestamp": "noon", "data": {"id": "1"}}',
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_as_described_is_refused(blog: cast.Blog, stored: Callable[[], int], case: str) -> None:
    answer = send(blog, REFUSED[case])
    assert (answer.status_code, answer.json.keys(), stored()) == (400, {"error"}, 0)


def test_a_body_that_is_no_text_is_not_taken_for_signed(blog: cast.Blog) -> None:
    assert send(blog, b'{"type": "\xff"}').status_code == 401


def test_too_large_a_body_is_refused(blog: cast.Blog) -> None:
    assert send(blog, b" " * 1_000_001).status_code == 413


def test_the_description_says_who_may(client: FlaskClient) -> None:
    described = client.get("/openapi.json").json["paths"]["/api/v1/webhooks/{site}"]["post"]
    assert (described["security"], sorted(described["responses"])) == (
        [{"signature": []}],
        ["200", "201", "204", "400", "401", "404", "413", "429", "503"],
    )


def test_what_the_library_signs_is_taken(blog: cast.Blog) -> None:
    at = datetime.now(UTC)
    signature = Webhook(blog.keys.webhook_secret).sign("msg_1", at, comment().decode())
    headers = {"webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    assert send(blog, comment(), **headers).status_code == 201


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@examples(60)
@given(kind=st.sampled_from([CREATED, EDITED, DELETED, MODERATED]), data=JSON, time=JSON)
def test_no_event_breaks_it(door: cast.Blog, kind: str, data: object, time: object) -> None:
    raw = json.dumps({"type": kind, "timestamp": time, "data": data}).encode()
    assert send(door, raw).status_code in (400, 404)


@examples(60)
@given(
    headers=st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80),
        min_size=1,
    )
)
def test_no_headers_open_it(door: cast.Blog, headers: dict[str, str]) -> None:
    assert send(door, comment(), **headers).status_code == 401
