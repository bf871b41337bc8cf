"""Counts for a tone report: the database groups and counts, so that a million comments come back as some thousand rows.

Comments are counted a stretch of numbers at a time. Whoever waits can be told how far it is, and no single query has to
keep everything in memory.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import CTE, ColumnElement, Row, Select, Subquery, and_, case, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from service.domain.comment import Status
from service.domain.conflicts import STAFF
from service.domain.policy import AUDIT
from service.domain.tally import EDGES, Arrived, Checked, Scored, Stratum, bin_of
from service.store import decisions
from service.store.tables import CommentRow, DecisionRow, LabelRow, Origin, RevisionRow, ScoresRow

AT_ONCE = 50_000
"""Comments that are counted in one query."""

_REFUSED = (Status.REJECTED, Status.SPAM)
_Tree: TypeAlias = ColumnElement[int]


@dataclass(frozen=True)
class Among:
    """Which comments are counted, and in which periods: `moments` are when each begins, and when the last ends."""

    moments: Sequence[datetime]
    site_id: int | None = None
    thread_id: int | None = None
    author_group: str | None = None


class Waited(NamedTuple):
    """How long a comment of a period waited for a person's first decision."""

    period: int
    is_staff: bool
    hours: float


@dataclass(frozen=True)
class Tallies:
    """All that is counted for a report."""

    scored: Sequence[Scored]
    arrived: Sequence[Arrived]
    waited: Sequence[Waited]
    checked: Sequence[Checked]
    first_scored: Sequence[tuple[str, datetime]]
    """Each model, and when the first comment was written that it scored last; in this order."""


def tallied(session: Session, among: Among, progress: Callable[[int, int], None] = lambda _done, _of: None) -> Tallies:
    """Count comments and what became of them; `progress` is told how many of how many have been looked at."""
    scored: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    arrived: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    models: dict[str, datetime] = {}
    last = session.scalar(select(func.max(CommentRow.id))) or 0
    for begin in range(0, last, AT_ONCE):
        here = _here(among, begin, begin + AT_ONCE)
        _add(scored, session.execute(_scored(here)), 6)
        _add(arrived, session.execute(_arrived(here)), 2)
        for model, moment in session.execute(_models(here)):
            models[model] = min(moment, models.get(model, moment))
        progress(min(begin + AT_ONCE, last), last)
    return Tallies(
        [Scored(*_typed(key), *counts) for key, counts in sorted(scored.items())],
        [Arrived(*key, *counts) for key, counts in sorted(arrived.items())],
        list(_waited(session, among)),
        list(_checked(session, among)),
        sorted(models.items(), key=lambda each: each[1]),
    )


def _add(into: dict[tuple[Any, ...], list[int]], rows: Any, keys: int) -> None:  # noqa: ANN401  # SQLAlchemy's result
    for row in rows:
        counts = into[tuple(row[:keys])]
        for at, count in enumerate(row[keys:]):
            counts[at] += int(count or 0)


def _typed(key: tuple[Any, ...]) -> tuple[Any, ...]:
    period, is_staff, model, stratum, label, bin_ = key
    return period, bool(is_staff), model, Stratum(stratum), label, bin_


def _here(among: Among, after: int, up_to: int) -> CTE:
    """Return the comments of a stretch of numbers with all that they are grouped by, each looked up once."""
    judged = _judged()
    columns = (
        CommentRow.id,
        CommentRow.created_at,
        _period(among.moments).label("period"),
        _is_staff().label("is_staff"),
        _stratum(judged).label("stratum"),
        _model().label("model"),
        CommentRow.held_for,
        CommentRow.decided_at,
        _is_overturned().label("overturned"),
    )
    rows = select(*columns).outerjoin(judged, judged.id == _last_judged()).where(*_wanted(among), *_within(among))
    stretch = rows.where(CommentRow.id > after, CommentRow.id <= up_to)
    # Else SQLite would look everything up again for each of a comment's labels.
    return stretch.cte("here").prefix_with("MATERIALIZED")


def _scored(here: CTE) -> Select[Any]:
    called = case((LabelRow.is_called, 1), else_=0).label("called")
    by = (here.c.period, here.c.is_staff, here.c.model, here.c.stratum, LabelRow.label, _bin(LabelRow.probability))
    # The bin has a name before anything is grouped by it: PostgreSQL would not know it again.
    each = select(*by, called).join(LabelRow, LabelRow.comment_id == here.c.id).where(here.c.model.is_not(None))
    rows = each.subquery()
    keys = (rows.c.period, rows.c.is_staff, rows.c.model, rows.c.stratum, rows.c.label, rows.c.bin)
    return select(*keys, func.count(), func.sum(rows.c.called)).group_by(*keys)


