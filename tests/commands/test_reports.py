"""The command `report`: a file as the page has it, kept and listed, in every format."""

import json
from pathlib import Path

import pytest

from service.domain.tone_json import from_json
from service.store import draws, reports
from service.store.engine import Database
from service.store.tables import Maker
from tests import cast
from tests import reports as sample
from tests.commands.test_cli import ONE_LINE, WRONG_USAGE, Run, database, environment, refusal, run  # noqa: F401

DAYS = ("--from", "2026-11-09", "--to", "2026-11-22")
URL = "https://relay.example.org"


@pytest.fixture
def site(database: Database) -> None:  # noqa: F811
    """Let the blog have four weeks of comments."""
    with database.writing() as session:
        row, _ = cast.add_site(session)
        sample.fill(session, row, cast.add_user(session))


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("kind", "begins"),
    [("html", "<!doctype html>"), ("json", "{"), ("csv", "speaker,part,"), ("md", "# Tone of The Relay")],
)
def test_it_writes_a_file_by_the_end_of_its_name(run: Run, tmp_path: Path, kind: str, begins: str) -> None:  # noqa: F811
    output = tmp_path / f"report.{kind}"
    done = run("report", "--site", URL, *DAYS, "--output", str(output))
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"{output}: http://127.0.0.1:8000/reports/1\n"
    assert output.read_text(encoding="utf-8").startswith(begins)


@pytest.mark.usefixtures("site")
def test_it_prints_what_it_is_told_to_print(run: Run) -> None:  # noqa: F811
    done = run("report", "--site", URL, *DAYS, "--format", "json", "--output", "-", "--zone", "Europe/Berlin")
    told = json.loads(done.stdout)
    assert (told["zone"], told["made_by"]) == ("Europe/Berlin", "command")
    assert from_json(told["report"]).lines[0].whole.volume > 100


@pytest.mark.usefixtures("site")
def test_what_it_made_is_kept(run: Run, database: Database, tmp_path: Path) -> None:  # noqa: F811
    done = run("report", "--site", URL, *DAYS, "--step", "day", "--output", str(tmp_path / "x.md"))
    assert done.exit_code == 0, done.stderr
    with database.reading() as session:
        [row] = reports.page(session)
    assert (row.made_by, row.user, row.step) == (Maker.COMMAND, None, "day")


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    "asked",
    [
        ("--site", "https://nowhere.example.org", *DAYS, "--output", "x.md"),
        ("--site", URL, "--from", "2026-11-22", "--to", "2026-11-09", "--output", "x.md"),
        ("--site", URL, *DAYS, "--zone", "Nowhere", "--output", "x.md"),
        ("--site", URL, *DAYS, "--thread", f"{URL}/nowhere", "--output", "x.md"),
        ("--site", URL, *DAYS, "--output", "/nowhere/x.md"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(run: Run, asked: tuple[str, ...]) -> None:  # noqa: F811
    assert refusal(run("report", *asked)) == ONE_LINE


@pytest.mark.parametrize(
    "asked",
    [
        ("--site", URL, *DAYS, "--output", "report.pdf"),
        ("--site", URL, *DAYS, "--output", "-"),
        ("--site", URL, "--from", "yesterday", "--to", "2026-11-09", "--output", "x.md"),
        ("--site", URL, *DAYS),
        ("--site", URL, *DAYS, "--format", "pdf", "--output", "x"),
    ],
)
def test_wrong_usage_is_said_in_one_line(run: Run, asked: tuple[str, ...]) -> None:  # noqa: F811
    assert refusal(run("report", *asked)) == WRONG_USAGE


@pytest.mark.usefixtures("site")
def test_comments_are_drawn_to_be_checked(run: Run, database: Database) -> None:  # noqa: F811
    done = run("sample", "--site", URL, "--count", "30")
    address = "http://127.0.0.1:8000/queue?view=sample&site=1"
    assert (done.exit_code, done.stderr) == (0, f"30 drawn; they wait to be checked at {address}\n")
    with database.reading() as session:
        [draw] = draws.page(session)
        assert (draw.count, draw.user_id, draws.count_waiting(session, draw.site)) == (30, None, 30)


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    "asked", [("--count", "0"), ("--from", "2999-01-01"), ("--thread", "https://nowhere.example.org")]
)
def test_what_cannot_be_drawn_is_refused_in_one_line(run: Run, asked: tuple[str, ...]) -> None:  # noqa: F811
    assert refusal(run("sample", "--site", URL, *asked)) == ONE_LINE
