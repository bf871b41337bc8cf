"""Two blogs after two years: 100,000 comments, 5,000 of them held, written into an empty database in one go.

The texts are the project's own. Some hundreds are scored by the real model, and every comment begins with one of these,
so that scores and evidence are real; it ends with another of ours, so that words are as common and as rare as they are.
"""

import itertools
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.comments import own
from service.domain.comment import Author, Reading, Scores, Status, text_hash
from service.domain.events import Event
from service.domain.policy import AUDIT, DEFAULT_RULES, ESCALATED, Verdict, decide, held, priority, urgency
from service.flows import blogs, people
from service.ml import artefacts
from service.ml.crisis import crisis
from service.settings import ROOT
from service.store import comments, search
from service.store.engine import Database
from service.store.tables import (
    DEFAULT_WAIT_HOURS,
    CommentRow,
    DecisionRow,
    JobKind,
    JobRow,
    JobStatus,
    LabelRow,
    NoteRow,
    Origin,
    RevisionRow,
    Role,
    ScoresRow,
    Table,
    ThreadRow,
)

COMMENTS, HELD, THREADS, AUTHORS = 100_000, 5_000, 2_000, 8_000
FOR_PEOPLE = 0.15
"""The share of comments that the rules leave to people; the latest 5,000 of these wait, the others were decided."""
PINNED = 0.003
"""The share of the others whose writer may be in danger; those of the last two days no person has seen."""

_SEED = 20_261_121
_SCORED = 400
_AT_ONCE = 2_000
"""Comments whose rows are written together."""
_OPEN_POSTS = 40
"""Posts under which people write at one time."""
_ESCALATED = 0.01
_LONG_AGO, _SEEN_AFTER = timedelta(days=730), timedelta(days=2)
_SITES = ("https://relay.example.org", "https://gut.example.org")
_PEOPLE = ("Ben", "Cleo", "Dora", "Emil")
_NAMES = "Ada Bo Cy Dan Efua Finn Gwen Hana Ivo June Kofi Lena Maya Nils Orla Pia Rolf Sana Tom Uma Wanda Yusuf Zoe"
_REASONS = (None, None, "Rude, but about the post.", "An attack on a person.", "It sells something.")
_RULINGS = (Status.REJECTED, Status.SPAM, Status.APPROVED)


@dataclass(frozen=True)
class Body:
    """What a comment begins with, what the model says of it, and what the rules make of that."""

    text: str
    scores: Scores | None
    verdict: Verdict
    is_pinned: bool

    @cached_property
    def said(self) -> Mapping[str, Any]:
        """What a row of scores holds of it."""
        return comments.columns_of(self.scores) if self.scores else {}


@dataclass(frozen=True)
class Written:
    """A comment as it came, and what became of it."""

    number: int
    at: datetime
    site_id: int
    thread_id: int
    parent: int | None
    author: Author
    body: Body
    texts: Sequence[str]
    """The last one as it now stands."""
    ruling: Status | None
    """What a person decided: to hold it is to escalate it."""
    ruled_at: datetime | None
    reported_at: datetime | None

    @property
    def held_for(self) -> str | None:
        """Why it was last held."""
        return ESCALATED if self.ruling is Status.HELD else self.body.verdict.held_for

    @property
    def revision_id(self) -> int:
        """The number of its last text; nobody's was edited twice."""
        return 2 * self.number + len(self.texts)


def fill(database: Database, now: datetime) -> None:
    """Write both blogs into an empty, migrated database."""
    with database.writing() as session:
        story = _Story([blogs.add(session, url, None, now - _LONG_AGO)[0].id for url in _SITES], now)
        deciding = [_add_person(session, name, now - _LONG_AGO) for name in _PEOPLE]
        session.execute(insert(ThreadRow.__table__), list(story.posts()))
        written = story.comments()
        while some := list(itertools.islice(written, _AT_ONCE)):
            rows = _Rows()
            for each in some:
                rows.add(each, deciding[each.number % len(deciding)])
            rows.write(session)
            _tell(f"{some[-1].number:,} of {COMMENTS:,} comments")
    _tell("")


