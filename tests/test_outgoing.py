"""The one door to the outside: what is sent, what is refused, and what an answer is taken for.

The sites are real servers on this machine; only the answers of the name system are made up.
"""

import contextlib
import ipaddress
import itertools
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import outgoing
from service.outgoing import Message, Outcome, Outgoing, is_public

OK = (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",)
HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}
TLS = b"\x16"
"""The first byte of somebody who wants to speak TLS, which no site here does."""
PUBLIC = "93.184.215.14"


class Site:
    """A web server that answers whatever comes with the same bytes, piece by piece."""

    def __init__(self, pieces: Iterable[bytes], pause: float = 0.0) -> None:
        self.pieces = pieces
        self.pause = pause
        self.requests: list[bytes] = []
        self.sent = 0
        self._closing = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            with connection:
                if self._closing.is_set():
                    return
                connection.settimeout(1)
                with contextlib.suppress(OSError):  # the caller has left
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        request = b""
        while not request.endswith(b"{}"):
            request += (more := connection.recv(65536))
            if not more or request.startswith(TLS):
                return
        self.requests.append(request)
        for piece in self.pieces:
            connection.sendall(piece)
            self.sent += len(piece)
            if self._closing.wait(self.pause):
                return

    def close(self) -> None:
        self._closing.set()
        with socket.socket() as last:
            last.connect(("127.0.0.1", self.port))
        self._thread.join()
        self._listening.close()


MakeSite = Callable[..., Site]


