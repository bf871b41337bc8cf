"""What Alembic runs: the migrations, in one transaction, on the database that `schema.py` hands over."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import TypeDecorator

from service.store.engine import Database
from service.store.tables import Table

database: Database = context.config.attributes["database"]

PATIENCE_SECONDS = 600
"""How long one upgrade waits for another: a large database takes its minutes."""

LOCK = 0x756E646572  # "under": any number will do, as long as no other program takes it


def render_plainly(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write a column type of ours as the plain one beneath it: a migration must not change when our code does."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


with database.engine.connect().execution_options(writes=True, patience=PATIENCE_SECONDS) as connection:
    if database.is_sqlite:
        # A batch migration rebuilds a table; with foreign keys on, dropping the old one would empty those that refer to it.
        # The pragma only works outside a transaction, hence on the driver's own connection.
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        # And while the old table is gone, other tables' triggers speak of it; this keeps SQLite from looking into them.
        connection.connection.driver_connection.execute("PRAGMA legacy_alter_table=ON")  # type: ignore[union-attr]
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_as_batch=True,
        render_item=render_plainly,
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        if not database.is_sqlite:
            # SQLite's write lock makes a second upgrade wait; here it has to be asked to.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        context.run_migrations()
    connection.commit()
    if database.is_sqlite:
        connection.connection.driver_connection.execute("PRAGMA legacy_alter_table=OFF")  # type: ignore[union-attr]
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]
