"""Mail goes out by one door: secured or not at all, a refusal is read as it is meant, a mail is what was written."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from service import outgoing
from service.domain.mail import Letter, written
from service.outgoing import MailServer, Outgoing
from tests import cast
from tests.mailbox import PASSWORD, SENDER, USER, Mailbox, mailbox, make_certificate
from tests.processes import free_port

MAIL = written(Letter("ana@example.org", "Tone", "Text\n", "<p>Text</p>", "one@example.org"), SENDER, cast.NOW)

Open = Callable[..., Mailbox]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the certificate of an authority, and that of a server."""
    return make_certificate(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def is_trusted(certificates: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine trust that authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates[0]))


@pytest.fixture
def plain() -> Iterator[Mailbox]:
    with mailbox() as opened:
        yield opened


def server_of(opened: Mailbox, security: str = "none", user: str = "", password: str = "") -> MailServer:
    return MailServer("127.0.0.1", opened.port, security, user, password, SENDER)


def post(server: MailServer | None, mail: EmailMessage = MAIL) -> outgoing.Outcome:
    return Outgoing(mail_server=server).post(mail)


def test_a_mail_is_taken(plain: Mailbox) -> None:
    outcome = post(server_of(plain))
    assert (outcome.error, outcome.status) == (None, 250)
    [came] = plain.came
    assert (came.to, came.mail["Message-ID"], came.mail["From"]) == (["ana@example.org"], "<one@example.org>", SENDER)


@pytest.mark.usefixtures("is_trusted")
def test_the_password_goes_through_tls(certificates: tuple[Path, Path]) -> None:
    with mailbox("starttls", certificates[1], asks_who=True) as opened:
        assert post(server_of(opened, "starttls", USER, PASSWORD)).error is None
        assert (opened.is_secure, opened.signed_in) == ([True], [USER])


@pytest.mark.usefixtures("is_trusted")
def test_tls_can_begin_with_the_first_byte(certificates: tuple[Path, Path]) -> None:
    with mailbox("tls", certificates[1]) as opened:
        assert post(server_of(opened, "tls")).error is None
        assert opened.is_secure == [True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_knows_is_refused(security: str, certificates: tuple[Path, Path]) -> None:
    with mailbox(security, certificates[1]) as opened:
        outcome = post(server_of(opened, security))
        assert "certificate verify failed" in str(outcome.error)
        assert (outcome.is_permanent, opened.came) == (False, [])


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_another_name_is_refused(
    security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, other = make_certificate(tmp_path, "mail.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with mailbox(security, other) as opened:
        assert "certificate verify failed" in str(post(server_of(opened, security)).error)
        assert opened.came == []


def test_where_tls_is_asked_for_and_not_offered_nothing_is_sent(plain: Mailbox) -> None:
    outcome = post(server_of(plain, "starttls", USER, PASSWORD))
    assert "STARTTLS" in str(outcome.error)
    assert plain.came == []


@pytest.mark.usefixtures("is_trusted")
def test_a_wrong_password_is_for_a_person_to_mend(certificates: tuple[Path, Path]) -> None:
    with mailbox("starttls", certificates[1], asks_who=True) as opened:
        outcome = post(server_of(opened, "starttls", USER, "wrong"))
    assert (outcome.status, outcome.is_permanent) == (535, True)


@pytest.mark.parametrize(("answer", "is_permanent"), [("451 Later, please", False), ("552 Too large", True)])
def test_4xx_means_later_and_5xx_never(answer: str, is_permanent: bool, plain: Mailbox) -> None:
    plain.answer = answer
    outcome = post(server_of(plain))
    assert (outcome.error, outcome.is_permanent) == (f"answered {answer[:3]}: {answer[4:]}", is_permanent)


@pytest.mark.parametrize(("answer", "is_permanent"), [("450 Busy", False), ("550 Nobody here", True)])
def test_so_it_does_of_a_recipient(answer: str, is_permanent: bool, plain: Mailbox) -> None:
    plain.to_recipient = answer
    outcome = post(server_of(plain))
    assert (outcome.error, outcome.is_permanent) == (f"answered {answer[:3]}: {answer[4:]}", is_permanent)


def test_where_nobody_listens_it_is_tried_again() -> None:
    outcome = post(MailServer("127.0.0.1", free_port(), "none", "", "", SENDER))
    assert str(outcome.error).startswith("no answer: ")
    assert not outcome.is_permanent


def test_where_no_mail_server_is_set_it_says_so() -> None:
    outcome = post(None)
    assert (outcome.error, outcome.is_permanent) == (outgoing.NO_MAIL_SERVER, True)


@pytest.fixture
def speaks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes, bytes], MailServer]]:
    """Return a function that lets a server say the same again and again, or nothing; nobody waits for it long."""
    monkeypatch.setattr(outgoing, "SILENCE_SECONDS", 0.5)
    monkeypatch.setattr(outgoing, "MAIL_SECONDS", 1.0)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def speak(begins: bytes, goes_on: bytes) -> MailServer:
            def run() -> None:
                caller, _ = listening.accept()
                with caller, contextlib.suppress(OSError):
                    caller.sendall(begins)
                    while goes_on:
                        time.sleep(0.1)
                        caller.sendall(goes_on)
                    caller.recv(1)

            threading.Thread(target=run, daemon=True).start()
            return MailServer("127.0.0.1", listening.getsockname()[1], "none", "", "", SENDER)

        yield speak


@pytest.mark.parametrize(
    ("begins", "goes_on"), [(b"", b""), (b"", b"220-Wait\r\n"), (b"220 Hello\r\n", b"250-And one more\r\n")]
)
def test_a_mail_server_that_never_comes_to_an_end_keeps_nobody(
    begins: bytes, goes_on: bytes, speaks: Callable[[bytes, bytes], MailServer]
) -> None:
    begun = time.monotonic()
    assert post(speaks(begins, goes_on)).error is not None
    assert time.monotonic() - begun < 5


def test_a_mail_server_that_takes_nobody_in_is_asked_again(speaks: Callable[[bytes, bytes], MailServer]) -> None:
    outcome = post(speaks(b"421 Too busy\r\n", b""))
    assert (outcome.error, outcome.is_permanent) == ("answered 421: Too busy", False)
