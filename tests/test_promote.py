"""A model is put into use, or refused, under a real server."""

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import urllib3

from service.ml.artefacts import METRICS, MODEL, active_name
from service.settings import ROOT
from tests.processes import Server, until

MODELS = ROOT / "models"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Return a folder with the active model twice, under two names."""
    folder = tmp_path / "models"
    for name in ("first-1", "second-2"):
        shutil.copytree(MODELS / active_name(MODELS), folder / name)
        metrics = json.loads((folder / name / METRICS).read_text())
        (folder / name / METRICS).write_text(json.dumps({**metrics, "name": name}))
    (folder / "active").write_text("first-1\n")
    return folder


class Caller(threading.Thread):
    """Asks for scores, over and over, and notes what came back."""

    def __init__(self, server: Server, key: str) -> None:
        super().__init__(daemon=True)
        self.server, self.key = server, key
        self.stopping = threading.Event()
        self.seen: list[tuple[int, str]] = []

    def run(self) -> None:
        while not self.stopping.is_set():
            self.seen.append(self.asked())

    def asked(self) -> tuple[int, str]:
        """Ask once; return the status and the model that answered, or 0 and why nobody did."""
        body = {"comments": [{"text": "The trial was small and nobody died."}]}
        try:
            status, answer = self.server.call("POST", "/score", self.key, body)
        except urllib3.exceptions.HTTPError as error:
            return 0, repr(error)
        return status, answer["comments"][0]["model"] if status == 200 else str(answer)


def test_a_running_server_takes_a_promoted_model_up_without_dropping_a_request(tmp_path: Path, models: Path) -> None:
    server = Server(tmp_path, MODELS_DIR=str(models), RATE_LIMIT="100000/second")
    server.command("db", "upgrade")
    key = json.loads(server.command("site", "add", "https://blog.example.org", "--json"))["api_key"]
    server.start()
    callers = [Caller(server, key) for _ in range(4)]
    try:
        for caller in callers:
            caller.start()
        until(lambda: all(len(caller.seen) > 5 for caller in callers), "some answers")
        server.command("promote", "second-2")
        until(lambda: all(caller.seen[-1][1] == "second-2" for caller in callers), "answers by the second model")
    finally:
        for caller in callers:
            caller.stopping.set()
            caller.join(20)
        server.kill()
    answers = [each for caller in callers for each in caller.seen]
    assert [each for each in answers if each[0] != 200] == []
    assert {model for _, model in answers} == {"first-1", "second-2"}


@pytest.mark.parametrize("file", [MODEL, "encoder.onnx", "tokenizer.json", METRICS])
def test_a_truncated_model_stops_the_start_with_one_line(tmp_path: Path, models: Path, file: str) -> None:
    path = models / "first-1" / file
    path.write_bytes(path.read_bytes()[:1000])
    server = Server(tmp_path, MODELS_DIR=str(models))
    done = subprocess.run(
        [sys.executable, "-m", "service", "serve", "--port", str(server.port)],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert file in done.stderr
    assert "make train" in done.stderr
