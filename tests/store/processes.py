"""What tests do in other processes: real ones, since threads would share what is to be kept apart."""

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from typing import TypeVar

from sqlalchemy import select

from service.store import jobs, schema
from service.store.engine import Database
from service.store.tables import JobStatus, ThreadRow

T = TypeVar("T")
Given = TypeVar("Given")


def side_by_side(work: Callable[[Given], T], given: Iterable[Given]) -> list[T]:
    """Do the work for each of what is given, in two processes at once."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        # Both are up before either begins, or the first would be done before the second is there.
        list(pool.map(len, ["", ""]))
        return list(pool.map(work, given))


def count_up(url: str) -> None:
    """Add one to the number that a thread has for a title, forty times."""
    database = Database(url)
    for _ in range(40):
        with database.writing() as session:
            thread = session.scalars(select(ThreadRow)).one()
            thread.title = str(int(thread.title or "0") + 1)
    database.dispose()


def lease_all(given: tuple[str, datetime]) -> list[int]:
    """Lease jobs until there are none, and return which they were."""
    url, now = given
    database = Database(url)
    found: list[int] = []
    while True:
        with database.writing() as session:
            job = jobs.lease(session, now, 60)
            if job is None:
                break
            job.status = JobStatus.DONE  # else its site's other jobs would wait
            found.append(job.id)
    database.dispose()
    return found


def upgrade(url: str) -> bool:
    """Run the migrations and tell whether they are all there."""
    database = Database(url)
    schema.upgrade(database)
    is_current = schema.is_current(database)
    database.dispose()
    return is_current
