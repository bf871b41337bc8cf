"""What a card marks in a text, and in which order it says why."""

import pytest
from flask.testing import FlaskClient

from service.domain.comment import Evidence, Scores
from service.domain.labels import LABELS
from service.domain.preferences import Preferences
from service.flows import people
from service.store import comments, users
from service.store.engine import Database
from service.store.tables import CommentRow, SiteRow
from service.web.cards import pieces_of
from tests import cast
from tests.web.page import Element, Page

TEXT = "You want applause, selfish cow."
SCORES = Scores(
    "a-model",
    {"abusive": 0.9, "supportive": 0.6},
    ("abusive", "supportive"),
    {"abusive": (Evidence(19, 30, 1.2),), "supportive": (Evidence(0, 8, 2.5), Evidence(19, 30, 1.9))},
    "en",
)


def marked(held_for: str | None) -> dict[str, str]:
    return {piece.text: piece.label.key for piece in pieces_of(TEXT, SCORES, held_for) if piece.label}


@pytest.mark.parametrize(
    ("held_for", "expected"),
    [
        (None, {"You want": "supportive", "selfish cow": "supportive"}),
        ("abusive", {"You want": "supportive", "selfish cow": "abusive"}),
    ],
)
def test_of_two_marks_that_of_the_label_it_is_held_for_is_shown(held_for: str | None, expected: dict[str, str]) -> None:
    assert marked(held_for) == expected


@pytest.mark.parametrize("held_for", [None, "abusive", "audit"])
def test_the_pieces_are_the_text(held_for: str | None) -> None:
    assert "".join(piece.text for piece in pieces_of(TEXT, SCORES, held_for)) == TEXT


def test_what_could_not_be_scored_is_marked_nowhere() -> None:
    assert [piece.label for piece in pieces_of(TEXT, None)] == [None]


# On the page


def card(client: FlaskClient, number: int = 1) -> Element:
    return Page(client.get(f"/comments/{number}")).one("article", id=f"comment-{number}")


def inside(element: Element, tag: str, class_: str | None = None) -> list[Element]:
    return [
        each
        for each in element.inside
        if each.tag == tag and (class_ is None or class_ in (each.attributes.get("class") or "").split())
    ]


def test_a_digit_means_the_same_label_on_every_card(blog: cast.Blog, ana: FlaskClient) -> None:
    for text in (cast.UNKIND, cast.KIND, "Ich glaube, dass diese Studie mit zwanzig Menschen wenig zeigt, leider."):
        number = int(blog.post(text).json["id"])
        boxes = [each for each in inside(card(ana, number), "input") if each.attributes.get("name") == "labels"]
        assert [(each.attributes["data-digit"], each.attributes["value"]) for each in boxes] == [
            (str(digit), key) for digit, key in enumerate(LABELS, 1)
        ]


def test_labels_come_ticked_as_the_model_called_them_and_then_as_a_person_corrected_them(
    blog: cast.Blog, ana: FlaskClient
) -> None:
    def ticked() -> list[str | None]:
        return [each.attributes["value"] for each in inside(card(ana), "input") if "checked" in each.attributes]

    blog.post(cast.UNKIND)
    before = ticked()
    made = ana.post("/api/v1/comments/1/decisions", json={"decision": "reject", "labels": ["sarcastic"]}).json
    after = ticked()
    ana.post(f"/api/v1/decisions/{made['id']}/undo")
    assert ("abusive" in before, after, ticked()) == (True, ["sarcastic"], before)


def test_a_folded_text_says_what_it_is_behind(careful: cast.Blog, ana: FlaskClient) -> None:
    careful.post(cast.UNKIND)
    [folded] = inside(card(ana), "details", "folded")
    [summary] = inside(folded, "summary")
    assert summary.words.startswith("Folded away: Abusive ")
    assert cast.UNKIND in folded.text
    assert cast.UNKIND not in summary.text


