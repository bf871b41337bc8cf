"""Counts for a tone report: the database groups and counts, so that a million comments come back as some thousand rows.

Comments are counted a stretch of numbers at a time. Whoever waits can be told how far it is, and no single query has to
keep everything in memory.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import CTE, ColumnElement, Row, Select, Subquery, and_, case, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from service.domain.comment import REFUSED, Status
from service.domain.policy import AUDIT
from service.domain.tally import EDGES, Arrived, Checked, Scored, Stratum, bin_of
from service.store import counted, decisions
from service.store.counted import Among
from service.store.tables import (
    CommentRow,
    DecisionRow,
    DrawnRow,
    DrawRow,
    LabelRow,
    Origin,
    RevisionRow,
    ScoresRow,
)

AT_ONCE = 50_000
"""Comments that are counted in one query."""

_Tree: TypeAlias = ColumnElement[int]


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


class _Drawn(NamedTuple):
    """That a comment was drawn to be checked, when its last decision was of this number."""

    after: int
    is_covered: bool
    """Whether it was drawn of comments of which the report's are a fair part."""


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
        case((counted.is_overturned(), 1), else_=0).label("overturned"),
    )
    rows = select(*columns).outerjoin(judged, judged.id == _last_judged()).where(*among.wanted(), *among.within())
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
    counts = (
        func.count(),
        func.sum(case((counted.is_scored(here.c), 0), else_=1)),
        func.count(here.c.held_for),
        func.count(here.c.decided_at),
        func.sum(here.c.overturned),
    )
    return select(here.c.period, here.c.is_staff, *counts).group_by(here.c.period, here.c.is_staff)


def _models(here: CTE) -> Select[Any]:
    rows = select(here.c.model, func.min(here.c.created_at)).where(here.c.model.is_not(None), counted.is_scored(here.c))
    return rows.group_by(here.c.model)


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
    return case((counted.is_staff(), 1), else_=0)


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
    refused = judged.status.in_(REFUSED)
    return case(
        (counted.has_passed(judged), int(Stratum.PASSED)), (refused, int(Stratum.REFUSED)), else_=int(Stratum.HELD)
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
    rows = rows.join(first, first.c.comment_id == CommentRow.id).where(*among.wanted(), *among.within())
    # What was drawn has waited for nobody.
    was_drawn = select(DrawnRow.id).where(DrawnRow.comment_id == CommentRow.id).exists()
    rows = rows.where(CommentRow.decided_at.is_not(None), ~was_drawn)
    for period, is_staff, received, decided in session.execute(rows):
        yield Waited(period, bool(is_staff), max(0.0, (decided - received).total_seconds() / 3600))


def _checked(session: Session, among: Among) -> Iterator[Checked]:
    """Yield what people found on comments of the sample, on the whole site and at any time."""
    site = Among(among.moments, among.site_id)
    inside = and_(*among.wanted(), *among.within())
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
        .where(*site.wanted(), CommentRow.id.in_(with_labels))
        .order_by(CommentRow.id, DecisionRow.number)
    )
    probabilities, drawn = _probabilities(session, with_labels), _drawn(session, among)
    for comment_id, group in groupby(session.execute(rows), key=lambda row: row[0]):
        yield from _found(list(group), probabilities.get(comment_id, {}), drawn.get(comment_id, ()))


def _drawn(session: Session, among: Among) -> Mapping[int, list[_Drawn]]:
    """Return for each comment that was drawn, of which site ever, by which draws."""
    rows = select(DrawnRow.comment_id, DrawnRow.after, case((among.covered(), 1), else_=0))
    found: dict[int, list[_Drawn]] = defaultdict(list)
    for comment_id, after, is_covered in session.execute(rows.join(DrawRow, DrawRow.id == DrawnRow.draw_id)):
        found[comment_id].append(_Drawn(after, bool(is_covered)))
    return found


def _probabilities(session: Session, comment_ids: Select[int]) -> dict[int, dict[str, float]]:
    rows = select(LabelRow.comment_id, LabelRow.label, LabelRow.probability).where(LabelRow.comment_id.in_(comment_ids))
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for comment_id, label, probability in session.execute(rows):
        found[comment_id][label] = probability
    return found


def _found(rows: Sequence[Row[Any]], probabilities: dict[str, float], drawn: Sequence[_Drawn]) -> Iterator[Checked]:
    """Yield what people found on one comment, label by label, where it is in the sample and its text is still that.

    What was drawn where it is no fair part of the report's comments tells how the model errs, as one from elsewhere.
    """
    first = rows[0]
    judged = next(row[-1] for row in reversed(rows) if row[-1].origin is Origin.POLICY)
    check = decisions.check_of([row[-1] for row in rows if row[-1].revision_id == first.revision_id])
    if check is None or check.labels is None or first.model is None:
        return
    is_audited = judged.revision_id == first.revision_id and _is_audited(judged)
    of_draws = [each for each in drawn if each.after < check.number]
    if not is_audited and not of_draws:
        return
    is_here = is_audited or any(each.is_covered for each in of_draws)
    for label, probability in probabilities.items():
        yield Checked(
            first.period if is_here else None,
            bool(first.is_staff),
            first.model,
            _stratum_of(judged),
            label,
            bin_of(probability),
            label in check.labels,
        )


def _is_audited(judged: DecisionRow) -> bool:
    return any(reason["rule"] == AUDIT for reason in judged.reasons)


def _stratum_of(judged: DecisionRow) -> Stratum:
    if judged.status is Status.APPROVED or judged.held_for == AUDIT:
        return Stratum.PASSED
    return Stratum.REFUSED if judged.status in REFUSED else Stratum.HELD
