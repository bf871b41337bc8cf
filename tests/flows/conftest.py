"""What the tests of the flows share: a blog that wants to be told, and people who decide."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from service.domain.comment import Comment
from service.flows import intake as flow
from service.flows.intake import Intake
from service.store import users
from service.store.tables import CommentRow, Role, SiteRow, UserRow
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


@pytest.fixture
def moderator(session: Session) -> UserRow:
    """Return Ana, who decides."""
    return person(session, cast.ANA)


@pytest.fixture
def another(session: Session) -> UserRow:
    """Return Ben, who decides too."""
    return person(session, cast.BEN)