class _Story:
    """Makes up who writes what under which post and what becomes of it, always the same."""

    def __init__(self, sites: Sequence[int], now: datetime) -> None:
        self.sites, self.now = sites, now
        self.random = random.Random(_SEED)  # noqa: S311  # nothing is to be kept secret
        self.ours = own()
        self.random.shuffle(self.ours)
        bodies = _bodies(self.ours)
        self.pinned = [each for each in bodies if each.is_pinned]
        plain = [each for each in bodies if not each.is_pinned]
        self.passed = [each for each in plain if each.verdict.status is Status.APPROVED]
        self.stopped = [each for each in plain if each.verdict.status is Status.HELD] + _stopped_without(self.passed)
        self.busy = [self.random.lognormvariate(0, 1) for _ in range(THREADS)]
        """How much is written under each post, beside the others."""
        self.under: list[list[int]] = [[] for _ in range(THREADS)]
        """The comments under each post."""

    def posts(self) -> Iterator[dict[str, Any]]:
        """Make up the posts, on either site in turn."""
        for number, about in zip(range(THREADS), itertools.cycle(self.ours), strict=False):
            url = f"{_SITES[number % 2]}/{number + 1}"
            yield {"id": number + 1, "site_id": self.sites[number % 2], "url": url, "title": about["post_title"]}

    def comments(self) -> Iterator[Written]:
        """Make up the comments, in the order in which they came: more lately than in the beginning."""
        ages = sorted((_LONG_AGO * self.random.random() ** 2 for _ in range(COMMENTS)), reverse=True)
        is_for_people = [self.random.random() < FOR_PEOPLE for _ in ages]
        first_held = [at for at, is_it in enumerate(is_for_people) if is_it][-HELD]
        for at, age in enumerate(ages):
            yield self._written(at + 1, age, *self._fate(is_for_people[at], at >= first_held, age))

    def _fate(self, is_for_people: bool, is_late: bool, age: timedelta) -> tuple[Body, Status | None]:
        """Choose what a comment says, and what a person has decided about it, where one has."""
        if is_for_people:
            body = self.random.choice(self.stopped)
            return body, (self._escalated() if is_late else self.random.choice(_RULINGS))
        if self._happens(PINNED):
            return self.random.choice(self.pinned), (Status.APPROVED if age > _SEEN_AFTER else None)
        return self.random.choice(self.passed), None

    def _escalated(self) -> Status | None:
        return Status.HELD if self._happens(_ESCALATED) else None

    def _written(self, number: int, age: timedelta, body: Body, ruling: Status | None) -> Written:
        post = self._post(number)
        before = self.under[post]
        parent = self.random.choice(before[-20:]) if before and self._happens(0.4) else None
        before.append(number)
        texts = [body.text] if self._happens(0.03) else []
        return Written(
            number=number,
            at=self.now - age,
            site_id=self.sites[post % 2],
            thread_id=post + 1,
            parent=parent,
            author=self._author(),
            body=body,
            texts=[*texts, f"{body.text}\n\n{self.random.choice(self.ours)['text']}"],
            ruling=ruling,
            ruled_at=self.now - age * self.random.uniform(0.95, 1) if ruling else None,
            reported_at=self.now - age * self.random.random() if self._happens(0.005) else None,
        )

    def _post(self, number: int) -> int:
        """Choose a post: one of the latest at the time, some more often than others."""
        latest = number * (THREADS - 1) // COMMENTS
        open_ones = range(max(0, latest - _OPEN_POSTS), latest + 1)
        return self.random.choices(open_ones, self.busy[open_ones.start : open_ones.stop])[0]

    def _author(self) -> Author:
        """Choose an author: a few write a thousand comments, most of them a handful."""
        number, names = int(AUTHORS * self.random.random() ** 2), _NAMES.split()
        name = f"{names[number % len(names)]} {chr(ord('A') + number % 26)}."
        return Author(id=str(number), name=name, email=f"{number}@example.org", role="reader")

    def _happens(self, probability: float) -> bool:
        return self.random.random() < probability


class _Rows:
    """Rows that are written together, in an order in which each finds those that it points to."""

    def __init__(self) -> None:
        self.of: dict[type[Table], list[dict[str, Any]]] = defaultdict(list)
        self.words: list[dict[str, Any]] = []

    def add(self, written: Written, user_id: int) -> None:
        """Add all rows of a comment."""
        self.of[CommentRow].append(_comment(written))
        self.of[RevisionRow] += _revisions(written)
        self.of[ScoresRow] += _scores(written)
        self.of[LabelRow] += _labels(written)
        self.of[DecisionRow] += _decisions(written, user_id)
        self.of[NoteRow] += _notes(written, user_id)
        self.of[JobRow] += _jobs(written)
        self.words.append({"rowid": written.number, "words": f"{written.author.name}\n{written.texts[-1]}"})

    def write(self, session: Session) -> None:
        """Write them."""
        for table, rows in self.of.items():
            if rows:
                session.execute(insert(table.__table__), rows)
        session.execute(insert(search.INDEX), self.words)


def _comment(written: Written) -> dict[str, Any]:
    body, author, number = written.body, written.author, str(written.number)
    how_soon = urgency(body.scores)
    return {
        "id": written.number,
        "site_id": written.site_id,
        "thread_id": written.thread_id,
        "key": f"id:{number}",
        "outside_id": number,
        "parent_id": written.parent,
        "parent_outside_id": str(written.parent) if written.parent else None,
        "author_key": author.key,
        **{f"author_{name}": value for name, value in asdict(author).items()},
        "created_at": written.at,
        "received_at": written.at,
        "status": written.ruling or body.verdict.status,
        "urgency": how_soon,
        "priority": priority(how_soon, written.at),
        "due_at": written.at + timedelta(hours=DEFAULT_WAIT_HOURS),
        "is_pinned": body.is_pinned,
        "held_for": written.held_for,
        "decided_at": written.ruled_at,
        "reported_at": written.reported_at,
    }


