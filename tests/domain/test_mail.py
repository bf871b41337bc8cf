"""Addresses that mail can go to, and letters that are what they say, whatever stands in them."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import mail
from service.domain.mail import AddressRefused, Letter
from tests import cast

SENDER = "Undertone <undertone@example.org>"
PNG = b"\x89PNG\r\n\x1a\n and the rest"
ANY_TEXT = st.text(st.characters(), max_size=300)


def letter(subject: str = "Tone", text: str = "Text\n", html: str = "<p>Text</p>") -> Letter:
    return Letter("ana@example.org", subject, text, html, "report-1-abc@desk.example.org", {"volume": PNG})


def read_again(written: EmailMessage) -> EmailMessage:
    found = message_from_bytes(written.as_bytes(), policy=default)
    assert isinstance(found, EmailMessage)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ana@example.org", "ana@example.org"),
        (" Ana.Lin+reports@Relay.Example.ORG ", "Ana.Lin+reports@relay.example.org"),
        ("o'neill@example.org", "o'neill@example.org"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_an_address_is_taken(text: str, expected: str) -> None:
    assert mail.address(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "@example.org",
        "ana@",
        "ana@example.org\nBcc: ben@example.org",
        "ana@example.org, ben@example.org",
        "Ana <ana@example.org>",
        "ana lin@example.org",
        ".ana@example.org",
        "ana..lin@example.org",
        "änä@example.org",
        "ana@-example.org",
        "ana@example..org",
        f"{'a' * 250}@example.org",
        f"ana@{'a' * 64}.example",
        "ana@example.org\0",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(AddressRefused):
        mail.address(text)


def test_a_letter_is_text_and_html_with_its_pictures() -> None:
    found = read_again(mail.written(letter(), SENDER, cast.NOW))
    assert found.get_content_type() == "multipart/alternative"
    text, page = found.iter_parts()
    assert (text.get_content_type(), page.get_content_type()) == ("text/plain", "multipart/related")
    html, picture = page.iter_parts()
    assert (html.get_content_type(), picture.get_content_type()) == ("text/html", "image/png")
    assert (picture["Content-ID"], picture.get_content()) == ("<volume>", PNG)


def test_its_head_says_who_when_and_that_nobody_is_to_answer() -> None:
    found = read_again(mail.written(letter(), SENDER, cast.NOW))
    assert {name: found[name] for name in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted")} == {
        "From": SENDER,
        "To": "ana@example.org",
        "Subject": "Tone",
        "Date": "Sat, 21 Nov 2026 09:00:00 +0000",
        "Message-ID": "<report-1-abc@desk.example.org>",
        "Auto-Submitted": "auto-generated",
    }


def test_a_subject_makes_no_header() -> None:
    found = read_again(mail.written(letter("Tone\r\nBcc: ben@example.org\r\n\r\nGet lost"), SENDER, cast.NOW))
    assert found["Bcc"] is None
    assert found["Subject"] == "Tone Bcc: ben@example.org Get lost"


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_whatever_stands_in_it_can_be_sent_and_changes_no_other_header(subject: str, text: str, html: str) -> None:
    found = read_again(mail.written(letter(subject, text, html), SENDER, cast.NOW))
    plain = read_again(mail.written(letter(), SENDER, cast.NOW))
    assert sorted(found.keys()) == sorted(plain.keys())
    assert (found["To"], found["From"], found["Message-ID"]) == (plain["To"], plain["From"], plain["Message-ID"])
    assert [part.get_content_type() for part in found.walk()] == [part.get_content_type() for part in plain.walk()]
