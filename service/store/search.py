"""Full-text search over comments: SQLite's FTS5 or PostgreSQL's tsvector, asked in the same words.

Words are all wanted, `"a phrase"` as it stands, `-word` not at all; endings do not matter ("treatments" finds
"treatment"). What is found is the text as it now stands, and its author's name.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    column,
    delete,
    false,
    func,
    insert,
    select,
    table,
)
from sqlalchemy.orm import Session

from service.store.tables import CommentRow

INDEX = table("comment_search", column("rowid", Integer), column("words"), column("comment_search"))
"""Made by a migration, for each kind of database its own way; `rowid` is the comment's id."""

_WANTED = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")
_WORD = re.compile(r"\w")
_MOST_TERMS = 30
_LANGUAGE = "undertone"
"""PostgreSQL's name for how we read words; the migration describes it."""


class Words(NamedTuple):
    """What a comment is found by."""

    number: int
    author_name: str | None
    text: str


def keep(session: Session, row: CommentRow) -> None:
    """Make a comment findable by what it now says; an erased one by nothing."""
    session.execute(delete(INDEX).where(INDEX.c.rowid == row.id))
    add(session, row)


def add(session: Session, row: CommentRow) -> None:
    """Make a new comment findable."""
    keep_all(session, [Words(row.id, row.author_name, row.revision.text)])


def keep_all(session: Session, comments: Iterable[Words]) -> None:
    """Make new comments findable by what they say."""
    rows = [
        {"number": each.number, "said": words}
        for each in comments
        if (words := _UNKEEPABLE.sub(" ", f"{each.author_name or ''}\n{each.text}").strip())
    ]
    if rows:
        said: Any = bindparam("said", type_=Text)
        value = said if _is_sqlite(session) else func.to_tsvector(_LANGUAGE, said)
        session.execute(insert(INDEX).values(rowid=bindparam("number"), words=value), rows)


def found(session: Session, asked: str) -> Select[int]:
    """Return the numbers of the comments in which what was asked for is found; what asks for no word finds nothing."""
    return select(INDEX.c.rowid).where(_matches(session, asked))


def _matches(session: Session, asked: str) -> ColumnElement[bool]:
    wanted, unwanted = _terms(asked)
    if not wanted:
        return false()
    if _is_sqlite(session):
        query = " AND ".join(map(_quoted, wanted)) + "".join(f" NOT {_quoted(each)}" for each in unwanted)
        return INDEX.c.comment_search.op("MATCH")(bindparam("asked", query))
    query = " ".join([*map(_quoted, wanted), *(f"-{_quoted(each)}" for each in unwanted)])
    return INDEX.c.words.op("@@")(func.websearch_to_tsquery(_LANGUAGE, bindparam("asked", query)))


def _terms(asked: str) -> tuple[list[str], list[str]]:
    """Return the words and phrases that are wanted, and those that are not."""
    terms: tuple[list[str], list[str]] = ([], [])
    for minus, phrase, word in _WANTED.findall(_UNKEEPABLE.sub(" ", asked))[:_MOST_TERMS]:
        term = (phrase or word).replace('"', " ").strip()
        if _WORD.search(term):
            terms[bool(minus)].append(term)
    return terms


def _quoted(term: str) -> str:
    # Quoted, nothing in it is an operator, to either database.
    return f'"{term}"'


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
