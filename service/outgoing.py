"""The only file that opens a connection to the outside.

A site names the address we call, so the address may be hostile: one of our own network, a name that resolves to it, or
a redirect there. Private and loopback addresses are refused unless allowed; the connection goes to the very address
that was checked, so that a name cannot answer differently the second time; redirects are never followed; and an answer
that never ends is cut off.

The mail server is another matter: the operator names it, so that it may stand anywhere; it shows its certificate.
"""

import contextlib
import ipaddress
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from http.client import HTTPException
from urllib.parse import SplitResult, quote, urlsplit

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

SILENCE_SECONDS = 10
"""How long we wait for a connection, and for each next piece of an answer."""

DEADLINE_SECONDS = 20
"""How long one attempt may take in all."""

MAIL_SECONDS = 60
"""How long one mail may take once connected: less than a job's lease, so that nobody else sends it meanwhile."""

NO_MAIL_SERVER = "no mail server is set: UNDERTONE_SMTP_HOST says which"

READ = 2**16
"""How many bytes of an answer are read, where the receiver says in it what it took."""

SHOWN = 200
"""How many bytes of a refusal are kept to show to a person."""

_READY, _TAKEN, _NEVER = 220, 250, 500
"""What a mail server says when it is ready, when it has taken a mail, and from where on it never will."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
"""All that has ever been given out of IPv6 (RFC 4291, section 2.4); the rest are wrappings and things of the past."""
_SOCKET_OPTIONS = [*HTTPConnection.default_socket_options, (socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)]
"""A small buffer: what has arrived when a connection is cut is still read, and a flood would fill megabytes."""
_KEPT_IN_PATH = "/%:@!$&'()*+,;=~?"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Message:
    """A request ready to be sent."""

    url: str
    body: bytes
    headers: dict[str, str]
    check: Callable[[bytes], str | None] | None = None
    """Says what is wrong with the body of an answer of 2xx, where the receiver says no there; None where it took it."""
    wants_answer: bool = False
    """Whether somebody wants to see how an answer of 2xx begins."""


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    error: str | None = None
    """None when the site took the message."""
    is_permanent: bool = False
    """Whether trying again is pointless until a person changes something."""
    retry_after: float | None = None
    """Seconds that the site asked us to wait."""
    status: int | None = None
    """The HTTP status that was answered; None where nothing was."""
    said: str = ""
    """How an answer of 2xx begins, where that was wanted."""

    @property
    def is_gone(self) -> bool:
        """Whether the other side says that nobody will ever be at this address again."""
        return self.status == 410  # noqa: PLR2004  # 410 Gone


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in, and in whose name."""

    host: str
    port: int
    security: str
    """`starttls`, `tls`, or `none`."""
    user: str
    password: str
    sender: str


class AddressRefused(Exception):
    """An address that we do not call; the text says why and what an operator can do."""


class AddressIsPrivate(AddressRefused):
    """An address inside some network, which an operator has not allowed."""

    def __init__(self, host: str, address: Address, name: str) -> None:
        super().__init__(
            f"{host} is {address}, which is no public address. An operator can allow it: "
            f"UNDERTONE_CALLBACK_ALLOW={name}"
        )
        self.host = host
        self.address = address
        self.name = name


