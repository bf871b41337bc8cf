"""The calls that were made lately are remembered as the library does it, without a thread for each."""

import threading

import pytest
from limits import parse
from limits.strategies import MovingWindowRateLimiter

from service.web import calls
from service.web.calls import Calls
from tests.processes import until


def _started(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """Return a list that threads stand in once they are started."""
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def noticed(self: threading.Thread) -> None:
        started.append(self)
        start(self)

    monkeypatch.setattr(threading.Thread, "start", noticed)
    return started


def test_a_limit_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    limiter, rate = MovingWindowRateLimiter(Calls()), parse("3/minute")

    assert [limiter.hit(rate, "site", "1") for _ in range(4)] == [True, True, True, False]
    assert limiter.hit(rate, "site", "2")


def test_many_calls_start_no_thread_each(monkeypatch: pytest.MonkeyPatch) -> None:
    limiter, rate = MovingWindowRateLimiter(Calls()), parse("1000/minute")
    started = _started(monkeypatch)

    for at in range(500):
        limiter.hit(rate, "site", str(at % 3))

    assert len(started) <= 1


def test_old_calls_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "TIDIES_EVERY_SECONDS", 0.0)
    remembered = Calls()
    limiter = MovingWindowRateLimiter(remembered)
    for at in range(20):
        limiter.hit(parse("5/second"), "somebody", str(at))

    def is_tidy() -> bool:
        limiter.hit(parse("5/second"), "somebody else")
        return sum(map(len, remembered.events.values())) < 10

    until(is_tidy, "old calls were kept")
