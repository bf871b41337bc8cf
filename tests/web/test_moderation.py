"""The queue, a comment's page, and what a moderator does there."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.store import comments, lists
from service.store.engine import Database
from service.store.tables import Role
from tests import cast
from tests.web.page import Element, Page

DECISIONS = {"approve": "approved", "reject": "rejected", "spam": "spam", "hold": "held", "escalate": "held"}


def by_form(client: FlaskClient, comment: int, decision: str = "spam", **more: object) -> TestResponse:
    """Press a button."""
    return client.post(f"/comments/{comment}/decide", data={"decision": decision, **more})


def by_api(client: FlaskClient, comment: int, decision: str = "spam", **more: object) -> TestResponse:
    """Decide as the desk's script does."""
    return client.post(f"/api/v1/comments/{comment}/decisions", json={"decision": decision, **more})


def cards(client: FlaskClient, path: str = "/queue") -> list[Element]:
    """Return the cards of a page in their order."""
    return Page(client.get(path)).all("article", class_="card")


def numbers(client: FlaskClient, path: str = "/queue") -> list[int]:
    """Return the numbers of the comments on a page in their order."""
    return [int((card.attributes["id"] or "").removeprefix("comment-")) for card in cards(client, path)]


def standing(blog: cast.Blog, comment: int) -> str:
    """Return where a comment stands."""
    return str(blog.get(f"/comments/{comment}").json["status"])


def last_decision(database: Database, comment: int) -> int:
    """Return the id of a comment's last decision."""
    with database.reading() as session:
        row = comments.get(session, comment)
        assert row
        return row.decision.id


# The queue


def test_an_empty_queue_says_so(ana: FlaskClient) -> None:
    assert "Nothing waits for you" in ana.get("/queue").text


