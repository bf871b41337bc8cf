"""What an author is called where the desk ends."""

from hypothesis import given
from hypothesis import strategies as st

from service.domain.pseudonyms import SOMEBODY, Pseudonyms

KEY = "email:maya@example.org"


def test_an_author_has_one_name_throughout_a_report() -> None:
    assert Pseudonyms("secret", "1").of(KEY) == Pseudonyms("secret", "1").of(KEY)


def test_an_author_has_another_name_in_another_report() -> None:
    assert Pseudonyms("secret", "1").of(KEY) != Pseudonyms("secret", "2").of(KEY)


def test_without_the_secret_key_nobody_can_make_the_name() -> None:
    assert Pseudonyms("secret", "1").of(KEY) != Pseudonyms("guessed", "1").of(KEY)


@given(st.lists(st.text(min_size=1), unique=True, max_size=200))
def test_no_two_authors_have_the_same_name(keys: list[str]) -> None:
    names = Pseudonyms("secret", "1")
    assert len({names.of(key) for key in keys}) == len(keys)


def test_two_whose_names_fall_together_are_told_apart() -> None:
    names = Pseudonyms("secret", "1")
    names._drawn = lambda what: f"Amber Heron {what[0]}"  # type: ignore[method-assign]
    assert [names.of("a"), names.of("b"), names.of("a")] == ["Amber Heron 0", "Amber Heron 1", "Amber Heron 0"]


def test_a_name_says_nothing_of_the_author() -> None:
    first, last, number = Pseudonyms("secret", "1").of(KEY).split()
    assert first.isalpha()
    assert last.isalpha()
    assert number.isdigit()


def test_nobody_is_called_somebody() -> None:
    assert Pseudonyms("secret", "1").of(None) == SOMEBODY
