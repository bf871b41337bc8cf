"""The worker's threads: one looks for all, what is due runs at once, and a database that is away ends nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service import worker
from service.flows import intake as flow
from service.flows.intake import Intake
from service.flows.jobs import Bench
from service.outgoing import Message, Outcome, Outgoing
from service.store.engine import Database
from service.worker import THREADS, Worker
from tests import cast
from tests.processes import Receiver, until

EARLIER = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


@pytest.fixture
def bench(sqlite: Database, intake: Intake, receiver: Receiver) -> Bench:
    return Bench(sqlite.reading, sqlite.writing, intake, Outgoing({receiver.address}).send)


def came_in(bench: Bench, receiver: Receiver, count: int) -> None:
    """Take in comments whose blog is to be told of each."""
    with bench.writing() as session:
        site, _ = cast.add_site(session, callback=receiver.url)
        for number in range(count):
            flow.receive(session, bench.intake, site, cast.comment(cast.KIND, id=str(number)), EARLIER)


@contextmanager
def running(bench: Bench) -> Iterator[Worker]:
    started = Worker(bench)
    threads = started.start()
    try:
        yield started
    finally:
        started.stop()
        for each in threads:
            each.join(10)
    assert not any(each.is_alive() for each in threads)


def test_one_job_of_a_site_follows_the_other_at_once(
    bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LOOK_EVERY_SECONDS", 3600.0)
    came_in(bench, receiver, 5)
    with running(bench):
        until(lambda: len(receiver.events()) == 5, "five callbacks of one site")


def test_whoever_is_woken_looks(bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOK_EVERY_SECONDS", 3600.0)
    with running(bench) as started:
        came_in(bench, receiver, 1)
        started.wake()
        until(receiver.events, "the callback")


def test_a_site_that_does_not_answer_holds_up_no_other(bench: Bench, receiver: Receiver) -> None:
    came_in(bench, receiver, 1)
    with bench.writing() as session:
        slow, _ = cast.add_site(session, url="https://slow.example.org", callback="https://slow.example.org/hook")
        flow.receive(session, bench.intake, slow, cast.comment(cast.KIND), EARLIER - timedelta(hours=1))
    answers = threading.Event()

    def send(message: Message) -> Outcome:
        if "slow" in message.url:
            answers.wait(30)
            return Outcome()
        return outside.send(message)

    outside = Outgoing({receiver.address})
    with running(Bench(bench.reading, bench.writing, bench.intake, send)):
        until(receiver.events, "the other site's callback")
        answers.set()


def test_idle_threads_ask_for_all_but_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOK_EVERY_SECONDS", 0.05)
    asking: set[int] = set()
    at_once: list[int] = []

    @contextmanager
    def reading() -> Iterator[Session]:
        asking.add(threading.get_ident())
        at_once.append(len(asking))
        with bench.reading() as session:
            yield session
        asking.discard(threading.get_ident())

    with running(Bench(reading, bench.writing, bench.intake, bench.send)):
        until(lambda: len(at_once) > 10 * THREADS, "many looks")
    assert set(at_once) == {1}


def test_a_database_that_is_away_is_asked_again(
    bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker, "REST_SECONDS", 0.05)
    came_in(bench, receiver, 1)
    away = iter(range(3))

    def reading() -> object:
        if next(away, None) is not None:
            raise OperationalError("SELECT 1", None, OSError("the disk is gone"))
        return bench.reading()

    with running(Bench(reading, bench.writing, bench.intake, bench.send)):  # type: ignore[arg-type]  # raises or opens
        until(receiver.events, "the callback, once the database is back")
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 3
