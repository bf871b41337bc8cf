"""Brings a database's tables up to date, and tells whether tables and migrations agree."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from service.store.engine import Database
from service.store.tables import Table

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Run the migrations that the database lacks; none is fine."""
    command.upgrade(_config(database), "head")


def is_current(database: Database) -> bool:
    """Whether the database has every migration."""
    with database.engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    return at == ScriptDirectory.from_config(_config(database)).get_current_head()


def differences(database: Database) -> list[str]:
    """Return, in words, what the tables in Python and those in the database do not agree on."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_compared})
        return [str(each) for each in compare_metadata(context, Table.metadata)]


def _is_compared(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a table is described in Python; the index of all words is not: each database makes it its own way."""
    return kind != "table" or not (name or "").startswith("comment_search")


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database"] = database
    return config
