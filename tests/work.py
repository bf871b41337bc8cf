"""The worker's steps one by one, without its threads."""

from collections.abc import Callable
from datetime import UTC, datetime

from service.flows import asked_reports, jobs, themes
from service.flows.jobs import Bench

Clock = Callable[[], datetime]


def run_next(bench: Bench, now: Clock = lambda: datetime.now(UTC)) -> bool:
    """Run the job that has waited longest; return whether there was one."""
    return _done(jobs.take_next(bench, now))


def find_themes(bench: Bench, now: Clock = lambda: datetime.now(UTC)) -> bool:
    """Find the themes that were asked for first; return whether any were."""
    return _done(themes.take_next(bench, now))


def make_report(bench: Bench, now: Clock = lambda: datetime.now(UTC)) -> bool:
    """Make the report that was asked for first; return whether any was."""
    return _done(asked_reports.take_next(bench, now))


def _done(work: Callable[[], None] | None) -> bool:
    if work:
        work()
    return work is not None
