"""What a moderator does by forms alone, without JavaScript."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.store import comments
from service.store.engine import Database
from tests import cast
from tests.web.page import Page

PRIVATE = "Write to maya@example.org, I have spare cooling vests."


def decide(client: FlaskClient, comment: int, decision: str = "spam", **more: object) -> TestResponse:
    return client.post(f"/comments/{comment}/decide", data={"decision": decision, **more})


def standing(blog: cast.Blog, *numbers: int) -> list[str]:
    return [blog.get(f"/comments/{number}").json["status"] for number in numbers]


def kept_labels(database: Database, comment: int) -> list[str] | None:
    with database.reading() as session:
        row = comments.get(session, comment)
        assert row
        return row.decision.labels


@pytest.fixture
def many(careful: cast.Blog) -> list[int]:
    """Return the numbers of three held comments."""
    return [int(careful.post(cast.UNKIND, id=f"many-{number}").json["id"]) for number in range(3)]


# One


@pytest.mark.parametrize(
    ("back", "expected"),
    [
        ("", {}),
        ("/queue?", {}),
        ("/queue?view=escalated&q=a+b&site=1", {"view": "escalated", "q": "a b", "site": "1"}),
        ("/queue?view=all&done=7", {"view": "all"}),
        ("/comments/1?view=all", {}),
        ("https://evil.example/queue?view=all", {}),
        ("//evil.example/queue?view=all", {}),
        ("/queue/../x?view=all", {}),
        ("http://[", {}),
        # Names that would mean something else to whoever puts an address together.
        ("/queue?endpoint=x&self=y", {"endpoint": "x", "self": "y"}),
        ("/queue?_method=POST&_external=1&_scheme=x&_anchor=y", dict.fromkeys(("_method", "_external", "_scheme"))),
        ("/queue?q=%ff%00\ud800", None),
    ],
)
def test_after_a_decision_one_is_back_where_one_was(
    held: int, ana: FlaskClient, back: str, expected: dict[str, str | None] | None
) -> None:
    answer = decide(ana, held, back=back.encode("utf-8", "replace").decode())
    to = urlsplit(answer.location)
    asked = dict(parse_qsl(to.query))
    assert (answer.status_code, to.scheme, to.netloc, to.path, asked.pop("done")) == (303, "", "", "/queue", "2")
    if expected is not None:
        assert asked.items() >= {name: value for name, value in expected.items() if value}.items()
        assert expected or not asked


def test_labels_that_stay_as_they_came_are_no_correction(held: int, ana: FlaskClient, sqlite: Database) -> None:
    decide(ana, held, labels=["cost", "supportive"], called="supportive cost")
    assert kept_labels(sqlite, held) is None


@pytest.mark.parametrize(
    ("labels", "called", "kept"),
    [(["cost"], "", ["cost"]), ([], "supportive", []), (["cost"], "supportive", ["cost"])],
)
def test_labels_that_were_changed_are_a_correction(
    held: int, ana: FlaskClient, sqlite: Database, labels: list[str], called: str, kept: list[str]
) -> None:
    decide(ana, held, labels=labels, called=called)
    assert kept_labels(sqlite, held) == kept


def test_the_form_of_a_card_sent_back_as_it_is_corrects_nothing(held: int, ana: FlaskClient, sqlite: Database) -> None:
    [form] = Page(ana.get("/queue")).all("form", class_="decide")
    sent: dict[str, list[str]] = {"decision": ["approve"]}
    for each in form.inside:
        if each.tag == "input" and (each.attributes.get("type") != "checkbox" or "checked" in each.attributes):
            sent.setdefault(each.attributes["name"] or "", []).append(each.attributes.get("value") or "")
    assert ana.post(form.attributes["action"] or "", data=sent).status_code == 303
    assert (kept_labels(sqlite, held), sent["seen"]) == (None, ["1"])


def test_a_reason_can_be_chosen(held: int, ana: FlaskClient) -> None:
    [choice] = Page(ana.get("/queue")).all("select", name="canned")
    assert [each.words for each in choice.inside][:3] == ["–", "Attack on a person", "Private details"]
    decide(ana, held, "reject", canned="3", reason="A shop.")
    assert "Advertising: A shop." in ana.get(f"/comments/{held}").text


@pytest.mark.parametrize("more", [{"canned": ""}, {"canned": "x"}, {"seen": "x"}, {"seen": ""}])
def test_a_field_that_is_empty_or_no_number_is_as_if_it_were_not_there(
    careful: cast.Blog, held: int, ana: FlaskClient, more: dict[str, str]
) -> None:
    decide(ana, held, "reject", **more)
    assert standing(careful, held) == ["rejected"]


@pytest.mark.parametrize(
    "sent", [{"decision": "burn"}, {}, {"decision": "spam", "canned": "9"}, {"decision": "spam", "reason": "r" * 2001},
             {"decision": "spam", "labels": "rude", "called": ""}],
)  # fmt: skip
def test_what_cannot_be_decided_is_said(careful: cast.Blog, held: int, ana: FlaskClient, sent: dict[str, str]) -> None:
    answer = ana.post(f"/comments/{held}/decide", data=sent)
    assert (answer.status_code, answer.mimetype, standing(careful, held)) == (400, "text/html", ["held"])


def test_what_a_colleague_should_know_stands_on_the_card(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    decide(ana, held, "hold", reason="You know her.")
    notice = Page(ben.get("/queue")).one("p", class_="notice", role="note").words
    assert re.fullmatch(r"Held for a colleague, by Ana, .*: You know her\.", notice)


def test_what_was_escalated_is_in_a_view_of_its_own(held: int, ana: FlaskClient) -> None:
    decide(ana, held, "escalate", reason="A threat?")
    assert Page(ana.get("/queue")).all("article") == []
    page = Page(ana.get("/queue?view=escalated"))
    assert [each.attributes["id"] for each in page.all("article")] == [f"comment-{held}"]
    assert page.one("span", id="held").words == "1 comment"


# Many


def decide_many(client: FlaskClient, numbers: list[int], decision: str = "reject") -> TestResponse:
    return client.post("/decide", data={"comments": [f"{number}:1" for number in numbers], "decision": decision})


def test_what_is_ticked_is_decided_in_one_go_and_shown(careful: cast.Blog, many: list[int], ana: FlaskClient) -> None:
    answer = decide_many(ana, many[:2])
    assert (answer.status_code, standing(careful, *many)) == (303, ["rejected", "rejected", "held"])
    page = Page(ana.get(answer.location))
    assert page.one("h1").words == "Decided in one go Rejected"
    assert len(page.all("li", class_="line")) == 2


def test_it_is_undone_in_one_go(careful: cast.Blog, many: list[int], ana: FlaskClient) -> None:
    page = Page(ana.get(decide_many(ana, many).location))
    [form] = [each for each in page.all("form") if "undo" in (each.attributes.get("action") or "")]
    answer = ana.post(form.attributes["action"] or "")
    assert (answer.status_code, standing(careful, *many)) == (303, ["held"] * 3)
    after = Page(ana.get(answer.location))
    assert [each for each in after.all("form") if "undo" in (each.attributes.get("action") or "")] == []
    assert len(after.all("li", class_="decided")) == 3


def test_what_changed_meanwhile_is_said(many: list[int], ana: FlaskClient, ben: FlaskClient) -> None:
    decide(ben, many[0], "approve")
    page = Page(ana.get(decide_many(ana, many).location))
    assert "Changed meanwhile, and left as they are" in [each.words for each in page.all("h2")]
    assert page.all("li")[-1].words.startswith(page.all("li")[0].words.split()[0])
    assert f"/comments/{many[0]}" in [each.attributes.get("href") for each in page.all("a")]


def test_a_viewer_sees_it_without_a_button(many: list[int], ana: FlaskClient, viewer: FlaskClient) -> None:
    page = Page(viewer.get(decide_many(ana, many).location))
    assert [each for each in page.all("form") if "undo" in (each.attributes.get("action") or "")] == []


@pytest.mark.parametrize(
    "ticked", [[], ["x"], ["1"], ["1:"], [":1"], ["-1:1"], ["1:x"], ["\u0661:1"], [f"{10**30}:1"] * 501]
)
def test_nothing_ticked_that_can_be_read_is_refused(held: int, ana: FlaskClient, ticked: list[str]) -> None:
    answer = ana.post("/decide", data={"comments": ticked, "decision": "spam"})
    assert (answer.status_code, "comments were chosen" in answer.text) == (400, True)


@pytest.mark.parametrize("path", ["/bulks/x", "/bulks/%00", "/bulks/%F0%9F%99%82"])
def test_what_was_never_decided_in_one_go_is_404(ana: FlaskClient, path: str) -> None:
    assert (ana.get(path).status_code, ana.post(f"{path}/undo").status_code) == (404, 404)


# Notes and personal data


def test_a_note_is_written_read_and_removed(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    answer = ana.post(f"/comments/{held}/note", data={"text": "You know <b>her</b>."})
    assert (answer.status_code, answer.location) == (303, f"/comments/{held}#notes")
    [note] = Page(ben.get("/queue")).all("p", class_="note")
    assert note.words.endswith("You know <b>her</b>.")
    assert Page(ben.get(f"/comments/{held}")).all("form", class_="note") == []
    [form] = Page(ana.get(f"/comments/{held}")).all("form", class_="note")
    assert ana.post(form.attributes["action"] or "").status_code == 303
    assert Page(ben.get("/queue")).all("p", class_="note") == []


@pytest.mark.parametrize("text", ["", "  ", "n" * 2001])
def test_a_note_that_cannot_be_is_said(held: int, ana: FlaskClient, text: str) -> None:
    assert ana.post(f"/comments/{held}/note", data={"text": text}).status_code == 400


def test_personal_data_is_taken_out_by_a_button_and_put_back_by_another(careful: cast.Blog, ana: FlaskClient) -> None:
    number = int(careful.post(PRIVATE, id="1").json["id"])
    [form] = Page(ana.get("/queue")).all("form", class_="redact")
    answer = ana.post(form.attributes["action"] or "", data={"seen": "1"})
    assert (answer.status_code, answer.location) == (303, f"/comments/{number}")
    page = Page(ana.get(answer.location))
    assert [each.text for each in page.all("del")] == ["maya@example.org"]
    assert "[e-mail address removed]" in careful.get(f"/comments/{number}").json["text"]
    [undo] = page.all("form", class_="undo")
    ana.post(undo.attributes["action"] or "")
    assert careful.get(f"/comments/{number}").json["text"] == PRIVATE


def test_who_takes_it_out_too_late_is_shown_who_was_first(
    careful: cast.Blog, ana: FlaskClient, ben: FlaskClient
) -> None:
    number = int(careful.post(PRIVATE, id="1").json["id"])
    decide(ben, number, "approve", seen=1)
    answer = ana.post(f"/comments/{number}/redact", data={"seen": "1"})
    assert (answer.status_code, "Somebody was first" in answer.text) == (409, True)


def test_where_there_is_none_that_is_said(held: int, ana: FlaskClient) -> None:
    answer = ana.post(f"/comments/{held}/redact", data={"seen": "1"})
    assert (answer.status_code, "There is no e-mail address" in answer.text) == (400, True)
