"""An author's earlier comments, beside the one that is to be judged."""

from flask.testing import FlaskClient

from tests import cast
from tests.web.page import Page

MAYA = {"id": "7", "name": "Maya"}


def decide(client: FlaskClient, number: int, decision: str, **more: object) -> None:
    assert client.post(f"/api/v1/comments/{number}/decisions", json={"decision": decision, **more}).status_code == 201


def test_the_page_shows_what_became_of_an_author_s_comments(blog: cast.Blog, ana: FlaskClient) -> None:
    kind, unkind, _ = (int(blog.post(text, author=MAYA).json["id"]) for text in (cast.KIND, cast.UNKIND, cast.CRITICAL))
    blog.post(cast.UNKIND, author={"id": "8", "name": "Rolf"})
    decide(ana, unkind, "approve", labels=[])
    decide(ana, kind, "reject")
    page = Page(ana.get(f"/comments/{kind}/author"))
    assert page.one("h1").words == "Maya on The Relay"
    assert page.one("ul", class_="counts").words == "Approved 2Rejected 1"
    assert [each.attributes["data-comment"] for each in page.all("li") if "data-comment" in each.attributes] == [
        "3",
        "2",
        "1",
    ]
    said = page.one("section", class_="author").words
    assert "People decided about 2 of the comments below." in said
    assert "Against the model's call: 2. Labels corrected: 1." in said


def test_it_shows_notes_on_any_of_them(blog: cast.Blog, ana: FlaskClient) -> None:
    first, second = (int(blog.post(text, author=MAYA).json["id"]) for text in (cast.KIND, cast.UNKIND))
    ana.post(f"/comments/{first}/note", data={"text": "She is kind on the telephone."})
    note = Page(ana.get(f"/comments/{second}/author")).one("p", class_="note")
    assert "She is kind on the telephone." in note.words


def test_of_somebody_without_a_name_it_says_that_nothing_else_is_known(careful: cast.Blog, ana: FlaskClient) -> None:
    numbers = [int(careful.post(cast.KIND, id=name).json["id"]) for name in "ab"]
    page = Page(ana.get(f"/comments/{numbers[0]}/author"))
    assert "nothing else by the same person can be found" in page.one("section", class_="author").words
    assert len([each for each in page.all("li") if "data-comment" in each.attributes]) == 1


def test_a_viewer_may_look_at_it(held: int, viewer: FlaskClient) -> None:
    assert viewer.get(f"/comments/{held}/author").status_code == 200


def test_nobody_s_author_is_404(ana: FlaskClient) -> None:
    assert [ana.get(f"/comments/{number}/author").status_code for number in (0, 9, 2**31, 2**70)] == [404] * 4