@pytest.mark.parametrize(("role", "shown"), [("Administrator", ["Staff"]), ("patron", ["patron"]), ("reader", [])])
def test_who_speaks_for_the_blog_is_marked(careful: cast.Blog, ana: FlaskClient, role: str, shown: list[str]) -> None:
    careful.post(author={"name": "Maya", "role": role})
    assert [each.words for each in inside(card(ana), "span", "tag")] == shown


@pytest.mark.parametrize(
    ("text", "author", "said"),
    [
        (cast.CRITICAL, "Dr Odell", "You wrote this post. If you reject it, it waits until a second person agrees."),
        (f"Dr Odell! {cast.CRITICAL}", None, "It names you. If you reject it, it waits until a second person agrees."),
        (cast.KIND, "Dr Odell", "You wrote this post. You may be too close to it."),
    ],
)
def test_whom_a_comment_concerns_is_told_so(
    careful: cast.Blog, ana: FlaskClient, ben: FlaskClient, sqlite: Database, text: str, author: str | None, said: str
) -> None:
    with sqlite.writing() as session:
        user = users.by_name(session, cast.ANA)
        assert user
        people.choose(user, Preferences(names=("Dr Odell",)))
    careful.post(text, thread={"url": cast.POST, "author": author})
    assert [each.words for each in inside(card(ana), "p", "conflict")] == [said]
    assert inside(card(ben), "p", "conflict") == []


def test_a_viewer_has_nothing_to_be_too_close_to(careful: cast.Blog, viewer: FlaskClient) -> None:
    careful.post(cast.CRITICAL, thread={"url": cast.POST, "author": "Vera"})
    assert inside(card(viewer), "p", "conflict") == []


def test_where_the_site_wants_no_second_opinion_none_is_spoken_of(
    careful: cast.Blog, ana: FlaskClient, sqlite: Database
) -> None:
    with sqlite.writing() as session:
        session.get_one(SiteRow, careful.site_id).guards_conflicts = False
    careful.post(cast.CRITICAL, thread={"url": cast.POST, "author": "Ana"})
    assert [each.words for each in inside(card(ana), "p", "conflict")] == [
        "You wrote this post. You may be too close to it."
    ]


def test_links_are_shown_with_where_they_lead(careful: cast.Blog, ana: FlaskClient) -> None:
    careful.post("Donate: https://mssociety.example@evil.example/gift or https://ex\u0430mple.org.")
    links = [each for each in inside(card(ana), "a") if (each.attributes.get("href") or "").startswith("https:")][1:]
    assert [(each.words, each.attributes["href"]) for each in links] == [
        ("evil.example", "https://mssociety.example@evil.example/gift"),
        ("xn--exmple-4nf.org", "https://ex\u0430mple.org"),
    ]
    assert {each.attributes["rel"] for each in links} == {"noreferrer noopener nofollow"}


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://shop.example/ms-cure", "shop.example"),
        ("https://evil.example\\@shop.example", "evil.example"),
        ("https://ex\u0430mple.org", "xn--exmple-4nf.org"),
    ],
)
def test_an_author_s_own_address_is_shown_with_where_it_leads(
    careful: cast.Blog, ana: FlaskClient, url: str, host: str
) -> None:
    careful.post(author={"name": "Maya", "url": url})
    [link] = [each for each in inside(card(ana), "a") if each.attributes["href"] == url]
    assert link.words == host


def test_an_edit_is_shown_by_what_it_changed(careful: cast.Blog, ana: FlaskClient) -> None:
    careful.post("I like this trial.", id="1")
    careful.post("I liked this trial <b>once</b>.", id="1")
    shown = card(ana)
    assert [each.text for each in inside(shown, "del")] == ["like"]
    assert "".join(each.text for each in inside(shown, "ins")) == "liked <b>once</b>"
    assert [each.words for each in inside(shown, "summary")] == ["Edited: see what changed"]


