"""What people write about: themes that are there are found, and none that are not."""

import random
import warnings
from collections import Counter

import numpy as np
import pytest

from service.ml.themes import FEWEST, NAMED_BY, Themes

SUBJECTS = {
    "cost": "price insurer fee invoice fund pay charge budget bill refund".split(),  # noqa: SIM905
    "gut": "donor stool bacteria capsule probiotic flora microbe bowel colon fibre".split(),  # noqa: SIM905
    "walking": "walk cane wheelchair stairs balance leg foot fatigue exercise physio".split(),  # noqa: SIM905
    "transplant": "stem cell chemo marrow transplant ward neutrophil infection graft harvest".split(),  # noqa: SIM905
}
BESIDE = [f"aside{chr(97 + at // 26)}{chr(97 + at % 26)}" for at in range(200)]


def planted(count: int = 400, seed: int = 3) -> tuple[list[str], list[str]]:
    """Return comments about the subjects, and what each is about."""
    source, about, texts = random.Random(seed), [], []
    for _ in range(count):
        subject = source.choice(list(SUBJECTS))
        said = source.choices(SUBJECTS[subject], k=6) + source.choices(BESIDE, k=5)
        source.shuffle(said)
        about.append(subject)
        texts.append(f"I think the {' and '.join(said)} is really good, thank you.")
    return texts, about


@pytest.fixture(scope="module")
def found() -> Themes:
    """Return the themes of the planted comments."""
    return Themes().fit(planted()[0])


def test_as_many_themes_are_found_as_there_are(found: Themes) -> None:
    assert found.number_ == len(SUBJECTS)


def test_every_theme_is_named_by_its_own_words(found: Themes) -> None:
    subjects = [{word for word, _ in words} for words in found.words_]
    assert min(max(len(words & {*own}) for own in SUBJECTS.values()) for words in subjects) >= 9


def test_comments_on_one_subject_belong_to_one_theme(found: Themes) -> None:
    texts, about = planted(seed=4)
    pairs = Counter(zip(about, (each.theme for each in found.assign(texts)), strict=True))
    right = sum(max(count for (of, _), count in pairs.items() if of == subject) for subject in SUBJECTS)
    assert right / len(texts) > 0.95


def test_what_is_about_nothing_of_it_belongs_to_none(found: Themes) -> None:
    [quiet, empty, other] = found.assign(["Thank you so much!", "", "Completely unrelated zebra crossing"])
    assert [quiet.theme, empty.theme, other.theme] == [None, None, None]


def test_the_comment_with_more_of_a_theme_is_more_like_it(found: Themes) -> None:
    typical, passing = found.assign([" ".join(SUBJECTS["gut"]), "The donor. asideaa asideab asideac asidead asideae"])
    assert typical.likeness > passing.likeness


def test_the_seed_changes_nothing_but_what_the_number_is_judged_on(found: Themes) -> None:
    again = Themes(seed=99).fit(planted()[0])
    assert [[word for word, _ in words] for words in again.words_] == [
        [word for word, _ in words] for words in found.words_
    ]


def test_found_again_in_the_same_comments_they_are_the_same(found: Themes) -> None:
    assert Themes().fit(planted()[0]).words_ == found.words_


def test_of_few_comments_there_are_no_themes() -> None:
    few = Themes().fit(planted(FEWEST - 1)[0])
    assert (few.words_, few.assign(["the price"])[0].theme) == ([], None)


@pytest.mark.parametrize("text", ["", "thank you", "?!", "👏👏"])
def test_comments_without_a_word_have_no_themes(text: str) -> None:
    assert Themes().fit([text] * 100).words_ == []


def test_comments_all_alike_do_no_harm() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alike = Themes().fit(["The insurer and the price of the donor."] * 100)
    assert len(alike.assign(["price"])) == 1


def test_a_plural_is_its_singular() -> None:
    texts, _ = planted()
    plural = [text.replace(" donor ", " donors ") if at % 2 else text for at, text in enumerate(texts)]
    words = {word for each in Themes().fit(plural).words_ for word, _ in each}
    assert "donor" in words
    assert "donors" not in words


def test_progress_goes_up_to_the_end() -> None:
    told: list[float] = []
    Themes(numbers=(3, 4)).fit(planted(120)[0], told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_number_is_the_largest_of_those_nearly_as_stable_as_the_stablest(found: Themes) -> None:
    best = max(found.stability_.values())
    assert found.number_ == max(number for number, stable in found.stability_.items() if stable >= best - 0.05)
    assert all(len(words) <= NAMED_BY for words in found.words_)
    assert np.isfinite(list(found.stability_.values())).all()
