"""Runs queued jobs: a loop that looks at the jobs table, in a thread beside the server or alone in a process."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from service.flows import asked_reports, themes
from service.flows.jobs import Bench, begin_due, take_next

T = TypeVar("T")

LOOK_EVERY_SECONDS = 1.0
"""How long a job that nobody woke us for may wait: one that fell due, or one written by another process."""

THREADS = 6
"""How many jobs run at once: four that take long (of each kind one at a time), and two by which sites are told."""

REST_SECONDS = 5.0
"""How long we leave the database alone after it failed."""

log = logging.getLogger(__name__)


class Worker:
    """Runs jobs in a few threads until it is told to stop; most of a job's time is spent waiting for a site."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._looking = threading.Lock()
        self._woken = threading.Event()
        self._stopping = threading.Event()

    def wake(self) -> None:
        """Look at the jobs now."""
        self._woken.set()

    def stop(self) -> None:
        """Finish the job in hand and end."""
        self._stopping.set()
        self._woken.set()

    def run(self) -> None:
        """Run jobs as they fall due; nothing that one of them does ends the loop."""
        while True:
            with self._looking:  # one thread looks for all, and looks no more while it works
                if self._stopping.is_set():
                    return
                work = self._guarded(self._look)
            if work:
                self._guarded(work)
                self.wake()  # the site's next job had to wait for this one

    def _look(self) -> Callable[[], None] | None:
        """Return what is to be done now; where that is nothing, wait a while."""
        if begin_due(self.bench):
            return None
        work = take_next(self.bench) or asked_reports.take_next(self.bench) or themes.take_next(self.bench)
        if work is None:
            self._woken.wait(LOOK_EVERY_SECONDS)
            self._woken.clear()
        return work

    def _guarded(self, step: Callable[[], T]) -> T | None:
        try:
            return step()
        except DBAPIError as error:
            log.warning("the jobs cannot be read or written just now: %s", error.orig)
            self._stopping.wait(REST_SECONDS)
        except Exception:
            log.exception("a job broke; it is tried again when its lease ends")
            self._stopping.wait(LOOK_EVERY_SECONDS)
        return None

    def start(self) -> list[threading.Thread]:
        """Run in threads of this process, which may end with it at any moment."""
        threads = [threading.Thread(target=self.run, name=f"jobs-{n}", daemon=True) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        return threads