def _arrived(here: CTE) -> Select[Any]:
    is_scored = select(LabelRow.id).where(LabelRow.comment_id == here.c.id).exists()
    counts = (
        func.count(),
        func.sum(case((is_scored, 0), else_=1)),
        func.count(here.c.held_for),
        func.count(here.c.decided_at),
        func.sum(here.c.overturned),
    )
    return select(here.c.period, here.c.is_staff, *counts).group_by(here.c.period, here.c.is_staff)


def _models(here: CTE) -> Select[Any]:
    is_scored = select(LabelRow.id).where(LabelRow.comment_id == here.c.id).exists()
    rows = select(here.c.model, func.min(here.c.created_at)).where(here.c.model.is_not(None), is_scored)
    return rows.group_by(here.c.model)


def _wanted(among: Among) -> Iterator[ColumnElement[bool]]:
    """Yield what makes a comment one of those a report is about, whenever it was written."""
    yield CommentRow.status != Status.WITHDRAWN
    if among.site_id is not None:
        yield CommentRow.site_id == among.site_id
    if among.thread_id is not None:
        yield CommentRow.thread_id == among.thread_id
    if among.author_group is not None:
        yield func.lower(CommentRow.author_role) == among.author_group.lower()


def _within(among: Among) -> Iterator[ColumnElement[bool]]:
    yield CommentRow.created_at >= among.moments[0]
    yield CommentRow.created_at < among.moments[-1]


def _period(moments: Sequence[datetime]) -> _Tree:
    """Return which period a comment was written in, found by halving, in whatever zone the moments were meant."""
    return _place(CommentRow.created_at, moments[1:-1])


def _bin(probability: InstrumentedAttribute[float]) -> _Tree:
    """Return which bin a probability falls into, as `bin_of` does."""
    return _place(probability, EDGES).label("bin")


def _place(column: InstrumentedAttribute[Any], edges: Sequence[Any], first: int = 0) -> _Tree:
    if not edges:
        return literal(first)
    at = len(edges) // 2
    below, beyond = _place(column, edges[:at], first), _place(column, edges[at + 1 :], first + at + 1)
    return case((column < edges[at], below), else_=beyond)


def _is_staff() -> ColumnElement[int]:
    return case((func.lower(CommentRow.author_role).in_(sorted(STAFF)), 1), else_=0)


def _model() -> ColumnElement[str]:
    """Return which model scored a comment's present text last."""
    rows = select(ScoresRow.model).join(RevisionRow, RevisionRow.id == ScoresRow.revision_id)
    rows = rows.where(RevisionRow.comment_id == CommentRow.id)
    latest = rows.order_by(RevisionRow.number.desc(), ScoresRow.id.desc()).limit(1)
    return latest.correlate(CommentRow).scalar_subquery()


def _judged() -> Any:  # noqa: ANN401  # an alias is of no type that has a name
    return aliased(DecisionRow)


def _last_judged() -> ColumnElement[int]:
    """Return the number of the policy's last decision on a comment."""
    rows = select(DecisionRow.id).where(DecisionRow.comment_id == CommentRow.id, DecisionRow.origin == Origin.POLICY)
    return rows.order_by(DecisionRow.number.desc()).limit(1).correlate(CommentRow).scalar_subquery()


def _stratum(judged: Any) -> ColumnElement[int]:  # noqa: ANN401
    passed = or_(judged.status == Status.APPROVED, judged.held_for == AUDIT)
    return case(
        (passed, int(Stratum.PASSED)), (judged.status.in_(_REFUSED), int(Stratum.REFUSED)), else_=int(Stratum.HELD)
    )


def _is_overturned() -> ColumnElement[int]:
    """Return 1 where a person put a comment where the policy, or a person before, would not have."""
    mine, earlier = aliased(DecisionRow), aliased(DecisionRow)
    was_approved = or_(earlier.status == Status.APPROVED, earlier.held_for == AUDIT)
    rows = (
        select(mine.id)
        .join(earlier, and_(earlier.comment_id == mine.comment_id, earlier.number < mine.number))
        .where(
            mine.comment_id == CommentRow.id,
            CommentRow.decided_at.is_not(None),
            mine.origin == Origin.PERSON,
            mine.undoes_id.is_(None),
            earlier.undoes_id.is_(None),
            earlier.origin != Origin.SITE,
            _stands(mine),
            _stands(earlier),
            or_(
                and_(mine.status == Status.APPROVED, earlier.status.in_(_REFUSED)),
                and_(mine.status.in_(_REFUSED), was_approved),
            ),
        )
    )
    return case((rows.correlate(CommentRow).exists(), 1), else_=0)


