"""The first start: a discussion to try the desk on, and a person who may sign in."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.flows import demonstration, people
from service.flows.intake import Intake
from service.ml.artefacts import Shelf
from service.store.engine import Database
from service.store.tables import CommentRow, JobKind, JobRow, Role, UserRow
from tests import cast

LINES = demonstration.DISCUSSION.read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def demo(migrated_file: Path, shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Session, str]]:
    """Add the demonstration, once for all these tests; return a look at it and the one-time password."""
    path = tmp_path_factory.mktemp("demonstration") / "undertone.db"
    shutil.copy(migrated_file, path)
    database = Database(f"sqlite:///{path}")
    with database.writing() as session:
        password = demonstration.add(session, Intake(shelf, undo_seconds=8), cast.NOW)
    assert password
    with database.reading() as session:
        yield session, password
    database.dispose()


@pytest.fixture
def rows(demo: tuple[Session, str]) -> list[CommentRow]:
    return list(demo[0].scalars(select(CommentRow)))


def test_the_discussion_has_about_forty_comments_under_three_posts(rows: list[CommentRow]) -> None:
    assert (35 <= len(rows) <= 50, len({row.thread_id for row in rows})) == (True, 3)


def test_every_comment_of_the_discussion_is_there(rows: list[CommentRow]) -> None:
    assert [row.outside_id for row in rows] == [json.loads(line)["id"] for line in LINES]


def test_every_reply_is_joined_to_its_parent(rows: list[CommentRow]) -> None:
    assert not [row.outside_id for row in rows if row.parent_outside_id and not row.parent]


def test_some_are_held_and_most_are_not(rows: list[CommentRow]) -> None:
    held = sum(row.status is Status.HELD for row in rows)
    assert 3 <= held < len(rows) / 2


def test_the_real_model_has_read_them_all(rows: list[CommentRow]) -> None:
    assert all(row.revision.scores for row in rows)


def test_the_discussion_has_just_happened(rows: list[CommentRow]) -> None:
    last = max(row.created_at for row in rows)
    assert timedelta() <= cast.NOW - last < timedelta(hours=1)


def test_nobody_is_called_about_it(demo: tuple[Session, str]) -> None:
    assert demo[0].scalars(select(JobRow).where(JobRow.kind == JobKind.CALLBACK)).all() == []


def test_the_one_time_password_opens_an_admin_s_account(demo: tuple[Session, str]) -> None:
    session, password = demo
    user = people.recognise(session, demonstration.USER, password)
    assert user
    assert (user.role, user.must_change_password) == (Role.ADMIN, True)


def test_it_is_added_once(demo: tuple[Session, str], intake: Intake) -> None:
    assert demonstration.add(demo[0], intake, cast.NOW) is None


def test_it_is_never_added_where_somebody_has_begun(session: Session, intake: Intake) -> None:
    cast.add_user(session)
    assert demonstration.add(session, intake, cast.NOW) is None


def test_it_is_never_added_where_there_is_a_site(session: Session, intake: Intake) -> None:
    cast.add_site(session)
    demonstration.add(session, intake, cast.NOW)
    assert session.scalar(select(func.count()).select_from(UserRow)) == 0
