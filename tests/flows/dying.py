"""A worker that dies with a job in its hands, in a process of its own."""

import os
import signal
from datetime import datetime

from service.flows.intake import Intake
from service.flows.jobs import Bench
from service.ml.artefacts import Shelf
from service.outgoing import Message, Outcome
from service.settings import ROOT
from service.store.engine import Database
from tests.work import run_next


def die(_message: Message) -> Outcome:
    """End as in a power cut, in the middle of sending."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives that")


def run(url: str, now: datetime) -> None:
    """Run the next job, and die of it."""
    database = Database(url)
    run_next(Bench(database.reading, database.writing, Intake(Shelf(ROOT / "models"), 8), die), lambda: now)
