"""How pages show what came from outside: harmlessly."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from flask import Flask, Response

from service.web.language import gettext, ngettext

# Control characters, which HTML does not allow, and lone surrogates, which UTF-8 cannot carry.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing but our own files may run or be shown, and nothing inside a page's text can."""


def init_app(app: Flask) -> None:
    """Join display to an application."""
    app.response_class = Page
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.add_template_filter(when)
    app.add_template_filter(precisely)
    app.add_template_filter(percent)
    app.after_request(harden)


class Page(Response):
    """An answer whose text can be sent and shown, whatever comment it quotes."""

    def set_data(self, value: bytes | str) -> None:
        """Take the whole text at once: to look at each thing that a template prints takes a tenth of its time."""
        super().set_data(showable(value) if isinstance(value, str) else value)


def showable(text: str) -> str:
    """Replace what no page can show; escaping is Jinja's own."""
    return _UNSHOWABLE.sub(REPLACEMENT, text)


def when(moment: datetime) -> str:
    """Say how long ago something was."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for size, past, future in _SPANS:
        count = int(abs(seconds) // size)
        if count >= 1:
            return future(count) if seconds < 0 else past(count)
    return gettext("in a moment") if seconds < 0 else gettext("just now")


def percent(probability: object) -> str:
    """Return a probability as people write it."""
    return f"{100 * float(str(probability)):.0f} %"


def precisely(moment: datetime) -> str:
    """Say when something was, for the `datetime` attribute and the tooltip."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def harden(response: Response) -> Response:
    """Add the headers that keep a page from being framed, sniffed or made to run a stranger's script."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if response.mimetype == "text/html":
        # A moderator's screen holds what readers wrote in confidence; a shared computer must not keep it.
        response.headers.setdefault("Cache-Control", "no-store")
    return response


# Whole phrases: another language puts its words in another order, and bends them.
_SPANS: Sequence[tuple[int, Callable[[int], str], Callable[[int], str]]] = (
    (
        86400,
        lambda count: ngettext("%(num)s day ago", "%(num)s days ago", count),
        lambda count: ngettext("in %(num)s day", "in %(num)s days", count),
    ),
    (
        3600,
        lambda count: ngettext("%(num)s hour ago", "%(num)s hours ago", count),
        lambda count: ngettext("in %(num)s hour", "in %(num)s hours", count),
    ),
    (
        60,
        lambda count: ngettext("%(num)s minute ago", "%(num)s minutes ago", count),
        lambda count: ngettext("in %(num)s minute", "in %(num)s minutes", count),
    ),
    (
        1,
        lambda _: gettext("just now"),
        lambda count: ngettext("in %(num)s second", "in %(num)s seconds", count),
    ),
)
"""Seconds, and how so many of them are said of what was and of what will be."""