def test_personal_data_that_was_taken_out_is_shown_until_it_is_forgotten(
    careful: cast.Blog, ana: FlaskClient, sqlite: Database
) -> None:
    careful.post("Write to maya@example.org, I have spare cooling vests.")
    ana.post("/api/v1/comments/1/redaction", json={})
    shown = card(ana)
    assert [each.text for each in inside(shown, "del")] == ["maya@example.org"]
    assert inside(shown, "form", "redact") == []
    with sqlite.writing() as session:
        row = comments.locked(session, 1)
        assert row
        comments.forget_text(session, row.revisions[0])
    forgotten = card(ana)
    assert (inside(forgotten, "del"), "maya" in forgotten.text) == ([], False)
    assert "the original is no longer kept" in forgotten.words


def test_what_speaks_for_a_label_is_told_beside_the_text(blog: cast.Blog, ana: FlaskClient) -> None:
    blog.post(cast.UNKIND)
    words = inside(card(ana), "dl", "words")[0]
    assert inside(words, "dt")[0].words == "Abusive, because of"
    assert all(each.text.strip("“” ") in cast.UNKIND for each in inside(words, "q"))


def test_a_colleague_who_is_at_it_is_named_and_oneself_not(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    ben.put(f"/api/v1/comments/{held}/claim")
    said = [inside(card(each), "p", "claim")[0] for each in (ana, ben)]
    assert [(each.words, "hidden" in each.attributes) for each in said] == [("Ben is at this one.", False), ("", True)]


def test_a_card_alone_is_the_card_of_the_list(held: int, ana: FlaskClient) -> None:
    alone = Page(ana.get(f"/comments/{held}/card?may_select"))
    listed = Page(ana.get("/queue")).one("article")
    assert [each.tag for each in alone.elements[:1]] == ["article"]
    assert alone.one("article").words == listed.words


# The sample


def in_sample(blog: cast.Blog, sqlite: Database, text: str = cast.KIND) -> int:
    """Send a comment that is in the sample, and return its number."""
    with sqlite.writing() as session:
        site = session.get(SiteRow, blog.site_id)
        assert site
        site.audit_share = 1.0
    return int(blog.post(text).json["id"])


def decided_labels(client: FlaskClient, sqlite: Database, number: int, decision: str, **more: object) -> object:
    """Press a button of a card as it came, and return the labels that were stored with the decision."""
    fields = {
        each.attributes["name"]: each.attributes.get("value")
        for each in inside(card(client, number), "input")
        if each.attributes.get("type") == "hidden"
    }
    ticked = [
        each.attributes["value"] for each in inside(card(client, number), "input") if "checked" in each.attributes
    ]
    client.post(f"/comments/{number}/decide", data={**fields, "labels": ticked, "decision": decision, **more})
    with sqlite.reading() as session:
        row = session.get(CommentRow, number)
        assert row
        return row.decision.labels


@pytest.mark.parametrize("text", [cast.KIND, cast.UNKIND])
def test_a_card_in_the_sample_asks_to_check_its_labels(
    blog: cast.Blog, ana: FlaskClient, sqlite: Database, text: str
) -> None:
    assert "This comment is in the sample" in card(ana, in_sample(blog, sqlite, text)).words


def test_other_cards_do_not_ask(blog: cast.Blog, ana: FlaskClient) -> None:
    assert "in the sample" not in card(ana, int(blog.post(cast.UNKIND).json["id"])).words


def test_to_decide_about_a_card_in_the_sample_confirms_its_labels(
    blog: cast.Blog, ana: FlaskClient, sqlite: Database
) -> None:
    assert decided_labels(ana, sqlite, in_sample(blog, sqlite), "approve") == ["supportive"]


def test_to_leave_it_to_a_colleague_confirms_nothing(blog: cast.Blog, ana: FlaskClient, sqlite: Database) -> None:
    assert decided_labels(ana, sqlite, in_sample(blog, sqlite), "escalate") is None


def test_to_decide_about_another_card_confirms_nothing(blog: cast.Blog, ana: FlaskClient, sqlite: Database) -> None:
    assert decided_labels(ana, sqlite, int(blog.post(cast.UNKIND).json["id"]), "reject") is None
