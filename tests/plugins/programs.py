"""Programs that run beside the service in tests: other people's, and our bridge."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from service.settings import ROOT

PLUGINS = ROOT / "plugins"


class Program:
    """A program that runs until it is stopped, with its log."""

    def __init__(self, command: Sequence[str], log: Path, **environment: str) -> None:
        self.command = list(command)
        self.log = log
        self.environment = {**os.environ, **environment}
        self.folder = ROOT
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, cwd=self.folder, stdout=log, stderr=log)

    def stop(self) -> int:
        """Ask it to end, as an operating system does, and return how it did."""
        assert self.process
        self.process.terminate()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def said(self) -> str:
        """Return all that it has printed."""
        return self.log.read_text(encoding="utf-8")


def bridge(config: Path) -> Program:
    """Return the bridge that a file describes."""
    command = [sys.executable, "-m", "undertone_bridge", str(config)]
    return Program(command, config.with_suffix(".log"), PYTHONPATH=str(PLUGINS), PYTHONWARNINGS="error")
