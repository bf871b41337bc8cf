"""Many comments at once, as an archive brings them: a handful of statements for hundreds of comments."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from service.domain.comment import Comment, Scores, Status, text_hash
from service.domain.policy import priority
from service.store import search
from service.store.comments import columns_of
from service.store.plain import plain
from service.store.tables import (
    CommentRow,
    DecisionRow,
    LabelRow,
    Origin,
    Protocol,
    RevisionRow,
    ScoresRow,
    SiteRow,
    Table,
    ThreadRow,
)


class Known(NamedTuple):
    """A comment that is there: by whom, where, and what it says."""

    number: int
    thread_url: str
    author_key: str | None


@dataclass(frozen=True)
class NewDecision:
    """A decision to be written with a comment."""

    status: Status
    origin: Origin
    at: datetime
    reason: str | None = None
    reasons: Sequence[Mapping[str, Any]] = ()
    held_for: str | None = None
    labels: Sequence[str] | None = None


@dataclass(frozen=True)
class Arrival:
    """A comment to be written, with all that is known of it."""

    comment: Comment
    scores: Scores | None
    urgency: float
    is_pinned: bool
    decisions: Sequence[NewDecision]
    """At least one, the policy's first."""

    @property
    def held_for(self) -> str | None:
        """Why it was last held."""
        return next((each.held_for for each in reversed(self.decisions) if each.held_for), None)


def known(session: Session, site: SiteRow, keys: Collection[str]) -> dict[str, Known]:
    """Return those of a site's comments that have one of these keys."""
    columns = (CommentRow.key, CommentRow.id, ThreadRow.url, CommentRow.author_key)
    rows = select(*columns).join(ThreadRow, ThreadRow.id == CommentRow.thread_id)
    found = session.execute(rows.where(CommentRow.site_id == site.id, CommentRow.key.in_(keys)))
    return {key: Known(number, url, author) for key, number, url, author in found}


def texts(session: Session, site: SiteRow, outside_ids: Collection[str]) -> dict[str, str]:
    """Return what comments now say, by their blog's ids."""
    if not outside_ids:
        return {}
    rows = select(CommentRow.outside_id, RevisionRow.text).join(RevisionRow, RevisionRow.comment_id == CommentRow.id)
    keys = [f"id:{each}" for each in outside_ids]
    rows = rows.where(CommentRow.site_id == site.id, CommentRow.key.in_(keys)).order_by(RevisionRow.number)
    return {str(outside_id): said for outside_id, said in session.execute(rows)}  # of several revisions, the last


def threads(session: Session, site: SiteRow, comments: Iterable[Comment]) -> dict[str, int]:
    """Find or add the threads of comments; what an archive says of a post counts where nothing is known of it yet."""
    wanted = {each.thread_url: each for each in comments}
    # Locked, so that a comment and its reply, coming at once, do not both look for the other before either is there.
    rows = select(ThreadRow).where(ThreadRow.site_id == site.id, ThreadRow.url.in_(wanted)).order_by(ThreadRow.id)
    found = {row.url: row for row in session.scalars(rows.with_for_update())}
    for url, comment in wanted.items():
        row = found.get(url)
        if row is None:
            found[url] = row = ThreadRow(site_id=site.id, url=url)
            session.add(row)
        row.title = row.title or comment.thread_title
        row.author = row.author or comment.thread_author
    session.flush()
    return {url: row.id for url, row in found.items()}


def add(session: Session, site: SiteRow, arrivals: Sequence[Arrival], now: datetime) -> Sequence[int]:
    """Add comments with their scores and decisions, and join replies and what they answer, whichever came first.

    Returns their numbers.
    """
    if not arrivals:
        return []
    rows = _Rows(site, threads(session, site, (each.comment for each in arrivals)), now)
    parents = _parents(session, site, arrivals)
    numbers, revisions = (_reserve(session, table, len(arrivals)) for table in (CommentRow, RevisionRow))
    for arrival, number, revision in zip(arrivals, numbers, revisions, strict=True):
        rows.add(arrival, number, revision, parents)
        if arrival.comment.id:
            parents[arrival.comment.id] = number
    rows.write(session)
    _adopt(session, site, {each.comment.id: number for each, number in zip(arrivals, numbers, strict=True)})
    return numbers


