"""The tables.

A comment's text lives in its revisions, its standing in its decisions, which are only ever added: the triggers in the
first migration refuse to change one. A job is written in the transaction of the change that caused it.
"""

import enum
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from service.domain.archive import Format
from service.domain.comment import Status
from service.domain.events import Event
from service.domain.labels import Action
from service.domain.stretches import Stretch
from service.domain.tone import Step


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always with its time zone in Python and always UTC in the database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn a moment into naive UTC; one without a time zone is a mistake of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment its time zone back."""
        return value and value.replace(tzinfo=UTC)


class AnyText(TypeDecorator[str]):
    """Text as it came, NUL characters and lone surrogates too, which PostgreSQL (and UTF-8) would refuse.

    What cannot be stored as it is, and the escape character itself, is written as an escape and read back the same.
    """

    impl = Text
    cache_ok = True

    _ESCAPE = "\x1a"  # SUBSTITUTE, which no keyboard types

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape what the database refuses."""
        if value is None or (value.isascii() and not {"\0", self._ESCAPE} & set(value)):
            return value
        return "".join(self._escaped(each) if self._is_refused(each) else each for each in value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Give back what came."""
        if value is None or self._ESCAPE not in value:
            return value
        first, *rest = value.split(self._ESCAPE)
        return first + "".join(chr(int(each[:4], 16)) + each[4:] for each in rest)

    def _is_refused(self, character: str) -> bool:
        return character in ("\0", self._ESCAPE) or "\ud800" <= character <= "\udfff"

    def _escaped(self, character: str) -> str:
        return f"{self._ESCAPE}{ord(character):04x}"


class Word(TypeDecorator[enum.StrEnum]):
    """A member of an enum, stored as its word."""

    impl = String
    cache_ok = True

    def __init__(self, of: type[enum.StrEnum], longest: int = 16) -> None:
        super().__init__(longest)
        self.of = of

    def process_bind_param(self, value: enum.StrEnum | None, dialect: Dialect) -> str | None:
        """Turn a member into its word; a word that is none raises ValueError."""
        return None if value is None else self.of(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> enum.StrEnum | None:
        """Turn a word into its member."""
        return None if value is None else self.of(value)


def one_of(column: str, of: type[enum.StrEnum]) -> CheckConstraint:
    """Let the database itself refuse what is no word of the enum."""
    words = ", ".join(f"'{each}'" for each in of)
    return CheckConstraint(f"{column} IN ({words})", f"{column}_word")


class Role(enum.StrEnum):
    """What a person may do: see, decide, or also look after the service."""

    VIEWER = "viewer"
    MODERATOR = "moderator"
    ADMIN = "admin"


class Origin(enum.StrEnum):
    """Who decided."""

    POLICY = "policy"
    PERSON = "person"
    SITE = "site"


class JobKind(enum.StrEnum):
    """What a job does.

    It tells a site, scores what could not be, finds the words that moved the second reader, forgets the original of a
    redaction, makes a report that is due, mails it to one person.
    """

    CALLBACK = "callback"
    SCORE = "score"
    EXPLAIN = "explain"
    FORGET = "forget"
    REPORT = "report"
    MAIL = "mail"


class JobStatus(enum.StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    DONE = "done"
    GAVE_UP = "gave_up"
    CANCELLED = "cancelled"


class Maker(enum.StrEnum):
    """Who had a report made: a person at the desk, a site by the API, somebody by a command, or the schedule."""

    PERSON = "person"
    SITE = "site"
    COMMAND = "command"
    SCHEDULE = "schedule"


class Protocol(enum.StrEnum):
    """The languages that blogs speak to us."""

    NATIVE = "native"
    AKISMET = "akismet"
    CORAL = "coral"


class Table(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy's own way to say it
        datetime: UtcDateTime,
        date: Date,
        str: AnyText,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        Status: Word(Status),
        Action: Word(Action),
        Role: Word(Role),
        Origin: Word(Origin),
        JobKind: Word(JobKind),
        JobStatus: Word(JobStatus),
        Protocol: Word(Protocol),
        Event: Word(Event, 40),
        Format: Word(Format),
        Maker: Word(Maker),
        Step: Word(Step),
        Stretch: Word(Stretch),
    }

    id: Mapped[int] = mapped_column(primary_key=True)


T = TypeVar("T", bound=Table)

LARGEST_ID = 2**31 - 1
DEFAULT_WAIT_HOURS = 72
DEFAULT_ORIGINALS_DAYS = 30


def as_id(number: int) -> int:
    """Return the number nearest to one that a row can have, which a database can compare: any number may be typed."""
    return min(max(number, 0), LARGEST_ID)


def find(session: Session, table: type[T], row_id: int) -> T | None:
    """Return the row of that number; None where there is none, and none can be."""
    return session.get(table, row_id) if 0 < row_id <= LARGEST_ID else None


class SiteRow(Table):
    """A blog that sends its comments."""

    __tablename__ = "sites"
    __table_args__ = (
        CheckConstraint("otherwise IN ('approve', 'hold')", "otherwise_word"),
        CheckConstraint("longest_wait_hours > 0", "longest_wait"),
        CheckConstraint("keeps_originals_days > 0", "keeps_originals"),
    )

    url: Mapped[str] = mapped_column(String(2000), unique=True)
    name: Mapped[str]
    api_key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    akismet_key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    webhook_secret: Mapped[str]
    coral_secret: Mapped[str]
    previous_webhook_secret: Mapped[str | None]
    previous_coral_secret: Mapped[str | None]
    """While a secret is changed, the one before is taken too, until the next change."""
    akismet_key: Mapped[str | None]
    """As a blog's Akismet plugin sent it last: with it we prove ourselves when we tell the plugin of a decision."""
    otherwise: Mapped[Action] = mapped_column(default=Action.APPROVE)
    audit_share: Mapped[float] = mapped_column(Float, default=0.02)
    reads_twice: Mapped[bool] = mapped_column(default=False)
    """Whether the second reader reads every comment, not only those of which the first is unsure."""
    longest_wait_hours: Mapped[int] = mapped_column(default=DEFAULT_WAIT_HOURS)
    """After so long a held comment comes before all that is merely urgent."""
    help_text: Mapped[str | None]
    """What moderators are to know and do when somebody may be in danger."""
    canned_reasons: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """The reasons to choose from, as `{"name", "sentence"}`; None for those that come with the desk."""
    guards_conflicts: Mapped[bool] = mapped_column(default=True)
    """Whether somebody whom a criticism concerns needs a second person to reject it."""
    keeps_originals_days: Mapped[int] = mapped_column(default=DEFAULT_ORIGINALS_DAYS)
    """For so long moderators can read what was redacted, and undo it."""
    created_at: Mapped[datetime]

    rules: Mapped[list["RuleRow"]] = relationship(cascade="all, delete-orphan", order_by="RuleRow.id")
    endpoints: Mapped[list["EndpointRow"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="EndpointRow.id", back_populates="site"
    )


class RuleRow(Table):
    """One rule of a site."""

    __tablename__ = "rules"
    __table_args__ = (
        UniqueConstraint("site_id", "label", "action"),
        CheckConstraint("at_least > 0 AND at_least <= 1", "probability"),
        one_of("action", Action),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(String(40))
    at_least: Mapped[float]
    action: Mapped[Action]


class EndpointRow(Table):
    """An address of a site that is told of some events."""

    __tablename__ = "endpoints"
    __table_args__ = (Index("ix_endpoints_site", "site_id", "id"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    url: Mapped[str]
    events: Mapped[list[Any]]
    """The words of the events that it wants to hear of."""
    is_paused: Mapped[bool] = mapped_column(default=False)
    """While it is, what it is to be told waits."""
    failing_since: Mapped[datetime | None]
    """When the first attempt failed since one last succeeded."""
    disabled_at: Mapped[datetime | None]
    """When it was switched off because it only ever failed; what it is to be told is given up until a person acts."""
    is_gone: Mapped[bool] = mapped_column(default=False)
    """Whether it was switched off because it said itself, with 410, that it is gone."""
    created_at: Mapped[datetime]

    site: Mapped[SiteRow] = relationship(back_populates="endpoints")


class ThreadRow(Table):
    """The discussion under one post."""

    __tablename__ = "threads"
    __table_args__ = (UniqueConstraint("site_id", "url"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(AnyText)
    title: Mapped[str | None]
    author: Mapped[str | None]
    """Who wrote the post, as the site says."""

    site: Mapped[SiteRow] = relationship()


class CommentRow(Table):
    """A comment: who wrote it where, and where it stands. Its text is in its revisions."""

    __tablename__ = "comments"
    __table_args__ = (
        UniqueConstraint("site_id", "key"),
        one_of("status", Status),
        # The queue's three parts, the desk's other views, the site's lists, an author's comments and a thread's are
        # each read along one of these; why they are held is asked of whole lists, and so stands in theirs.
        Index("ix_comments_queue", "status", "is_pinned", "priority", "id", "held_for"),
        Index("ix_comments_due", "status", "is_pinned", "due_at", "id", "held_for"),
        Index("ix_comments_status", "status", "id"),
        Index("ix_comments_decided", "decided_at", "id"),
        Index("ix_comments_reported", "reported_at", "id"),
        Index("ix_comments_pinned", "is_pinned", "priority", "id"),
        Index("ix_comments_site", "site_id", "id"),
        Index("ix_comments_site_status", "site_id", "status", "id"),
        Index("ix_comments_author", "site_id", "author_key", "id"),
        Index("ix_comments_thread", "thread_id", "id"),
        Index("ix_comments_parent", "parent_id"),
        Index("ix_comments_outside_parent", "site_id", "parent_outside_id"),
        # Of the few alone that wait to be checked.
        Index(
            "ix_comments_check",
            "check_place",
            "id",
            sqlite_where=text("check_place IS NOT NULL"),
            postgresql_where=text("check_place IS NOT NULL"),
        ),
        # Else SQLite gives the number of a deleted comment to the next one, and somebody still holds the old number.
        {"sqlite_autoincrement": True},
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"))
    key: Mapped[str]
    outside_id: Mapped[str | None]
    parent_outside_id: Mapped[str | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="SET NULL"))
    author_key: Mapped[str | None]
    author_id: Mapped[str | None]
    author_name: Mapped[str | None]
    author_email: Mapped[str | None]
    author_url: Mapped[str | None]
    author_ip: Mapped[str | None]
    author_role: Mapped[str | None]
    created_at: Mapped[datetime]
    received_at: Mapped[datetime]
    callback_url: Mapped[str | None]
    protocol: Mapped[Protocol] = mapped_column(default=Protocol.NATIVE)
    """By which door it came; its blog is told of decisions in the same language."""
    status: Mapped[Status]
    urgency: Mapped[float]
    """How soon a person should look, 0 to 1."""
    priority: Mapped[float]
    """The urgency with the waiting counted in: the queue's order, the highest first."""
    due_at: Mapped[datetime]
    """When it has waited as long as its site lets anything wait; from then on it comes before whatever is urgent."""
    is_pinned: Mapped[bool] = mapped_column(default=False)
    """Whether its writer may be in danger: it comes before everything else, until a person has seen it."""
    held_for: Mapped[str | None] = mapped_column(String(40))
    """Why it was last held: a label's key, the policy's own word (`unscored`), or a person's (`escalated`)."""
    decided_at: Mapped[datetime | None]
    """When a person decided about it last."""
    reported_at: Mapped[datetime | None]
    """When its site asked last for it to be looked at."""
    check_place: Mapped[float | None] = mapped_column(Float)
    """Its place among those that were drawn and wait for a person to check their labels; None where it does not."""

    site: Mapped[SiteRow] = relationship()
    thread: Mapped[ThreadRow] = relationship()
    parent: Mapped["CommentRow | None"] = relationship(remote_side="CommentRow.id")
    revisions: Mapped[list["RevisionRow"]] = relationship(order_by="RevisionRow.number", passive_deletes="all")
    decisions: Mapped[list["DecisionRow"]] = relationship(
        order_by="DecisionRow.number", passive_deletes="all", back_populates="comment"
    )
    notes: Mapped[list["NoteRow"]] = relationship(order_by="NoteRow.id", passive_deletes="all")
    claim: Mapped["ClaimRow | None"] = relationship(passive_deletes="all")
    checks: Mapped[list["CheckRow"]] = relationship(order_by="CheckRow.id", passive_deletes="all")
    drawn: Mapped[list["DrawnRow"]] = relationship(passive_deletes="all")

    @property
    def revision(self) -> "RevisionRow":
        """The text as it now stands."""
        return self.revisions[-1]

    @property
    def decision(self) -> "DecisionRow":
        """The last decision, which is where the comment stands."""
        return self.decisions[-1]

    @property
    def judged(self) -> "DecisionRow":
        """The policy's last decision, whatever a person made of it since; every comment begins with one."""
        return next(each for each in reversed(self.decisions) if each.origin is Origin.POLICY)


class RevisionRow(Table):
    """One text of a comment: as it came, or as it was edited."""

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("comment_id", "number"),)

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    number: Mapped[int]
    text: Mapped[str]
    text_hash: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    redacts_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id", ondelete="SET NULL"))
    """The revision whose text this is with the personal data taken out, by a person here and not by the author."""
    keep_until: Mapped[datetime | None]
    """When the text of an original is forgotten, since it was redacted."""

    scores: Mapped[list["ScoresRow"]] = relationship(order_by="ScoresRow.id", passive_deletes="all")


class ScoresRow(Table):
    """What one model said about one revision."""

    __tablename__ = "scores"
    __table_args__ = (UniqueConstraint("revision_id", "model"),)

    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id", ondelete="CASCADE"))
    model: Mapped[str]
    probabilities: Mapped[dict[str, Any]]
    labels: Mapped[list[Any]]
    evidence: Mapped[dict[str, Any]]
    language: Mapped[str | None] = mapped_column(String(16))
    second_reader: Mapped[bool] = mapped_column(default=False)
    """Whether the second reader has read it too."""
    scored_at: Mapped[datetime]


class LabelRow(Table):
    """A label's probability for a comment as it now stands, by the model that read it last."""

    __tablename__ = "comment_labels"
    __table_args__ = (
        UniqueConstraint("comment_id", "label"),
        Index("ix_comment_labels_label", "label", "is_called", "comment_id"),
        Index("ix_comment_labels_probability", "label", "probability", "comment_id"),
    )

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(String(40))
    probability: Mapped[float]
    is_called: Mapped[bool]
    """Whether the comment is called it: the probability is as high as the model's threshold."""


class UserRow(Table):
    """A person who may sign in."""

    __tablename__ = "users"
    __table_args__ = (one_of("role", Role),)

    name: Mapped[str] = mapped_column(String(100), unique=True)
    role: Mapped[Role]
    password_hash: Mapped[str]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    session_stamp: Mapped[str]
    """Part of every session cookie: a new stamp signs the person out everywhere."""
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the person chose for themselves; `Preferences` says what there is to choose."""
    created_at: Mapped[datetime]


class DecisionRow(Table):
    """What was done with a comment, by whom, when and why.

    Never changed, but that its words (the reason, and what the author was sent) go when its comment is erased; it lives
    as long as its comment.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        # Two people cannot both take the next number: the database itself refuses the second.
        UniqueConstraint("comment_id", "number"),
        CheckConstraint("(origin = 'person') = (user_id IS NOT NULL)", "person_is_named"),
        one_of("status", Status),
        one_of("origin", Origin),
        Index("ix_decisions_bulk", "bulk_id"),
    )

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id", ondelete="CASCADE"))
    number: Mapped[int]
    status: Mapped[Status]
    origin: Mapped[Origin]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None]
    author_message: Mapped[str | None]
    """The sentence that the site is asked to send to the author."""
    reasons: Mapped[list[Any]]
    """Of the policy: the rules that matched, strictest first."""
    held_for: Mapped[str | None] = mapped_column(String(40))
    """Why it was held, in a word, where it was."""
    labels: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """Of a person: the labels as corrected."""
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))
    bulk_id: Mapped[str | None] = mapped_column(String(40))
    """The same for all that were decided in one go, which are undone in one go."""
    decided_at: Mapped[datetime]

    user: Mapped[UserRow | None] = relationship()
    revision: Mapped[RevisionRow] = relationship()
    comment: Mapped[CommentRow] = relationship(back_populates="decisions")


class NoteRow(Table):
    """What a moderator wrote about a comment, for the others; no site is told."""

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_comment", "comment_id", "id"),)

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str]
    written_at: Mapped[datetime]

    user: Mapped[UserRow] = relationship()


class ClaimRow(Table):
    """Who is at a comment just now. It says so to the others, and keeps nobody from deciding."""

    __tablename__ = "claims"
    __table_args__ = (Index("ix_claims_expires", "expires_at"), Index("ix_claims_user", "user_id"))

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime]

    user: Mapped[UserRow] = relationship()


