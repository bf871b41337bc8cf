"""How long the desk's pages take on SQLite with 100,000 comments stored, 5,000 of them held."""

import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks import two_blogs
from benchmarks.stopwatch import watching
from service import settings as known
from service.app import create_app
from service.commands.serving import settle
from service.store import lists, schema
from service.store.engine import Database
from service.store.lists import Filter, View
from service.store.tables import CommentRow, DecisionRow, Origin
from tests import cast

FIRST_PAGE_MS, SEARCH_MS = 60, 150
WARM_UP, ROUNDS, ROUNDS_WATCHED = 3, 40, 10
SEARCHED = {
    "a word in nearly all": "the",
    "a common word": "neurologist",
    "a rare word": "echocardiogram",
    "a phrase": '"stem cell"',
    "a word without another": "the -stem",
}


class Page(NamedTuple):
    """A page that is timed, and how many milliseconds it may take at the median, where that is said."""

    name: str
    path: str
    limit: int | None = None


class Took(NamedTuple):
    """What a page took in each round, the shortest first."""

    seconds: list[float]
    of_processor: list[float]
    """Without what it waited for, such as other work on the same machine."""


class Parts(NamedTuple):
    """What a page's time is made of, beside rows and cards becoming objects."""

    sqlite: float
    queries: float
    template: float


def main() -> None:
    """Write the comments, and print what each page takes."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"UNDERTONE_DATABASE_URL": f"sqlite:///{folder}/undertone.db", "UNDERTONE_SECRET_KEY": "s" * 32}
        app = create_app(known.load(environment))
        database: Database = app.extensions["undertone"].database
        schema.upgrade(database)
        began = time.perf_counter()
        two_blogs.fill(database, datetime.now(UTC))
        took = time.perf_counter() - began
        print(f"the desk: {two_blogs.COMMENTS:,} comments, {two_blogs.HELD:,} of them held, written in {took:.0f} s")
        measure(app, database)
        database.dispose()


def measure(app: Flask, database: Database) -> None:
    """Print what each page takes on a database that is filled."""
    app.config["WTF_CSRF_ENABLED"] = False  # signing in needs no page to begin from; a page is made as ever
    browser = cast.sign_in(database, app, cast.ANA)
    with database.reading() as session:
        pages = [*_views(session, browser), *_filters(session), *_searches(), *_single(session)]
    timed = _timed(browser, pages)
    apart = _taken_apart(app, database, browser, pages)
    print(f"{f'milliseconds, {ROUNDS} rounds':36}  median     p95  processor  SQLite in queries  template  limit")
    for page, took, parts in zip(pages, timed, apart, strict=True):
        print(_line(page, took, parts))


def _views(session: Session, browser: FlaskClient) -> Iterator[Page]:
    yield Page("queue, first page", "/queue", FIRST_PAGE_MS)
    yield Page("queue, second page", _next(browser, "/queue"))
    now = datetime.now(UTC)
    before = lists.page(
        session, View.HELD, Filter(), now, limit=lists.count(session, View.HELD, Filter(), now) - 2 * lists.PAGE
    )
    yield Page("queue, its last page but one", _queue(cursor=before.cursor))
    for view in (each for each in View if each is not View.HELD):
        yield Page(f"{view}, first page", _queue(view=view))
    # A cursor is one of the view, whatever was filtered: this one begins where the list is nearly at its end.
    long_ago = lists.page(session, View.ALL, Filter(until=now - timedelta(days=700)), now)
    yield Page("all, near its end", _queue(view=View.ALL, cursor=long_ago.cursor))


def _filters(session: Session) -> Iterator[Page]:
    lately, long_ago = (f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}" for days in (2, 400))
    yield Page("held, called abusive", _queue(label="abusive"))
    yield Page("held, abusive from 40 to 60 %", _queue(label="abusive", **{"from": 40, "to": 60}))
    yield Page("held, held for the audit", _queue(reason="audit"))
    yield Page("held, of one site", _queue(site=1))
    yield Page("held, written since two days ago", _queue(since=lately))
    yield Page("all, called critical", _queue(view=View.ALL, label="critical"))
    yield Page("all, abusive from 40 to 60 %", _queue(view=View.ALL, label="abusive", **{"from": 40, "to": 60}))
    yield Page("all, held for the audit", _queue(view=View.ALL, reason="audit"))
    yield Page("all, of one site", _queue(view=View.ALL, site=1))
    yield Page("all, written on a day long ago", _queue(view=View.ALL, since=long_ago, until=long_ago))
    yield Page("all, by the busiest author", _queue(view=View.ALL, author=_by_the_busiest(session)))
    yield Page("all, of one discussion", _queue(view=View.ALL, thread=two_blogs.THREADS // 2))


def _searches() -> Iterator[Page]:
    for view in (View.HELD, View.ALL):
        for name, words in SEARCHED.items():
            yield Page(f"{view}, search: {name}", _queue(view=view, q=words), SEARCH_MS)


def _single(session: Session) -> Iterator[Page]:
    nearest = select(CommentRow.thread_id).group_by(CommentRow.thread_id).order_by(func.abs(func.count() - 100))
    decided = select(DecisionRow.comment_id).where(DecisionRow.origin == Origin.PERSON)
    yield Page("a discussion of 100", f"/threads/{session.scalar(nearest.limit(1))}")
    yield Page("a comment's own page", f"/comments/{session.scalar(decided.limit(1))}")
    yield Page("the busiest author's comments", f"/comments/{_by_the_busiest(session)}/author")
    yield Page("the histogram of a label", "/scores?label=spam")
    yield Page("how readers talk, 90 days", "/reports/discussion")
    yield Page("how readers talk, two years", "/reports/discussion?from=2024-01-01")
    yield Page("news", f"/api/v1/news?since={session.scalar(select(func.max(DecisionRow.id)))}")


def _by_the_busiest(session: Session) -> int | None:
    """Return a comment by whoever has written most."""
    authors = select(func.min(CommentRow.id)).group_by(CommentRow.site_id, CommentRow.author_key)
    return session.scalar(authors.order_by(func.count().desc()).limit(1))


def _queue(**asked: object) -> str:
    return f"/queue?{urlencode(asked)}"


def _next(browser: FlaskClient, path: str) -> str:
    """Return where a list's link to its next page leads."""
    found = re.search(r'href="([^"]+)" rel="next"', browser.get(path).text)
    if found is None:
        raise SystemExit(f"{path} has no next page")
    return unescape(found[1])


