"""The types of the JSON API: what is checked at the door, and what `/openapi.json` says, from one source."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, RootModel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from service.domain.comment import Author, Comment, Reading, Status
from service.domain.labels import LABELS
from service.domain.tone import Step
from service.flows.blogs import SiteRefused, checked_url
from service.flows.review import MOST_AT_ONCE as MOST_AT_ONE_GO
from service.store.lists import Filter

LONGEST_TEXT = 20_000
MOST_AT_ONCE = 256
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")


@dataclass(frozen=True, eq=False)
class Checked:
    """Makes a type of our own: what is checked in Python, and what the description says of it.

    pydantic's own strings refuse lone surrogates, which people do send; here they pass.
    """

    check: Callable[[object], object]
    schema: JsonSchemaValue

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return dict(self.schema)


_SAYS_SOMETHING = r"[^\s\x1c-\x1f\x85]"
"""What is no white space to Python; to ECMA 262, by which patterns in descriptions are read, some of it is none."""


def _text(shortest: int, longest: int) -> Checked:
    def check(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError(f"a string was expected, {_kind(value)} came")
        if not shortest <= len(value) <= longest:
            raise ValueError(f"{shortest} to {longest:,} characters were expected, {len(value):,} came")
        if shortest and not value.strip():
            raise ValueError("a text was expected, only white space came")
        return value

    schema: JsonSchemaValue = {"type": "string", "minLength": shortest, "maxLength": longest}
    return Checked(check, schema | ({"pattern": _SAYS_SOMETHING} if shortest else {}))


def _kind(value: object) -> str:
    names = {
        type(None): "null",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), type(value).__name__)


def _check_id(value: object) -> str:
    expected = "a string of 1 to 255 characters or a whole number was expected"
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # to JSON, 5.0 is the whole number 5
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"{expected}, {_kind(value)} came")
    if isinstance(value, int):
        value = f"{value:d}" if abs(value) < 10**255 else ""
    if not 1 <= len(value) <= 255:  # noqa: PLR2004  # said in the message
        raise ValueError(f"{expected}, one of another length came")
    return value


def _check_moment(value: object) -> datetime:
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        shown = repr(value[:40]) if isinstance(value, str) else _kind(value)
        raise ValueError(f"a time like 2026-11-21T08:30:00Z (RFC 3339, with its zone) was expected, {shown} came")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{value[:40]!r} is no moment that there is") from None


def _check_url(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a web address was expected, {_kind(value)} came")
    try:
        return checked_url(value)
    except SiteRefused as error:
        raise ValueError(str(error)) from None


def _check_label(value: object) -> str:
    if not isinstance(value, str) or value not in LABELS:
        raise ValueError(f"one of {', '.join(LABELS)} was expected, {str(value)[:40]!r} came")
    return value


_WEB_ADDRESS = {"type": "string", "format": "uri", "pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#]", "maxLength": 2000}

OutsideId = Annotated[
    str, Checked(_check_id, {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 255}, {"type": "integer"}]})
]
Moment = Annotated[datetime, Checked(_check_moment, {"type": "string", "format": "date-time"})]
WebAddress = Annotated[str, Checked(_check_url, _WEB_ADDRESS)]
LabelKey = Annotated[str, Checked(_check_label, {"type": "string", "enum": list(LABELS)})]
CommentText = Annotated[str, _text(1, LONGEST_TEXT)]
TextOrNone = Annotated[str, _text(0, LONGEST_TEXT)]
Line = Annotated[str, _text(0, 2000)]
Short = Annotated[str, _text(0, 255)]
Cursor = Annotated[str, replace(_text(0, 2000), schema={"type": "string", "format": "cursor", "maxLength": 2000})]


class Shape(BaseModel):
    """A JSON object with these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class ThreadShape(Shape):
    """The discussion under one post."""

    url: WebAddress = Field(description="The post's address; comments with the same one belong together.")
    title: Line | None = Field(None, description="The post's title; the classifier reads a comment in its light.")
    author: Short | None = Field(None, description="Who wrote the post; they do not reject criticism of it alone.")