def test_the_queue_shows_what_waits_and_nothing_else(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    decided = int(careful.post("another", id="2").json["id"])
    by_form(ana, decided)
    assert numbers(ana) == [held]


def test_the_most_urgent_comes_first(careful: cast.Blog, ana: FlaskClient) -> None:
    kind, unkind, critical = (int(careful.post(text).json["id"]) for text in (cast.KIND, cast.UNKIND, cast.CRITICAL))
    assert (numbers(ana)[0], sorted(numbers(ana))) == (unkind, [kind, unkind, critical])


def test_of_equals_the_longest_waiting_comes_first(careful: cast.Blog, ana: FlaskClient) -> None:
    sent = [int(careful.post("The very same words.", id=name).json["id"]) for name in ("c", "a", "b")]
    assert numbers(ana) == sent


def test_the_pages_of_the_queue_add_up_to_the_whole(careful: cast.Blog, ana: FlaskClient) -> None:
    sent = [int(careful.post("The very same words.", id=str(each)).json["id"]) for each in range(lists.PAGE + 3)]
    further = Page(ana.get("/queue")).one("a", rel="next").attributes["href"]
    assert numbers(ana) + numbers(ana, str(further)) == sent


@pytest.mark.parametrize("cursor", ["0", "-1", "x", "99", "%00", "WzFd"])
def test_what_is_no_page_of_the_queue_is_said(held: int, ana: FlaskClient, cursor: str) -> None:
    answer = ana.get(f"/queue?cursor={cursor}")
    assert (answer.status_code, "no cursor of this list" in answer.text) == (400, True)


def test_an_empty_cursor_is_the_beginning(held: int, ana: FlaskClient) -> None:
    assert numbers(ana, "/queue?cursor=") == [held]


@pytest.mark.parametrize(
    "filters",
    ["q=idiot", "label=abusive", "label=abusive&from=40&to=100", "reason=abusive", "site=1", "thread=1", "author=1",
     "since=2026-01-01&until=2100-01-01", "view=all", "view=all&q=liar+-kind"],
)  # fmt: skip
def test_a_filter_keeps_what_it_asks_for(blog: cast.Blog, ana: FlaskClient, filters: str) -> None:
    unkind = int(blog.post(cast.UNKIND, author={"id": "8"}).json["id"])
    assert numbers(ana, f"/queue?{filters}") == [unkind]


@pytest.mark.parametrize(
    "filters",
    ["q=sunshine", "label=spam", "label=abusive&to=10", "reason=spam", "site=9", "thread=9", "author=9",
     "since=2100-01-01", "until=2020-01-01", "view=unscored", "view=reported", "view=decided"],
)  # fmt: skip
def test_a_filter_leaves_out_the_rest(blog: cast.Blog, ana: FlaskClient, filters: str) -> None:
    blog.post(cast.UNKIND, author={"id": "8"})
    page = Page(ana.get(f"/queue?{filters}"))
    assert (page.all("article", class_="card"), page.one("span", id="held").words) == ([], "0 comments")


@pytest.mark.parametrize(
    "filters",
    ["label=rude", "label=cost&from=-1", "label=cost&to=x", "label=cost&to=101",
     "reason=none", "site=x", "thread=0", f"author={10**30}", "since=today",
     "until=2026-13-01", "view=everything", "label=cost&from=nan", "from=40",
     f"q={'a' * 201}"],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_said(ana: FlaskClient, filters: str) -> None:
    answer = ana.get(f"/queue?{filters}")
    assert (answer.status_code, answer.mimetype) == (400, "text/html")


def test_the_form_holds_what_was_asked_for(held: int, ana: FlaskClient) -> None:
    page = Page(ana.get("/queue?q=idiot&label=abusive&from=40"))
    assert page.one("input", name="q").attributes["value"] == "idiot"
    assert page.one("input", name="from").attributes["value"] == "40"
    chosen = [each.words for each in page.all("option") if "selected" in each.attributes]
    assert chosen == ["Abusive"]


def test_the_next_page_keeps_the_filters(careful: cast.Blog, ana: FlaskClient) -> None:
    for each in range(lists.PAGE + 1):
        careful.post("The very same words.", id=str(each))
    link = Page(ana.get("/queue?q=words&view=all")).one("a", rel="next").attributes["href"] or ""
    assert "q=words" in link
    assert len(numbers(ana, link)) == 1


# The discussion


def test_a_discussion_is_shown_from_its_beginning_replies_below_what_they_answer(
    careful: cast.Blog, ana: FlaskClient
) -> None:
    for name, parent in (("1", None), ("2", None), ("3", "1"), ("4", "3"), ("5", "1")):
        careful.post(f"Number {name}.", id=name, parent_id=parent)
    places = [each for each in Page(ana.get("/threads/1")).all("li") if (each.attributes["id"] or "").startswith("c")]
    shown = [(each.attributes["id"], (each.attributes["class"] or "").split()[0]) for each in places]
    assert shown == [
        ("comment-1", "d0"),
        ("comment-3", "d1"),
        ("comment-4", "d2"),
        ("comment-5", "d1"),
        ("comment-2", "d0"),
    ]


def test_a_discussion_tells_the_tone_of_every_comment(blog: cast.Blog, ana: FlaskClient) -> None:
    blog.post(cast.UNKIND)
    assert "Abusive" in Page(ana.get("/threads/1")).one("span", class_="abusive").words


def test_a_discussion_that_is_not_there_is_404(ana: FlaskClient) -> None:
    assert ana.get("/threads/1").status_code == 404


def test_replies_without_end_are_no_deeper_than_a_telephone_shows(careful: cast.Blog, ana: FlaskClient) -> None:
    for number in range(30):
        careful.post("Yes, but.", id=str(number), parent_id=str(number - 1) if number else None)
    deepest = Page(ana.get("/threads/1")).all("li", class_="d6")
    assert len(deepest) == 24


# The queue's cards


def test_the_queue_counts_what_waits(held: int, ana: FlaskClient) -> None:
    assert Page(ana.get("/queue")).one("span", id="held").words == "1 comment waits for a person"


def test_a_card_shows_who_wrote_where(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    [card] = cards(ana)
    shown = [word for word in ("Maya", cast.TITLE, "The Relay", cast.KIND) if word in card.words]
    assert shown == ["Maya", cast.TITLE, "The Relay", cast.KIND]


def test_a_card_shows_the_comment_that_is_answered(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    careful.post("I do not think so.", id="2", parent_id="1", author={"name": "Rolf"})
    parent = Page(ana.get("/queue")).one("blockquote", class_="parent")
    assert parent.words == f"in answer to Maya {cast.KIND}"


def test_a_card_says_where_the_answered_comment_is_missing(careful: cast.Blog, ana: FlaskClient) -> None:
    careful.post("I do not think so.", id="2", parent_id="1")
    assert "has not come here yet" in cards(ana)[0].words


def test_a_card_shows_a_score_for_every_label(held: int, ana: FlaskClient) -> None:
    assert len(Page(ana.get("/queue")).all("meter")) == 8


def test_a_card_says_why_it_is_there(blog: cast.Blog, ana: FlaskClient) -> None:
    reason = blog.post(cast.UNKIND).json["reasons"][0]
    assert reason["rule"] == "hold abusive at 0.4 or more"
    why = Page(ana.get("/queue")).all("p", class_="why")[0].words
    assert why == f"Abusive, {100 * reason['score']:.0f} % likely. The site's rule: hold from 40 %."


def test_a_card_marks_the_words_that_moved_the_score(blog: cast.Blog, ana: FlaskClient) -> None:
    blog.post(cast.UNKIND)
    marked = " ".join(each.text for each in Page(ana.get("/queue")).all("mark", class_="abusive"))
    assert "idiot" in marked


def test_marks_leave_the_text_as_it_is(blog: cast.Blog, ana: FlaskClient) -> None:
    blog.post(cast.UNKIND)
    assert Page(ana.get("/queue")).one("p", class_="text").text == cast.UNKIND


def test_a_mark_says_which_label_it_speaks_for(blog: cast.Blog, ana: FlaskClient) -> None:
    blog.post(cast.UNKIND)
    marks = Page(ana.get("/queue")).all("mark", class_="abusive")
    assert [each for each in marks if not (each.attributes["data-why"] or "").startswith("speaks for “Abusive”")] == []


def test_a_long_comment_is_folded(careful: cast.Blog, ana: FlaskClient) -> None:
    careful.post("word " * 1000)
    [summary] = [each for each in cards(ana)[0].inside if each.tag == "summary"]
    assert "5,000 characters" in summary.words


def test_an_edited_comment_says_so(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    careful.post("other words", id="1")
    assert "Edited: see what changed" in cards(ana)[0].words


def test_a_withdrawn_comment_leaves_the_queue(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    careful.client.delete(f"/api/v1/comments/{held}", headers=careful.headers)
    assert numbers(ana) == []


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example.org"])
def test_no_link_of_a_card_leads_but_to_the_post(careful: cast.Blog, ana: FlaskClient, url: str) -> None:
    careful.post(author={"name": "Maya", "url": url})
    links = [each.attributes["href"] for each in cards(ana)[0].inside if each.tag == "a"]
    assert links == ["/comments/1", cast.POST, "/comments/1#notes", "/threads/1#comment-1", "/comments/1/author"]


# Deciding


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_by_form_puts_the_comment_where_it_says(
    careful: cast.Blog, held: int, ana: FlaskClient, decision: str
) -> None:
    by_form(ana, held, decision)
    assert standing(careful, held) == DECISIONS[decision]


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_by_api_puts_the_comment_where_it_says(
    careful: cast.Blog, held: int, ana: FlaskClient, decision: str
) -> None:
    by_api(ana, held, decision)
    assert standing(careful, held) == DECISIONS[decision]


def test_a_decision_is_answered_with_what_was_decided(held: int, ana: FlaskClient) -> None:
    answer = by_api(ana, held, "reject", reason="An insult.").json
    kept = {name: answer[name] for name in ("comment_id", "number", "status", "by", "reason")}
    assert kept == {"comment_id": str(held), "number": 2, "status": "rejected", "by": "Ana", "reason": "An insult."}


def test_a_decision_by_form_leads_back_to_the_queue(held: int, ana: FlaskClient) -> None:
    answer = by_form(ana, held)
    assert (answer.status_code, answer.location) == (303, "/queue?done=2")


def test_the_queue_then_says_what_was_done(held: int, ana: FlaskClient) -> None:
    page = Page(ana.get(by_form(ana, held).location))
    assert page.one("div", id="done").words.startswith("Maya: Marked as spam.")


def test_the_verdict_of_the_rules_is_not_changed_by_a_decision(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    by_api(ana, held, "approve")
    assert careful.get(f"/comments/{held}").json["verdict"] == "hold"


def test_what_the_policy_approved_can_still_be_rejected(blog: cast.Blog, ana: FlaskClient) -> None:
    number = int(blog.post(cast.KIND).json["id"])
    by_api(ana, number, "reject")
    assert standing(blog, number) == "rejected"


def test_corrected_labels_are_kept(held: int, ana: FlaskClient, sqlite: Database) -> None:
    by_api(ana, held, labels=["critical", "cost"])
    with sqlite.reading() as session:
        row = comments.get(session, held)
        assert row
        assert row.decision.labels == ["critical", "cost"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["decision"]),
        ({"decision": None}, ["decision"]),
        ({"decision": "burn"}, ["decision"]),
        ({"decision": "Spam"}, ["decision"]),
        ({"decision": "spam", "reason": 1}, ["reason"]),
        ({"decision": "spam", "reason": "r" * 2001}, ["reason"]),
        ({"decision": "spam", "labels": "abusive"}, ["labels"]),
        ({"decision": "spam", "labels": ["rude", "abusive", 1]}, ["labels.0", "labels.2"]),
        ({"decision": "spam", "seen": "x"}, ["seen"]),
        ({"decision": "burn", "reason": [], "x": 1}, ["decision", "reason", "x"]),
    ],
    ids=str,
)
def test_a_decision_not_as_described_names_every_problem(
    held: int, ana: FlaskClient, body: dict[str, object], fields: list[str]
) -> None:
    answer = ana.post(f"/api/v1/comments/{held}/decisions", json=body)
    assert sorted(each["field"] for each in answer.json["error"]["details"]) == fields


def test_a_withdrawn_comment_cannot_be_decided(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    careful.client.delete(f"/api/v1/comments/{held}", headers=careful.headers)
    assert [by_form(ana, held).status_code, by_api(ana, held).status_code] == [404, 404]


# Two moderators


@pytest.mark.parametrize("seen", [{"seen": 1}, {}], ids=["having seen the queue", "blindly"])
def test_the_second_gets_409(held: int, ana: FlaskClient, ben: FlaskClient, seen: dict[str, int]) -> None:
    by_api(ana, held, "reject")
    assert [by_api(ben, held, "approve", **seen).status_code, by_form(ben, held, "approve", **seen).status_code] == [
        409,
        409,
    ]


def test_the_second_decides_nothing(careful: cast.Blog, held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    by_form(ana, held, "reject", seen=1)
    by_form(ben, held, "approve", seen=1)
    assert standing(careful, held) == "rejected"


def test_the_second_is_told_of_the_firsts_decision(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    first = by_api(ana, held, "reject", reason="An insult.").json
    assert by_api(ben, held, "approve", seen=1).json["error"]["details"] == [first]


def test_the_second_sees_the_firsts_decision_on_a_page(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    by_form(ana, held, "reject", seen=1, reason="An insult.")
    notice = Page(by_form(ben, held, "approve", seen=1)).one("p", role="alert").words
    assert re.sub(r"decided .*: Rejected", "decided: Rejected", notice) == (
        "Ana decided: Rejected. Reason: An insult. Your own decision was not made."
    )


def test_having_seen_it_the_second_may_decide_anew(
    careful: cast.Blog, held: int, ana: FlaskClient, ben: FlaskClient
) -> None:
    by_form(ana, held, "reject", seen=1)
    page = Page(by_form(ben, held, "approve", seen=1))
    by_form(ben, held, "approve", seen=page.one("input", name="seen").attributes["value"])
    assert standing(careful, held) == "approved"


def test_a_text_that_was_edited_meanwhile_has_to_be_seen(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    careful.post("quite other words", id="1")
    assert by_api(ana, held, "approve", seen=1).status_code == 409


# Undo


def test_an_undo_by_form_puts_the_comment_back(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    page = Page(ana.get(by_form(ana, held).location))
    [form] = [each for each in page.one("div", id="done").inside if each.tag == "form"]
    ana.post(form.attributes["action"] or "")
    assert standing(careful, held) == "held"


def test_an_undo_by_form_leads_to_the_comment(held: int, ana: FlaskClient) -> None:
    by_form(ana, held)
    assert ana.post("/decisions/2/undo").location == f"/comments/{held}"


def test_an_undo_by_api_is_one_more_decision(held: int, ana: FlaskClient) -> None:
    made = by_api(ana, held).json["id"]
    answer = ana.post(f"/api/v1/decisions/{made}/undo")
    assert (answer.status_code, answer.json["number"], answer.json["status"]) == (201, 3, "held")


def test_an_undo_can_be_undone(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    made = by_api(ana, held).json["id"]
    undone = ana.post(f"/api/v1/decisions/{made}/undo").json["id"]
    ana.post(f"/api/v1/decisions/{undone}/undo")
    assert standing(careful, held) == "spam"


def test_what_somebody_changed_since_is_not_undone_by_api(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    made = by_api(ana, held).json["id"]
    theirs = by_api(ben, held, "approve", seen=2).json
    answer = ana.post(f"/api/v1/decisions/{made}/undo")
    assert (answer.status_code, answer.json["error"]["details"]) == (409, [theirs])


def test_what_somebody_changed_since_is_not_undone_by_form(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    made = by_api(ana, held).json["id"]
    by_api(ben, held, "approve", seen=2)
    answer = ana.post(f"/decisions/{made}/undo")
    assert (answer.status_code, "Nothing was undone." in answer.text) == (409, True)


def test_an_undo_twice_is_refused(held: int, ana: FlaskClient) -> None:
    made = by_api(ana, held).json["id"]
    ana.post(f"/api/v1/decisions/{made}/undo")
    assert ana.post(f"/api/v1/decisions/{made}/undo").status_code == 409


def test_the_decision_of_a_withdrawn_comment_is_not_undone(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    made = by_api(ana, held).json["id"]
    careful.client.delete(f"/api/v1/comments/{held}", headers=careful.headers)
    assert ana.post(f"/api/v1/decisions/{made}/undo").status_code == 404


# A comment's page


def history(client: FlaskClient, comment: int) -> list[tuple[str, str, str, str]]:
    """Return the history that a comment's page shows: number, decision, by whom, why."""
    rows = [row.inside for row in Page(client.get(f"/comments/{comment}")).all("tr")[1:]]
    cells = [[each.words for each in row if each.tag == "td"] for row in rows]
    return [(number, what, by, why) for number, _, what, by, why in cells]


def test_a_comments_page_tells_its_history(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    by_api(ana, held, "reject", reason="An insult.")
    by_api(ben, held, "approve", reason="A joke.", seen=2)
    assert history(ana, held) == [
        ("3", "Approved Undo", "Ben", "A joke."),
        ("2", "Rejected", "Ana", "An insult."),
        ("1", "Held", "the rules", ""),
    ]


def test_the_history_tells_of_an_undo(held: int, ana: FlaskClient) -> None:
    ana.post(f"/api/v1/decisions/{by_api(ana, held).json['id']}/undo")
    assert history(ana, held)[0][:3] == ("3", "Undone, back to: Held Undo", "Ana")


def test_the_history_tells_of_a_withdrawal(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    careful.client.delete(f"/api/v1/comments/{held}", headers=careful.headers)
    assert history(ana, held)[0] == ("2", "Withdrawn by the site", "the site", "")


def test_the_page_of_a_withdrawn_comment_shows_nothing_of_it(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    by_api(ana, held, reason="Maya again")
    careful.client.delete(f"/api/v1/comments/{held}", headers=careful.headers)
    page = ana.get(f"/comments/{held}").text
    assert [each for each in ("Maya", cast.KIND) if each in page] == []


def test_a_withdrawn_comment_offers_no_decision(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    careful.client.delete(f"/api/v1/comments/{held}", headers=careful.headers)
    assert Page(ana.get(f"/comments/{held}")).all("form", class_="decide") == []


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_comments_page_offers_every_decision_but_the_one_made(held: int, ana: FlaskClient, decision: str) -> None:
    by_api(ana, held, decision)
    offered = {each.attributes["value"] for each in Page(ana.get(f"/comments/{held}")).all("button", name="decision")}
    assert offered == set(DECISIONS) - {decision}


def test_a_viewer_cannot_undo(app: Flask, sqlite: Database, held: int, ana: FlaskClient, viewer: FlaskClient) -> None:
    by_api(ana, held)
    assert Page(viewer.get(f"/comments/{held}")).all("form", class_="undo") == []


def test_every_moderator_sees_every_sites_comments(
    make_app: Callable[..., Flask], careful: cast.Blog, sqlite: Database, app: Flask
) -> None:
    with sqlite.writing() as session:
        site, keys = cast.add_site(session, "https://other.example.org")
        other = cast.Blog(careful.client, keys, site.id)
    sent = {int(each.post(cast.UNKIND).json["id"]) for each in (careful, other)}
    assert set(numbers(cast.sign_in(sqlite, app, "Mo", Role.MODERATOR))) == sent


# Danger and private data


DESPAIR = "I don't want to be here any more. Everyone would be better off without me."


def test_a_card_says_that_its_writer_may_be_in_danger_and_what_helps(blog: cast.Blog, ana: FlaskClient) -> None:
    blog.post(DESPAIR)
    [notice] = [each for each in cards(ana)[0].inside if "concern" in (each.attributes.get("class") or "")]
    assert "harming themselves" in notice.words
    assert "answer kindly" in notice.words


def test_a_card_names_personal_data(careful: cast.Blog, ana: FlaskClient) -> None:
    careful.post("Write to maya@example.org, I have spare cooling vests.")
    assert "e-mail address maya@example.org" in cards(ana)[0].words


def test_a_card_without_either_says_nothing_of_it(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    words = cards(ana)[0].words
    assert ("harming" in words, "personal data" in words) == (False, False)
