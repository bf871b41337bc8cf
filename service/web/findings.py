"""What a report says in plain sentences: what changed by more than chance, then the rest. No verdict on anything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from babel.lists import format_list

from service.domain.labels import LABELS
from service.domain.tone import Change, Handling, Line, ModelChange, Share, Slice, Speaker, ToneReport
from service.domain.wording import N_
from service.ml.shares import FEWEST_CHECKED, FEWEST_CHECKED_HERE, FEWEST_COMMENTS
from service.web import figures
from service.web.language import gettext as _
from service.web.language import language, ngettext

WHO = {Speaker.READERS: N_("Readers"), Speaker.STAFF: N_("Staff")}
_WIDE = 0.1
"""An interval of so many hundredths leaves much open."""
_SAID_ABOVE = ("have no scores, for want", "too few comments of the sample are checked", "are known only roughly")
"""In what remarks of `flows/analysis.py`: a page says it in its reader's language, from the figures."""


@dataclass(frozen=True)
class Finding:
    """One sentence of a report, and whether it tells of more than chance."""

    text: str
    is_found: bool = False


def summary(report: ToneReport) -> list[Finding]:
    """Return what a report says of the readers, the most important first: for the top of a page, or a mail."""
    return [each for line in report.lines if line.speaker is Speaker.READERS for each in of_line(line)]


def of_line(line: Line) -> list[Finding]:
    """Return what a report says of one group's comments."""
    said = [Finding(text) for text in (opening(line), handling(line.whole.handling)) if text]
    found = sorted((each for each in line.changes if each.is_found), key=_size, reverse=True)
    chance = [each for each in line.changes if not each.is_found and each.difference is not None]
    return [
        said[0],
        *(Finding(compared(each), is_found=True) for each in found),
        *(Finding(compared(each)) for each in chance),
        *(Finding(text) for text in _unknown(line.changes)),
        *said[1:],
    ]


def opening(line: Line) -> str:
    """Return how many comments there were, and how many in as much time before."""
    volume, before = line.whole.volume, line.changes[0].before.of if line.changes else None
    if line.speaker is Speaker.STAFF:
        said = ngettext("%(number)s comment by staff.", "%(number)s comments by staff.", volume, number=_count(volume))
    else:
        said = ngettext(
            "%(number)s comment by readers.", "%(number)s comments by readers.", volume, number=_count(volume)
        )
    if before is None:
        return said
    earlier = _("In as much time before: %(count)s.", count=_count(before))
    return f"{said} {earlier}"


def compared(change: Change) -> str:
    """Return how a label's share differs from before, and whether that is more than chance."""
    values = {
        "label": _(LABELS[change.label].name),
        "before": figures.share(change.before),
        "now": figures.share(change.after),
        "points": figures.interval(change),
    }
    if change.difference is None:
        return _("%(label)s: there is not enough data to compare.", **values)
    if not change.is_found:
        return _("%(label)s: from %(before)s to %(now)s; that is within chance.", **values)
    if change.difference > 0:
        return _("%(label)s: more, from %(before)s to %(now)s (%(points)s points).", **values)
    return _("%(label)s: less, from %(before)s to %(now)s (%(points)s points).", **values)


def with_a_course(line: Line) -> list[str]:
    """Return the labels whose share is known for any stretch of time: of the others there is nothing to draw."""
    return [key for key in line.whole.shares if any(_value(each, key) is not None for each in line.slices)]


def without_a_course(line: Line) -> Iterator[str]:
    """Return what is said of the labels whose share is known for no stretch of time."""
    shown = with_a_course(line)
    names = [_(LABELS[key].name) for key in line.whole.shares if key not in shown]
    if names:
        yield _("For no single stretch of time is there enough data of: %(labels)s.", labels=listed(names))


def missing(share: Share) -> str:
    """Return what is missing where a share is not known, as far as that can be said."""
    if share.of < FEWEST_COMMENTS:
        return _("%(count)s scored, and %(least)s are needed", count=_count(share.of), least=FEWEST_COMMENTS)
    if share.checked < FEWEST_CHECKED_HERE:
        return _("%(count)s checked, and %(least)s are needed", count=_count(share.checked), least=FEWEST_CHECKED_HERE)
    return _(
        "%(count)s checked: fewer than %(least)s with earlier ones by the same model, or too few to be sure",
        count=_count(share.checked),
        least=FEWEST_CHECKED,
    )


def lacks_checks(line: Line) -> bool:
    """Whether a share is not known that would be, were more comments checked."""
    return any(each.value is None and each.of >= FEWEST_COMMENTS for each in line.whole.shares.values())


def remarks(report: ToneReport) -> Iterator[str]:
    """Return what is to be known of this report's figures, in the reader's language as far as it can be."""
    unscored = sum(line.whole.unscored for line in report.lines)
    if unscored:
        yield ngettext(
            "%(number)s comment has no scores, for want of a model or for its language: no share counts it.",
            "%(number)s comments have no scores, for want of a model or for their language: no share counts them.",
            unscored,
            number=_count(unscored),
        )
    for line in report.lines:
        wide = [key for key, share in line.whole.shares.items() if (share.high or 0) - (share.low or 0) > _WIDE]
        if wide:
            names = listed([_(LABELS[key].name) for key in wide])
            yield _(
                "Known only roughly (%(who)s), since the model reads them badly or few are checked: %(labels)s.",
                who=_(WHO[line.speaker]),
                labels=names,
            )
    yield from (each for each in report.remarks if not any(known in each for known in _SAID_ABOVE))


def handling(handled: Handling) -> str:
    """Return what became of the comments, in a sentence; nothing where none was held."""
    if not handled.held and not handled.decided:
        return ""
    said = _(
        "Held: %(held)s. Decided by a person: %(decided)s, of these otherwise than before: %(overturned)s.",
        held=_count(handled.held),
        decided=_count(handled.decided),
        overturned=_count(handled.overturned),
    )
    if handled.median_hours is None:
        return said
    soon = _("Half of them were decided within %(time)s.", time=figures.hours(handled.median_hours))
    return f"{said} {soon}"


def models(report: ToneReport) -> tuple[str, ...]:
    """Return the models that scored what a report is about, each once."""
    named = [model for line in report.lines for each in (line.whole, *line.slices) for model in each.models]
    return tuple(dict.fromkeys(named))


def are_comparable(changes: Sequence[Change]) -> bool:
    """Whether a share is known at all, before or now: else there is nothing to draw."""
    return any(share.value is not None for each in changes for share in (each.before, each.after))


def change_of_model(change: ModelChange) -> str:
    """Return from when another model scored."""
    return _("From %(day)s on, %(model)s scored.", day=figures.day(change.day), model=change.model)


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: a, b and c."""
    return format_list(list(words), locale=language()) if words else ""


def _unknown(changes: Sequence[Change]) -> Iterator[str]:
    names = [_(LABELS[each.label].name) for each in changes if each.difference is None]
    if names:
        yield _("There is not enough data to compare: %(labels)s.", labels=listed(names))


def _value(each: Slice, label: str) -> float | None:
    share = each.shares.get(label)
    return share.value if share else None


def _size(change: Change) -> float:
    return abs(change.difference or 0.0)


def _count(number: int) -> str:
    return figures.count(number)