class AuthorShape(Shape):
    """Who wrote a comment, as far as the blog knows."""

    id: OutsideId | None = Field(None, description="The blog's own id for this person.")
    name: Short | None = None
    email: Short | None = None
    url: Line | None = None
    ip: Short | None = None
    role: Short | None = Field(None, description="`reader`, `staff` or what the blog calls it.")


class NewComment(Shape):
    """A comment as a blog sends it."""

    id: OutsideId | None = Field(None, description="The blog's own id. Sent again with another text, it is an edit.")
    text: CommentText
    parent_id: OutsideId | None = Field(None, description="The blog's id of the comment that this one answers.")
    thread: ThreadShape
    author: AuthorShape = Field(default_factory=lambda: AuthorShape.model_validate({}))
    created_at: Moment | None = Field(None, description="When it was written; now, where it is not said.")
    callback: WebAddress | None = Field(None, description="Where decisions about this comment are POSTed.")

    def to_comment(self) -> Comment:
        """Return the comment that was sent."""
        return Comment(
            text=self.text,
            thread_url=self.thread.url,
            thread_title=self.thread.title,
            thread_author=self.thread.author,
            id=self.id,
            parent_id=self.parent_id,
            author=Author(**dict(self.author)),
            created_at=self.created_at,
            callback=self.callback,
        )


class NumberedComment(NewComment):
    """A comment as a blog sends it that has to say which it is."""

    id: OutsideId = Field(description="The blog's own id.")


class CreatedEvent(BaseModel):
    """Somebody wrote a comment."""

    type: Literal["comment.created"]
    timestamp: Moment | None = Field(None, description="When it happened.")
    data: NewComment


class EditedEvent(BaseModel):
    """A comment has another text; one that is not known is taken in."""

    type: Literal["comment.edited"]
    timestamp: Moment | None = Field(None, description="When it happened.")
    data: NumberedComment


class Deletion(BaseModel):
    """Which comment was deleted; the rest of it need not be sent, and is not read."""

    id: OutsideId = Field(description="The blog's own id.")


class DeletedEvent(BaseModel):
    """A comment was deleted on the blog: it is erased here."""

    type: Literal["comment.deleted"]
    timestamp: Moment | None = Field(None, description="When it happened.")
    data: Deletion


Ruled = Literal["approved", "held", "rejected", "spam"]


class Moderation(BaseModel):
    """What a moderator did with a comment on the blog."""

    id: OutsideId = Field(description="The blog's own id.")
    from_: Ruled | None = Field(None, alias="from", description="Where the comment stood on the blog.")
    to: Ruled = Field(description="Where it stands now.")
    moderator: Short | None = Field(None, description="Who did it; the desk's other moderators read it.")


class ModeratedEvent(BaseModel):
    """A moderator of the blog decided there; the blog is not told of it again."""

    type: Literal["comment.moderated"]
    timestamp: Moment | None = Field(None, description="When it happened.")
    data: Moderation


class Event(RootModel[CreatedEvent | EditedEvent | DeletedEvent | ModeratedEvent]):
    """Something that happened on the blog."""

    root: CreatedEvent | EditedEvent | DeletedEvent | ModeratedEvent = Field(discriminator="type")


EVENTS = ("comment.created", "comment.edited", "comment.deleted", "comment.moderated")


class Edit(Shape):
    """A comment's new text."""

    text: CommentText


Decided = Literal["approve", "reject", "spam", "hold", "escalate"]


class DecisionShape(Shape):
    """What a moderator decides about a comment."""

    decision: Decided
    reason: Line | None = Field(None, description="The site is told; with `hold` and `escalate`, colleagues read it.")
    canned: int | None = Field(None, description="Which of the site's reasons, counted from 1.")
    labels: list[LabelKey] | None = Field(None, description="The labels as they should have been.")
    seen: int | None = Field(None, description="The number of the last decision that was seen; another gets 409.")


class PickShape(Shape):
    """One of many comments to decide about."""

    id: int
    seen: int = Field(description="The number of the last decision that was seen; with another, it is passed over.")


class BulkShape(Shape):
    """One decision about many comments."""

    comments: list[PickShape] = Field(min_length=1, max_length=MOST_AT_ONE_GO)
    decision: Decided
    reason: Line | None = None
    canned: int | None = Field(None, description="Which of the site's reasons, counted from 1.")


