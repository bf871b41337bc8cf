"""The links in a text, and the host that each really leads to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.links import MOST, links
from tests.ml.linear import takes_time_in_proportion


def hosts(text: str) -> list[str]:
    return [each.host for each in links(text)]


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("see https://relay.example.org/post", "relay.example.org"),
        ("HTTP://RELAY.EXAMPLE.ORG/", "relay.example.org"),
        ("www.example.org/a", "www.example.org"),
        ("(https://example.org)", "example.org"),
        ("https://example.org:8443/a?b#c", "example.org"),
        ("https://example.org:x/", "example.org"),
        # What it says is not where it leads.
        ("https://mssociety.example@evil.example/gift", "evil.example"),
        ("https://user:mssociety.example@evil.example", "evil.example"),
        ("https://evil.example\\@mssociety.example", "evil.example"),
        ("https://evil.example\\.mssociety.example", "evil.example"),
        ("https://mssociety.example.evil.example/mssociety.example", "mssociety.example.evil.example"),
        # Letters of other alphabets that look like ours.
        ("https://ex\u0430mple.org", "xn--exmple-4nf.org"),
        ("https://münchen.example", "xn--mnchen-3ya.example"),
        ("https://evil\u3002example", "evil.example"),
        ("https://\u200bexample.org", "example.org"),
        ("https://xn--exmple-4nf.org/", "xn--exmple-4nf.org"),
    ],
)
def test_a_link_is_shown_with_the_host_that_it_leads_to(text: str, host: str) -> None:
    assert hosts(text) == [host]


@pytest.mark.parametrize(
    "text",
    [
        "", "no link", "http://", "https://...", "www.", "www...", "wwww.example.org", "xwww.example.org",
        "mailto:a@example.org", "javascript:alert(1)", "//example.org", "https://[::1]/", "https://a\uff0f.example@b",
        "https://localhost/", "https://" + "\u00fc" * 80 + ".example",
    ],
)  # fmt: skip
def test_what_is_no_link_is_none(text: str) -> None:
    assert links(text) == []


@pytest.mark.parametrize("behind", [".", ",", "!", "?", ":", ";", "...", "!?", "”", "’", "».", ")", ")."])
def test_what_ends_a_sentence_is_not_the_link_s(behind: str) -> None:
    assert [each.url for each in links(f"Look at https://example.org/a{behind}")] == ["https://example.org/a"]


@pytest.mark.parametrize("around", ["<{}>", '"{}"', "'{}'", "[x]({})", "<a href='{}'>here</a>", "[url]{}[/url]"])
def test_what_stands_around_a_link_is_not_the_link_s(around: str) -> None:
    assert [each.url for each in links(around.format("https://example.org/a?b=c"))] == ["https://example.org/a?b=c"]


def test_a_link_without_its_protocol_is_given_one() -> None:
    assert [each.url for each in links("www.example.org")] == ["https://www.example.org"]


def test_links_are_told_once_and_in_their_order() -> None:
    text = "https://b.example https://a.example/1 https://b.example https://a.example/2"
    assert [each.url for each in links(text)] == ["https://b.example", "https://a.example/1", "https://a.example/2"]


def test_of_very_many_links_the_first_are_told() -> None:
    text = " ".join(f"https://example.org/{number}" for number in range(500))
    assert [each.url for each in links(text)] == text.split()[:MOST]


@given(st.text(st.sampled_from("htps:/w.aß@\\%[]#?\u0430\u3002\ud800 \0")) | st.text(st.characters(codec=None)))
def test_whatever_is_written_each_host_is_one_that_can_be_read(text: str) -> None:
    assert all(each.host.isascii() and each.url.startswith(("http", "HTTP")) for each in links("https://" + text))


@pytest.mark.parametrize(
    "repeated",
    ["https://", "https://a.", "http://ü.", "www.", "https://a@", "https://x.example ", "https://\uff0f ", "w" * 50],
)
def test_nasty_texts_are_read_in_linear_time(repeated: str) -> None:
    takes_time_in_proportion(links, repeated)
