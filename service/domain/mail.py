"""Mail: which addresses it can go to, and a letter as its text and HTML with the pictures in it."""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from service.domain.wording import N_, Refusal, typed

LONGEST_ADDRESS = 254
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class AddressRefused(Refusal):
    """What no mail can be sent to; the text says what to write instead."""


@dataclass(frozen=True)
class Letter:
    """What one person is sent."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    """The same at every attempt, so that a mailbox can tell a repetition; without its angle brackets."""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """PNG by the name that the HTML calls it by, as `cid:NAME`."""


def address(text: str) -> str:
    """Return an address as mail is sent to it; raise AddressRefused for what is none."""
    text = text.strip()
    local, _, host = text.rpartition("@")
    with contextlib.suppress(UnicodeError):
        host = host.encode("idna").decode("ascii").lower()
        labels = host.split(".")
        if len(local + host) < LONGEST_ADDRESS and _LOCAL.fullmatch(local) and all(map(_LABEL.fullmatch, labels)):
            return f"{local}@{host}"
    raise AddressRefused(N_("'%(value)s' is no mail address. Write one like ana@example.org."), value=typed(text))


def written(letter: Letter, sender: str, moment: datetime) -> EmailMessage:
    """Return a letter as it is sent: whatever stands in its subject, it makes no header of its own."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = Address(addr_spec=letter.to)
    mail["Subject"] = " ".join(letter.subject.encode("utf-8", "replace").decode().split())
    mail["Date"] = moment
    mail["Message-ID"] = f"<{letter.message_id}>"
    # So that no out-of-office note answers it (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_sendable(letter.text), cte="quoted-printable")
    mail.add_alternative(_sendable(letter.html), subtype="html", cte="quoted-printable")
    page = mail.get_payload(1)
    for name, picture in letter.pictures.items():
        page.add_related(  # type: ignore[union-attr]  # what add_alternative added is a message
            picture, "image", "png", cid=f"<{name}>", filename=f"{name}.png", disposition="inline"
        )
    return mail


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
