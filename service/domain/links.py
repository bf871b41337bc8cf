"""The links in a text, with the host that each leads to: what a reader sees of one may say something else."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_LINK = re.compile(r"(?:https?://|\bwww\.)[^\s<>\"'\]\[)(]{1,2000}", re.IGNORECASE)
_TRAILING = ".,;:!?»”’"
MOST = 20


@dataclass(frozen=True)
class Link:
    """A link in a text."""

    url: str
    host: str
    """As computers read it: letters of other alphabets that look like ours show as `xn--…`."""


def links(text: str) -> list[Link]:
    """Return the links in a text, each once, in its order; at most MOST."""
    found: dict[str, Link] = {}
    for match in _LINK.finditer(text):
        written = match.group().rstrip(_TRAILING)
        url = written if "://" in written else f"https://{written}"
        host = host_of(url)
        if host and "." in host and url not in found:
            found[url] = Link(url, host)
        if len(found) == MOST:
            break
    return list(found.values())


def host_of(url: str) -> str | None:
    """Return the host that a browser would ask for an address, as computers read it."""
    try:
        host = urlsplit(url.replace("\\", "/")).hostname  # to a browser they are the same
        return host and (host if host.isascii() else host.encode("idna").decode("ascii"))
    except (ValueError, UnicodeError):
        return None
