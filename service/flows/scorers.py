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
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from service.domain.comment import Reading, Scores
from service.ml.errors import ModelUnavailable

# What scores takes some hundred megabytes, which whoever lets another process score does without.
if TYPE_CHECKING:
    from service.ml.classifier import Classifier

log = logging.getLogger(__name__)

_AT_ONCE = 32
"""Comments that a thread takes together."""

_ours: "list[Classifier]" = []
"""The model of a process that scores for another, once it is ready."""
_faults: list[ModelUnavailable] = []
"""Why it has none."""


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
    name: str | None
    """None for the active one."""
    second_reader: str


class Scorer(Protocol):
    """Scores comments, now or while something else is done."""

    def submit(self, tasks: Sequence[Task], twice: bool) -> Future[list[Found]]:
        """Begin to score comments."""


class Here:
    """Scores in this process, at once: a few comments are done before another process has started."""

    def __init__(self, classifier: "Classifier") -> None:
        self._classifier = classifier

    def submit(self, tasks: Sequence[Task], twice: bool) -> Future[list[Found]]:
        """Score comments and return them scored."""
        done: Future[list[Found]] = Future()
        done.set_result(score(self._classifier, tasks, twice))
        return done


class Beside:
    """Scores in a process of its own, which ends with this one, however that ends.

    It is started anew and not forked: a fork of a process with threads may wait for ever.
    """

    def __init__(self, model: ModelOf) -> None:
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _get_ready, model)

    def __enter__(self) -> Self:
        try:
            with _deaf():
                self._pool.submit(_be_ready).result()
        except BaseException:
            self._pool.shutdown()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)

    def submit(self, tasks: Sequence[Task], twice: bool) -> Future[list[Found]]:
        """Begin to score comments."""
        return self._pool.submit(_score_with_ours, tasks, twice)


def cores() -> int:
    """Return how many cores there are for us."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def loaded(model: ModelOf) -> "Classifier":
    """Load a model; raises ModelUnavailable."""
    from service.ml import artefacts

    name = model.name or artefacts.active_name(model.models)
    return artefacts.load(model.models, name, model.second_reader)


def score(classifier: "Classifier", tasks: Sequence[Task], twice: bool) -> list[Found]:
    """Score comments; evidence is looked for where a person may have to look."""
    some = [tasks[begin : begin + _AT_ONCE] for begin in range(0, len(tasks), _AT_ONCE)]
    with ThreadPoolExecutor(cores()) as threads:
        found = threads.map(lambda each: _found(classifier, each, twice), some)
        return [*itertools.chain.from_iterable(found)]


def _found(classifier: "Classifier", tasks: Sequence[Task], twice: bool) -> list[Found]:
    from service.ml.crisis import crisis

    scores = {
        is_open: iter(_scored(classifier, [each.reading for each in tasks if each.is_open is is_open], is_open, twice))
        for is_open in (False, True)
    }
    # What was settled long ago pins nobody to the top of the queue.
    return [Found(next(scores[each.is_open]), each.is_open and bool(crisis(each.reading.text))) for each in tasks]


def _scored(classifier: "Classifier", readings: Sequence[Reading], evidence: bool, twice: bool) -> list[Scores | None]:
    """Score comments; where one breaks the model, the others are scored all the same."""
    try:
        found = classifier.score(readings, evidence=evidence, twice=twice)
        # All that a person may want to know is looked for now: there is time, and no job for each of thousands.
        return [classifier.explained(*each) for each in zip(readings, found, strict=True)] if evidence else [*found]
    except Exception:
        if len(readings) == 1:
            log.exception("a comment is unscored: the model failed")
            return [None]
    return [_scored(classifier, [each], evidence, twice)[0] for each in readings]


def _get_ready(*model: Any) -> None:  # noqa: ANN401  # a ModelOf, taken apart on its way
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        _ours.append(loaded(ModelOf(*model)))
    except ModelUnavailable as error:
        _faults.append(error)  # raised here, it would be printed with all that led to it


def _be_ready() -> None:
    """Raise ModelUnavailable where this process has no model."""
    for each in _faults:
        raise each


def _score_with_ours(tasks: Sequence[Task], twice: bool) -> list[Found]:
    return score(_ours[0], tasks, twice)


def _die_with_parent() -> None:
    """End as soon as the process that started this one has: nobody would ever ask for what is being scored."""
    parent = multiprocessing.parent_process()
    if parent:
        wait([parent.sentinel])
        os._exit(1)


@contextmanager
def _deaf() -> Iterator[None]:
    """Start processes that pass over Ctrl-C and SIGTERM, which go to all of a terminal's or a unit's processes.

    This one tells them when to end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