def _revisions(written: Written) -> Iterator[dict[str, Any]]:
    first = written.revision_id - len(written.texts) + 1
    for at, text in enumerate(written.texts):
        yield {
            "id": first + at,
            "comment_id": written.number,
            "number": at + 1,
            "text": text,
            "text_hash": text_hash(text),
            "received_at": written.at,
        }


def _scores(written: Written) -> Iterator[dict[str, Any]]:
    for row in _revisions(written) if written.body.said else ():
        yield {**written.body.said, "revision_id": row["id"], "scored_at": written.at}


def _labels(written: Written) -> Iterator[dict[str, Any]]:
    scores = written.body.scores
    for label, p in scores.probabilities.items() if scores else ():
        yield {
            "comment_id": written.number,
            "label": label,
            "probability": p,
            "is_called": label in scores.labels,
        }


def _decisions(written: Written, user_id: int) -> Iterator[dict[str, Any]]:
    verdict = written.body.verdict
    row = {
        "comment_id": written.number,
        "revision_id": written.revision_id,
        "number": 1,
        "status": verdict.status,
        "origin": Origin.POLICY,
        "user_id": None,
        "reason": None,
        "reasons": [asdict(each) for each in verdict.reasons],
        "held_for": verdict.held_for,
        "decided_at": written.at,
    }
    yield row
    if written.ruling:
        reason = _REASONS[written.number % len(_REASONS)]
        by_a_person = {"number": 2, "status": written.ruling, "origin": Origin.PERSON, "user_id": user_id}
        held_for = written.held_for if written.ruling is Status.HELD else None
        yield {
            **row,
            **by_a_person,
            "reason": reason,
            "reasons": [],
            "held_for": held_for,
            "decided_at": written.ruled_at,
        }


def _notes(written: Written, user_id: int) -> Iterator[dict[str, Any]]:
    if written.body.verdict.status is Status.HELD and written.number % 50 == 0:
        text = "I have asked the author of the post what she thinks."
        yield {"comment_id": written.number, "user_id": user_id, "text": text, "written_at": written.at}


def _jobs(written: Written) -> Iterator[dict[str, Any]]:
    """What the site was told of: every decision of a person, some in vain."""
    if written.ruled_at:
        yield {
            "kind": JobKind.CALLBACK,
            "status": JobStatus.DONE if written.number % 500 else JobStatus.GAVE_UP,
            "site_id": written.site_id,
            "comment_id": written.number,
            "event": Event.COMMENT_DECIDED,
            "message_id": f"msg_{written.number}",
            "run_after": written.ruled_at,
            "attempts": 1,
            "created_at": written.ruled_at,
            "finished_at": written.ruled_at,
        }


def _bodies(ours: Sequence[Mapping[str, Any]]) -> list[Body]:
    """Score what comments begin with: one to three of ours each, and whatever a moderator must not overlook."""
    _tell("scoring")
    found, left = [], iter(ours)
    for number in range(_SCORED):
        some = list(itertools.islice(left, 1 + number % 3))
        found.append(Reading("\n\n".join(each["text"] for each in some), some[0]["parent"], some[0]["post_title"]))
    found += [Reading(each["text"]) for each in ours if crisis(each["text"])]
    classifier = artefacts.load(ROOT / "models", artefacts.active_name(ROOT / "models"))
    scored = classifier.score(found, evidence=True)
    scored = [classifier.explained(*each) for each in zip(found, scored, strict=True)]
    return [
        Body(reading.text, scores, decide(scores, DEFAULT_RULES), bool(crisis(reading.text)))
        for reading, scores in zip(found, scored, strict=True)
    ]


def _stopped_without(passed: Sequence[Body]) -> list[Body]:
    """Return what is held for no rule's sake: unscored, in a language that nobody knows, or a sample."""
    some = passed[:30]
    nobody_knows = Scores(model=some[0].scores.model if some[0].scores else "", probabilities={}, language="de")
    return [
        *(replace(each, scores=None, verdict=decide(None, DEFAULT_RULES)) for each in some[:10]),
        *(replace(each, scores=nobody_knows, verdict=decide(nobody_knows, DEFAULT_RULES)) for each in some[10:15]),
        *(replace(each, verdict=held(each.verdict, AUDIT)) for each in some[15:]),
    ]


def _add_person(session: Session, name: str, now: datetime) -> int:
    """Add somebody who decides, and never signs in here."""
    return people.add(session, name, Role.MODERATOR, people.one_time_password(), now).id


def _tell(how_far: str) -> None:
    """Say how far it is, to whoever waits and watches."""
    if sys.stderr.isatty():
        print(f"\r{how_far:40}\r", end="", file=sys.stderr, flush=True)
