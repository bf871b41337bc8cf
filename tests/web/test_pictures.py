"""Pictures for mails: what an SVG shows is in the PNG, letters too, on a machine without any fonts."""

import struct

import pytest
from flask import Flask

from service.domain.tone import Speaker
from service.web import charts, pictures
from tests import reports


def drawn(said: str) -> bytes:
    """Return a picture with a text in it; no font of this machine is ever looked at."""
    return pictures.png(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20" font-family="system-ui, sans-serif"'
        f' font-size="11"><text x="4" y="14">{said}</text></svg>'
    )


def test_it_is_twice_as_large_as_it_is_shown(app: Flask) -> None:
    report = reports.report()
    with app.test_request_context():
        png = pictures.png(charts.volume_chart(report.lines[0], report.period))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, _height = struct.unpack(">II", png[16:24])
    assert width == 2 * charts.WIDTH


@pytest.mark.parametrize("letter", ["A", "ä", "ß", "◆", "%", "–", "−", "’"])
def test_every_letter_that_we_write_is_in_the_font(letter: str) -> None:
    assert len({drawn(letter), drawn(""), drawn("\ue000")}) == 3


def test_what_it_shows_is_told(app: Flask) -> None:
    report = reports.report()
    readers = next(line for line in report.lines if line.speaker is Speaker.READERS)
    with app.test_request_context():
        told = pictures.told(charts.change_chart(readers.speaker, readers.changes))
    assert told.startswith("Sarcastic: ")
