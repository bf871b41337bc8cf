"""What the tests of the flows share: a blog that wants to be told, and people who decide."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from service.domain.comment import Comment
from service.flows import intake as flow
from service.flows import review
from service.flows.intake import Intake
from service.flows.review import Ruling
from service.store import users
from service.store.tables import CommentRow, DecisionRow, Role, SiteRow, UserRow
from tests import cast

HOOK = "https://relay.example.org/undertone"

Receive = Callable[..., CommentRow]


@pytest.fixture
def site(session: Session) -> SiteRow:
    """Return a blog that wants to hear of decisions."""
    return cast.add_site(session, callback=HOOK)[0]


@pytest.fixture
def receive(session: Session, site: SiteRow, intake: Intake) -> Receive:
    """Return a function that takes in a comment."""

    def receive(comment: Comment | None = None, parts: Intake = intake) -> CommentRow:
        return flow.receive(session, parts, site, comment or cast.comment(cast.UNKIND), cast.NOW).comment

    return receive


def person(session: Session, name: str) -> UserRow:
    """Add somebody who never signs in: hashing a password takes its time."""
    return users.add(session, name, Role.MODERATOR, password_hash="none", stamp="s", must_change=False, now=cast.NOW)


def decide(
    session: Session,
    row: CommentRow,
    who: UserRow,
    what: str,
    *,
    seen: int | None = None,
    reason: str | None = None,
    labels: list[str] | None = None,
    canned: int | None = None,
) -> DecisionRow:
    """Let somebody decide about a comment."""
    ruling = Ruling(what, reason, labels, seen, canned)
    return review.decide(session, row.id, who, ruling, now=cast.NOW, undo_seconds=8)


def undo(session: Session, decision: DecisionRow, who: UserRow) -> DecisionRow:
    """Let somebody take a decision back."""
    return review.undo(session, decision.id, who, now=cast.NOW, undo_seconds=8)


@pytest.fixture
def moderator(session: Session) -> UserRow:
    """Return Ana, who decides."""
    return person(session, cast.ANA)


@pytest.fixture
def another(session: Session) -> UserRow:
    """Return Ben, who decides too."""
    return person(session, cast.BEN)
