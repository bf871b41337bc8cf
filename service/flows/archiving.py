"""An archive comes in: batch by batch, scored, decided and stored in one transaction that says how far it has come.

Killed at any moment, it goes on with the batch that was not stored. What the blog had decided stays decided: first the
policy's verdict is written, as for every comment, then what was decided there, at that time. No site is told anything.
"""

import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from service.domain.archive import ArchiveRefused, Earlier, Format, Hosts, Item, Record, Refused, host_of
from service.domain.comment import Comment, Reading, Status
from service.domain.policy import Verdict, urgency_of, verdict_on
from service.flows import blogs
from service.flows.scorers import Found, Scorer, Task
from service.store import archives, batches, jobs, sites
from service.store.batches import Arrival, Known, NewDecision
from service.store.engine import Database
from service.store.tables import CommentRow, JobKind, Origin

BATCH = 500
"""Items that are stored together: a server beside us waits for no more than that."""
MOST_REFUSALS_KEPT = 100
MOST_PARENTS_NAMED = 10
_AHEAD = 3
"""Batches that are scored, or are to be, while one is stored."""
_ANOTHERS = "another comment of this site has its id, elsewhere and by somebody else"


@dataclass(frozen=True)
class File:
    """A file that is to be imported: what it is, and what stands in it."""

    name: str
    format: Format
    fingerprint: str
    items: Callable[[str], Iterator[Item]]
    """What stands in it, given the address of the site whose comments these are."""


@dataclass
class Tally:
    """What came of an import so far."""

    read: int = 0
    added: int = 0
    already_there: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """How many for which reason."""
    refusals: list[str] = field(default_factory=list)
    """The first of them, each with its place."""

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Tally":
        """Return the tally that an import's row holds."""
        return cls(**{**kept, "refused": Counter(kept["refused"])})

    def kept(self) -> dict[str, Any]:
        """Return what a row holds of it."""
        return {**vars(self), "refused": dict(self.refused), "refusals": self.refusals[:MOST_REFUSALS_KEPT]}

    def refuse(self, refused: Refused) -> None:
        """Count what was refused."""
        self.refused[refused.reason] += 1
        self.refusals.append(str(refused))


@dataclass(frozen=True)
class Outcome:
    """How an import ended."""

    tally: Tally
    is_finished: bool
    resumed_at: int
    """How many items an earlier run had dealt with."""
    missing_parents: int = 0
    """Replies to comments that are not there."""
    missing: Sequence[str] = ()
    """The first of those comments' ids."""


@dataclass(frozen=True)
class _Batch:
    """Items that are stored together, and what is being found in those that are new."""

    items: Sequence[Item]
    scoring: Future[list[Found]]
    scored: Sequence[str]
    """The keys of the comments that are scored, in that order."""


