"""Finding themes, and what people make of them: names, which are the same, which say nothing.

To find them takes a while, so it is asked for and done by a worker, in steps that each read or write for a moment.
"""

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.domain.themes import Words, found_again
from service.domain.wording import N_, Refusal
from service.flows.jobs import Bench
from service.ml.themes import FEWEST, Themes
from service.store import discussions, leases, themes
from service.store.discussions import SiteDays
from service.store.tables import JobStatus, ThemeRow, ThemeRunRow
from service.store.themes import Belonging

__all__ = ["FEWEST", "LONGEST_NAME", "ThemeRefused", "ask", "hide", "merge", "present", "rename", "take_next"]

LONGEST_NAME = 80
MOST_SAMPLED = 20_000
"""Comments in which themes are looked for. Of more, so many are drawn, so that memory and time are bounded."""
LEASE_SECONDS = 600.0

_ASSIGNED_AT_ONCE = 2_000
_SEED = 20_261_121
log = logging.getLogger(__name__)


class ThemeRefused(Refusal):
    """Something that cannot be done to a theme; the text says what to do instead."""


def ask(session: Session, stretch: SiteDays, now: datetime) -> ThemeRunRow:
    """Ask for the themes of a site's published comments in a stretch of days."""
    return themes.ask(session, stretch, now)


def rename(session: Session, theme_id: int, name: str) -> ThemeRow:
    """Give a theme a name; without one it is called by its own words again."""
    theme = present(session, theme_id)
    name = " ".join(name.split())
    if len(name) > LONGEST_NAME:
        raise ThemeRefused(
            N_("A name has at most %(most)s characters; %(count)s came."), most=LONGEST_NAME, count=len(name)
        )
    theme.name = name or None
    return theme


def hide(session: Session, theme_id: int, *, is_hidden: bool) -> ThemeRow:
    """Leave a theme out that says nothing, or show it again; its comments then belong to none, or to it."""
    theme = present(session, theme_id)
    theme.is_hidden = is_hidden
    return theme


def merge(session: Session, theme_id: int, into_id: int | None) -> ThemeRow:
    """Say that a theme is the same as another of its run, or that it is one by itself again."""
    theme = present(session, theme_id)
    into = None if into_id is None else present(session, into_id)
    if into is not None and (into.run_id != theme.run_id or into.id == theme.id or into.merged_into_id is not None):
        raise ThemeRefused(N_("A theme can be joined to another one of the same list that stands by itself."))
    theme.merged_into_id = into.id if into else None
    for each in theme.run.themes:
        if into is not None and each.merged_into_id == theme.id:
            each.merged_into_id = into.id
    return theme


def present(session: Session, theme_id: int) -> ThemeRow:
    """Return a theme; raise ThemeRefused where it is no more, since the themes were found anew."""
    theme = themes.get(session, theme_id)
    if theme is None:
        raise ThemeRefused(N_("There is no theme %(number)s any more. Look at the list again."), number=theme_id)
    return theme


