"""Who is too close to a comment, and who speaks for the blog."""

import pytest

from service.domain.conflicts import Conflict, conflicts, is_staff
from tests.ml.linear import takes_time_in_proportion

WROTE, ANSWERED, NAMED = Conflict.WROTE_THE_POST, Conflict.IS_ANSWERED, Conflict.IS_NAMED


@pytest.mark.parametrize("role", ["staff", "Staff", " ADMIN ", "author", "editor", "administrator", "moderator"])
def test_who_has_a_role_of_the_blog_s_speaks_for_it(role: str) -> None:
    assert is_staff(role)


@pytest.mark.parametrize("role", [None, "", " ", "reader", "subscriber", "staffer", "not staff", "Dr Odell"])
def test_who_has_none_does_not(role: str | None) -> None:
    assert not is_staff(role)


@pytest.mark.parametrize(
    ("text", "post_author", "parent_author", "expected"),
    [
        ("A fine post.", None, None, ()),
        ("A fine post.", "Dr Odell", None, (WROTE,)),
        ("A fine post.", " dr odell ", None, (WROTE,)),
        ("A fine post.", "Dr Odell-Smith", None, ()),
        ("A fine post.", None, "ANA", (ANSWERED,)),
        ("A fine post.", None, "Anabel", ()),
        ("I disagree, Ana.", None, None, (NAMED,)),
        ("I disagree with Dr Odell’s figures.", None, None, (NAMED,)),
        ("(Dr Odell)", None, None, (NAMED,)),
        ("Anabel and Dr Odells", None, None, ()),
        ("an ana of dr odell", None, None, ()),
        ("Ana!", "Ana", "Dr Odell", (WROTE, ANSWERED, NAMED)),
    ],
)
def test_whom_a_comment_concerns_is_told_how(
    text: str, post_author: str | None, parent_author: str | None, expected: tuple[Conflict, ...]
) -> None:
    assert conflicts(["Ana", "Dr Odell"], text, post_author, parent_author) == expected


@pytest.mark.parametrize("names", [[], [""], ["  "]])
def test_who_has_no_name_is_concerned_by_nothing(names: list[str]) -> None:
    assert conflicts(names, "Any text.", "", "  ") == ()


def test_a_name_of_two_letters_is_found_in_no_text_but_compared_with_authors() -> None:
    assert conflicts(["Al"], "Al is here.", "al", None) == (WROTE,)


@pytest.mark.parametrize("name", [".*", "(a+)+$", "[", "\\", "C++ fan"])
def test_a_name_is_no_pattern(name: str) -> None:
    assert conflicts([name], "aaaaaaaaaaaaaaaaaaaaaaaa!", None, None) == ()
    assert conflicts([f"Dr {name}"], f"by Dr {name} himself", None, None) == (NAMED,)


def test_a_nasty_text_is_searched_in_linear_time() -> None:
    takes_time_in_proportion(lambda text: conflicts(["aaaaaaaaab"] * 10, text, None, None), "a")
