import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import settings
from service.domain.comment import Reading
from service.domain.labels import OUTPUTS
from service.ml.artefacts import active_name
from service.ml.encoder import DESCRIPTION, ONNX, TOKENIZER, Encoder, Pieces, plain
from service.ml.errors import ModelBroken, ModelMissing
from service.ml.splits import is_held_out_of_own
from tests.ml import small
from tests.ml.small import READINGS, TITLE

FOLDER = small.MODELS / active_name(small.MODELS)
MOST = 80 + 48 + 2 + 40
SEPARATOR = 102


@cache
def encoder() -> Encoder:
    return Encoder.load(FOLDER)


def cut(reading: Reading) -> Pieces:
    return encoder()._cutter.cut(reading)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (ONNX, TOKENIZER, DESCRIPTION):
        shutil.copyfile(FOLDER / name, tmp_path / name)
    return tmp_path


def test_it_says_something_of_every_label_and_kind() -> None:
    assert encoder().outputs == OUTPUTS
    assert encoder().read(READINGS[0]).shape == (len(OUTPUTS),)


def test_it_hears_an_insult() -> None:
    abusive = encoder().outputs.index("abusive")
    assert encoder().read(READINGS[0])[abusive] > 2 + encoder().read(READINGS[1])[abusive]


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.text[:20].encode("ascii", "replace").decode())
def test_it_says_the_same_of_a_comment_in_any_company(reading: Reading) -> None:
    alone = encoder().read(reading)
    with ThreadPoolExecutor(4) as threads:
        among = list(threads.map(encoder().read, [*READINGS, reading] * 4))[len(READINGS)]
    assert np.array_equal(alone, among)


@given(st.text(), st.none() | st.text(), st.none() | st.text())
def test_it_reads_whatever_is_sent(text: str, parent: str | None, title: str | None) -> None:
    assert np.isfinite(encoder().read(Reading(text, parent, title))).all()


@pytest.mark.parametrize(
    "text", ["a", "!", " ", "\n", "漢", "ﷺ", "\u200b", "\u0301\u0316", "idiot ", "\ud800", "[SEP]"]
)
def test_it_reads_a_long_text_in_bounded_time(text: str) -> None:
    long = text * (1_000_000 // len(text))
    encoder()  # which takes a moment to load
    begun = time.perf_counter()
    encoder().read(Reading(long, long, long))
    assert time.perf_counter() - begun < 2
    assert len(cut(Reading(long, long, long)).numbers) <= MOST


def test_it_reads_how_a_long_text_begins_and_ends() -> None:
    begin, end = "So this is how it was. " * 40, "And that is all I have to say to you. " * 20
    assert cut(Reading(f"{begin} one {end}")) == cut(Reading(f"{begin} another thing {end}"))
    assert cut(Reading(f"{begin}{end}")) != cut(Reading(f"{begin}{end} Idiot."))


def test_it_reads_a_comment_in_the_light_of_what_it_answers() -> None:
    text = "Has anyone asked about a stool transplant?"
    said = [encoder().read(Reading(text, parent, title)) for title in (TITLE, None) for parent in ("A new drug", None)]
    assert len({tuple(each) for each in said}) == len(said)


def test_a_comment_without_context_has_one_segment() -> None:
    assert set(cut(Reading("Thank you.")).segments) == {0}


def test_a_title_leaves_room_for_the_parent() -> None:
    assert cut(Reading("Yes.", "No.", "word " * 100)) != cut(Reading("Yes.", "Never.", "word " * 100))


def test_what_looks_like_the_end_of_a_text_does_not_end_it() -> None:
    assert cut(Reading("Good. [SEP] Bad.")).numbers.count(SEPARATOR) == 1


@pytest.mark.parametrize("written", ["id\u200biot", "id\u00adiot", "\ufeffidiot", "ｉｄｉｏｔ", "𝓲𝓭𝓲𝓸𝓽"])
def test_a_disguise_that_nobody_sees_makes_no_difference(written: str) -> None:
    assert plain(written) == "idiot"


@pytest.mark.parametrize("name", [ONNX, TOKENIZER, DESCRIPTION])
def test_what_is_missing_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelMissing, match=f"{name} is missing.*make train-encoder"):
        Encoder.load(folder)


@pytest.mark.parametrize("name", [ONNX, TOKENIZER])
def test_a_file_that_is_not_the_one_described_is_refused(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelBroken, match=f"{name} is not the file"):
        Encoder.load(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": {}}', "\ud800"])
def test_a_broken_description_is_refused(folder: Path, text: str) -> None:
    (folder / DESCRIPTION).write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ModelBroken, match="cannot be loaded"):
        Encoder.load(folder)


def test_it_names_what_it_was_made_from_and_what_it_has_never_seen() -> None:
    described = json.loads((FOLDER / DESCRIPTION).read_text())
    assert described["base"]["licence"] == "Apache-2.0"
    assert described["held_out_threads"]
    assert all(is_held_out_of_own(thread) for thread in described["held_out_threads"])


def test_it_is_small() -> None:
    assert sum((FOLDER / name).stat().st_size for name in (ONNX, TOKENIZER)) < 25_000_000


def test_to_run_it_takes_nothing_that_trains_it() -> None:
    program = "import service.ml.encoder, sys; sys.exit(bool({'torch', 'transformers', 'onnx'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], cwd=settings.ROOT, check=False).returncode == 0


LOADED = "from pathlib import Path; from service.ml.encoder import Encoder; encoder = Encoder.load(Path({folder!r}))\n"
"""The first lines of a program that loads the encoder."""


def run(program: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of its own that loads the encoder, as at an operator's: on a machine of tests it would be shy."""
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    return subprocess.run(
        [sys.executable, "-c", LOADED.format(folder=str(FOLDER)) + program],
        cwd=settings.ROOT,
        env={**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_loading_it_writes_nothing_down_to_be_sent_to_anybody(tmp_path: Path) -> None:
    assert run("", tmp_path).returncode == 0
    assert list(tmp_path.rglob("*")) == []


def test_a_process_that_was_forked_after_it_was_loaded_ends_as_it_should(tmp_path: Path) -> None:
    ending = """
import os, signal
if child := os.fork():
    print(os.waitpid(child, 0)[1])
else:
    signal.alarm(20)  # one that hangs ends too, with a status that tells
"""
    done = run(ending, tmp_path)
    assert (done.stdout, done.stderr) == ("0\n", "")
