"""For whoever watches the service."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from service.ml.artefacts import active_name
from service.settings import ROOT, Settings
from service.store import jobs
from service.store.engine import Database
from tests import cast


def test_it_is_alive(client: FlaskClient) -> None:
    assert (client.get("/healthz").status_code, client.get("/healthz").json) == (200, {"status": "alive"})


def test_it_is_ready_with_database_model_and_jobs(client: FlaskClient) -> None:
    model = active_name(ROOT / "models")
    assert client.get("/readyz").json == {"status": "ready", "database": "ready", "model": model, "jobs": "ready"}


def test_it_is_not_ready_while_a_job_waits_for_minutes(blog: cast.Blog, sqlite: Database) -> None:
    blog.post(callback="https://relay.example.org/undertone")
    with sqlite.writing() as session:
        [job] = jobs.page(session)
        job.run_after -= timedelta(minutes=10)
    assert blog.client.get("/readyz").json["jobs"].startswith("not ready")


def test_it_is_not_ready_without_a_model(make_app: Callable[..., Flask], settings: Settings, tmp_path: Path) -> None:
    answer = make_app(replace(settings, models_dir=tmp_path)).test_client().get("/readyz")
    assert (answer.status_code, answer.json["model"].startswith("not ready: ")) == (503, True)


def test_it_is_not_ready_with_a_model_that_is_not_there(make_app: Callable[..., Flask], settings: Settings) -> None:
    answer = make_app(replace(settings, model="comments-en-99")).test_client().get("/readyz")
    assert (answer.status_code, "comments-en-99" in answer.json["model"]) == (503, True)


def test_it_is_not_ready_without_tables(make_app: Callable[..., Flask], settings: Settings, tmp_path: Path) -> None:
    answer = make_app(replace(settings, database_url=f"sqlite:///{tmp_path}/empty.db")).test_client().get("/readyz")
    assert (answer.status_code, "db upgrade" in answer.json["database"]) == (503, True)


def test_it_is_not_ready_with_a_file_that_is_no_database(
    make_app: Callable[..., Flask], settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "text.db").write_text("This is no database. " * 100)
    answer = make_app(replace(settings, database_url=f"sqlite:///{tmp_path}/text.db")).test_client().get("/readyz")
    assert (answer.status_code, answer.json["database"]) == (503, "not ready: it cannot be read; the log says why")


def test_it_is_alive_even_where_it_is_not_ready(
    make_app: Callable[..., Flask], settings: Settings, tmp_path: Path
) -> None:
    lost = replace(settings, models_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/empty.db")
    assert make_app(lost).test_client().get("/healthz").status_code == 200
