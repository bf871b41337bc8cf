import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.ml import training
from tests.ml import small


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


@pytest.mark.parametrize("command", [["promote", "nowhere"], ["evaluate", "nowhere"], ["train", "--name", "../x"]])
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


def test_train_writes_a_model_that_scores(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "Recipe", lambda: small.RECIPE)
    data = tmp_path / "training_data"
    data.mkdir()
    for path in small.TRAINING_DATA.glob("[ae]*.jsonl"):
        shutil.copy(path, data)
    (data / "sources.toml").write_text("")
    result = run("train", "--name", "fresh-1", "--training-data", str(data))
    assert result.exit_code == 0, result.output
    assert run("promote", "fresh-1").exit_code == 0
    assert json.loads(run("score", "-", stdin=b'{"text": "You idiot"}').stdout)["model"] == "fresh-1"


def test_train_says_where_a_missing_corpus_is_to_be_had(models: Path, tmp_path: Path) -> None:
    result = run("train", "--corpora", str(tmp_path), "--name", "fresh-1")
    assert result.exit_code == 1
    assert "Fetch https://raw.githubusercontent.com/" in result.stderr