def _timed(browser: FlaskClient, pages: list[Page]) -> list[Took]:
    """Time the pages in rounds, so that what disturbs one round disturbs all pages alike."""
    settle()  # as the server does when it has started
    rounds = [[_once(browser, page) for page in pages] for _ in range(WARM_UP + ROUNDS)]
    return [Took(*map(sorted, zip(*each, strict=True))) for each in zip(*rounds[WARM_UP:], strict=True)]


def _once(browser: FlaskClient, page: Page) -> tuple[float, float]:
    began = time.perf_counter(), time.process_time()
    answer = browser.get(page.path)
    took = time.perf_counter() - began[0], time.process_time() - began[1]
    if answer.status_code != 200:  # noqa: PLR2004
        raise SystemExit(f"{page.path} answered {answer.status_code}")
    return took


def _taken_apart(app: Flask, database: Database, browser: FlaskClient, pages: list[Page]) -> list[Parts]:
    """Return the median of each part of each page's time."""
    found: list[list[Parts]] = [[] for _ in pages]
    with watching(app, database) as watch:
        for _ in range(ROUNDS_WATCHED):
            for page, parts in zip(pages, found, strict=True):
                watch.reset()
                browser.get(page.path)
                parts.append(Parts(watch.sqlite, watch.queries, watch.template))
    return [Parts(*map(statistics.median, zip(*parts, strict=True))) for parts in found]


def _line(page: Page, took: Took, parts: Parts) -> str:
    median, p95 = 1000 * statistics.median(took.seconds), 1000 * took.seconds[int(0.95 * len(took.seconds))]
    processor = 1000 * statistics.median(took.of_processor)
    sqlite = f"{1000 * parts.sqlite:.1f} in {parts.queries:2.0f}"
    verdict = "" if page.limit is None else f"{page.limit:6}: {'holds' if median <= page.limit else 'broken'}"
    return f"{page.name:36}{median:8.1f}{p95:8.1f}{processor:11.1f}{sqlite:>19}{1000 * parts.template:10.1f}{verdict}"


if __name__ == "__main__":
    main()