class _Rows:
    """Rows that are written together, in an order in which each finds those that it points to."""

    def __init__(self, site: SiteRow, threads: Mapping[str, int], now: datetime) -> None:
        self._site_id, self._threads, self._now = site.id, threads, now
        self._due_at = now + timedelta(hours=site.longest_wait_hours)
        self._of: dict[type[Table], list[dict[str, Any]]] = {
            table: [] for table in (CommentRow, RevisionRow, ScoresRow, LabelRow, DecisionRow)
        }
        self._words: list[search.Words] = []

    def add(self, arrival: Arrival, number: int, revision: int, parents: Mapping[str, int]) -> None:
        """Add all rows of a comment."""
        comment = arrival.comment
        self._of[CommentRow].append(self._comment(arrival, number, parents.get(comment.parent_id or "")))
        self._of[RevisionRow].append(self._revision(comment, number, revision))
        if arrival.scores:
            scored = {**columns_of(arrival.scores), "revision_id": revision, "scored_at": self._now}
            self._of[ScoresRow].append(scored)
            self._of[LabelRow] += _labels(arrival.scores, number)
        self._of[DecisionRow] += _decisions(arrival, number, revision)
        self._words.append(search.Words(number, comment.author.name, comment.text))

    def write(self, session: Session) -> None:
        """Write them."""
        # Along the index that takes longest to write: neighbours in it lie on one page.
        self._of[LabelRow].sort(key=lambda row: (row["label"], row["probability"]))
        for table, rows in self._of.items():
            if rows:
                session.execute(insert(plain(table)), rows)
        search.keep_all(session, self._words)

    def _comment(self, arrival: Arrival, number: int, parent_id: int | None) -> dict[str, Any]:
        comment = arrival.comment
        return {
            "id": number,
            "site_id": self._site_id,
            "thread_id": self._threads[comment.thread_url],
            "key": comment.key,
            "outside_id": comment.id,
            "parent_outside_id": comment.parent_id,
            "parent_id": parent_id,
            "author_key": comment.author.key,
            **{f"author_{name}": value for name, value in vars(comment.author).items()},
            "created_at": comment.created_at or self._now,
            "received_at": self._now,
            "protocol": Protocol.NATIVE,
            "callback_url": comment.callback,
            "status": arrival.decisions[-1].status,
            "urgency": arrival.urgency,
            "priority": priority(arrival.urgency, self._now),
            "due_at": self._due_at,
            "is_pinned": arrival.is_pinned,
            "held_for": arrival.held_for,
        }

    def _revision(self, comment: Comment, number: int, revision: int) -> dict[str, Any]:
        return {
            "id": revision,
            "comment_id": number,
            "number": 1,
            "text": comment.text,
            "text_hash": text_hash(comment.text),
            "received_at": self._now,
        }


def _labels(scores: Scores, number: int) -> list[dict[str, Any]]:
    return [
        {"comment_id": number, "label": label, "probability": p, "is_called": label in scores.labels}
        for label, p in scores.probabilities.items()
    ]


def _decisions(arrival: Arrival, number: int, revision: int) -> list[dict[str, Any]]:
    return [
        {
            "comment_id": number,
            "revision_id": revision,
            "number": at,
            "status": each.status,
            "origin": each.origin,
            "reason": each.reason,
            "reasons": list(each.reasons),
            "held_for": each.held_for,
            "labels": None if each.labels is None else list(each.labels),
            "decided_at": each.at,
        }
        for at, each in enumerate(arrival.decisions, start=1)
    ]


def missing_parents(session: Session, site: SiteRow, limit: int) -> tuple[int, Sequence[str]]:
    """Return how many replies answer a comment that is not there, and the first of the ids that they name."""
    waiting = (
        CommentRow.site_id == site.id,
        CommentRow.parent_outside_id.is_not(None),
        CommentRow.parent_id.is_(None),
        CommentRow.status != Status.WITHDRAWN,
    )
    count = session.scalar(select(func.count()).where(*waiting)) or 0
    ids = select(CommentRow.parent_outside_id).where(*waiting).distinct().order_by(CommentRow.parent_outside_id)
    return count, [str(each) for each in session.scalars(ids.limit(limit))] if count else []


def _parents(session: Session, site: SiteRow, arrivals: Sequence[Arrival]) -> dict[str, int]:
    """Return the numbers of the comments that are answered and are there already."""
    keys = {f"id:{each.comment.parent_id}" for each in arrivals if each.comment.parent_id}
    if not keys:
        return {}
    rows = select(CommentRow.outside_id, CommentRow.id)
    found = session.execute(rows.where(CommentRow.site_id == site.id, CommentRow.key.in_(keys)))
    return {str(outside_id): number for outside_id, number in found}


def _adopt(session: Session, site: SiteRow, numbers: Mapping[str | None, int]) -> None:
    """Join replies that came before the comment they answer to it."""
    waiting = select(CommentRow.id, CommentRow.parent_outside_id).where(
        CommentRow.site_id == site.id,
        CommentRow.parent_outside_id.in_([each for each in numbers if each is not None]),
        CommentRow.parent_id.is_(None),
    )
    for reply, answered in session.execute(waiting).all():
        if reply != numbers[answered]:
            session.execute(update(CommentRow).where(CommentRow.id == reply).values(parent_id=numbers[answered]))


def _reserve(session: Session, table: type[Table], count: int) -> Sequence[int]:
    """Take the next numbers of a table, which nobody else gets."""
    if session.get_bind().dialect.name == "sqlite":
        last = _last_number(session, table)  # nobody else writes until this transaction ends
        return range(last + 1, last + 1 + count)
    sequence = f"nextval(pg_get_serial_sequence('{table.__tablename__}', 'id'))"
    taken = session.scalars(text(f"SELECT {sequence} FROM generate_series(1, :count)"), {"count": count})  # noqa: S608
    return sorted(taken.all())


def _last_number(session: Session, table: type[Table]) -> int:
    """Return the last number that SQLite gave: with autoincrement it remembers those of rows that are no more."""
    last = session.scalar(select(func.max(table.id))) or 0
    if not plain(table).dialect_options["sqlite"].get("autoincrement"):
        return last
    given = session.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.__tablename__})
    return max(last, given or 0)
