"""A mail server for tests: real SMTP, with certificates of an authority of its own; keeps what comes."""

import email
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.processes import free_port

USER, PASSWORD = "undertone", "hunter2 hunter2"
SENDER = "Undertone <undertone@example.org>"


@dataclass
class Came:
    """One mail as it came, and whom it was for."""

    to: list[str]
    mail: EmailMessage


class Mailbox:
    """Takes mail, or answers what it is told to."""

    def __init__(self, security: str = "none", certificate: Path | None = None, *, asks_who: bool = False) -> None:
        self.came: list[Came] = []
        self.answer = "250 OK"
        """What it says once it has the whole mail; it keeps only what it says 2xx of."""
        self.to_recipient = "250 OK"
        self.port = free_port()
        self.signed_in: list[str] = []
        self.is_secure: list[bool] = []
        self._lock = threading.Lock()
        self._is_tls = security == "tls"
        tls = _server_side(certificate) if certificate else None
        more: dict[str, Any] = {"tls_context": tls} if security == "starttls" else {}
        if asks_who:
            more |= {"authenticator": self._authenticated, "auth_required": True}
        self._controller = Controller(
            self, "127.0.0.1", self.port, ssl_context=tls if security == "tls" else None, **more
        )
        self._controller.start()

    async def handle_RCPT(  # noqa: N802  # as aiosmtpd calls it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.to_recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("2"):
            assert isinstance(envelope.content, bytes)
            mail = email.message_from_bytes(envelope.content, policy=default)
            assert isinstance(mail, EmailMessage)
            with self._lock:
                self.came.append(Came(list(envelope.rcpt_tos), mail))
                self.is_secure.append(self._is_tls or session.ssl is not None)
        return self.answer

    def sent_to(self) -> list[str]:
        """Return whom mail came for, in order of the alphabet: each as often as it came."""
        with self._lock:
            return sorted(each for came in self.came for each in came.to)

    def close(self) -> None:
        """Stop listening."""
        self._controller.stop()

    def _authenticated(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        is_right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        if is_right:
            self.signed_in.append(given.login.decode())
        return AuthResult(success=is_right, handled=is_right)


@contextmanager
def mailbox(security: str = "none", certificate: Path | None = None, *, asks_who: bool = False) -> Iterator[Mailbox]:
    """Open a mail server, and close it afterwards."""
    opened = Mailbox(security, certificate, asks_who=asks_who)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture(scope="session")
def open_mailbox() -> Iterator[Mailbox]:
    """One mail server for many tests: to open it takes a while."""
    with mailbox() as opened:
        yield opened


@pytest.fixture
def box(open_mailbox: Mailbox) -> Mailbox:
    """Return a mail server as if it were new."""
    open_mailbox.came.clear()
    open_mailbox.answer = open_mailbox.to_recipient = "250 OK"
    return open_mailbox


def make_certificate(folder: Path, name: str = "127.0.0.1") -> tuple[Path, Path]:
    """Write the certificate of a new authority, and that and the key of a server; return both files."""
    own = ec.generate_private_key(ec.SECP256R1())
    authority = _signed("Test authority", own, "Test authority", own, x509.BasicConstraints(ca=True, path_length=0))
    key = ec.generate_private_key(ec.SECP256R1())
    host: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    server = _signed(name, key, "Test authority", own, x509.SubjectAlternativeName([host]))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "authority.pem").write_bytes(_pem(authority))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(_pem(server) + secret)
    return folder / "authority.pem", folder / "server.pem"


def _signed(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    by: str,
    signing: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(by))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(authority, critical=False)
        .sign(signing, hashes.SHA256())
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
