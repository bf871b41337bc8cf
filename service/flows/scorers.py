"""Many comments scored at once, beside whoever stores them: in a process of its own, with a thread for each core.

One process and not several, since a model takes hundreds of megabytes; its threads get on, for most of the time goes to
the encoder, which lets go of Python meanwhile.
"""

import itertools
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, NamedTuple

from service.domain.comment import Reading, Scores
from service.ml import artefacts
from service.ml.classifier import Classifier
from service.ml.crisis import crisis

log = logging.getLogger(__name__)

_AT_ONCE = 32
"""Comments that a thread takes together."""

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
def beside(model: ModelOf) -> Iterator[Executor]:
    """Start a process that scores; it ends with this one, however that ends.

    It is started anew and not forked: a fork of a process with threads may wait for ever.
    """
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _get_ready, model)
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
    some = [tasks[begin : begin + _AT_ONCE] for begin in range(0, len(tasks), _AT_ONCE)]
    with ThreadPoolExecutor(cores()) as threads:
        found = threads.map(lambda each: _found(classifier, each, twice), some)
        return [*itertools.chain.from_iterable(found)]


def _found(classifier: Classifier, tasks: Sequence[Task], twice: bool) -> list[Found]:
    scores = {
        is_open: iter(_scored(classifier, [each.reading for each in tasks if each.is_open is is_open], is_open, twice))
        for is_open in (False, True)
    }
    # What was settled long ago pins nobody to the top of the queue.
    return [Found(next(scores[each.is_open]), each.is_open and bool(crisis(each.reading.text))) for each in tasks]


def _scored(classifier: Classifier, readings: Sequence[Reading], evidence: bool, twice: bool) -> list[Scores | None]:
    """Score comments; where one breaks the model, the others are scored all the same."""
    try:
        return [*classifier.score(readings, evidence=evidence, twice=twice)]
    except Exception:
        if len(readings) == 1:
            log.exception("a comment is unscored: the model failed")
            return [None]
    return [_scored(classifier, [each], evidence, twice)[0] for each in readings]


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
