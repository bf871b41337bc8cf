"""Accounts: adding a person, checking a password, changing it."""

import secrets
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from service.domain.preferences import Preferences
from service.domain.wording import N_, Refusal
from service.store import users
from service.store.tables import Role, UserRow

SHORTEST = 10
LONGEST = 1000

_NO_HASH = "none"
_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


class AccountRefused(Refusal):
    """An account or password that cannot be; the text says what to do instead."""


def add(session: Session, name: str, role: Role, password: str, now: datetime, *, must_change: bool = False) -> UserRow:
    """Add a person; raise AccountRefused for a name that is taken or a password that is too short."""
    name = _checked_name(name)
    if users.by_name(session, name):
        raise AccountRefused(N_("There is already somebody called %(name)s. Choose another name."), name=name)
    password_hash = _hasher.hash(_checked_password(password))
    stamp = secrets.token_urlsafe(12)
    return users.add(session, name, role, password_hash=password_hash, stamp=stamp, must_change=must_change, now=now)


def recognise(session: Session, name: str, password: str) -> UserRow | None:
    """Return the person whose name and password these are.

    A name nobody has takes as long as a wrong password, so that the time does not tell who has an account.
    """
    user = users.by_name(session, name) if name.isprintable() else None
    is_right = _verify(user.password_hash if user else _NOBODY, password)
    return user if is_right else None


def change_password(user: UserRow, password: str) -> None:
    """Give a person a new password, which signs them out everywhere else."""
    user.password_hash = _hasher.hash(_checked_password(password))
    user.must_change_password = False
    sign_out(user)


def choose(user: UserRow, chosen: Preferences) -> None:
    """Keep what a person chose for themselves."""
    users.keep_preferences(user, chosen)


def sign_out(user: UserRow) -> None:
    """End all of a person's sessions."""
    user.session_stamp = secrets.token_urlsafe(12)


def shut_out(user: UserRow) -> None:
    """Let a person sign in no more; the name stays, because decisions bear it."""
    user.password_hash = _NO_HASH
    sign_out(user)


def one_time_password() -> str:
    """Return a password that is easy to copy and hard to guess (about 70 bits)."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(3))


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password[:LONGEST])
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 100 or not name.isprintable():  # noqa: PLR2004  # the column's width
        raise AccountRefused(N_("A name has 1 to 100 printable characters."))
    return name


def _checked_password(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccountRefused(
            N_("The password has %(count)s characters. Choose %(least)s to %(most)s."),
            count=len(password),
            least=SHORTEST,
            most=LONGEST,
        )
    try:
        password.encode()
    except UnicodeEncodeError:
        raise AccountRefused(N_("The password has half a character (a lone surrogate). Choose another.")) from None
    return password
