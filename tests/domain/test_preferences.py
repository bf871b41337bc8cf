"""What each moderator chooses for themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.preferences import GO, KEYS, Preferences, PreferencesRefused, cleaned, only_changed


def test_as_they_come_no_two_things_have_the_same_key() -> None:
    assert Preferences().keymap == {action: key for action, (key, _) in KEYS.items()}


def test_no_key_to_go_somewhere_is_longer_than_a_letter() -> None:
    assert [letter for letter in GO if len(letter) != 1 or not letter.isalpha()] == []


@pytest.mark.parametrize("key", ["b", "B", "A", "é", "ß", "+", "漢", "."])
def test_a_key_can_be_any_letter_or_sign(key: str) -> None:
    assert Preferences(keys={"approve": key}).keymap["approve"] == key


@pytest.mark.parametrize("key", ["", " ", "\t", "\n", "ab", "1", "9", "\u0663", "\0", "\x1b", "\ud800", "\u200b"])
def test_what_is_no_single_key_is_refused(key: str) -> None:
    with pytest.raises(PreferencesRefused, match="no single key"):
        Preferences(keys={"approve": key})


@pytest.mark.parametrize("keys", [{"approve": "r"}, {"approve": "b", "spam": "b"}, {"note": "g"}, {"help": "/"}])
def test_a_key_that_does_two_things_is_refused(keys: dict[str, str]) -> None:
    with pytest.raises(PreferencesRefused, match="cannot do two things"):
        Preferences(keys=keys)


def test_two_keys_can_be_exchanged() -> None:
    keymap = Preferences(keys={"approve": "r", "reject": "a"}).keymap
    assert (keymap["approve"], keymap["reject"]) == ("r", "a")


def test_what_no_key_does_is_refused() -> None:
    with pytest.raises(PreferencesRefused, match="No key does fly"):
        Preferences(keys={"fly": "f"})


@pytest.mark.parametrize("names", [("n" * 101,), tuple(map(str, range(11)))])
def test_too_many_or_too_long_names_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(PreferencesRefused, match="at most 10 names of at most 100 characters"):
        Preferences(names=names)


def test_names_are_kept_once_without_blanks() -> None:
    assert cleaned([" Dr Odell ", "", "  ", "Odell", "Dr Odell"]) == ("Dr Odell", "Odell")


@given(st.dictionaries(st.sampled_from(sorted(KEYS)), st.sampled_from(["", "b", *(key for key, _ in KEYS.values())])))
def test_what_is_kept_of_a_keymap_means_the_same_keymap(typed: dict[str, str]) -> None:
    whole = {action: typed.get(action) or key for action, (key, _) in KEYS.items()}
    kept = only_changed(whole)
    assert {action: kept.get(action, key) for action, (key, _) in KEYS.items()} == whole


def test_of_a_keymap_as_it_comes_nothing_is_kept() -> None:
    assert only_changed({action: key for action, (key, _) in KEYS.items()}) == {}
