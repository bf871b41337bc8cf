"""The benchmark of the tone report in small, on real comments: what is planted is found, and nothing else."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import tone
from benchmarks.tone import PLANTED, STEADY, STEP, USUAL, Archive, Comments, Drift
from service.ml.artefacts import Shelf
from service.ml.evaluation import read_sets
from service.settings import ROOT

SETS = ROOT.parent / "shared" / "corpora" / "eval"
SPAM = ("article_spam", "video_spam")

pytestmark = pytest.mark.skipif(not SETS.is_dir(), reason="../shared/corpora/eval is not here")


@pytest.fixture(scope="module")
def spam(tmp_path_factory: pytest.TempPathFactory) -> Comments:
    """Return the comments of the two smallest sets, scored."""
    folder: Path = tmp_path_factory.mktemp("sets")
    for name in SPAM:
        (folder / f"{name}.jsonl.gz").symlink_to(SETS / f"{name}.jsonl.gz")
    shelf = Shelf(ROOT / "models", None)
    return next(each for each in tone.scored(list(read_sets(folder)), shelf.current()) if each.label == "spam")


def drawn(spam: Comments, drift: Drift, many: int = 20) -> list[Archive]:
    chance = np.random.default_rng(1)
    return [tone.draw(chance, spam, PLANTED["spam"], USUAL, drift) for _ in range(many)]


def test_the_report_s_intervals_hold_what_was_planted_and_a_plain_count_s_do_not(spam: Comments) -> None:
    archives = drawn(spam, STEADY)
    assert tone.held(archives, tone.ours).holding >= 0.93
    assert tone.held(archives, tone.plain_count).holding < 0.75


def test_they_hold_it_where_people_begin_to_write_otherwise(spam: Comments) -> None:
    archives = drawn(spam, STEP)
    assert tone.held(archives, tone.ours).holding >= 0.9
    assert tone.held(archives, tone.carried_over).holding < 0.5


def test_a_real_change_is_found_and_none_where_there_is_none(spam: Comments) -> None:
    def p_of(archive: Archive) -> float | None:
        return tone.change_by_report(archive).p_value

    finds = [
        tone.found(
            np.random.default_rng(2), [spam], more, 0.2, STEADY, 20, lambda each: tone.change_by_report(each).p_value
        )
        for more in (tone.CHANGE, 0.0)
    ]
    assert finds[0].any >= 0.9
    assert finds[1].any <= 0.1
