import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.comment import Reading
from service.ml import traits
from service.ml.features import CommentReader
from service.ml.text import tokens
from service.ml.traits import NAMES, is_about_fmt, names_fmt, shows

BITS = 6
FIRST = 2 * 2**BITS
ANY_TEXT = st.text(st.characters(), max_size=200)
ENTRIES = [word for words in traits._WORDS.values() for word in words.split()]


def strengths(text: str, parent: str | None = None, title: str | None = None) -> dict[str, float]:
    counted = CommentReader(BITS).transform([Reading(text, parent, title)])
    columns = zip(counted.indices.tolist(), counted.data.tolist(), strict=True)
    return {NAMES[column - FIRST]: value for column, value in columns if column >= FIRST}


def shown(text: str, parent: str | None = None, title: str | None = None) -> set[str]:
    return set(strengths(text, parent, title))


@pytest.mark.parametrize(
    ("title", "trait"),
    [
        ("Ocrelizumab in old age", "fmt off topic"),
        ("Faecal microbiota transplantation in MS", "fmt on topic"),
        ("Poo transplants: the trial", "fmt on topic"),
        (None, "fmt without title"),
        ("", "fmt without title"),
    ],
)
def test_stool_transplants_are_read_beside_the_title(title: str | None, trait: str) -> None:
    found = {each for each in shown("Has anybody tried FMT?", None, title) if each.startswith("fmt")}
    assert found - {"fmt named, off topic"} == {trait}


def test_a_comment_under_another_that_goes_off_topic_is_near_it() -> None:
    assert "fmt above, off topic" in shown("It helped me.", "Try a stool transplant", "Vitamin D")


def test_a_stool_transplant_is_not_one_of_stem_cells() -> None:
    assert "hsct" not in shown("I had a stool transplant")
    assert "hsct" in shown("I had a transplant")


def test_harm_counts_under_a_post_on_transplants() -> None:
    assert "harm under hsct" in shown("How many died?", None, "HSCT: ten years on")
    assert "harm under hsct" in shown("How many died?", "I had HSCT")
    assert "harm under hsct" not in shown("How many died?", None, "Vitamin D")


def test_an_echo_is_the_share_of_words_that_come_back() -> None:
    assert strengths("Sunlight prevents nothing", "Sunlight prevents relapses completely")["echo"] == pytest.approx(
        2 / 3
    )


def test_what_answers_nothing_is_no_echo() -> None:
    assert "echo" not in shown("Sunlight prevents nothing")


def test_abbreviations_are_not_shouted() -> None:
    assert "shouting" not in shown("HSCT, RRMS and EDSS on the NHS")
    assert "shouting" in shown("NOBODY LISTENS to us")


@pytest.mark.parametrize(
    ("text", "there", "not_there"),
    [
        ("You are an idiot", "contempt close to you", "contempt taken back"),
        ("You called me an idiot", "contempt taken back", "contempt not taken back"),
        ("I am not an idiot", "contempt taken back", "contempt not taken back"),
        ("The minister is an idiot", "contempt not taken back", "contempt of you"),
        ("You may ask one, two, three, four more idiots", "contempt of you", "contempt close to you"),
        ("You 1d10t", "contempt close to you", "contempt taken back"),
        ("f*** this disease", "profanity without contempt", "contempt"),
        ("All muslims are vermin", "contempt of a group", "identity without contempt"),
        ("I hope you die", "violence close to you", "contempt"),
        ("It costs £5", "amount", "selling"),
        ("It takes 40k a year", "amount", "money"),
        ("Wait...", "trailing dots", "amount"),
        ("Great, another delay", "praise opening", "exclamation"),
        ("Another great delay!", "praise exclaimed", "praise opening"),
        ("Oh, of course it is", "agreement opening", "praise"),
        ("Thank you", "thanks to you", "selling"),
        ("Buy now at www.example.com", "selling with link", "money"),
        ("Are you sure?", "question with you", "exclamation"),
    ],
)
def test_a_trait_shows_where_it_should(text: str, there: str, not_there: str) -> None:
    found = shown(text)
    assert there in found
    assert not_there not in found


def test_what_a_parent_says_is_read_beside_the_answer() -> None:
    assert {"you, answering", "answering contempt"} <= shown("And you?", "Idiot!")
    assert "answering praise with praise" in shown("Lovely", "Wonderful!")


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_of_the_lexicon_is_written_as_a_comment_is_read(entry: str) -> None:
    parts = entry.removesuffix("*").split("_")
    assert [token.word for part in parts for token in tokens(part)] == parts
    assert len(parts) <= 3


@given(ANY_TEXT, st.none() | ANY_TEXT, st.none() | ANY_TEXT)
def test_a_strength_is_a_share(text: str, parent: str | None, title: str | None) -> None:
    assert all(0 < value <= 1 for value in strengths(text, parent, title).values())


@pytest.mark.parametrize(
    ("text", "is_about", "is_named"),
    [
        ("Faecal microbiota transplantation in MS", True, True),
        ("Probiotics and the gut flora", True, False),
        ("A stool transplant helped me", True, True),
        ("Autologous stem cell transplantation", False, False),
        ("", False, False),
    ],
)
def test_a_title_says_what_it_is_about(text: str, is_about: bool, is_named: bool) -> None:
    assert (is_about_fmt(text), names_fmt(text)) == (is_about, is_named)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [("my breakfast", "illness", False), ("dying", "illness", True), ("shit", "profanity", True), ("", "you", False)],
)
def test_a_group_of_comments_is_told_by_its_words(text: str, name: str, expected: bool) -> None:
    assert shows(text, name) is expected