@pytest.fixture
def make_site() -> Iterator[MakeSite]:
    made: list[Site] = []

    def make(pieces: Iterable[bytes] = OK, pause: float = 0.0) -> Site:
        made.append(Site(pieces, pause))
        return made[-1]

    yield make
    for site in made:
        site.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Addresses that the name system knows, to be filled in; what it is not told, it looks up."""
    known: dict[str, list[str]] = {}
    look_up = socket.getaddrinfo

    def answer(host: str, port: int, *args: object, **more: object) -> list[object]:
        found = known.get(host, [host])
        return [entry for address in found for entry in look_up(address, port, *args, **more)]  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return known


def send(site: Site, path: str = "/hook") -> Outcome:
    return Outgoing({site.address}).send(Message(f"http://{site.address}{path}", b"{}", HEADERS))


def send_to(url: str, *allow: str) -> Outcome:
    return Outgoing(allow).send(Message(url, b"{}", HEADERS))


def answer(status: str, *headers: str, body: bytes = b"") -> tuple[bytes]:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "", ""]
    return ("\r\n".join(lines).encode("latin-1") + body,)


def test_a_message_arrives_as_it_was_given(make_site: MakeSite) -> None:
    site = make_site()
    send(site, "/hook?blog=1")
    head, _, body = site.requests[0].partition(b"\r\n\r\n")
    first, *rest = head.decode().lower().split("\r\n")
    expected = {"content-type: application/json", "webhook-id: msg_1", f"host: {site.address}", "content-length: 2"}
    assert (first, body) == ("post /hook?blog=1 http/1.1", b"{}")
    assert expected <= {*rest}


def test_a_message_is_sent_once(make_site: MakeSite) -> None:
    site = make_site()
    send(site)
    assert len(site.requests) == 1


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "204 No Content", "299 Fine"])
def test_a_2xx_answer_means_taken(status: str, make_site: MakeSite) -> None:
    assert send(make_site(answer(status))) == Outcome(status=int(status[:3]))


def asked(site: Site) -> Outcome:
    """Send a message to which somebody wants to see the answer."""
    message = Message(f"http://{site.address}/hook", b"{}", HEADERS, wants_answer=True)
    return Outgoing({site.address}).send(message)


def test_who_wants_to_see_an_answer_sees_how_it_begins(make_site: MakeSite) -> None:
    outcome = asked(make_site(answer("202 Accepted", body="grüezi ".encode() + b"x" * 1000)))
    assert (outcome.error, outcome.status, outcome.said) == (None, 202, "grüezi " + "x" * 193)


def test_an_answer_that_breaks_off_was_taken_all_the_same(make_site: MakeSite) -> None:
    site = make_site((b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nonly this",))
    assert asked(site).error is None


def test_an_answer_without_an_end_that_is_wanted_keeps_nobody(make_site: MakeSite) -> None:
    site = make_site(itertools.chain((b"HTTP/1.1 200 OK\r\n\r\n",), itertools.repeat(b"x" * 4096)), pause=0.001)
    assert (asked(site).said, site.sent < 2**24) == ("x" * 200, True)


@pytest.mark.parametrize(
    ("url", "is_refused"),
    [
        ("http://127.0.0.1/", True),
        ("https://[::1]:8443/hook", True),
        ("http://inside.example/", True),
        ("https://both.example/", True),
        ("http://allowed.example:8080/", False),
        ("http://allowed.example:8081/", True),
        ("https://outside.example/", False),
        ("call me", False),
    ],
)
def test_it_is_known_beforehand_which_address_is_private(
    url: str, is_refused: bool, names: dict[str, list[str]]
) -> None:
    names |= {"inside.example": ["10.0.0.7"], "both.example": [PUBLIC, "::1"], "allowed.example": ["10.0.0.8"]}
    names |= {"outside.example": [PUBLIC]}
    found = Outgoing({"allowed.example:8080"}).private(url)
    assert (found is not None) is is_refused


def test_a_name_that_nobody_knows_now_may_be_public(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert Outgoing().private("https://nowhere.example/") is None


def test_a_private_address_is_named_with_what_an_operator_can_write(names: dict[str, list[str]]) -> None:
    names["inside.example"] = ["10.0.0.7"]
    found = Outgoing().private("https://inside.example/hook")
    assert found
    assert (found.host, str(found.address), found.name) == ("inside.example", "10.0.0.7", "inside.example:443")


@pytest.mark.parametrize(
    "headers_and_body",
    [
        b"content-length: 50\r\n\r\nshort",
        b"content-encoding: gzip\r\ncontent-length: 8\r\n\r\nnot gzip",
        b"transfer-encoding: chunked\r\n\r\nnot a chunk\r\n",
        b"connection: close\r\n\r\n",
    ],
)
def test_a_2xx_answer_means_taken_whatever_is_wrong_with_its_body(headers_and_body: bytes, make_site: MakeSite) -> None:
    assert send(make_site((b"HTTP/1.1 200 OK\r\n" + headers_and_body,))) == Outcome(status=200)


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "429 Slow Down", "500 Oh", "503 Later"])
def test_any_other_answer_is_a_failure_that_may_pass(status: str, make_site: MakeSite) -> None:
    outcome = send(make_site(answer(status, body=b"not now")))
    assert outcome == Outcome(f"answered {status[:3]}: not now", status=int(status[:3]))


def test_gone_means_never_again(make_site: MakeSite) -> None:
    assert send(make_site(answer("410 Gone"))) == Outcome("answered 410", is_permanent=True, status=410)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_never_followed(status: str, make_site: MakeSite) -> None:
    target = make_site()
    send(make_site(answer(status, f"location: http://{target.address}/")))
    assert target.requests == []


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_a_failure_that_somebody_has_to_look_at(status: str, make_site: MakeSite) -> None:
    outcome = send(make_site(answer(status, "location: http://relay.example.org/")))
    assert (outcome.is_permanent, outcome.error is not None) == (True, True)


def test_what_a_refusal_says_is_kept_only_at_its_beginning(make_site: MakeSite) -> None:
    outcome = send(make_site(answer("500 Oh", body=b"x" * 100_000)))
    assert outcome.error == "answered 500: " + "x" * 200


def test_it_reads_how_many_seconds_to_wait(make_site: MakeSite) -> None:
    assert send(make_site(answer("503 Later", "retry-after: 120"))).retry_after == 120


def test_it_reads_until_when_to_wait(make_site: MakeSite) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert send(make_site(answer("503 Later", f"retry-after: {moment}"))).retry_after == pytest.approx(3600, abs=100)


@pytest.mark.parametrize(
    "nonsense",
    [
        "soon",
        "",
        "-5",
        "1.5",
        "\xb2",
        "Mon, 99 Foo 2026 00:00:00 GMT",
        "Mon, 02 Nov 2026 00:00:00",
        "Mon, 02 Nov 99999 00:00:00 GMT",
        "Mon, 02 Nov 2026 00:00:00 +9999999999999999",
    ],
)
def test_a_time_to_wait_that_is_none_is_passed_over(nonsense: str, make_site: MakeSite) -> None:
    outcome = send(make_site(answer("503 Later", f"retry-after: {nonsense}")))
    assert outcome == Outcome("answered 503", status=503)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"good morning\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 7 Hm\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 500 Oh\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 500 Oh\r\ncontent-length: many\r\n\r\n",
        b"HTTP/1.1 500 Oh\r\ncontent-length: 50\r\n\r\nshort",
        b"HTTP/1.1 500 Oh\r\ncontent-encoding: gzip\r\ncontent-length: 8\r\n\r\nnot gzip",
        b"HTTP/1.1 500 Oh\r\ntransfer-encoding: chunked\r\n\r\nnot a chunk\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 " + b"O" * 100_000,
        b"HTTP/1.1 200 OK\r\na: " + b"b" * 100_000,
        b"\0\xff" * 500,
    ],
    ids=lambda each: repr(each[:60]),
)
def test_an_answer_that_is_none_is_a_failure_and_raises_nothing(nonsense: bytes, make_site: MakeSite) -> None:
    site = make_site((nonsense,))
    outcome = send(site)
    assert (outcome.error is not None, outcome.is_permanent) == (True, False)


def test_a_site_that_is_not_there_may_come_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    outcome = send_to(f"http://127.0.0.1:{port}/", f"127.0.0.1:{port}")
    assert (outcome.is_permanent, "Connection refused" in str(outcome.error)) == (False, True)


def test_a_site_that_cannot_prove_who_it_is_gets_nothing(make_site: MakeSite) -> None:
    site = make_site()
    outcome = send_to(f"https://{site.address}/", site.address)
    assert (outcome.error is not None, site.requests) == (True, [])


CLOSES = b"HTTP/1.1 500 Oh\r\nconnection: close\r\n\r\n"
STAYS = b"HTTP/1.1 500 Oh\r\ncontent-length: 1000\r\n\r\n"
CHUNKED = b"HTTP/1.1 500 Oh\r\ntransfer-encoding: chunked\r\n\r\n"
OLD = b"HTTP/1.0 500 Oh\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\na: ", b"b"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (STAYS, b"x"),
        (CHUNKED, b"1\r\nx\r\n"),
        (CLOSES, b"x"),
        (OLD, b"x"),
    ],
    ids=["status", "header", "continue", "length", "chunked", "close", "http-1.0"],
)
def test_an_answer_that_drips_is_cut_off(
    first: bytes, drop: bytes, make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "DEADLINE_SECONDS", 0.2)
    # Uncut, the two hundred bytes that are kept to be shown would take ten seconds.
    site = make_site(itertools.chain([first], itertools.repeat(drop)), pause=0.05)
    send(site)
    assert site.sent - len(first) < 100 * len(drop)


@pytest.mark.parametrize(
    ("first", "flood", "is_taken"),
    [
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", b"x" * 10_000, True),
        (CLOSES, b"x" * 10_000, False),
        (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 1000, False),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, False),
    ],
    ids=["taken", "refused", "headers", "continue"],
)
def test_an_answer_without_an_end_keeps_nobody(
    first: bytes, flood: bytes, is_taken: bool, make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "DEADLINE_SECONDS", 0.2)
    outcome = send(make_site(itertools.chain([first], itertools.repeat(flood))))
    assert (outcome.error is None) is is_taken


def test_a_site_that_says_nothing_is_cut_off(make_site: MakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "DEADLINE_SECONDS", 0.2)
    assert send(make_site(itertools.repeat(b""), pause=0.05)).error is not None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.255.255.254",
        "2130706433",
        "0x7f000001",
        "0x7F.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "10.0.0.7",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:10.0.0.7]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::a00:7]",
        "[64:ff9b:1::a00:7]",
        "[2002:7f00:1::]",
        "[2002:a00:7::1]",
        "[2001:0:102:304::80ff:fffe]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd12:3456::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "localhost",
        "LOCALHOST",
        "user:password@localhost",
        "relay.example.org@127.0.0.1",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_address_that_is_not_public_is_refused_in_every_spelling(scheme: str, host: str) -> None:
    outcome = send_to(f"{scheme}://{host}/")
    assert (outcome.is_permanent, "no public address" in str(outcome.error)) == (True, True)


def test_a_refusal_says_what_an_operator_can_do() -> None:
    assert "UNDERTONE_CALLBACK_ALLOW=localhost:8080" in str(send_to("http://localhost:8080/").error)


def test_a_name_with_one_private_address_among_public_ones_is_refused(names: dict[str, list[str]]) -> None:
    names["relay.example.org"] = [PUBLIC, "10.0.0.7"]
    assert send_to("https://relay.example.org/").is_permanent


def test_the_connection_goes_to_the_address_that_was_checked(
    names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["relay.example.org"] = [PUBLIC]
    asked: list[object] = []

    def connect(_self: socket.socket, address: object) -> None:
        names["relay.example.org"] = ["127.0.0.1"]
        asked.append(address)
        raise OSError("far away")

    monkeypatch.setattr(socket.socket, "connect", connect)
    send_to("http://relay.example.org/")
    assert asked == [(PUBLIC, 80)]


def test_a_site_is_called_by_its_name(make_site: MakeSite, names: dict[str, list[str]]) -> None:
    site = make_site()
    names["relay.example.org"] = ["127.0.0.1"]
    send_to(f"http://relay.example.org:{site.port}/", f"relay.example.org:{site.port}")
    assert f"host: relay.example.org:{site.port}".encode() in site.requests[0].lower()


def test_a_password_in_an_address_is_not_taken_for_a_name(make_site: MakeSite) -> None:
    site = make_site()
    send_to(f"http://user:password@{site.address}/", site.address)
    assert b"password" not in site.requests[0]


@pytest.mark.parametrize("allowed", ["localhost:{}", "LocalHost:{}"])
def test_an_allowed_address_is_called(allowed: str, make_site: MakeSite) -> None:
    site = make_site()
    assert send_to(f"http://localhost:{site.port}/", allowed.format(site.port)) == Outcome(status=200)


def test_an_allowed_ipv6_address_is_tried() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert not send_to(f"http://[::1]:{port}/", f"[::1]:{port}").is_permanent


@pytest.mark.parametrize("allowed", ["127.0.0.1:1", "localhost:{}", "127.0.0.1"])
def test_only_the_very_host_and_port_are_allowed(allowed: str, make_site: MakeSite) -> None:
    site = make_site()
    send_to(f"http://{site.address}/", allowed.format(site.port))
    assert site.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "relay.example.org",
        "//relay.example.org/",
        "ftp://127.0.0.1/",
        "file:///etc/hostname",
        "javascript:alert(1)",
        "http:",
        "http://",
        "http:///hook",
        "http://:80/",
        "http://[::1",
        "http://[nonsense]/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:http/",
        "http://\ud800.example.org/",
        f"http://{'a' * 64}.example.org/",
        "http://.example.org/",
        "http://a..example.org/",
    ],
    ids=repr,
)
def test_nonsense_is_no_address(url: str) -> None:
    assert send_to(url).is_permanent


@pytest.mark.parametrize("path", ["/über", "/?q=ü", "/жук", "/%zz", "/#part", "?q=1", "", "//"])
def test_an_odd_path_is_called_as_a_browser_would(path: str, make_site: MakeSite) -> None:
    assert send(make_site(), path) == Outcome(status=200)


@pytest.mark.parametrize("rest", ["/a b", "/\x7f", "/a\x01", "/\ud800", "/\u2028", "\0/", " /"], ids=repr)
def test_an_address_that_nobody_should_have_saved_raises_nothing(rest: str, make_site: MakeSite) -> None:
    assert isinstance(send(make_site(), rest), Outcome)


def test_a_name_in_another_script_is_sent_as_the_name_system_knows_it(
    make_site: MakeSite, names: dict[str, list[str]]
) -> None:
    site = make_site()
    names["xn--f1ai0a.example.org"] = ["127.0.0.1"]
    send_to(f"http://жук.example.org:{site.port}/", f"xn--f1ai0a.example.org:{site.port}")
    assert f"host: xn--f1ai0a.example.org:{site.port}".encode() in site.requests[0].lower()


@given(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address))
def test_wrapping_an_address_does_not_make_it_public(inner: ipaddress.IPv4Address) -> None:
    wrapped = [
        ipaddress.IPv6Address(f"::ffff:{inner}"),
        ipaddress.IPv6Address(f"64:ff9b::{inner}"),
        ipaddress.IPv6Address((0x2002 << 112) | (int(inner) << 80)),
    ]
    assert [is_public(each) for each in wrapped] == [is_public(inner)] * 3


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450::1"])
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
