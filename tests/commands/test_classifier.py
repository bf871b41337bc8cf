import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.ml import artefacts, training
from tests.ml import small

FIGURES = {"n": 2, "positive": 1, "auc": 0.5, "ap": 0.5, "precision": 0.5, "recall": 0.5, "f1": 0.5, "brier": 0.5}
OTHER_FIGURES = {"abusive": {**FIGURES, "ece": 0.5, "false_alarms_per_1000": 500.0}}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    small.save(folder)
    monkeypatch.setenv("UNDERTONE_MODELS_DIR", str(folder))
    return folder


def run(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(main, arguments, input=stdin)


def test_score_reads_standard_input(models: Path) -> None:
    result = run("score", "-", stdin=b'{"id": "a", "text": "Thank you!"}\n')
    assert result.exit_code == 0
    assert json.loads(result.stdout)["model"] == "small-1"


def test_score_reads_a_file(models: Path, tmp_path: Path) -> None:
    (tmp_path / "comments.jsonl").write_text('{"text": "Thank you!"}\n')
    assert run("score", str(tmp_path / "comments.jsonl")).exit_code == 0


def test_score_fails_in_the_end_when_a_line_was_bad(models: Path) -> None:
    result = run("score", "-", stdin=b'{"text": 1}\n{"id": "b", "text": "Thank you!"}\n')
    assert result.exit_code == 1
    assert json.loads(result.stdout)["id"] == "b"
    assert result.stderr.startswith("line 1: ")


def test_score_takes_the_model_that_is_set(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERTONE_MODEL", "small-2")
    result = run("score", "-")
    assert result.exit_code == 1
    assert "small-2" in result.stderr
    assert result.stderr.count("\n") == 1


def test_models_are_listed_with_the_active_one_marked(models: Path) -> None:
    small.save(models, "small-2")
    assert [(row["name"], row["active"]) for row in json.loads(run("models", "--json").stdout)] == [
        ("small-1", False),
        ("small-2", True),
    ]
    assert "* small-2" in run("models").stdout


def test_promote_puts_a_model_into_use(models: Path) -> None:
    small.save(models, "small-2")
    assert run("promote", "small-1").exit_code == 0
    assert (models / "active").read_text() == "small-1\n"


IMPOSSIBLE = [
    ["promote", "nowhere"],
    ["evaluate", "nowhere"],
    ["evaluate", "--against", "nowhere"],
    ["train", "--name", "../x"],
    ["explain", "rude"],
    ["agreement", "--training-data", "/nowhere"],
]


@pytest.mark.parametrize("command", IMPOSSIBLE, ids=" ".join)
def test_what_cannot_be_is_said_in_one_line(models: Path, command: list[str]) -> None:
    result = run(*command)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_evaluate_prints_what_training_measured(models: Path) -> None:
    result = run("evaluate")
    assert result.exit_code == 0
    assert "own, held out" in result.stdout
    assert json.loads(run("evaluate", "small-1", "--json").stdout)["name"] == "small-1"


def test_evaluate_measures_sets_and_keeps_what_it_measured(models: Path, tmp_path: Path) -> None:
    sets = tmp_path / "sets"
    sets.mkdir()
    rows = [{"text": "You idiot", "labels": {"abusive": True}}, {"text": "Thanks", "labels": {"abusive": False}}]
    (sets / "tiny.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = run("evaluate", "small-1", "--sets", str(sets), "--keep")
    assert result.exit_code == 0
    assert "tiny" in result.stdout
    assert "tiny" in (models / "small-1" / "card.md").read_text()
    assert run("score", "-").exit_code == 0


def test_evaluate_says_how_far_a_model_is_from_another(models: Path) -> None:
    small.save(models, "small-2")
    small.change_metrics(models / "small-2", own=OTHER_FIGURES)
    result = run("evaluate", "small-1", "--against", "small-2")
    assert result.exit_code == 0
    auc = small.trained().metrics["own"]["abusive"]["auc"]
    assert f"| own threads | abusive | {auc:.3f} ({auc - 0.5:+.3f}) |" in result.stdout


def test_evaluate_runs_the_functional_checks_and_says_what_failed(models: Path) -> None:
    result = run("evaluate", "--checks")
    assert result.exit_code == 0
    assert re.search(r"^\| negated abuse \| `abusive` absent \| \d+ of \d+ \|$", result.stdout, re.MULTILINE)
    assert "failed, " in result.stdout


def test_an_explanation_adds_up_to_the_log_odds(models: Path) -> None:
    why = json.loads(run("explain", "abusive", "--json", stdin=b"You idiot! What a day.").stdout)
    whole = why["base"] + sum(each["weight"] for each in why["words"]) + sum(why["traits"].values())
    assert whole == pytest.approx(why["first"])


def test_explain_begins_with_what_weighs_most(models: Path) -> None:
    result = run("explain", "abusive", stdin=b"It was a long day for us all, you idiot")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].split()[1:] == ["idiot"]


def test_explain_reads_a_comment_beside_what_it_answers(models: Path) -> None:
    context = ["--parent", "Sunlight prevents relapses", "--post-title", "Vitamin D"]
    result = run("explain", "sarcastic", *context, "--json", stdin=b"Sunlight prevents nothing")
    assert "echo" in json.loads(result.stdout)["traits"]


def test_agreement_prints_a_line_for_each_label(tmp_path: Path) -> None:
    rows = [{"labels": ["spam"]}, {"labels": []}, {"labels": ["spam"], "disputed": ["spam"]}]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = run("agreement", "--training-data", str(tmp_path))
    assert result.exit_code == 0
    assert "| `spam` | 3 | 2 | 1 | 0.44 |" in result.stdout.splitlines()


def test_train_writes_a_model_that_scores(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "Recipe", lambda: small.RECIPE)
    data = tmp_path / "training_data"
    data.mkdir()
    for path in small.TRAINING_DATA.glob("[ae]*.jsonl"):
        shutil.copy(path, data)
    (data / "sources.toml").write_text("")
    with small.few_draws():
        result = run("train", "--name", "fresh-1", "--training-data", str(data), "--without-encoder")
    assert result.exit_code == 0, result.output
    assert run("promote", "fresh-1").exit_code == 0
    assert json.loads(run("score", "-", stdin=b'{"text": "You idiot"}').stdout)["model"] == "fresh-1"


def test_train_refuses_an_encoder_that_learned_from_what_the_model_does_without(models: Path, tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text("")
    encoder = small.MODELS / artefacts.active_name(small.MODELS)
    result = run("train", "--training-data", str(tmp_path), "--encoder", str(encoder))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The encoder learned from ")
    assert result.stderr.count("\n") == 1


def test_train_says_where_a_missing_corpus_is_to_be_had(models: Path, tmp_path: Path) -> None:
    result = run("train", "--corpora", str(tmp_path), "--name", "fresh-1", "--without-encoder")
    assert result.exit_code == 1
    assert "Fetch https://raw.githubusercontent.com/" in result.stderr