class Outgoing:
    """Sends messages to sites, and mail to people."""

    def __init__(self, allow: Collection[str] = (), mail_server: MailServer | None = None) -> None:
        self.allow = frozenset(each.lower() for each in allow)
        self.mail_server = mail_server

    def send(self, message: Message) -> Outcome:
        """POST a message once and return how that ended; nothing is raised for what the other side does."""
        try:
            return self._post(message)
        except AddressRefused as error:
            return Outcome(str(error), is_permanent=True)
        except (OSError, HTTPError, HTTPException, ValueError) as error:
            # http.client raises HTTPException, and now and then ValueError, for an answer that is no HTTP.
            return Outcome(f"no answer: {_plain(error)}")

    def post(self, mail: EmailMessage) -> Outcome:
        """Hand in a mail once and return how that ended; nothing is raised for what the other side does."""
        if self.mail_server is None:
            return Outcome(NO_MAIL_SERVER, is_permanent=True)
        try:
            _hand_in(self.mail_server, mail)
        except smtplib.SMTPRecipientsRefused as error:
            return _refused(*next(iter(error.recipients.values())))
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            return Outcome(f"the mail server cannot do what is set: {error}")
        except (OSError, ValueError) as error:  # smtplib's other exceptions are OSErrors
            return Outcome(f"no answer: {_plain(error)}")
        return Outcome(status=_TAKEN)

    def private(self, url: str) -> AddressIsPrivate | None:
        """Return why an address would be refused as things stand; None where it is public, or nobody can tell now."""
        try:
            parts = _parts_of(url)
            self._checked(_host(parts), _port(parts))
        except AddressIsPrivate as found:
            return found
        except (AddressRefused, OSError, ValueError):
            return None
        return None

    def _post(self, message: Message) -> Outcome:
        parts = _parts_of(message.url)
        connection = self._connection(parts)
        sockets: list[socket.socket | None] = []
        deadline = threading.Timer(DEADLINE_SECONDS, _cut, [connection, sockets])
        deadline.daemon = True
        deadline.start()
        try:
            connection.connect()
            sockets.append(connection.sock)
            headers = {**message.headers, "host": _host_header(parts), "user-agent": "Undertone"}
            connection.request("POST", _target(parts), body=message.body, headers=headers, preload_content=False)
            answer = connection.getresponse()
            return _outcome(answer, message)
        finally:
            deadline.cancel()
            connection.close()

    def _connection(self, parts: SplitResult) -> HTTPConnection:
        host, port = _host(parts), _port(parts)
        address = str(self._checked(host, port))
        if parts.scheme == "http":
            return HTTPConnection(address, port, timeout=SILENCE_SECONDS, socket_options=_SOCKET_OPTIONS)
        return HTTPSConnection(
            address,
            port,
            timeout=SILENCE_SECONDS,
            socket_options=_SOCKET_OPTIONS,
            cert_reqs="CERT_REQUIRED",
            ca_certs=certifi.where(),
            server_hostname=host,
            assert_hostname=host,
        )

    def _checked(self, host: str, port: int) -> Address:
        """Return an address of the host; raise AddressRefused where any of its addresses is not public."""
        found = [ipaddress.ip_address(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if name in self.allow:
            return found[0]
        for address in found:
            if not is_public(address):
                raise AddressIsPrivate(host, address, name)
        return found[0]


def is_public(address: Address) -> bool:
    """Whether an address belongs to the open internet, also when it wraps an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return is_public(inner)
        if address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast


def _hand_in(server: MailServer, mail: EmailMessage) -> None:
    """Hand in a mail, or raise what smtplib does. Once it is taken nothing is raised any more."""
    sender = parseaddr(str(mail["From"]))[1]
    connection = _smtp(server, sender)
    deadline = threading.Timer(MAIL_SECONDS, _cut, [connection, []])
    deadline.daemon = True
    deadline.start()
    try:
        code, said = connection.connect(server.host, server.port)
        if code != _READY:
            raise smtplib.SMTPConnectError(code, said)
        if server.security == "starttls":
            connection.starttls(context=_tls())
        if server.user:
            connection.login(server.user, server.password)
        connection.send_message(mail, sender)
        with contextlib.suppress(OSError):
            connection.quit()
    finally:
        deadline.cancel()
        connection.close()


def _smtp(server: MailServer, sender: str) -> smtplib.SMTP:
    # Says hello with the name that mail comes from: to look up this machine's own may take seconds.
    name = sender.rpartition("@")[2]
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(local_hostname=name, timeout=SILENCE_SECONDS, context=_tls())
    else:
        connection = smtplib.SMTP(local_hostname=name, timeout=SILENCE_SECONDS)
    # The name that its certificate must have. Given to the constructor, it would connect before anybody can cut it off.
    connection._host = server.host  # type: ignore[attr-defined]  # smtplib's types leave it out
    return connection


def _tls() -> ssl.SSLContext:
    """Return what a mail server's certificate is checked with: the system's authorities, those of SSL_CERT_FILE too."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _refused(code: int, said: bytes | str) -> Outcome:
    """Read a mail server's refusal as RFC 5321 does (section 4.2.1): 5xx means never as it is, 4xx means later."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    error = f"answered {code}: {' '.join(text.split())[:SHOWN]}"
    return Outcome(error, is_permanent=code >= _NEVER, status=code if code > 0 else None)


def _parts_of(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(_host(parts)) and parts.port != 0
        is_web = is_web and url.isprintable() and " " not in url
    except ValueError:
        is_web = False
    if not is_web:
        raise AddressRefused(f"{url!r} is no address to call: it must begin with https:// or http://")
    return parts


def _host(parts: SplitResult) -> str:
    """Return a host as the name system knows it; raise UnicodeError, a ValueError, for a name that cannot be."""
    host = parts.hostname or ""
    return host if ":" in host else host.encode("idna").decode()


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _host_header(parts: SplitResult) -> str:
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else _host(parts)
    return f"{host}:{parts.port}" if parts.port else host


def _target(parts: SplitResult) -> str:
    """Return path and query as they go over the wire, other scripts than Latin as percent signs."""
    return quote(f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/", safe=_KEPT_IN_PATH)


def _cut(connection: HTTPConnection | smtplib.SMTP, sockets: list[socket.socket | None]) -> None:
    """End a connection from another thread: the one that waits for it gets an error.

    The connection's own socket, for a handshake that never ends; the one it had, since reading may have taken it over.
    """
    for each in (connection.sock, *sockets):
        if each is not None:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def _outcome(answer: BaseHTTPResponse, message: Message) -> Outcome:
    """Read an answer as Standard Webhooks does: 2xx is taken, 410 means never again, all else is a failure.

    Of the body no more is read than is shown, of a message that was taken nothing, unless the receiver says there what
    it did not take, or somebody wants to see it: an endless one keeps nobody.
    """
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004  # RFC 9110, section 15.3
        error = message.check(answer.read(READ, decode_content=False)) if message.check else None
        return Outcome(error, status=status, said=_beginning(answer) if message.wants_answer else "")
    if 300 <= status < 400:  # noqa: PLR2004  # RFC 9110, section 15.4
        error = f"answered {status}: a redirect, which is never followed; change the address"
        return Outcome(error, is_permanent=True, status=status)
    said = answer.read(SHOWN, decode_content=False).decode("utf-8", "replace").strip()
    error = f"answered {status}" + (f": {said}" if said else "")
    wait = _seconds(answer.headers.get("retry-after"))
    return Outcome(error, is_permanent=status == 410, retry_after=wait, status=status)  # noqa: PLR2004  # 410 Gone


def _beginning(answer: BaseHTTPResponse) -> str:
    """Return how an answer begins. It was taken, so that one that breaks off or never comes is no failure."""
    with contextlib.suppress(OSError, HTTPError, HTTPException, ValueError):
        return answer.read(4 * SHOWN, decode_content=False).decode("utf-8", "replace")[:SHOWN].strip()
    return ""


def _seconds(retry_after: str | None) -> float | None:
    """Read a Retry-After header: seconds or a date (RFC 9110, section 10.2.3); None for anything else."""
    if retry_after is None:
        return None
    try:
        if retry_after.strip().isdecimal():
            return float(retry_after)
        return (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None


def _plain(error: Exception) -> str:
    """Say what went wrong without the object addresses that urllib3 puts into its words."""
    return str(error).rpartition(">: ")[2] or type(error).__name__