class Importer:
    """Takes one file's comments into one site."""

    def __init__(
        self, database: Database, site_url: str, file: File, hosts: Sequence[str], now: Callable[[], datetime]
    ) -> None:
        self._database, self._file, self._now = database, file, now
        self._archive_id: int | None = None
        self.resumed_at, self.tally = 0, Tally()
        with database.reading() as session:
            self._site = blogs.named(session, site_url)
            # Read while the transaction lasts: the rules and the rest of the site are wanted until the end.
            self._rules = sites.rules_of(self._site)
            stopped = archives.unfinished(session, self._site, file.fingerprint, file.format)
        if stopped:
            self._archive_id, self.resumed_at, self.tally = stopped.id, stopped.position, Tally.of(stopped.counts)
        self._hosts = Hosts(self._site.url, hosts)
        self._position = self.resumed_at
        self._ahead: deque[_Batch] = deque()

    @property
    def site_url(self) -> str:
        """The address of the site that the comments are taken into."""
        return self._site.url

    @property
    def format(self) -> Format:
        """What the file is written in."""
        return self._file.format

    def run(self, scorer: Scorer, tell: Callable[[Tally], object], is_stopped: Callable[[], bool]) -> Outcome:
        """Import what is left of the file; raises ArchiveRefused, after having stored what came before the fault."""
        fault = None
        try:
            for items in self._batches():
                self._ahead.append(self._begin(scorer, items))
                while len(self._ahead) > _AHEAD:
                    self._store(tell)
                if is_stopped():
                    return Outcome(self.tally, False, self.resumed_at)
        except ArchiveRefused as error:
            fault = error
        while self._ahead:
            self._store(tell)
        if fault:
            raise fault
        return self._finish()

    def _batches(self) -> Iterator[Sequence[Item]]:
        """Yield what has not been dealt with, some at a time; a fault in the file comes after what stands before it."""
        items = itertools.islice(self._file.items(self._site.url), self.resumed_at, None)
        own_too = self._file.format not in (Format.JSONL, Format.CSV)
        is_first, fault = True, None
        while fault is None:
            some: list[Item] = []
            try:
                for each in itertools.islice(items, BATCH):
                    some.append(each)  # one by one: whatever raises, those before it stay
            except ArchiveRefused as error:
                fault = error
            if is_first:
                self._check_hosts(some)
                is_first = False
            if some:
                yield [self._hosts.at_home(each, own_too) if isinstance(each, Record) else each for each in some]
            elif fault is None:
                return
        raise fault

    def _check_hosts(self, items: Iterable[Item]) -> None:
        """Refuse another site's export: none of its first comments stands under a post of this site."""
        records = [each for each in items if isinstance(each, Record)]
        if not records or any(map(self._hosts.is_ours, records)):
            return
        [(other, _)] = Counter(host_of(each.comment.thread_url) for each in records).most_common(1)
        raise ArchiveRefused(
            f"this is the export of another site: its posts are on {other}, and the site is {self._site.url}. "
            f"Where they are the same site, write --map-host {other}"
        )

    def _begin(self, scorer: Scorer, items: Sequence[Item]) -> _Batch:
        """Have the comments of a batch scored that are not known."""
        new = self._new(items)
        with self._database.reading() as session:
            known = batches.known(session, self._site, [key for each in new for key in _keys(each.comment)])
            new = [each for each in new if not known.keys() & set(_keys(each.comment))]
            said = self._said(session, new)
        tasks: list[Task] = []
        for each in new:
            comment = each.comment
            above = said.get(comment.parent_id or "")
            tasks.append(Task(Reading(comment.text, above, comment.thread_title), not each.is_settled))
            if comment.id:
                said.setdefault(comment.id, comment.text)
        scoring = scorer.submit(tasks, self._site.reads_twice)
        return _Batch(items, scoring, [each.comment.key for each in new])

    def _new(self, items: Iterable[Item]) -> list[Record]:
        """Return the comments of a batch, each once, without those that are just being scored."""
        seen = {key for batch in self._ahead for key in batch.scored}
        found = []
        for each in items:
            if isinstance(each, Record) and each.comment.key not in seen:
                seen.add(each.comment.key)
                found.append(each)
        return found

    def _said(self, session: Session, records: Iterable[Record]) -> dict[str, str]:
        """Return what the comments say that are answered and came before this batch."""
        wanted = {each.comment.parent_id for each in records if each.comment.parent_id}
        said = {
            each.comment.id: each.comment.text
            for batch in self._ahead
            for each in batch.items
            if isinstance(each, Record) and each.comment.id in wanted
        }
        # What is stored goes first, so that it makes no difference whether an import was stopped in between.
        return {**{key: text for key, text in said.items() if key}, **batches.texts(session, self._site, wanted)}

    def _store(self, tell: Callable[[Tally], object]) -> None:
        """Store the oldest batch that is scored."""
        batch, archive_id = self._ahead[0], self._begun()
        found = dict(zip(batch.scored, batch.scoring.result(), strict=True))
        self.tally = self._database.write(lambda session: self._stored(session, archive_id, batch.items, found))
        self._position += len(batch.items)
        self._ahead.popleft()
        tell(self.tally)

    def _begun(self) -> int:
        """Return the number of this import's row, which is written when there is something to store."""
        if self._archive_id is None:
            file, counts = self._file, self.tally.kept()
            with self._database.writing() as session:
                row = archives.add(session, self._site, file.name, file.format, file.fingerprint, counts, self._now())
                self._archive_id = row.id
        return self._archive_id

    def _stored(self, session: Session, archive_id: int, items: Sequence[Item], found: dict[str, Found]) -> Tally:
        now, tally = self._now(), Tally.of(self.tally.kept())
        tally.read += len(items)
        arrivals: dict[str, Arrival] = {}
        records = [each for each in items if isinstance(each, Record)]
        known = batches.known(session, self._site, [key for each in records for key in _keys(each.comment)])
        for each in items:
            if isinstance(each, Refused):
                tally.refuse(each)
            elif (there := _there(each.comment, known)) or each.comment.key in arrivals:
                self._count_known(tally, each, there)
            else:
                arrivals[each.comment.key] = self._arrival(each, found.get(each.comment.key), now)
                tally.added += 1
        numbers = batches.add(session, self._site, list(arrivals.values()), now)
        self._score_later(session, arrivals.values(), numbers, now)
        position = self._position + len(items)
        if not archives.advance(session, archive_id, self._position, position, tally.kept(), now):
            raise ArchiveRefused("the same file is being imported by another process; this one has stopped")
        return tally

    def _count_known(self, tally: Tally, record: Record, there: Known | None) -> None:
        comment = record.comment
        is_anothers = there and there.author_key is not None and comment.author.key != there.author_key
        if there and is_anothers and there.thread_url != comment.thread_url:
            tally.refuse(Refused(record.place, _ANOTHERS))
        else:
            tally.already_there += 1

    def _arrival(self, record: Record, found: Found | None, now: datetime) -> Arrival:
        """Decide about a comment: first the policy, then what was decided where it comes from."""
        key = f"{self._site.id}:{record.comment.key}"
        scores = found.scores if found else None
        # What was settled there does not wait here, and so is in no sample.
        share = 0.0 if record.is_settled else self._site.audit_share
        verdict = verdict_on(key, scores, self._rules, self._site.otherwise, share)
        return Arrival(
            comment=record.comment,
            scores=scores,
            urgency=urgency_of(key, verdict, scores),
            is_pinned=bool(found and found.is_pinned),
            decisions=_decisions(record, verdict, now),
        )

    def _score_later(
        self, session: Session, arrivals: Iterable[Arrival], numbers: Sequence[int], now: datetime
    ) -> None:
        for arrival, number in zip(arrivals, numbers, strict=True):
            row = session.get(CommentRow, number) if arrival.scores is None else None
            if row:
                jobs.add(session, JobKind.SCORE, row, run_after=now, now=now)

    def _finish(self) -> Outcome:
        archive_id = self._begun()
        with self._database.writing() as session:
            archives.finish(session, archive_id, self._now())
        with self._database.reading() as session:
            count, first = batches.missing_parents(session, self._site, MOST_PARENTS_NAMED)
        return Outcome(self.tally, True, self.resumed_at, count, first)


