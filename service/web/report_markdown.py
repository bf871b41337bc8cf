"""A report as Markdown that reads well as it is: the addresses behind the figures stand at its end."""

from collections.abc import Iterator, Sequence

from service.domain.labels import LABELS
from service.domain.tone import Change, Line, Period, Share, Slice, Speaker
from service.web import figures, findings
from service.web.behind import Behind
from service.web.language import gettext as _
from service.web.reading import Read, changes_of

_MARKDOWN = str.maketrans({each: f"\\{each}" for each in "\\`*_{}[]<>#|~"})


class _Links:
    """Numbers the addresses that figures lead to, each once, to be listed at the end."""

    def __init__(self, behind: Behind) -> None:
        self.behind = behind
        self._numbers: dict[str, int] = {}

    def to(self, address: str, said: str) -> str:
        """Return a figure that is a link."""
        return f"[{said}][{self._numbers.setdefault(address, len(self._numbers) + 1)}]"

    def listed(self) -> str:
        """Return the addresses, one on each line."""
        return "\n".join(f"[{number}]: {address}" for address, number in self._numbers.items())


def markdown(read: Read) -> str:
    """Return it as text that reads well as it is, and as Markdown."""
    report, links = read.report, _Links(read.behind(is_outside=True))
    parts = [f"# {_plain(read.title)}", *_about(read)]
    for line in report.lines:
        if line.speaker is Speaker.READERS or line.whole.volume:
            parts += _section(line, report.period, links)
    parts += _quotes(read, links)
    parts += ["## " + _("How sure this is"), "\n".join(f"- {each}" for each in read.notes())]
    return "\n\n".join([*parts, links.listed()]) + "\n"


def _about(read: Read) -> Iterator[str]:
    report = read.report
    yield "; ".join(
        [figures.stretch(report.period), _("compared with %(before)s", before=figures.stretch(report.before))]
    )
    if report.scope.thread:
        yield _("Only the discussion under") + f" {_plain(report.scope.thread)}"
    if report.scope.author_group:
        yield _("Only comments by") + f" {_plain(report.scope.author_group)}"
    yield f"<{read.address}>"


def _section(line: Line, period: Period, links: "_Links") -> Iterator[str]:
    yield "## " + (_("Readers") if line.speaker is Speaker.READERS else _("Staff, by themselves"))
    yield "\n".join(f"- **{each.text}**" if each.is_found else f"- {each.text}" for each in findings.of_line(line))
    if not line.whole.volume:
        return
    compared = changes_of(line)
    heads = [_("Label"), _("Share, 95 % interval"), _("Before"), _("Difference in points"), _("Called so by the model")]
    yield _table(
        heads,
        [
            [
                _(LABELS[key].name),
                _estimate(share),
                _estimate(compared[key].before) if key in compared else "",
                _compared(compared[key]) if key in compared else "",
                links.to(links.behind.called(line.speaker, period, key), figures.count(share.counted))
                + f" / {figures.count(share.of)}",
            ]
            for key, share in line.whole.shares.items()
        ],
    )
    yield "### " + _("Comments and what became of them")
    yield _table(
        [_("From – to"), _("Comments"), _("Held"), _("Decided by a person"), _("Decided otherwise"), _("Median")],
        [_handled(each, line, links) for each in line.slices],
    )
    yield from _course(line)


def _course(line: Line) -> Iterator[str]:
    """Return each label's share over time, of those whose share is known for any of it."""
    known = findings.with_a_course(line)
    if known:
        yield "### " + _("Each label over time")
        yield _table(
            [_("From – to"), *(_(LABELS[key].name) for key in known)],
            [[_stretch(each, line), *(_estimate(each.shares.get(key), "–") for key in known)] for each in line.slices],
        )
        yield "–: " + _("not enough data")
    yield from findings.without_a_course(line)


def _handled(each: Slice, line: Line, links: "_Links") -> list[str]:
    handled = each.handling
    return [
        _stretch(each, line),
        links.to(links.behind.all(line.speaker, each.period), figures.count(each.volume)),
        links.to(links.behind.became(line.speaker, each.period, "held"), figures.count(handled.held)),
        links.to(links.behind.became(line.speaker, each.period, "decided"), figures.count(handled.decided)),
        links.to(links.behind.became(line.speaker, each.period, "overturned"), figures.count(handled.overturned)),
        figures.hours(handled.median_hours),
    ]


def _stretch(each: Slice, line: Line) -> str:
    return figures.short_stretch(each.period, line.whole.period)


def _quotes(read: Read, links: "_Links") -> Iterator[str]:
    if read.quotes:
        yield "## " + _("In readers’ words")
    for label, found in read.quotes.items():
        yield f"### {_(LABELS[label].name)}"
        for quote in found:
            said = "\n".join(f"> {_plain(each)}" for each in quote.text.strip().splitlines())
            where = links.to(links.behind.comment(quote.comment_id), _("the comment"))
            yield f"{said}\n>\n> — {_plain(quote.author)}, {where}"


def _estimate(share: Share | None, otherwise: str = "") -> str:
    if share is None or share.value is None:
        return otherwise or _("not enough data")
    return f"{figures.share(share)} ({figures.interval(share)})"


def _compared(change: Change) -> str:
    if change.difference is None:
        return _("not enough data")
    verdict = _("more than chance") if change.is_found else _("within chance")
    return f"{figures.points(change.difference)} ({figures.interval(change)}), {verdict}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose columns stand below each other in the raw text too."""
    all_of_them = [list(heads), *(list(row) for row in rows)]
    widths = [max(3, *(len(row[column]) for row in all_of_them)) for column in range(len(heads))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in all_of_them]
    rule = " | ".join("-" * width for width in widths)
    return "\n".join(f"| {each} |" for each in (lines[0], rule, *lines[1:]))


def _plain(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return " ".join(text.translate(_MARKDOWN).split())
