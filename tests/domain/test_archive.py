"""What an archive's comment may be, and whose it is."""

from dataclasses import replace

import pytest

from service.domain.archive import Earlier, Hosts, Record, Refused, checked, fault_of
from service.domain.comment import Author, Comment, Status

COMMENT = Comment("Thank you.", "https://relay.example.org/a", id="1", author=Author(name="Maya"))
RECORD = Record(COMMENT, "line 1")


def test_an_ordinary_comment_has_no_fault() -> None:
    assert (fault_of(COMMENT), checked(RECORD)) == (None, RECORD)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"text": " \n"}, "its text is empty"),
        ({"text": "x" * 65_537}, "its text is longer than 65,536 characters"),
        ({"thread_url": ""}, "its post has no web address"),
        ({"thread_url": "/five-years/"}, "its post has no web address"),
        ({"thread_url": "javascript:alert(1)"}, "its post has no web address"),
        ({"thread_url": "https://[/"}, "its post has no web address"),
        ({"thread_url": "https://relay.example.org/" + "x" * 2000}, "its post has no web address"),
        ({"id": ""}, "an id of it is empty"),
        ({"parent_id": "9" * 256}, "an id, a name or an e-mail address of it is longer than 255 characters"),
        (
            {"author": Author(email="x" * 256)},
            "an id, a name or an e-mail address of it is longer than 255 characters",
        ),
        (
            {"thread_title": "x" * 2001},
            "its post's title or its author's address is longer than 2,000 characters",
        ),
    ],
)
def test_what_no_blog_could_have_sent_is_refused_with_its_fault(changed: dict[str, object], fault: str) -> None:
    assert checked(Record(replace(COMMENT, **changed), "line 1")) == Refused("line 1", fault)  # type: ignore[arg-type]


def test_a_refusal_says_where_why_and_what_came() -> None:
    assert str(Refused("line 2", "it is no JSON", "Expecting\nvalue")) == "line 2: it is no JSON (Expecting\\nvalue)"


@pytest.mark.parametrize(
    ("earlier", "is_settled"),
    [((), False), ((Earlier(Status.APPROVED),), True), ((Earlier(Status.SPAM), Earlier(Status.HELD)), False)],
)
def test_what_was_decided_last_settles_it_unless_that_was_to_wait(
    earlier: tuple[Earlier, ...], is_settled: bool
) -> None:
    assert replace(RECORD, earlier=earlier).is_settled is is_settled


def under(url: str) -> Record:
    return replace(RECORD, comment=replace(COMMENT, thread_url=url))


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://relay.example.org/a", True),
        ("http://WWW.relay.example.org:80/a", True),
        ("https://old.example.org/a", True),
        ("https://relay.example.org.evil.example/a", False),
        ("https://relay.example.org:8443/a", False),
        ("https://other.example.org/a", False),
    ],
)
def test_a_sites_addresses_are_those_on_its_hosts(url: str, is_ours: bool) -> None:
    assert Hosts("https://relay.example.org", ["old.example.org"]).is_ours(under(url)) is is_ours


@pytest.mark.parametrize(
    ("url", "own_too", "expected"),
    [
        ("http://old.example.org/a?b=1", False, "https://relay.example.org/a?b=1"),
        ("http://www.relay.example.org/a", True, "https://relay.example.org/a"),
        ("http://www.relay.example.org/a", False, "http://www.relay.example.org/a"),
        ("https://other.example.org/a", True, "https://other.example.org/a"),
    ],
)
def test_an_address_is_brought_home_where_it_is_the_sites(url: str, own_too: bool, expected: str) -> None:
    hosts = Hosts("https://relay.example.org", ["https://old.example.org/"])
    assert hosts.at_home(under(url), own_too).comment.thread_url == expected