@lru_cache(maxsize=(_AHEAD + 2) * BATCH)
def _keys(comment: Comment) -> tuple[str, ...]:
    """Return the keys by which a comment may be known: a door whose protocol sends no id knows it by its text."""
    by_text = _by_text(comment)
    return (comment.key, by_text) if by_text != comment.key else (by_text,)


def _by_text(comment: Comment) -> str:
    return Comment(comment.text, comment.thread_url, parent_id=comment.parent_id, author=comment.author).key


def _there(comment: Comment, known: dict[str, Known]) -> Known | None:
    return next((known[key] for key in _keys(comment) if key in known), None)


def _decisions(record: Record, verdict: Verdict, now: datetime) -> list[NewDecision]:
    reasons = [{**vars(each)} for each in verdict.reasons]
    # A comment that was settled there never waits here, whatever the policy says of it.
    held_for = None if record.is_settled else verdict.held_for
    found = [NewDecision(verdict.status, Origin.POLICY, now, reasons=reasons, held_for=held_for)]
    for each in record.earlier:
        if each.status is not Status.HELD or found[-1].status is not Status.HELD:
            found.append(_site_decision(each, record.comment, now))
    return found


def _site_decision(earlier: Earlier, comment: Comment, now: datetime) -> NewDecision:
    at = min(earlier.at or comment.created_at or now, now)
    return NewDecision(earlier.status, Origin.SITE, at, earlier.reason, labels=earlier.labels)
