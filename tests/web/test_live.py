"""What colleagues do and what comes in, told to an open desk."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.store import feed
from service.store.engine import Database
from service.web import live
from tests import cast
from tests.processes import until


def decide(client: FlaskClient, number: int, decision: str = "spam", **more: Any) -> Any:  # noqa: ANN401
    return client.post(f"/api/v1/comments/{number}/decisions", json={"decision": decision, **more}).json


def news(client: FlaskClient, since: int = 0) -> Any:  # noqa: ANN401
    return client.get(f"/api/v1/news?since={since}").json


def last(database: Database) -> int:
    with database.reading() as session:
        return feed.last_number(session)


# Asked for


def test_it_tells_of_others_decisions_as_they_were_answered(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    made = decide(ben, held, "reject", reason="An insult.")
    told = news(ana)
    assert (told["decisions"], told["last"], told["is_complete"]) == ([made], int(made["id"]), True)


def test_it_tells_of_an_undo(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    made = decide(ben, held)
    ben.post(f"/api/v1/decisions/{made['id']}/undo")
    assert [each["undoes"] for each in news(ana)["decisions"]] == [None, made["id"]]


def test_it_tells_of_a_comment_that_its_site_withdrew(careful: cast.Blog, held: int, ana: FlaskClient) -> None:
    careful.client.delete(f"/api/v1/comments/{held}", headers=careful.headers)
    [told] = news(ana)["decisions"]
    assert (told["status"], told["by"], told["what"]) == ("withdrawn", None, "Withdrawn by the site")


def test_it_tells_who_is_where_and_whether_that_is_oneself(held: int, ana: FlaskClient, ben: FlaskClient) -> None:
    ben.put(f"/api/v1/comments/{held}/claim")
    [[mine], [theirs]] = [news(each)["claims"] for each in (ben, ana)]
    assert (mine["is_mine"], theirs["is_mine"], theirs["by"], theirs["comment_id"]) == (True, False, "Ben", str(held))
    ben.delete(f"/api/v1/comments/{held}/claim")
    assert news(ana)["claims"] == []


def test_it_counts_what_came_in_and_what_waits(
    careful: cast.Blog, held: int, ana: FlaskClient, sqlite: Database
) -> None:
    begin = last(sqlite)
    for name in "abc":
        careful.post(cast.UNKIND, id=name)
    decide(ana, held)
    told = news(ana, begin)
    assert (told["arrived"], told["held"], news(ana, told["last"])["arrived"]) == (3, 3, 0)


@pytest.mark.parametrize("since", ["x", "-1", "", "1.5"])
def test_what_is_no_number_is_refused(ana: FlaskClient, since: str) -> None:
    assert ana.get(f"/api/v1/news?since={since}").status_code == 400


def test_a_number_that_nobody_has_reached_is_none_the_less_one(ana: FlaskClient, held: int) -> None:
    assert news(ana, 10**30)["last"] == 1


def test_a_viewer_may_read_it_and_a_stranger_not(client: FlaskClient, viewer: FlaskClient) -> None:
    answers = [each.get(path) for each in (viewer, client) for path in ("/api/v1/news", "/news")]
    for answer in answers:
        answer.close()
    assert [each.status_code for each in answers] == [200, 200, 401, 302]


# Told as it happens


class Listener:
    """Opens a stream of events and reads it to its end, from first to last in a thread of its own."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self.lines: list[str] = []
        self.thread = threading.Thread(target=self._read, args=(client, headers), daemon=True)
        self.thread.start()
        until(lambda: self.lines, "the stream to begin", 5)

    def _read(self, client: FlaskClient, headers: dict[str, str]) -> None:
        with client.get("/news", headers=headers) as answer:
            assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
            for chunk in answer.response:
                self.lines += (chunk.decode() if isinstance(chunk, bytes) else chunk).splitlines()

    @property
    def told(self) -> list[Any]:
        """The events that came."""
        return [json.loads(each.removeprefix("data: ")) for each in list(self.lines) if each.startswith("data: ")]

    @property
    def places(self) -> list[str]:
        """Where the browser would go on."""
        return [each.removeprefix("id: ") for each in list(self.lines) if each.startswith("id: ")]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let streams look often and end soon."""
    monkeypatch.setattr(live, "LOOK_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(live, "STREAM_SECONDS", 1.5)


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> threading.BoundedSemaphore:
    """Return the places for streams: two here."""
    found = threading.BoundedSemaphore(2)
    monkeypatch.setattr(live, "_free", found)
    return found


@pytest.fixture
def listen(quick: None, places: threading.BoundedSemaphore) -> Iterator[Callable[..., Listener]]:
    """Return a function by which somebody opens a stream; they are read to their ends."""
    found: list[Listener] = []

    def listen(client: FlaskClient, **headers: str) -> Listener:
        found.append(Listener(client, headers))
        return found[-1]

    yield listen
    for each in found:
        each.thread.join()


def test_a_decision_made_meanwhile_is_told_at_once(
    held: int, ana: FlaskClient, ben: FlaskClient, listen: Callable[..., Listener]
) -> None:
    listener = listen(ana)
    until(lambda: listener.told, "the first event", 5)
    made = decide(ben, held)
    until(lambda: len(listener.told) > 1, "the second event", 5)
    assert [each["decisions"] for each in listener.told] == [[], [made]]
    assert listener.places == ["1", made["id"]]


def test_a_claim_and_its_end_are_told_at_once(
    held: int, ana: FlaskClient, ben: FlaskClient, listen: Callable[..., Listener]
) -> None:
    listener = listen(ana)
    until(lambda: listener.told, "the first event", 5)
    ben.put(f"/api/v1/comments/{held}/claim")
    until(lambda: len(listener.told) > 1, "the claim", 5)
    ben.delete(f"/api/v1/comments/{held}/claim")
    until(lambda: len(listener.told) > 2, "its end", 5)
    assert [[each["by"] for each in told["claims"]] for told in listener.told] == [[], ["Ben"], []]


def test_while_nothing_happens_nothing_is_told_but_that_somebody_is_there(
    held: int, ana: FlaskClient, listen: Callable[..., Listener]
) -> None:
    listener = listen(ana)
    listener.thread.join()
    assert (len(listener.told), listener.lines[0]) == (1, "retry: 1000")
    assert listener.lines.count(":") > 3


@pytest.mark.parametrize("since", ["1", "x", "", "-1", "9" * 30, "\u0663"])
def test_a_browser_goes_on_where_it_was(
    since: str, careful: cast.Blog, held: int, ana: FlaskClient, listen: Callable[..., Listener]
) -> None:
    careful.post(cast.UNKIND, id="2")
    listener = listen(ana, **{"Last-Event-ID": since})
    until(lambda: listener.told, "the first event", 5)
    assert listener.told[0]["arrived"] == {"1": 1, "9" * 30: 0}.get(since, 2)


def test_where_no_stream_is_free_one_is_told_not_to_ask_again_until_one_ends(
    ana: FlaskClient, ben: FlaskClient, listen: Callable[..., Listener], places: threading.BoundedSemaphore
) -> None:
    open_ones = [listen(each) for each in (ana, ben)]
    with ana.get("/news") as answer:
        assert (answer.status_code, answer.data) == (204, b"")
    for each in open_ones:
        each.thread.join()
    assert [places.acquire(blocking=False) for _ in range(3)] == [True, True, False]


def test_who_leaves_makes_room_at_once(ana: FlaskClient, places: threading.BoundedSemaphore) -> None:
    with ana.get("/news") as answer:
        assert answer.status_code == 200
    assert [places.acquire(blocking=False) for _ in range(3)] == [True, True, False]


def test_no_proxy_keeps_what_is_told(ana: FlaskClient, places: threading.BoundedSemaphore) -> None:
    with ana.get("/news") as answer:
        pass
    assert (answer.headers["X-Accel-Buffering"], answer.headers["Cache-Control"]) == ("no", "no-store")
