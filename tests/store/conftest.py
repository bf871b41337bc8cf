"""What the tests of the store share."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from service.store import users
from service.store.engine import Database
from service.store.tables import Role, UserRow
from tests import cast


@pytest.fixture
def sqlite_session(sqlite: Database) -> Iterator[Session]:
    """Return the same on SQLite alone."""
    with sqlite.writing() as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def ana(session: Session) -> UserRow:
    """Return Ana, a moderator who never signs in here: hashing a password takes its time."""
    return users.add(
        session, cast.ANA, Role.MODERATOR, password_hash="none", stamp="s", must_change=False, now=cast.NOW
    )
