"""Who answers whom, and which questions nobody has answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.replies import Exchange, Question, Said, question_in, structure_of, unanswered

BLOG = "id:1"


def said(number: int, parent: int | None = None, author: str = "id:7", text: str = "Thanks.", **more: str) -> Said:
    return Said(number, parent, author, author == BLOG, text, **more)


ASKS = [
    "Did they take anyone over 50?",
    "I am 52. Is there an age limit? Thanks.",
    "does anyone know how long the waiting list is",
    "Has anybody here tried it.",
    "What about the placebo arm?!",
    "Wie lange dauert das?",
    "weiß jemand, wie lange das dauert",
    "> You wrote that it is safe?\nHow safe is it, then?",
    "I read https://example.org/?q=1 and wonder: is the second table right?",
]
ASKS_NOTHING = [
    "",
    "Thank you for this.",
    "Really?",
    "Seriously?! That is not what it says.",
    "Who cares?",
    "Are you kidding me?",
    "> Is it safe?\nGood point.",
    "See https://example.org/search?q=ms for more.",
    "???",
    "What a day.",
]


@pytest.mark.parametrize("text", ASKS)
def test_a_question_is_seen(text: str) -> None:
    assert question_in(text) is not None


@pytest.mark.parametrize("text", ASKS_NOTHING)
def test_what_asks_for_no_answer_is_no_question(text: str) -> None:
    assert question_in(text) is None


def test_the_sentence_that_asks_is_what_is_shown() -> None:
    assert question_in("I am 52. Is there an age limit? Thanks.") == "Is there an age limit?"


@given(st.text())
def test_a_question_is_part_of_what_was_said(text: str) -> None:
    found = question_in(text)
    assert found is None or found.strip()


def test_who_answers_whom_is_counted() -> None:
    found = structure_of([said(1, author="a"), said(2, 1, "b"), said(3, 1, "b"), said(4, 2, "a"), said(5, None, "c")])
    assert found.exchanges == (Exchange("b", "a", 2), Exchange("a", "b", 1))
    assert (found.comments, found.authors, found.replies, found.deepest, found.alone) == (5, 3, 3, 2, 1)


def test_a_reply_to_what_is_not_there_counts_as_one_to_the_post() -> None:
    found = structure_of([said(1, parent=99)])
    assert (found.replies, found.deepest, found.alone) == (0, 0, 1)


def test_two_that_answer_each_other_do_not_go_on_for_ever() -> None:
    assert structure_of([said(1, 2), said(2, 1), said(3, 1)]).replies == 3


def test_an_empty_discussion_has_no_structure() -> None:
    assert structure_of([]).deepest == 0


@given(st.lists(st.integers(0, 30), max_size=30))
def test_every_reply_is_in_one_exchange(parents: list[int]) -> None:
    found = structure_of([said(at + 1, parent, f"id:{at % 4}") for at, parent in enumerate(parents)])
    assert sum(each.count for each in found.exchanges) == found.replies


def test_a_question_under_the_post_waits_for_the_blog() -> None:
    found = unanswered([said(1, text="Is there an age limit?"), said(2, 1, "id:8", text="I think not.")])
    assert found == [Question(1, "Is there an age limit?", 1)]


def test_a_question_that_the_blog_answered_waits_no_more() -> None:
    assert unanswered([said(1, text="Is there an age limit?"), said(2, 1, BLOG)]) == []


def test_a_question_that_the_blog_answered_further_down_waits_no_more() -> None:
    assert unanswered([said(1, text="Is there an age limit?"), said(2, 1, "id:8"), said(3, 2, BLOG)]) == []


def test_a_question_that_the_blog_answered_by_name_waits_no_more() -> None:
    asked = said(1, text="Is there an age limit?", name="Maya B.")
    assert unanswered([asked, said(2, None, BLOG, "Maya, it is 55.")]) == []


def test_an_earlier_comment_that_names_the_asker_is_no_answer() -> None:
    asked = said(2, text="Is there an age limit?", name="Maya B.")
    assert len(unanswered([said(1, None, BLOG, "Maya, welcome."), asked])) == 1


def test_a_question_to_another_reader_is_not_the_blogs() -> None:
    assert unanswered([said(1), said(2, 1, "id:8", "How old are you?")]) == []


def test_a_question_to_the_author_below_another_reader_is_the_blogs() -> None:
    assert len(unanswered([said(1), said(2, 1, "id:8", "Professor, is that so?")])) == 1


def test_what_the_blog_asks_its_readers_waits_for_nobody() -> None:
    assert unanswered([said(1, author=BLOG, text="What do you think?")]) == []
