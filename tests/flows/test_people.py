"""Accounts: who may have one, and who is recognised."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from service.flows import people
from service.flows.people import AccountRefused
from service.store.tables import Role, UserRow
from tests import cast
from tests.flows.conftest import person

CHEAP = PasswordHasher(time_cost=1, memory_cost=64).hash(cast.PASSWORD)
"""A real hash that is quick to check; how slow a hash is stands in the hash itself."""


@pytest.fixture
def ana(session: Session) -> UserRow:
    added = person(session, cast.ANA)
    added.password_hash = CHEAP
    session.flush()
    return added


def test_a_person_is_recognised_by_name_and_password(session: Session, ana: UserRow) -> None:
    assert people.recognise(session, cast.ANA, cast.PASSWORD) is ana


@pytest.mark.parametrize(
    ("name", "password"),
    [
        (cast.ANA, "wrong password"),
        (cast.ANA, ""),
        (cast.ANA, cast.PASSWORD + " "),
        (cast.ANA, cast.PASSWORD.upper()),
        (cast.ANA, "\0"),
        (cast.ANA, "\ud800"),
        (cast.ANA, "x" * 100_000),
        (cast.BEN, cast.PASSWORD),
        ("", cast.PASSWORD),
        ("' OR 1=1 --", cast.PASSWORD),
        ("x" * 100_000, cast.PASSWORD),
        ("A\0na", cast.PASSWORD),
        ("A\ud800na", cast.PASSWORD),
    ],
    ids=lambda each: repr(each[:20]),
)
def test_nobody_else_is_recognised(name: str, password: str, session: Session, ana: UserRow) -> None:
    assert people.recognise(session, name, password) is None


def test_a_password_is_not_kept_as_it_is(session: Session) -> None:
    assert cast.add_user(session).password_hash.startswith("$argon2id$")


def test_a_name_is_taken_once(session: Session, ana: UserRow) -> None:
    with pytest.raises(AccountRefused, match="already somebody called Ana"):
        cast.add_user(session, f" {cast.ANA} ")


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "A\0na", "A\nna", "A\ud800na", "A\u202ena"], ids=repr)
def test_a_name_that_cannot_be_is_refused(name: str, session: Session) -> None:
    with pytest.raises(AccountRefused, match="1 to 100 printable characters"):
        people.add(session, name, Role.VIEWER, cast.PASSWORD, cast.NOW)


@pytest.mark.parametrize("password", ["", "123456789", "x" * 1001, "\ud800" * 12], ids=lambda each: repr(each[:20]))
def test_a_password_that_cannot_be_is_refused(password: str, session: Session) -> None:
    with pytest.raises(AccountRefused):
        people.add(session, cast.BEN, Role.VIEWER, password, cast.NOW)


@pytest.mark.parametrize("password", ["1234567890", "x" * 1000, "пароль, длинный", "nul\0 inside it"])
def test_a_password_that_can_be_opens(password: str, session: Session) -> None:
    user = people.add(session, cast.BEN, Role.VIEWER, password, cast.NOW)
    assert people.recognise(session, cast.BEN, password) is user


def test_a_new_password_replaces_the_old_one(session: Session, ana: UserRow) -> None:
    people.change_password(ana, "another password")
    found = [people.recognise(session, cast.ANA, each) for each in (cast.PASSWORD, "another password")]
    assert found == [None, ana]


def test_a_new_password_ends_every_session(ana: UserRow) -> None:
    before = ana.session_stamp
    people.change_password(ana, "another password")
    assert ana.session_stamp != before


def test_who_has_chosen_a_password_need_not_change_it(session: Session) -> None:
    user = people.add(session, cast.BEN, Role.ADMIN, cast.PASSWORD, cast.NOW, must_change=True)
    people.change_password(user, "another password")
    assert not user.must_change_password


def test_a_new_password_that_is_refused_changes_nothing(session: Session, ana: UserRow) -> None:
    with pytest.raises(AccountRefused):
        people.change_password(ana, "short")
    assert people.recognise(session, cast.ANA, cast.PASSWORD) is ana


def test_a_one_time_password_is_a_new_one_each_time() -> None:
    assert len({people.one_time_password() for _ in range(20)}) == 20


def test_a_one_time_password_is_long_enough_to_be_one(session: Session) -> None:
    password = people.one_time_password()
    assert people.add(session, cast.BEN, Role.ADMIN, password, cast.NOW).name == cast.BEN
