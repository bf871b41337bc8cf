"""Many comments scored at once, in processes of their own: as fast as there are cores."""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from service.domain.comment import Reading, Scores
from service.ml import artefacts
from service.ml.classifier import Classifier
from service.ml.crisis import crisis

T = TypeVar("T")

log = logging.getLogger(__name__)

_model: dict[str, Classifier] = {}
"""The model that this process scores with, once it is ready."""


class Task(NamedTuple):
    """A comment to score, and whether a person may have to look at it here."""

    reading: Reading
    is_open: bool


class Found(NamedTuple):
    """What was found in a comment; no scores where the model could say nothing."""

    scores: Scores | None
    is_pinned: bool


class ModelOf(NamedTuple):
    """Which model to score with, in words that another process can be told."""

    models: Path
    name: str
    second_reader: str


class Here(Executor):
    """Scores in this process, at once: a few comments are done before another process has started."""

    def __init__(self, classifier: Classifier) -> None:
        _model["here"] = classifier

    def submit(self, work: Any, /, *given: Any, **named: Any) -> Future[Any]:  # noqa: ANN401  # as Executor has it
        """Do the work and return it done."""
        done: Future[Any] = Future()
        done.set_result(work(*given, **named))
        return done


@contextmanager
def processes(model: ModelOf, count: int) -> Iterator[Executor]:
    """Start processes that score; they end with this one, however it ends.

    They are started anew and not forked: a fork of a process with threads may wait for ever.
    """
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _get_ready, model)
    try:
        with _deaf_to_interrupts():
            pool.submit(is_ready).result()
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def cores() -> int:
    """Return how many cores there are for us."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_ready() -> bool:
    """Whether this process has its model."""
    return bool(_model)


def score(tasks: Sequence[Task], twice: bool) -> list[Found]:
    """Score comments with this process's model; evidence is looked for where a person may have to look."""
    [classifier] = _model.values()
    closed = _scored(classifier, [each.reading for each in tasks if not each.is_open], evidence=False, twice=twice)
    opened = _scored(classifier, [each.reading for each in tasks if each.is_open], evidence=True, twice=twice)
    found = {False: iter(closed), True: iter(opened)}
    # What was settled long ago pins nobody to the top of the queue.
    return [Found(next(found[each.is_open]), each.is_open and bool(crisis(each.reading.text))) for each in tasks]


def _scored(classifier: Classifier, readings: Sequence[Reading], *, evidence: bool, twice: bool) -> list[Scores | None]:
    """Score comments; where one breaks the model, the others are scored all the same."""
    try:
        return [*classifier.score(readings, evidence=evidence, twice=twice)]
    except Exception:
        if len(readings) == 1:
            log.exception("a comment is unscored: the model failed")
            return [None]
    return [_scored(classifier, [each], evidence=evidence, twice=twice)[0] for each in readings]


def _get_ready(*model: Any) -> None:  # noqa: ANN401  # a ModelOf, taken apart on its way
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _model["ours"] = artefacts.load(*model)


def _die_with_parent() -> None:
    """End as soon as the process that started this one has: nobody would ever ask for what is being scored."""
    parent = multiprocessing.parent_process()
    if parent:
        wait([parent.sentinel])
        os._exit(1)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Start processes that pass over Ctrl-C, which a terminal sends to all: this one tells them when to end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