def take_next(bench: Bench, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Callable[[], None] | None:
    """Lease the run whose themes were asked for first and return what finds them; None where none were."""
    with bench.reading() as session:
        if not leases.is_due(session, ThemeRunRow, now()):
            return None
    with bench.writing() as session:
        run = leases.lease(session, ThemeRunRow, now(), LEASE_SECONDS)
        return partial(_run, bench, run.id, SiteDays(run.site_id, run.start, run.end), now) if run else None


def _run(bench: Bench, run_id: int, stretch: SiteDays, now: Callable[[], datetime]) -> None:
    try:
        _find(bench, run_id, stretch, now)
    except DBAPIError:
        raise  # the database is away for a moment: it is tried again when the lease ends
    except Exception as error:
        # A mistake of ours is shown where the themes would be, and keeps no job from running.
        log.exception("the themes of run %s could not be found", run_id)
        _fail(bench, run_id, f"{type(error).__name__}: {error}", now())


def _find(bench: Bench, run_id: int, stretch: SiteDays, now: Callable[[], datetime]) -> None:
    with bench.reading() as session:
        numbers = discussions.published(session, stretch)
        sample = [text for _, text in discussions.texts(session, _drawn(numbers))]
    found = Themes().fit(sample, lambda part: _tell(bench, run_id, 0.8 * part, now()))
    assigned = list(_assigned(bench, found, numbers))
    with bench.writing() as session:
        run = themes.get_run(session, run_id)
        if run is not None:
            _keep(session, run, found, assigned)
            run.of, run.sampled = len(numbers), len(sample)
            run.progress = 1.0
            leases.finish(run, JobStatus.DONE, now())


def _drawn(numbers: Sequence[int]) -> Sequence[int]:
    """Return the comments in which themes are looked for, always the same ones of the same."""
    if len(numbers) <= MOST_SAMPLED:
        return numbers
    return sorted(random.Random(_SEED).sample(numbers, MOST_SAMPLED))  # noqa: S311  # nothing to be kept secret


def _assigned(bench: Bench, found: Themes, numbers: Sequence[int]) -> Iterator[tuple[int, int, float]]:
    """Give every comment that belongs to a theme: its number, the theme's place, how like the theme it is."""
    waiting = iter(numbers)
    while some := list(islice(waiting, _ASSIGNED_AT_ONCE)):
        with bench.reading() as session:
            read = list(discussions.texts(session, some))
        for (number, _), each in zip(read, found.assign([text for _, text in read]), strict=True):
            if each.theme is not None:
                yield number, each.theme, each.likeness


def _keep(session: Session, run: ThemeRunRow, found: Themes, assigned: Sequence[tuple[int, int, float]]) -> None:
    """Keep the themes that were found; one that was there already stays the row it was, with what people made of it."""
    rows = _rows(session, run, found.words_)
    run.stability = {str(number): round(stable, 4) for number, stable in found.stability_.items()}
    themes.keep_belonging(session, run, (Belonging(rows[at].id, number, like) for number, at, like in assigned))


def _rows(session: Session, run: ThemeRunRow, words: Sequence[Words]) -> list[ThemeRow]:
    old = list(run.themes)
    same = found_again([each.words for each in old], words)
    named = {} if old else _names(session, run, words)
    rows = []
    for place, its_words in enumerate(words):
        row = old[same[place]] if place in same else ThemeRow(run_id=run.id, name=named.get(place), is_hidden=False)
        row.place, row.words = place, [list(pair) for pair in its_words]
        rows.append(row)
    gone = [each for each in old if each not in rows]
    run.lost = [each.name for each in gone if each.name]
    for each in gone:
        session.delete(each)
    session.add_all(rows)
    session.flush()
    _settle(rows)
    return rows


def _names(session: Session, run: ThemeRunRow, words: Sequence[Words]) -> dict[int, str]:
    """Return the names that people gave to the same themes in the site's last run."""
    before = themes.earlier(session, run)
    same = found_again([each.words for each in before], words)
    return {place: name for place, was in same.items() if (name := before[was].name)}


def _settle(rows: Sequence[ThemeRow]) -> None:
    """Let stand by itself what was joined to a theme that is no more."""
    there = {each.id for each in rows}
    for each in rows:
        if each.merged_into_id not in there:
            each.merged_into_id = None


def _tell(bench: Bench, run_id: int, progress: float, now: datetime) -> None:
    with bench.writing() as session:
        run = themes.get_run(session, run_id)
        if run is not None:
            run.progress, run.leased_until = progress, now + timedelta(seconds=LEASE_SECONDS)


def _fail(bench: Bench, run_id: int, error: str, now: datetime) -> None:
    with bench.writing() as session:
        run = themes.get_run(session, run_id)
        if run is not None:
            run.last_error = error
            leases.finish(run, JobStatus.GAVE_UP, now)
