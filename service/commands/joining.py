"""What commands share: settings read, the database opened, our own refusals said in one line."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from alembic.util import CommandError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service import settings as known
from service.settings import SettingRefused, Settings
from service.store import schema
from service.store.engine import Database


def settings() -> Settings:
    """Return the settings, or end with one line that says what to write instead."""
    try:
        return known.load(os.environ)
    except SettingRefused as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def database(configured: Settings) -> Iterator[Database]:
    """Open the database, made first where it is a SQLite file that is new or older than this program."""
    with opening(configured) as opened:
        prepare(opened)
        yield opened


@contextmanager
def opening(configured: Settings) -> Iterator[Database]:
    """Open the database as it is; what goes wrong with it is said in one line, without its password."""
    url = make_url(configured.database_url).render_as_string()
    try:
        opened = Database(configured.database_url)
        try:
            yield opened
        finally:
            opened.dispose()
    except (DBAPIError, OSError) as error:
        said = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
        raise click.ClickException(f"The database {url} failed: {said}") from error
    except CommandError as error:
        raise click.ClickException(
            f"The database {url} is of a later version than this program ({error}). Update the program."
        ) from error


@contextmanager
def reading() -> Iterator[Session]:
    """Open a transaction on the configured database that changes nothing."""
    with database(settings()) as opened, opened.reading() as session:
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    """Open a writing transaction on the configured database; what a flow refuses is said in one line."""
    with database(settings()) as opened:
        try:
            with opened.writing() as session:
                yield session
        except (ValueError, LookupError) as error:
            raise click.ClickException(str(error)) from error


def prepare(opened: Database) -> None:
    """Bring a SQLite file up to date; of a PostgreSQL database only see that somebody has."""
    if schema.is_current(opened):
        return
    if not opened.is_sqlite:
        raise click.ClickException("The database lacks migrations. Run `python -m service db upgrade`.")
    schema.upgrade(opened)