def _stands(decision: Any) -> ColumnElement[bool]:  # noqa: ANN401
    """Whether a decision was not undone."""
    undoing = aliased(DecisionRow)
    return (
        ~select(undoing.id).where(undoing.comment_id == decision.comment_id, undoing.undoes_id == decision.id).exists()
    )


def _waited(session: Session, among: Among) -> Iterator[Waited]:
    """Yield how long each comment waited that a person has decided about; there are as many as people could read."""
    first: Subquery = (
        select(DecisionRow.comment_id, func.min(DecisionRow.decided_at).label("at"))
        .where(DecisionRow.origin == Origin.PERSON)
        .group_by(DecisionRow.comment_id)
        .subquery()
    )
    rows = select(_period(among.moments), _is_staff(), CommentRow.received_at, first.c.at)
    rows = rows.join(first, first.c.comment_id == CommentRow.id).where(*_wanted(among), *_within(among))
    rows = rows.where(CommentRow.decided_at.is_not(None))
    for period, is_staff, received, decided in session.execute(rows):
        yield Waited(period, bool(is_staff), max(0.0, (decided - received).total_seconds() / 3600))


def _checked(session: Session, among: Among) -> Iterator[Checked]:
    """Yield what people found on comments of the sample, on the whole site and at any time."""
    site = Among(among.moments, among.site_id)
    inside = and_(*_wanted(among), *_within(among))
    with_labels = select(DecisionRow.comment_id).where(DecisionRow.labels.is_not(None))
    rows = (
        select(
            CommentRow.id,
            case((inside, _period(among.moments)), else_=None).label("period"),
            _is_staff().label("is_staff"),
            _model().label("model"),
            select(func.max(RevisionRow.id))
            .where(RevisionRow.comment_id == CommentRow.id)
            .correlate(CommentRow)
            .scalar_subquery()
            .label("revision_id"),
            DecisionRow,
        )
        .join(DecisionRow, DecisionRow.comment_id == CommentRow.id)
        .where(*_wanted(site), CommentRow.id.in_(with_labels))
        .order_by(CommentRow.id, DecisionRow.number)
    )
    probabilities = _probabilities(session, with_labels)
    for comment_id, group in groupby(session.execute(rows), key=lambda row: row[0]):
        yield from _found(list(group), probabilities.get(comment_id, {}))


def _probabilities(session: Session, comment_ids: Select[int]) -> dict[int, dict[str, float]]:
    rows = select(LabelRow.comment_id, LabelRow.label, LabelRow.probability).where(LabelRow.comment_id.in_(comment_ids))
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for comment_id, label, probability in session.execute(rows):
        found[comment_id][label] = probability
    return found


def _found(rows: Sequence[Row[Any]], probabilities: dict[str, float]) -> Iterator[Checked]:
    """Yield what people found on one comment, label by label, where it is in the sample and its text is still that."""
    first = rows[0]
    here = [row[-1] for row in rows if row[-1].revision_id == first.revision_id]
    judged = next((each for each in reversed(here) if each.origin is Origin.POLICY), None)
    labels = next((each.labels for each in reversed(decisions.standing(here)) if _settles(each)), None)
    if judged is None or labels is None or first.model is None or not _is_in_sample(judged):
        return
    for label, probability in probabilities.items():
        yield Checked(
            first.period,
            bool(first.is_staff),
            first.model,
            _stratum_of(judged),
            label,
            bin_of(probability),
            label in labels,
        )


def _settles(decision: DecisionRow) -> bool:
    return decision.origin is Origin.PERSON and decision.labels is not None and decision.status.is_final


def _is_in_sample(judged: DecisionRow) -> bool:
    return any(reason["rule"] == AUDIT for reason in judged.reasons)


def _stratum_of(judged: DecisionRow) -> Stratum:
    if judged.status is Status.APPROVED or judged.held_for == AUDIT:
        return Stratum.PASSED
    return Stratum.REFUSED if judged.status in _REFUSED else Stratum.HELD
