"""Scoring beside whoever stores: the same scores in another process, which ends when nobody wants them any more."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from service.domain.comment import Reading
from service.flows import scorers
from service.flows.scorers import Beside, Here, ModelOf, Task
from service.ml import artefacts
from service.ml.artefacts import Shelf
from service.ml.errors import ModelMissing
from service.settings import ROOT
from tests import cast
from tests.processes import until

MODELS = ROOT / "models"
OURS = ModelOf(MODELS, None, "unsure")
DESPAIRING = "I cannot go on any more. I want to kill myself tonight."


def tasks() -> list[Task]:
    texts = (cast.KIND, cast.UNKIND, cast.CRITICAL, DESPAIRING)
    return [Task(Reading(f"{text} ({each})", None, cast.TITLE), each % 3 == 0) for each in range(20) for text in texts]


def test_another_process_scores_as_this_one_does(shelf: Shelf) -> None:
    with Beside(OURS) as beside:
        assert beside.submit(tasks(), False).result() == Here(shelf.current()).submit(tasks(), False).result()


def test_scores_come_in_the_order_of_the_comments(shelf: Shelf) -> None:
    found = scorers.score(shelf.current(), tasks(), False)
    alone = shelf.current().score([each.reading for each in tasks()])
    assert [each.scores and each.scores.probabilities for each in found] == [each.probabilities for each in alone]


def test_evidence_and_danger_are_looked_for_where_a_person_may_look(shelf: Shelf) -> None:
    settled, waits = (Task(Reading(DESPAIRING), is_open) for is_open in (False, True))
    found = scorers.score(shelf.current(), [settled, waits], False)
    assert [(bool(each.scores and each.scores.evidence), each.is_pinned) for each in found] == [
        (False, False),
        (True, True),
    ]


def test_a_model_that_is_missing_is_said_before_anything_begins(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"metrics\.json is missing"), Beside(ModelOf(tmp_path, "none", "unsure")):
        pass


_WAITING = """
import os, sys, time
from pathlib import Path
from service.flows.scorers import Beside, ModelOf
if __name__ == "__main__":
    with Beside(ModelOf(Path(sys.argv[1]), sys.argv[2], "off")) as beside:
        print(*beside._pool._processes, flush=True)
        time.sleep(600)
"""


def test_when_the_one_that_stores_is_killed_the_one_that_scores_ends(tmp_path: Path) -> None:
    script = tmp_path / "waiting.py"
    script.write_text(_WAITING, "utf-8")
    process = subprocess.Popen(
        [sys.executable, str(script), str(MODELS), artefacts.active_name(MODELS)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    with process.stdout:
        scorer = int(process.stdout.readline())
    assert _is_running(scorer)
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: not _is_running(scorer), "the process that scores to end")


def _is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return False
    return "State:\tZ" not in status
