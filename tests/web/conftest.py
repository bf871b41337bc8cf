"""What the tests of the web share: a blog whose comments all wait for a person, and people of every role."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from service import settings as known
from service.app import create_app
from service.domain.labels import Action
from service.ml.artefacts import Shelf
from service.settings import Settings
from service.store.engine import Database
from service.store.tables import CommentRow, Role, SiteRow
from service.web.parts import EXTENSION
from tests import cast, reports


@pytest.fixture
def make_app(make_app: Callable[..., Flask], shelf: Shelf) -> Callable[..., Flask]:
    """Return a function that joins an application, one that finds the real model loaded already."""

    def make(*changed: Settings, **config: object) -> Flask:
        app = make_app(*changed, **config)
        if not changed:
            parts = app.extensions[EXTENSION]
            app.extensions[EXTENSION] = replace(parts, intake=replace(parts.intake, shelf=shelf))
        return app

    return make


@pytest.fixture
def careful(blog: cast.Blog, sqlite: Database) -> cast.Blog:
    """Return a blog whose comments wait for a person, whatever the model says of them: it has no rules."""
    with sqlite.writing() as session:
        site = session.get(SiteRow, blog.site_id)
        assert site
        site.otherwise = Action.HOLD
        site.rules.clear()
    return blog


@pytest.fixture
def held(careful: cast.Blog) -> int:
    """Return the number of a comment that waits for a person."""
    return int(careful.post(id="1", author={"name": "Maya"}).json["id"])


@pytest.fixture
def viewer(sqlite: Database, app: Flask) -> FlaskClient:
    """Return the browser of Vera, who may look but not decide."""
    return cast.sign_in(sqlite, app, "Vera", Role.VIEWER)


@pytest.fixture
def admin(sqlite: Database, app: Flask) -> FlaskClient:
    """Return the browser of Ada, who looks after the service."""
    return cast.sign_in(sqlite, app, "Ada", Role.ADMIN)


@pytest.fixture
def filled(sqlite: Database) -> int:
    """Return the number of a site with four weeks of comments."""
    with sqlite.writing() as session:
        site, _ = cast.add_site(session)
        reports.fill(session, site, cast.add_user(session, "Ada", Role.ADMIN))
        return site.id


@pytest.fixture
def stored(sqlite: Database) -> Callable[[], int]:
    """Return a function that counts the comments in the database."""

    def count() -> int:
        with sqlite.reading() as session:
            return session.scalar(select(func.count()).select_from(CommentRow)) or 0

    return count


@pytest.fixture(scope="session")
def door(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[cast.Blog]:
    """Return a blog for tests of what is refused at the door: they leave nothing behind, so one does for all."""
    path = tmp_path_factory.mktemp("door") / "undertone.db"
    shutil.copy(migrated_file, path)
    environment = {"UNDERTONE_DATABASE_URL": f"sqlite:///{path}", "UNDERTONE_SECRET_KEY": "x" * 32}
    app = create_app(known.load(environment))
    database = app.extensions[EXTENSION].database
    with database.writing() as session:
        site, keys = cast.add_site(session)
        blog = cast.Blog(app.test_client(), keys, site.id)
    yield blog
    database.dispose()
