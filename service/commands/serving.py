"""`serve` and `worker`: the processes that run."""

import gc
import logging
import signal
import socket
from datetime import UTC, datetime
from typing import Any

import click

from service.commands import joining
from service.settings import Settings

THREADS = 8
"""That answer requests; open desks have theirs beside them."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that answer.")
@click.option("--demo", is_flag=True, help="On the very first start, add a demonstration site and a user.")
def serve(host: str, port: int, workers: int, demo: bool) -> None:
    """Answer requests and run jobs, until stopped."""
    _refuse_taken(host, port)
    settings = joining.settings()
    _refuse_broken_model(settings)
    welcome = _prepare(settings, demo)
    _log()
    _server(settings, f"{_bracketed(host)}:{port}", workers, welcome).run()


@click.command()
def worker() -> None:
    """Run jobs, until stopped: callbacks, scoring what could not be scored, reports that are due and their mails."""
    from service.app import build_bench, create_app
    from service.worker import Worker

    settings = joining.settings()
    _refuse_broken_model(settings)
    _log()
    with joining.database(settings):
        pass
    running = Worker(build_bench(settings, create_app(settings)))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: running.stop())
    logging.getLogger(__name__).info("running jobs")
    for thread in running.start():
        thread.join()


def _refuse_taken(host: str, port: int) -> None:
    """Say so at once when somebody else listens there; gunicorn would try for seconds and then say less."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host.strip("[]"), port))
        except OSError as error:
            raise click.ClickException(
                f"Cannot listen on {host} port {port} ({error.strerror}). Choose another with --host or --port."
            ) from error


def _refuse_broken_model(settings: Settings) -> None:
    """Say so at once when the model must not be used. One that is missing may come yet: comments wait for it, held."""
    from service.ml import artefacts
    from service.ml.errors import ModelBroken, ModelMissing

    try:
        name = settings.model or artefacts.active_name(settings.models_dir)
        artefacts.load(settings.models_dir, name, settings.second_reader)
    except ModelMissing as error:
        click.echo(f"Warning: {error} Until then every comment is held.", err=True)
    except ModelBroken as error:
        raise click.ClickException(str(error)) from error


def _prepare(settings: Settings, demo: bool) -> str:
    """Make the tables, on a first start the demonstration too; return what to print when all is up."""
    with joining.database(settings) as opened:
        if not demo:
            return ""
        from service.app import build_parts
        from service.flows import demonstration

        intake = build_parts(settings, lambda: None).intake
        with opened.writing() as session:
            password = demonstration.add(session, intake, datetime.now(UTC))
    if password is None:
        return ""
    return f"Sign in as {demonstration.USER} with the one-time password {password}"


def _server(settings: Settings, bind: str, workers: int, welcome: str) -> Any:  # noqa: ANN401  # gunicorn has no types
    from gunicorn.app.base import BaseApplication

    from service.web.live import STREAMS

    class Server(BaseApplication):  # type: ignore[misc]  # as above
        """Gunicorn, told by us instead of by a file; every process answers requests and runs jobs."""

        def load_config(self) -> None:
            for name, value in {
                "bind": bind,
                "workers": workers,
                "worker_class": "gthread",
                "threads": THREADS + STREAMS,
                "timeout": 60,
                "graceful_timeout": 10,
                "control_socket_disable": True,
                "loglevel": "warning",
                "post_worker_init": announce,
            }.items():
                self.cfg.set(name, value)

        def load(self) -> Any:  # noqa: ANN401
            return _application(settings)

    def announce(process: Any) -> None:  # noqa: ANN401
        if process.age == 1:
            click.echo(f"Undertone is up: {_address(settings, bind)}")
            if welcome:
                click.echo(welcome)

    return Server()


def _application(settings: Settings) -> Any:  # noqa: ANN401
    from service.app import build_bench, create_app
    from service.worker import Worker

    def wake() -> None:
        running.wake()

    app = create_app(settings, wake)
    running = Worker(build_bench(settings, app))
    running.start()
    settle()
    return app


def settle() -> None:
    """Let Python's search for garbage pass over what is here to stay, which takes a tenth of a second each time."""
    gc.collect()
    gc.freeze()


def _address(settings: Settings, bind: str) -> str:
    default = "http://127.0.0.1:8000"
    return f"http://{bind}" if settings.public_url == default else settings.public_url


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells at every look that it looks