class CheckRow(Table):
    """One answer to an Akismet plugin: the number by which it knows the comment, which has none of its own yet."""

    __tablename__ = "checks"
    __table_args__ = (Index("ix_checks_comment", "comment_id", "id"),)

    guid: Mapped[str] = mapped_column(String(40), unique=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    checked_at: Mapped[datetime]


class FeedbackRow(Table):
    """What somebody outside says a text should have scored, as Perspective's suggestscore tells it."""

    __tablename__ = "feedback"
    __table_args__ = (
        Index("ix_feedback_site", "site_id", "id"),
        Index("ix_feedback_text", "site_id", "text_hash"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    text: Mapped[str]
    text_hash: Mapped[str] = mapped_column(String(64))
    scores: Mapped[dict[str, Any]]
    """Attribute, by the caller's name, to the score from 0 to 1."""
    context: Mapped[dict[str, Any]]
    """What the caller said of where the text stands: parent, community, address."""
    given_at: Mapped[datetime]


class MessageRow(Table):
    """The number of a message that came in by webhook, so that a repetition has no effect."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("site_id", "message_id"), Index("ix_messages_received", "received_at"))

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(String(255))
    received_at: Mapped[datetime]


class ReportRow(Table):
    """A tone report, kept whole: whoever opens it again reads the same, whatever has become of the comments since."""

    __tablename__ = "reports"
    __table_args__ = (
        CheckConstraint("starts_on < ends_on", "period"),
        CheckConstraint("(made_by = 'person') = (user_id IS NOT NULL)", "person_is_named"),
        one_of("made_by", Maker),
        one_of("step", Step),
        Index("ix_reports_site", "site_id", "id"),
        # An address that was passed on must not lead to another report one day.
        {"sqlite_autoincrement": True},
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    thread: Mapped[str | None]
    """The address of the one post that it is about."""
    author_group: Mapped[str | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The first day after it."""
    step: Mapped[Step]
    zone: Mapped[str] = mapped_column(String(60))
    """Whose days they are, as IANA names it."""
    models: Mapped[list[Any]]
    """The models that scored what it is about."""
    made_at: Mapped[datetime]
    made_by: Mapped[Maker]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    report: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    """All that it says, as `domain/tone.py` writes it."""
    quoted: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Label to the numbers of the comments quoted for it. What they say is read anew each time: it may be erased."""

    site: Mapped[SiteRow] = relationship()
    user: Mapped[UserRow | None] = relationship()


_SCHEDULED = "stretch IN ('week', 'month')"


class ScheduleRow(Table):
    """When a site's reports are made by themselves, and who is sent them."""

    __tablename__ = "report_schedules"
    __table_args__ = (CheckConstraint(_SCHEDULED, "stretch_word"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), unique=True)
    stretch: Mapped[Stretch]
    """Of what stretches of time they are."""
    zone: Mapped[str] = mapped_column(String(60))
    days_after: Mapped[int]
    """How many days after the first on which a stretch is over."""
    hour: Mapped[int]
    recipients: Mapped[list[Any]]
    """Addresses for mail."""
    language: Mapped[str] = mapped_column(String(16))
    """In which they are mailed."""
    is_paused: Mapped[bool] = mapped_column(default=False)
    first_on: Mapped[date]
    """The first day of which a report is made by itself: nothing older than the schedule is, or than the last pause."""
    next_at: Mapped[datetime]
    """When somebody has to look again whether a report is due."""

    site: Mapped[SiteRow] = relationship()


class ReportRunRow(Table):
    """A stretch of time whose report is made by schedule: each has one row, so that none is made or mailed twice."""

    __tablename__ = "report_runs"
    __table_args__ = (
        UniqueConstraint("site_id", "stretch", "starts_on"),
        CheckConstraint(_SCHEDULED, "stretch_word"),
        CheckConstraint("starts_on < ends_on", "period"),
        Index("ix_report_runs_report", "report_id"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    stretch: Mapped[Stretch]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The first day after it."""
    zone: Mapped[str] = mapped_column(String(60))
    passed_over: Mapped[int]
    """How many stretches just before it have no report, since nothing ran when they were due."""
    report_id: Mapped[int | None] = mapped_column(ForeignKey("reports.id", ondelete="SET NULL"))
    """The report, once it is made and until somebody removes it."""
    begun_at: Mapped[datetime]

    site: Mapped[SiteRow] = relationship()
    report: Mapped[ReportRow | None] = relationship()
    jobs: Mapped[list["JobRow"]] = relationship(order_by="JobRow.id", passive_deletes="all", back_populates="run")


class DrawRow(Table):
    """Comments of a site that were drawn at random to be checked, beside the audit sample: of which, and when."""

    __tablename__ = "draws"
    __table_args__ = (CheckConstraint("since < until", "stretch"), Index("ix_draws_site", "site_id", "id"))

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"))
    """The one discussion of which it is."""
    author_group: Mapped[str | None]
    since: Mapped[datetime]
    until: Mapped[datetime]
    """The first moment after it."""
    zone: Mapped[str] = mapped_column(String(60))
    """Whose days were asked for."""
    count: Mapped[int]
    """How many were drawn."""
    drawn_at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who asked; None for a command."""
    called_off_at: Mapped[datetime | None]
    """When those that were not checked by then were let go."""

    site: Mapped[SiteRow] = relationship()
    thread: Mapped[ThreadRow | None] = relationship()
    user: Mapped[UserRow | None] = relationship()


class DrawnRow(Table):
    """A comment that was drawn to be checked."""

    __tablename__ = "drawn_comments"
    __table_args__ = (UniqueConstraint("draw_id", "comment_id"), Index("ix_drawn_comments_comment", "comment_id"))

    draw_id: Mapped[int] = mapped_column(ForeignKey("draws.id", ondelete="CASCADE"))
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    after: Mapped[int]
    """The number of its last decision then. What was said of its labels before does not check it: people correct what
    is wrong and leave alone what is right."""


class JobRow(Table):
    """Something to do after the commit."""

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("kind", JobKind),
        one_of("status", JobStatus),
        one_of("event", Event),
        CheckConstraint("(kind = 'callback') = (event IS NOT NULL)", "callback_says_what"),
        CheckConstraint("(kind IN ('report', 'mail')) = (run_id IS NOT NULL)", "report_says_which"),
        Index("ix_jobs_due", "status", "run_after"),
        Index("ix_jobs_comment", "comment_id", "kind", "id"),
        Index("ix_jobs_endpoint", "endpoint_id", "id"),
        Index("ix_jobs_endpoint_status", "endpoint_id", "status", "id"),
        Index("ix_jobs_run", "run_id", "id"),
    )

    kind: Mapped[JobKind]
    status: Mapped[JobStatus] = mapped_column(default=JobStatus.WAITING)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id", ondelete="CASCADE"))
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoints.id", ondelete="CASCADE"))
    """Of a callback: whom it tells; None where the comment brought an address of its own."""
    run_id: Mapped[int | None] = mapped_column(ForeignKey("report_runs.id", ondelete="CASCADE"))
    """Of a report and its mails: the stretch of time whose report it is."""
    event: Mapped[Event | None]
    """Of a callback: what it tells of."""
    payload: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What the job needs to know that stands in no other row; of a callback without a decision, the event's data; of a
    mail, `{"to"}`."""
    message_id: Mapped[str] = mapped_column(String(40), unique=True)
    """The same at every attempt, so that the receiver can tell a repetition."""
    run_after: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    """Somebody is at it until then. Later than that, whoever it was has died, and the job is free again."""
    attempted_at: Mapped[datetime | None]
    """Of a callback: when the last attempt ended."""
    sent: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Of a callback: the last request as it was sent, as `{"url", "headers", "body"}`."""
    answered: Mapped[int | None]
    """The status of the last answer, of HTTP or a mail server; None where none came."""
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    site: Mapped[SiteRow] = relationship()
    comment: Mapped[CommentRow | None] = relationship()
    decision: Mapped[DecisionRow | None] = relationship()
    endpoint: Mapped[EndpointRow | None] = relationship()
    run: Mapped[ReportRunRow | None] = relationship(back_populates="jobs")


class ArchiveRow(Table):
    """One import of an archive: how far it has come, and what came of it. Written with each batch of its comments."""

    __tablename__ = "archives"
    __table_args__ = (one_of("format", Format), Index("ix_archives_file", "site_id", "fingerprint", "id"))

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    name: Mapped[str]
    """The file's."""
    format: Mapped[Format]
    fingerprint: Mapped[str] = mapped_column(String(64))
    """The file's SHA-256: the same file goes on where it stopped."""
    position: Mapped[int] = mapped_column(default=0)
    """How many of the file's items have been dealt with."""
    counts: Mapped[dict[str, Any]]
    started_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    site: Mapped[SiteRow] = relationship()


class AskedFor:
    """What a worker makes because somebody asked for it, which takes a while: waiting, being made, or made."""

    status: Mapped[JobStatus] = mapped_column(default=JobStatus.WAITING)
    progress: Mapped[float] = mapped_column(Float, default=0.0)
    """From 0 to 1."""
    leased_until: Mapped[datetime | None]
    """Somebody is at it until then; later than that, whoever it was has died."""
    attempts: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class AskedReportRow(AskedFor, Table):
    """A report that somebody asked for on a page, and which one it became."""

    __tablename__ = "asked_reports"
    __table_args__ = (
        CheckConstraint("starts_on < ends_on", "period"),
        one_of("step", Step),
        one_of("status", JobStatus),
        Index("ix_asked_reports_status", "status", "id"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The first day after it."""
    step: Mapped[Step]
    zone: Mapped[str] = mapped_column(String(60))
    thread: Mapped[str | None]
    author_group: Mapped[str | None]
    report_id: Mapped[int | None] = mapped_column(ForeignKey("reports.id", ondelete="SET NULL"))
    """None while it is not made, and where it was removed."""

    site: Mapped[SiteRow] = relationship()
    user: Mapped[UserRow] = relationship()
    report: Mapped[ReportRow | None] = relationship()


class ThemeRunRow(AskedFor, Table):
    """The themes of a site's comments in a stretch of days: asked for, being found, or found."""

    __tablename__ = "theme_runs"
    __table_args__ = (
        UniqueConstraint("site_id", "start", "end"),
        one_of("status", JobStatus),
        Index("ix_theme_runs_status", "status", "id"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    start: Mapped[date]
    end: Mapped[date]
    """The first day that is not meant any more."""
    of: Mapped[int] = mapped_column(default=0)
    """Comments that there were."""
    sampled: Mapped[int] = mapped_column(default=0)
    """Comments in which the themes were found; all the others were assigned to them afterwards."""
    stability: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """How well the themes of each number came back in parts of the comments: why there are so many."""
    lost: Mapped[list[Any]] = mapped_column(default=list)
    """The names that people had given to themes that were not found again."""

    site: Mapped[SiteRow] = relationship()
    themes: Mapped[list["ThemeRow"]] = relationship(
        order_by="ThemeRow.place", passive_deletes="all", back_populates="run"
    )


class ThemeRow(Table):
    """One theme: its words, and what a person made of it."""

    __tablename__ = "themes"
    __table_args__ = (Index("ix_themes_run", "run_id", "place"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("theme_runs.id", ondelete="CASCADE"))
    place: Mapped[int]
    words: Mapped[list[Any]]
    """Its words and their weights, the heaviest first."""
    name: Mapped[str | None]
    """As a person named it; None while it is called by its own words."""
    is_hidden: Mapped[bool] = mapped_column(default=False)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("themes.id", ondelete="SET NULL"))
    """The theme that a person found to be the same."""

    run: Mapped[ThemeRunRow] = relationship(back_populates="themes")


class ThemeCommentRow(Table):
    """A comment that belongs to a theme, and how like the theme it is."""

    __tablename__ = "theme_comments"
    __table_args__ = (
        UniqueConstraint("theme_id", "comment_id"),
        Index("ix_theme_comments_comment", "comment_id"),
        Index("ix_theme_comments_likeness", "theme_id", "likeness"),
    )

    theme_id: Mapped[int] = mapped_column(ForeignKey("themes.id", ondelete="CASCADE"))
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    likeness: Mapped[float] = mapped_column(Float)
