"""What the desk's own pages ask for: each answer, each refusal, and nothing for those who only look."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.flows import review
from service.store import comments
from service.store.engine import Database
from service.store.tables import SiteRow
from tests import cast

PRIVATE = "Write to maya@example.org, I have spare cooling vests."
PUBLIC = "Write to [e-mail address removed], I have spare cooling vests."


def post(client: FlaskClient, path: str, **body: Any) -> TestResponse:  # noqa: ANN401
    return client.post(f"/api/v1{path}", json=body)


def decide(client: FlaskClient, comment: int, decision: str = "spam", **more: Any) -> TestResponse:  # noqa: ANN401
    return post(client, f"/comments/{comment}/decisions", decision=decision, **more)


def standing(blog: cast.Blog, *numbers: int) -> list[str]:
    return [blog.get(f"/comments/{number}").json["status"] for number in numbers]


@pytest.fixture
def private(careful: cast.Blog) -> int:
    """Return the number of a held comment with an e-mail address in it."""
    return int(careful.post(PRIVATE, id="private").json["id"])


@pytest.fixture
def many(careful: cast.Blog) -> list[int]:
    """Return the numbers of three held comments."""
    return [int(careful.post(cast.UNKIND, id=f"many-{number}").json["id"]) for number in range(3)]


def bulk(client: FlaskClient, numbers: list[int], decision: str = "reject", **more: Any) -> TestResponse:  # noqa: ANN401
    picks = [{"id": number, "seen": 1} for number in numbers]
    return post(client, "/bulks", comments=picks, decision=decision, **more)


OPERATIONS = [
    ("post", "/comments/1/decisions", {"decision": "spam"}),
    ("post", "/decisions/1/undo", {}),
    ("post", "/bulks", {"comments": [{"id": 1, "seen": 1}], "decision": "spam"}),
    ("post", "/bulks/x/undo", {}),
    ("post", "/comments/1/redaction", {}),
    ("post", "/comments/1/notes", {"text": "A note."}),
    ("delete", "/notes/1", {}),
    ("put", "/comments/1/claim", {}),
    ("delete", "/comments/1/claim", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_who_only_looks_does_nothing(
    held: int, viewer: FlaskClient, sqlite: Database, method: str, path: str, body: dict[str, Any]
) -> None:
    answer = viewer.open(f"/api/v1{path}", method=method.upper(), json=body)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "viewer")
    with sqlite.reading() as session:
        row = comments.get(session, held)
        assert row
        assert (len(row.decisions), row.notes, row.claim) == (1, [], None)


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_a_stranger_is_asked_to_sign_in(
    held: int, client: FlaskClient, method: str, path: str, body: dict[str, Any]
) -> None:
    assert client.open(f"/api/v1{path}", method=method.upper(), json=body).status_code == 401


# One decision


@pytest.mark.parametrize(
    ("decision", "what", "held_for"),
    [
        ("approve", "Approved", None),
        ("reject", "Rejected", None),
        ("spam", "Marked as spam", None),
        ("hold", "Held for a colleague", "for a colleague"),
        ("escalate", "Escalated", "escalated"),
    ],
)
def test_a_decision_is_answered_in_words(
    held: int, ana: FlaskClient, decision: str, what: str, held_for: str | None
) -> None:
    answer = decide(ana, held, decision)
    assert (answer.status_code, answer.json["what"], answer.json["held_for"]) == (201, what, held_for)


def test_a_reason_that_was_chosen_is_answered(held: int, ana: FlaskClient) -> None:
    assert decide(ana, held, "reject", canned=3).json["reason"] == "Advertising"


@pytest.mark.parametrize("canned", [0, -1, 7, 10**30])
def test_a_reason_that_is_not_there_is_refused(careful: cast.Blog, held: int, ana: FlaskClient, canned: int) -> None:
    answer = decide(ana, held, "reject", canned=canned)
    assert (answer.status_code, "There is no reason" in answer.json["error"]["message"]) == (400, True)
    assert standing(careful, held) == ["held"]


@pytest.mark.parametrize(
    "path",
    ["/comments/9/decisions", "/comments/9/redaction", "/comments/9/notes", "/decisions/9/undo", "/bulks/9/undo"],
)
def test_what_is_not_there_is_404(ana: FlaskClient, path: str) -> None:
    body = {"decisions": {"decision": "spam"}, "notes": {"text": "A note."}}.get(path.rpartition("/")[2], {})
    answer = post(ana, path, **body)
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


# Many


def test_many_are_decided_and_undone_in_one_go(careful: cast.Blog, many: list[int], ana: FlaskClient) -> None:
    made = bulk(ana, many, reason="A flood.").json
    assert [each["comment_id"] for each in made["decisions"]] == [str(number) for number in many]
    assert standing(careful, *many) == ["rejected"] * 3
    undone = post(ana, f"/bulks/{made['id']}/undo")
    assert (undone.status_code, undone.json["passed_over"]) == (201, [])
    assert standing(careful, *many) == ["held"] * 3


def test_those_that_changed_are_named(careful: cast.Blog, many: list[int], ana: FlaskClient, ben: FlaskClient) -> None:
    decide(ben, many[1], "approve")
    made = bulk(ana, [*many, 99]).json
    assert made["passed_over"] == [str(many[1]), "99"]
    decide(ben, many[0], "approve", seen=2)
    undone = post(ana, f"/bulks/{made['id']}/undo").json
    assert undone["passed_over"] == [str(many[0])]
    assert standing(careful, *many) == ["approved", "approved", "held"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"comments": [], "decision": "spam"}, "comments"),
        ({"comments": [{"id": 1, "seen": 1}] * (review.MOST_AT_ONCE + 1), "decision": "spam"}, "comments"),
        ({"comments": [{"id": 1}], "decision": "spam"}, "comments.0.seen"),
        ({"comments": [{"id": "x", "seen": 1}], "decision": "spam"}, "comments.0.id"),
        ({"comments": [{"id": 1, "seen": 1}], "decision": "burn"}, "decision"),
        ({"comments": [{"id": 1, "seen": 1}], "decision": "spam", "reason": "r" * 2001}, "reason"),
        ({"comments": [{"id": 1, "seen": 1}], "decision": "spam", "labels": []}, "labels"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_decision_about_many_is_refused(
    held: int, ana: FlaskClient, body: dict[str, Any], field: str
) -> None:
    answer = post(ana, "/bulks", **body)
    assert (answer.status_code, [each["field"] for each in answer.json["error"]["details"]]) == (400, [field])


def test_a_reason_that_one_site_has_not_decides_about_none(
    careful: cast.Blog, many: list[int], ana: FlaskClient
) -> None:
    assert bulk(ana, many, canned=9).status_code == 400
    assert standing(careful, *many) == ["held"] * 3


# Personal data


def test_personal_data_is_taken_out_and_put_back(careful: cast.Blog, private: int, ana: FlaskClient) -> None:
    made = post(ana, f"/comments/{private}/redaction", seen=1)
    assert (made.status_code, made.json["status"]) == (201, "held")
    assert careful.get(f"/comments/{private}").json["text"] == PUBLIC
    post(ana, f"/decisions/{made.json['id']}/undo")
    assert careful.get(f"/comments/{private}").json["text"] == PRIVATE


def test_where_there_is_none_that_is_said(held: int, ana: FlaskClient) -> None:
    answer = post(ana, f"/comments/{held}/redaction")
    assert (answer.status_code, "There is no e-mail address" in answer.json["error"]["message"]) == (400, True)


def test_who_was_second_is_told_who_was_first(private: int, ana: FlaskClient, ben: FlaskClient) -> None:
    first = decide(ana, private, "approve").json
    answer = post(ben, f"/comments/{private}/redaction", seen=1)
    assert (answer.status_code, answer.json["error"]["details"]) == (409, [first])


def test_nothing_is_taken_out_of_what_was_withdrawn(careful: cast.Blog, private: int, ana: FlaskClient) -> None:
    careful.client.delete(f"/api/v1/comments/{private}", headers=careful.headers)
    assert post(ana, f"/comments/{private}/redaction").status_code == 404


def test_what_is_withdrawn_while_it_is_scored_stays_withdrawn(
    careful: cast.Blog, private: int, ana: FlaskClient, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = review.redaction.prepare

    def slowly(*given: Any) -> Any:  # noqa: ANN401
        found = prepare(*given)
        careful.client.delete(f"/api/v1/comments/{private}", headers=careful.headers)
        return found

    monkeypatch.setattr(review.redaction, "prepare", slowly)
    assert post(ana, f"/comments/{private}/redaction").status_code == 404
    with sqlite.reading() as session:
        row = comments.get(session, private)
        assert row
        assert [each.text for each in row.revisions] == [""]


def test_what_is_no_longer_kept_cannot_be_put_back(private: int, ana: FlaskClient, sqlite: Database) -> None:
    made = post(ana, f"/comments/{private}/redaction").json
    with sqlite.writing() as session:
        row = comments.locked(session, private)
        assert row
        comments.forget_text(session, row.revisions[0])
    answer = post(ana, f"/decisions/{made['id']}/undo")
    assert (answer.status_code, "no longer kept" in answer.json["error"]["message"]) == (400, True)


# Notes


def test_a_note_is_written_and_removed(held: int, ana: FlaskClient) -> None:
    made = post(ana, f"/comments/{held}/notes", text=" Maya again. ")
    assert (made.status_code, made.json["text"], made.json["by"]) == (201, "Maya again.", "Ana")
    assert ana.delete(f"/api/v1/notes/{made.json['id']}").status_code == 204
    assert "Maya again." not in ana.get(f"/comments/{held}").text


@pytest.mark.parametrize("text", ["", "  ", "n" * 2001, None, 1])
def test_a_note_that_cannot_be_is_refused(held: int, ana: FlaskClient, text: object) -> None:
    assert post(ana, f"/comments/{held}/notes", text=text).status_code == 400


def test_nobody_removes_a_colleague_s_note(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    made = post(ana, f"/comments/{held}/notes", text="Maya again.").json
    assert ben.delete(f"/api/v1/notes/{made['id']}").status_code == 404
    assert "Maya again." in ben.get(f"/comments/{held}").text


# Claims


def test_a_claim_tells_whose_it_is_and_how_long(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    mine, theirs = (client.put(f"/api/v1/comments/{held}/claim").json for client in (ana, ben))
    assert (mine["by"], mine["is_mine"], theirs["by"], theirs["is_mine"]) == ("Ana", True, "Ana", False)
    assert 170 < theirs["seconds"] <= mine["seconds"] <= 180


def test_who_leaves_makes_room(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    ana.put(f"/api/v1/comments/{held}/claim")
    assert ana.delete(f"/api/v1/comments/{held}/claim").status_code == 204
    assert ben.put(f"/api/v1/comments/{held}/claim").json["is_mine"]


@pytest.mark.parametrize("number", [0, 9, 2**31, 2**70])
def test_what_is_not_there_cannot_be_claimed(ana: FlaskClient, number: int) -> None:
    assert ana.put(f"/api/v1/comments/{number}/claim").status_code == 404


# Second opinions


def test_whom_a_criticism_concerns_is_told_that_it_waits_for_a_second(
    blog: cast.Blog, ana: FlaskClient, ben: FlaskClient, sqlite: Database
) -> None:
    with sqlite.writing() as session:
        site = session.get(SiteRow, blog.site_id)
        assert site
        site.rules.clear()
    thread = {"url": cast.POST, "title": cast.TITLE, "author": "ana"}
    number = int(blog.post(cast.CRITICAL, thread=thread).json["id"])
    first = decide(ana, number, "reject").json
    assert (first["status"], first["held_for"]) == ("approved", "second opinion")
    assert first["what"] == "Waits for a second person who agrees to reject it"
    assert decide(ben, number, "reject", seen=2).json["status"] == "rejected"
