"""Themes as files: a table, and a project for programs that analyse what people said.

Only published comments are in them, and their authors have pseudonyms.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from sqlalchemy.orm import Session

from service import __version__
from service.archives import qdpx
from service.domain import cells
from service.domain.conflicts import is_staff
from service.domain.labels import LABELS
from service.domain.pseudonyms import Pseudonyms
from service.domain.themes import called
from service.store import discussions, themes
from service.store.discussions import Quotable, SiteDays
from service.store.tables import ThemeRow, ThemeRunRow

COLUMNS = (
    "theme",
    "words",
    "comment",
    "discussion",
    "title",
    "written_at",
    "author",
    "staff",
    "labels",
    "likeness",
    "text",
)
_WHAT_THIS_IS = (
    "Comments as their authors wrote them, those that were published only. Authors have pseudonyms, made for this "
    "project; names that comments themselves mention are still in them. Themes were found by factoring words "
    "(non-negative matrix factorisation) and named, joined or left out by people; labels are those of the classifier "
    "{model}. Neither is a person's coding: check them before you count."
)


@dataclass(frozen=True)
class Kept:
    """The themes of a run as a file names them: those shown, each comment with the one it belongs to."""

    names: Mapping[int, str]
    """Of the themes that stand by themselves and are shown."""
    words: Mapping[int, str]
    theme_of: Mapping[int, tuple[int, float]]
    """Comment to theme, and how like it is."""


def as_csv(session: Session, run: ThemeRunRow, secret: str) -> Iterator[str]:
    """Give a line for every published comment that belongs to a theme."""
    kept, names = _kept(session, run), _pseudonyms(run, secret)
    yield from cells.written([COLUMNS])
    for discussion in discussions.quotable(session, _stretch(run)):
        some = [each for each in discussion if each.id in kept.theme_of]
        labels = discussions.called(session, [each.id for each in some])
        rows = (_row(each, kept, labels[each.id], names) for each in some)
        yield from list(cells.written(rows))[1:]


def write_qdpx(session: Session, run: ThemeRunRow, secret: str, now: datetime, file: IO[bytes]) -> None:
    """Write the run's discussions as a REFI-QDA project, each comment coded with its theme and its labels."""
    kept, names = _kept(session, run), _pseudonyms(run, secret)
    site = run.site.name
    project = qdpx.Project(
        key=f"{run.site.url}\0{run.start}\0{run.end}",
        name=f"{site}, {run.start} to {run.end}",
        description=_WHAT_THIS_IS.format(model=_model(session, run)),
        origin=f"Undertone {__version__}",
        coder="Undertone (a program)",
        made_at=now,
        codes=_codes(kept),
    )
    found = discussions.quotable(session, _stretch(run))
    qdpx.write(project, (_source(session, discussion, kept, names) for discussion in found), file)


def shown(run: ThemeRunRow) -> list[ThemeRow]:
    """Return the themes that stand by themselves and are not hidden."""
    return [each for each in run.themes if each.merged_into_id is None and not each.is_hidden]


def name_of(theme: ThemeRow) -> str:
    """Return what a theme is called: by a person, else by its own words."""
    return theme.name or called(theme.words)


def _kept(session: Session, run: ThemeRunRow) -> Kept:
    names = {each.id: name_of(each) for each in shown(run)}
    stands_for = {each.id: each.merged_into_id or each.id for each in run.themes}
    return Kept(
        names=names,
        words={each.id: called(each.words) for each in shown(run)},
        theme_of={
            each.comment_id: (theme, each.likeness)
            for each in themes.belonging(session, run)
            if (theme := stands_for[each.theme_id]) in names
        },
    )


def _pseudonyms(run: ThemeRunRow, secret: str) -> Pseudonyms:
    return Pseudonyms(secret, f"themes of site {run.site_id}, {run.start} to {run.end}")


def _stretch(run: ThemeRunRow) -> SiteDays:
    return SiteDays(run.site_id, run.start, run.end)


def _row(each: Quotable, kept: Kept, labels: list[str], names: Pseudonyms) -> tuple[object, ...]:
    theme, likeness = kept.theme_of[each.id]
    return (
        kept.names[theme],
        kept.words[theme],
        each.id,
        each.url,
        each.title,
        _moment(each.created_at),
        names.of(each.author_key),
        "yes" if is_staff(each.author_role) else "no",
        " ".join(labels),
        likeness,
        each.text,
    )


def _codes(kept: Kept) -> list[qdpx.Code]:
    found = [qdpx.Code(f"theme {number}", name, kept.words[number]) for number, name in kept.names.items()]
    labels = [qdpx.Code(f"label {key}", label.name, label.meaning) for key, label in LABELS.items()]
    headings = [qdpx.Code("themes", "Themes", below=tuple(found))] if found else []
    return [*headings, qdpx.Code("labels", "Labels", below=tuple(labels))]


def _source(session: Session, discussion: list[Quotable], kept: Kept, names: Pseudonyms) -> qdpx.Source:
    labels = discussions.called(session, [each.id for each in discussion])
    first = discussion[0]
    return qdpx.Source(
        key=str(first.thread_id),
        name=first.title or first.url,
        description=first.url,
        passages=[_passage(each, kept, labels[each.id], names) for each in discussion],
    )


def _passage(each: Quotable, kept: Kept, labels: list[str], names: Pseudonyms) -> qdpx.Passage:
    theme = kept.theme_of.get(each.id)
    codes = [f"theme {theme[0]}"] if theme else []
    who = f"{names.of(each.author_key)}{' (staff)' if is_staff(each.author_role) else ''}"
    to = f" to {names.of(each.to)}" if each.parent_id is not None else ""
    return qdpx.Passage(
        key=str(each.id),
        heading=f"{who}{to}, {_moment(each.created_at)}",
        text=each.text,
        codes=(*codes, *(f"label {label}" for label in labels if label in LABELS)),
    )


def _model(session: Session, run: ThemeRunRow) -> str:
    return ", ".join(discussions.models(session, _stretch(run))) or "(none)"


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes").replace("+00:00", "Z")
