"""A bare Flask route that parses what it is sent, served as Undertone is: what the doors are measured beside."""

import sys
from typing import Any

from flask import Flask, Response, jsonify, request
from gunicorn.app.base import BaseApplication

app = Flask(__name__)


@app.post("/")
def parsed() -> Response:
    """Parse the body and say how many fields it has."""
    fields = request.get_json() if request.is_json else request.form
    return jsonify({"fields": len(fields)})


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn with two workers, as many as there are cores."""

    def load_config(self) -> None:
        """Set what Undertone sets."""
        for name, value in {
            "bind": f"127.0.0.1:{sys.argv[1]}",
            "workers": 2,
            "worker_class": "gthread",
            "threads": 16,
            "loglevel": "warning",
            "control_socket_disable": True,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401
        """Return the application."""
        return app


if __name__ == "__main__":
    Server().run()
