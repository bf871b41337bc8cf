"""The people who may sign in."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.preferences import Preferences, PreferencesRefused
from service.store.tables import Role, UserRow


def add(
    session: Session, name: str, role: Role, *, password_hash: str, stamp: str, must_change: bool, now: datetime
) -> UserRow:
    """Add a person."""
    user = UserRow(
        name=name,
        role=role,
        password_hash=password_hash,
        session_stamp=stamp,
        must_change_password=must_change,
        created_at=now,
    )
    session.add(user)
    session.flush()
    return user


def by_name(session: Session, name: str) -> UserRow | None:
    """Find a person by name."""
    return session.scalar(select(UserRow).where(UserRow.name == name))


def get(session: Session, user_id: int) -> UserRow | None:
    """Find a person by number."""
    return session.get(UserRow, user_id)


def all_of_them(session: Session) -> Sequence[UserRow]:
    """Return everybody, by name."""
    return session.scalars(select(UserRow).order_by(UserRow.name)).all()


def count(session: Session) -> int:
    """Return how many people there are."""
    return session.scalar(select(func.count()).select_from(UserRow)) or 0


def preferences_of(user: UserRow) -> Preferences:
    """Return what a person chose for themselves."""
    kept = {**user.preferences, "names": tuple(user.preferences.get("names", ()))}
    try:
        return Preferences(**kept)
    except PreferencesRefused:
        return Preferences(**{**kept, "keys": {}})  # one of theirs gets in the way of a key that is new


def keep_preferences(user: UserRow, chosen: Preferences) -> None:
    """Keep what a person chose."""
    user.preferences = {**asdict(chosen), "names": list(chosen.names)}
