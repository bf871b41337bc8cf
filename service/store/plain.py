"""Rows written without SQLAlchemy's unit of work, which takes several times as long as the statement itself.

For what is written with every comment that comes in; everything else is written as usual.
"""

from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Insert, Update, bindparam, insert, update
from sqlalchemy import Table as Plain
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, set_committed_value

from service.store.tables import Table

T = TypeVar("T", bound=Table)


def plain(table: type[Table]) -> Plain:
    """Return a table without its objects."""
    found = table.__table__
    if not isinstance(found, Plain):
        raise TypeError(f"{table} is no table")
    return found


def put(session: Session, row: T, **related: object) -> T:
    """Insert a new row at once, and let the session know it as if it had been loaded; return it.

    Columns that were not given have their defaults. The row itself has the numbers of other rows (`site_id`); those
    rows, where they are known (`site`), are `related`, and are not looked up.
    """
    given, defaults = instance_dict(row), _defaults(type(row))
    for name, value in defaults.items():
        if name not in given:
            setattr(row, name, value)
    values = {name: given[name] for name in defaults}
    done = session.connection().execute(_insertion(type(row)), values)
    if done.inserted_primary_key is None:
        raise RuntimeError(f"{plain(type(row)).name}: no number was given to the new row")
    row.id = done.inserted_primary_key[0]
    make_transient_to_detached(row)
    session.add(row)
    for name, known in related.items():
        set_committed_value(row, name, known)
    return row


def append(row: Table, name: str, new: Table) -> None:
    """Add to a row's list one that was put: the database has it already, so nothing is left to be flushed."""
    set_committed_value(row, name, [*getattr(row, name), new])


def change(session: Session, row: Table, **values: object) -> None:
    """Update at once what differs of a row that is in the database, leaving nothing to be flushed."""
    new = {name: value for name, value in values.items() if getattr(row, name) != value}
    if new:
        session.connection().execute(_update(type(row)), {"number": row.id, **new})
    for name, value in new.items():
        set_committed_value(row, name, value)


@cache
def _update(table: type[Table]) -> Update:
    return update(plain(table)).where(plain(table).c.id == bindparam("number"))


@cache
def _insertion(table: type[Table]) -> Insert:
    return insert(plain(table))


@cache
def _defaults(table: type[Table]) -> dict[str, Any]:
    """Return what each column but the number holds that is not given."""
    columns = [each for each in plain(table).columns if not each.primary_key]
    for each in columns:
        if each.default is not None and not each.default.is_scalar:
            raise TypeError(f"{each}: only a default that is always the same can be had before the row is written")
    return {each.key: getattr(each.default, "arg", None) for each in columns}
