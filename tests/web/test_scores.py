"""One label's scores over all that is held, and what lies between the handles."""

import re

import pytest
from flask.testing import FlaskClient

from service.domain.comment import Scores
from service.store import comments
from service.store.engine import Database
from service.web import scores as module
from tests import cast
from tests.web.page import Page


def add(blog: cast.Blog, database: Database, *probabilities: float, label: str = "abusive") -> list[int]:
    """Send comments that a model finds so and so likely to be something."""
    numbers = []
    for probability in probabilities:
        number = int(blog.post(cast.KIND, id=f"{label} {probability} {len(numbers)}").json["id"])
        with database.writing() as session:
            row = comments.locked(session, number)
            assert row
            comments.keep_scores(session, row.revision, Scores("m", {label: probability}, (), {}, "en"), cast.NOW)
        numbers.append(number)
    return numbers


def bars(page: Page) -> dict[str, int]:
    """Return the bars that are there: where they begin and end, and how many comments they stand for."""
    told = [re.fullmatch(r"(\d+) to (\d+) %: (\d+) comments?", each.words) for each in page.all("title")[1:]]
    return {f"{each[1]}-{each[2]}": int(each[3]) for each in told if each and int(each[3])}


def listed(page: Page) -> list[int]:
    return [int(each.attributes["data-comment"] or "") for each in page.all("li", class_="line")]


def handles(page: Page) -> tuple[str | None, str | None]:
    low, high = (page.one("input", name=name).attributes["value"] for name in ("from", "to"))
    return low, high


def test_the_histogram_counts_what_is_held(careful: cast.Blog, ana: FlaskClient, sqlite: Database) -> None:
    add(careful, sqlite, 0.0, 0.04, 0.05, 0.5, 0.95, 1.0)
    page = Page(ana.get("/scores"))
    assert bars(page) == {"0-5": 2, "5-10": 1, "50-55": 1, "95-100": 2}
    assert page.one("h1").words == "Scores over 6 comments that are held"


def test_every_bar_that_is_there_can_be_seen(careful: cast.Blog, ana: FlaskClient, sqlite: Database) -> None:
    add(careful, sqlite, *[0.5] * 5, 0.9)
    rectangles = Page(ana.get("/scores")).all("rect")
    heights = [float(each.attributes["height"] or "") for each in rectangles]
    assert (len(heights), max(heights), min(each for each in heights if each)) == (20, 120, 24)
    ends = [float(each.attributes["y"] or "") + float(each.attributes["height"] or "") for each in rectangles]
    assert set(ends) == {120}


def test_what_lies_between_the_handles_is_listed_and_ticked(
    careful: cast.Blog, ana: FlaskClient, sqlite: Database
) -> None:
    low, middle, high = add(careful, sqlite, 0.3, 0.5, 0.7)
    page = Page(ana.get("/scores?label=abusive&from=50&to=70"))
    assert sorted(listed(page)) == [middle, high]
    ticked = {each.attributes["value"] for each in page.all("input", name="comments") if "checked" in each.attributes}
    assert ticked == {f"{middle}:1", f"{high}:1"}
    assert page.one("h2", id="between-heading").words == "Abusive, 50 – 70 %: 2 comments"
    assert low not in listed(page)


def test_the_bars_between_the_handles_are_marked(careful: cast.Blog, ana: FlaskClient, sqlite: Database) -> None:
    page = Page(ana.get("/scores?from=50&to=60"))
    assert [at for at, each in enumerate(page.all("rect")) if each.attributes.get("class")] == [10, 11]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", ("80", "100")),
        ("?from=20&to=60", ("20", "60")),
        ("?from=60&to=20", ("20", "60")),
        ("?from=60%25&to=20,4", ("20", "60")),
        ("?from=0&to=0", ("0", "0")),
        ("?from=&to=", ("80", "100")),
        ("?to=10", ("10", "80")),
    ],
)
def test_handles_stand_where_was_asked_and_may_be_exchanged(
    blog: cast.Blog, ana: FlaskClient, asked: str, expected: tuple[str, str]
) -> None:
    assert handles(Page(ana.get(f"/scores{asked}"))) == expected


@pytest.mark.parametrize(
    "asked", ["from=x", "from=-1", "to=101", "to=nan", "to=inf", "label=rude", "label=insult", "cursor=x", "from=1e400"]
)
def test_what_cannot_be_asked_for_is_said(ana: FlaskClient, asked: str) -> None:
    answer = ana.get(f"/scores?{asked}")
    assert (answer.status_code, answer.mimetype) == (400, "text/html")


def test_another_label_has_its_own_histogram(careful: cast.Blog, ana: FlaskClient, sqlite: Database) -> None:
    add(careful, sqlite, 0.9)
    [number] = add(careful, sqlite, 0.4, label="cost")
    page = Page(ana.get("/scores?label=cost&from=40&to=40"))
    assert (bars(page), listed(page)) == ({"40-45": 1}, [number])


def test_what_is_on_the_blog_or_escalated_is_in_neither_picture_nor_list(
    careful: cast.Blog, ana: FlaskClient, sqlite: Database
) -> None:
    approved, escalated, pinned, held = add(careful, sqlite, 0.9, 0.91, 0.92, 0.93)
    ana.post(f"/comments/{approved}/decide", data={"decision": "approve"})
    ana.post(f"/comments/{escalated}/decide", data={"decision": "escalate"})
    with sqlite.writing() as session:  # pinned comments stand in the queue even where the rules approved them
        row = comments.locked(session, pinned)
        assert row
        row.is_pinned, row.status = True, "approved"  # type: ignore[assignment]
    page = Page(ana.get("/scores?from=0"))
    assert (bars(page), listed(page)) == ({"90-95": 1}, [held])


def test_a_long_list_goes_on_on_the_next_page(
    careful: cast.Blog, ana: FlaskClient, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LISTED", 2)
    numbers = add(careful, sqlite, 0.9, 0.9, 0.9)
    first = Page(ana.get("/scores?from=90&to=90"))
    second = Page(ana.get(first.one("a", rel="next").attributes["href"] or ""))
    assert sorted(listed(first) + listed(second)) == numbers
    assert "Shown and selected are the first 2 of them." in first.one("section", id="between").words


def test_one_decision_for_all_of_it_is_undone_as_one(careful: cast.Blog, ana: FlaskClient, sqlite: Database) -> None:
    numbers = add(careful, sqlite, 0.5, 0.9, 0.95)
    page = Page(ana.get("/scores?from=80&to=100"))
    ticked = [each.attributes["value"] for each in page.all("input", name="comments")]
    done = ana.post("/decide", data={"comments": ticked, "decision": "reject"})
    assert [careful.get(f"/comments/{each}").json["status"] for each in numbers] == ["held", "rejected", "rejected"]
    ana.post(f"{done.location.split('?')[0]}/undo")
    assert bars(Page(ana.get("/scores"))) == {"50-55": 1, "90-95": 1, "95-100": 1}


def test_a_viewer_ticks_nothing(careful: cast.Blog, viewer: FlaskClient, sqlite: Database) -> None:
    add(careful, sqlite, 0.9)
    page = Page(viewer.get("/scores"))
    assert (len(listed(page)), page.all("input", name="comments"), page.all("form", id="bulk")) == (1, [], [])


def test_where_nothing_is_held_that_is_said(ana: FlaskClient) -> None:
    assert "Nothing that is held lies there." in ana.get("/scores").text