class RedactionShape(Shape):
    """Which state of a comment personal data is taken out of."""

    seen: int | None = Field(None, description="The number of the last decision that was seen; another gets 409.")


class NoteShape(Shape):
    """A note for the other moderators."""

    text: Line


class ListQuery(Shape):
    """Which comments of a list are wanted."""

    status: Status | None = Field(None, description="Where the comment stands.")
    label: LabelKey | None = Field(None, description="A label that the comment is called.")
    thread: Line | None = Field(None, description="The address of a post.")
    author: Short | None = Field(None, description="The blog's id of an author.")
    since: Moment | None = Field(None, description="Written at this time or later.")
    cursor: Cursor | None = Field(None, description="The `next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200, description="How many at most.")

    def to_filter(self, site_id: int) -> Filter:
        """Return which comments of a site are wanted."""
        return Filter(
            site_id=site_id,
            status=self.status,
            label=self.label,
            thread=self.thread,
            author_key=Author(id=self.author).key if self.author else None,
            since=self.since,
        )


def _check_day(value: object) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        shown = repr(value[:40]) if isinstance(value, str) else _kind(value)
        raise ValueError(f"a day like 2026-11-21 was expected, {shown} came")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is no day that there is") from None


Day = Annotated[date, Checked(_check_day, {"type": "string", "format": "date"})]


class NewReport(Shape):
    """Which days of the site a tone report is wanted of."""

    from_: Day = Field(alias="from", description="The first day.")
    to: Day = Field(description="The last day; it is meant too.")
    step: Step = Field(Step.WEEK, description="Into what the days are divided.")
    zone: Short = Field("UTC", description="Whose days they are, as IANA names the time zone: `Europe/Berlin`.")
    thread: WebAddress | None = Field(None, description="The address of the one post that it is to be about.")
    author_group: Short | None = Field(None, description="The `author.role` of those whose comments it is to be about.")


class ReportQuery(Shape):
    """Which tone reports of a list are wanted."""

    before: int | None = Field(None, ge=1, description="Made before this one: the `next_before` of the page before.")
    limit: int = Field(50, ge=1, le=200, description="How many at most.")


class NewsQuery(Shape):
    """Since when news is wanted."""

    since: int = Field(0, ge=0, description="The number of the last decision that is known.")


class TextToScore(Shape):
    """A text to score, with the context it stands in."""

    id: OutsideId | None = None
    text: TextOrNone
    parent: TextOrNone | None = Field(None, description="The text of the comment that it answers.")
    post_title: Line | None = None

    def to_reading(self) -> Reading:
        """Return what the model is given to read."""
        return Reading(self.text, self.parent, self.post_title)


class ScoreRequest(Shape):
    """Texts to score; nothing is stored."""

    comments: list[TextToScore] = Field(min_length=1, max_length=MOST_AT_ONCE)


class EvidenceShape(BaseModel):
    """A stretch of the text, in code points, and how much it moved the label's log-odds."""

    start: int
    end: int
    weight: float
    tipped: bool = Field(
        description="Whether it was found by leaving it out, where the second reader tipped the scale."
    )


class ReasonShape(BaseModel):
    """Why the verdict is what it is."""

    rule: str
    label: str | None
    score: float | None
    evidence: list[EvidenceShape]


class CommentAnswer(BaseModel):
    """Where a comment stands, and why."""

    id: str = Field(description="Our id of the comment.")
    status: Status
    verdict: Literal["approve", "hold", "spam", "reject"] = Field(description="What the site's rules say.")
    scores: dict[str, float] | None = Field(description="Label to calibrated probability; null while unscored.")
    labels: list[str] = Field(description="The labels at or above the model's threshold.")
    reasons: list[ReasonShape]
    model: str | None
    notes: list[str] = Field(description="What was odd about the comment but no reason to refuse it.")


class CommentDetail(CommentAnswer):
    """A comment with what was sent of it."""

    outside_id: str | None
    text: str
    revision: int
    parent_id: str | None
    thread: dict[str, str | None]
    author: dict[str, str | None]
    created_at: str
    received_at: str
    decided_at: str


class CommentList(BaseModel):
    """A page of comments, newest first."""

    comments: list[CommentDetail]
    next_cursor: str | None = Field(description="Ask for this `cursor` next; null on the last page.")


class ScoreAnswer(BaseModel):
    """What the model says about one text."""

    id: str | None
    model: str
    scores: dict[str, float] = Field(description="Empty where the model does not read the text's language.")
    labels: list[str]
    language: str | None = Field(description="As ISO 639 writes it; null where a text is too short to tell.")
    kinds: dict[str, float] = Field(description="How probable each kind of abuse is.")


class ScoreList(BaseModel):
    """What the model says, in the order of the request."""

    comments: list[ScoreAnswer]


class DecisionAnswer(BaseModel):
    """A decision that was made."""

    id: str
    comment_id: str
    number: int
    status: str
    held_for: str | None = Field(description="Why it waits, where it does: `escalated`, `second opinion` and so on.")
    what: str = Field(description="The decision in words, in the moderator's language.")
    by: str | None
    reason: str | None
    undoes: str | None = Field(description="The decision that this one takes back.")
    decided_at: str


class BulkAnswer(BaseModel):
    """Many decisions made in one go."""

    id: str | None = Field(description="To undo them in one go; null where nothing was decided.")
    decisions: list[DecisionAnswer]
    passed_over: list[str] = Field(description="The comments that changed meanwhile and were left as they are.")


class NoteAnswer(BaseModel):
    """A note that was written."""

    id: int
    text: str
    by: str
    written_at: str


class ClaimAnswer(BaseModel):
    """Who is at a comment just now."""

    comment_id: str
    by: str
    is_mine: bool
    seconds: float = Field(description="How long the claim lasts unless it is renewed.")


class NewsAnswer(BaseModel):
    """What happened at the desk since a decision."""

    last: int = Field(description="The number of the last decision there is: ask for what came `since` it next.")
    decisions: list[DecisionAnswer] = Field(description="The oldest first; the last few may have been told before.")
    claims: list[ClaimAnswer] = Field(description="All that are in force.")
    arrived: int = Field(description="How many comments have come in, or were judged anew, and wait.")
    held: int = Field(description="How many comments the queue has.")
    is_complete: bool = Field(description="False where too much happened to be told: read the list anew.")


class ReportLine(BaseModel):
    """A tone report that was made, without what it says."""

    id: str
    site: str
    thread: str | None
    author_group: str | None
    first_day: str
    last_day: str
    step: str
    zone: str
    models: list[str] = Field(description="The models that scored what it is about.")
    made_at: str
    made_by: str = Field(description="`person`, `site`, `command` or `schedule`.")
    address: str = Field(description="Where people read it.")


class ReportAnswer(ReportLine):
    """A tone report: what it is about, and all that it says."""

    report: dict[str, Any] = Field(description="As docs/reports.md describes it.")


class ReportList(BaseModel):
    """A page of tone reports, newest first."""

    reports: list[ReportLine]
    next_before: int | None = Field(description="Ask for what was made `before` this next; null on the last page.")


class ErrorShape(BaseModel):
    """What went wrong: a code for programs, a sentence for people, and every single problem."""

    code: str
    message: str
    details: list[dict[str, Any]]


class ErrorAnswer(BaseModel):
    """The one shape of an error."""

    error: ErrorShape


NAMES: Mapping[str, Mapping[str, str]] = {
    "CommentAnswer": {"comment_id": "/id"},
    "CommentDetail": {"comment_id": "/id"},
    "CommentList": {"comment_id": "/comments/0/id"},
    "DecisionAnswer": {"decision_id": "/id", "comment_id": "/comment_id"},
    "BulkAnswer": {"bulk_id": "/id", "decision_id": "/decisions/0/id"},
    "NoteAnswer": {"note_id": "/id"},
    "ClaimAnswer": {"comment_id": "/comment_id"},
    "ReportAnswer": {"report_id": "/id"},
    "ReportList": {"report_id": "/reports/0/id"},
}
"""What an answer names, and where in it: whoever reads the description learns what may be asked next, and with what."""
