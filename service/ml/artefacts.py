"""Trained models on disk: saved with skops, never pickle, and loaded only with the types named here."""

import hashlib
import io
import itertools
import json
import re
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Any

import skops.io
from sklearn.pipeline import Pipeline

from service.domain.labels import OUTPUTS
from service.ml import encoder
from service.ml.classifier import Classifier
from service.ml.errors import ModelBroken, ModelMissing, ModelUnavailable
from service.ml.features import reading_fingerprint
from service.ml.second_reader import ALWAYS, OFF, UNSURE, SecondReader, Stack

MODEL, METRICS, CARD, ACTIVE = "model.skops", "metrics.json", "card.md", "active"
ENCODER = (encoder.ONNX, encoder.TOKENIZER, encoder.DESCRIPTION)
"""The second reader's files, where a model has one."""
TRUSTED = (
    "service.ml.features.BlockWeights",
    "service.ml.features.CommentReader",
    "service.ml.pipeline.StackedLogistic",
)
"""Our own types that a model may hold, beside those that skops knows to be harmless."""

_SCHEMA = "schema.json"
_ADDRESS = re.compile(r'("__id__": |"file": ")(\d+)')
_TRY_AGAIN_AFTER = 5.0
"""Seconds that a shelf waits after a failed load."""


def save(
    models: Path, name: str, pipeline: Pipeline, metrics: dict[str, Any], encoder_folder: Path | None = None
) -> Path:
    """Write a model and its metrics, the model's own SHA-256 among them, and return their folder.

    They are written aside and put in place whole: whatever interrupts this, a model of that name stays as it was.
    """
    models.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models, prefix=".") as aside:
        fresh = Path(aside) / "fresh"
        fresh.mkdir()
        _dump(pipeline, fresh / MODEL)
        for file in ENCODER if encoder_folder else ():
            shutil.copyfile((encoder_folder or Path()) / file, fresh / file)
        write_metrics(Path(aside), fresh.name, {**metrics, "name": name, "model_sha256": _sha256(fresh / MODEL)})
        _put_in_place(fresh, models / name, Path(aside) / "replaced")
    return models / name


def _put_in_place(fresh: Path, place: Path, replaced: Path) -> None:
    """Let one folder take another's place, or leave that where it was."""
    if place.exists():
        place.rename(replaced)
    try:
        fresh.rename(place)
    except BaseException:
        if replaced.exists():
            replaced.rename(place)
        raise


def _dump(pipeline: Pipeline, path: Path) -> None:
    """Write a pipeline with skops, the same bytes for the same pipeline.

    skops writes down where each object lay in memory, which differs between runs, and zip files when they were written.
    """
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(pipeline))) as dumped, zipfile.ZipFile(path, "w") as written:
        numbers: dict[str, str] = {}

        def renumbered(found: re.Match[str]) -> str:
            return found[1] + numbers.setdefault(found[2], str(len(numbers) + 1))

        schema = _ADDRESS.sub(renumbered, dumped.read(_SCHEMA).decode())
        contents = {f"{numbers[name.stem]}{name.suffix}": dumped.read(str(name)) for name in _arrays(dumped)}
        for name, content in [(_SCHEMA, schema.encode()), *sorted(contents.items())]:
            # Level 9 costs a second once and a megabyte less in every clone.
            written.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


def _arrays(dumped: zipfile.ZipFile) -> list[PurePath]:
    return [PurePath(name) for name in dumped.namelist() if name != _SCHEMA]


def write_metrics(models: Path, name: str, metrics: dict[str, Any]) -> None:
    """Write a model's metrics."""
    text = json.dumps({"name": name} | metrics, indent=1, ensure_ascii=False)
    # Aside first: a full disk must not leave half a file, with which no service would start.
    fresh = models / name / f"{METRICS}.new"
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(models / name / METRICS)


def load(models: Path, name: str, second_reader: str = UNSURE) -> Classifier:
    """Return the classifier of that name; raises ModelMissing or ModelBroken."""
    kept = metrics(models, name)
    path = models / name / MODEL
    try:
        _check(kept, path)
        pipeline = skops.io.load(path, trusted=list(TRUSTED))
        second = _second(models / name, kept, second_reader)
        usual, twice = _thresholds(kept, second)
        return Classifier(name, pipeline, tuple(kept["outputs"]), usual, second, twice)
    except FileNotFoundError as error:
        raise ModelMissing(f"{path} is missing. {_remedy(name)}") from error
    except ModelUnavailable:
        raise
    except Exception as error:  # skops and zipfile raise whatever the damage leads to
        raise ModelBroken(f"{path} cannot be loaded ({_one_line(error)}). {_remedy(name)}") from error


def _check(kept: Mapping[str, Any], path: Path) -> None:
    """Refuse a model that is not the one measured, or that was made for other labels or libraries."""
    if _sha256(path) != kept["model_sha256"]:
        raise ModelBroken(f"{path} is not the file that its {METRICS} describes. {_remedy(path.parent.name)}")
    if list(kept["outputs"]) != list(OUTPUTS):
        raise ModelBroken(f"{path} was trained for other labels than those of labels.py. {_NEW}")
    if kept["reading"] != reading_fingerprint():
        raise ModelBroken(f"{path} was trained for other features than those of service/ml/traits.py. {_NEW}")
    for library in ("scikit-learn", "numpy"):
        made, here = kept["versions"][library], version(library)
        if made.split(".")[:2] != here.split(".")[:2]:
            raise ModelBroken(
                f"{path} was made with {library} {made}, and {here} is installed. "
                f"Install what requirements.txt says. {_NEW}"
            )


def _thresholds(kept: Mapping[str, Any], second: SecondReader | None) -> tuple[dict[str, float], dict[str, float]]:
    """Return where labels are called by default, and where for a comment that both readers read by order."""
    names = ("thresholds_together", "thresholds_always") if second else ("thresholds", "thresholds")
    usual, twice = ({label: float(kept[name][label]) for label in kept["labels"]} for name in names)
    return (twice if second and second.mode == ALWAYS else usual), twice


def _second(folder: Path, kept: Mapping[str, Any], mode: str) -> SecondReader | None:
    """Return the second reader, None where the model has none or it is switched off."""
    if mode == OFF or "stack" not in kept:
        return None
    return SecondReader(encoder.Encoder.load(folder), Stack.of(kept["stack"]), kept["outputs"], mode)


def metrics(models: Path, name: str) -> dict[str, Any]:
    """Return what was measured of a model; raises ModelMissing or ModelBroken."""
    path = models / name / METRICS
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {
            "labels": kept["labels"],
            "outputs": kept["outputs"],
            "thresholds": kept["thresholds"],
            "model_sha256": kept["model_sha256"],
            **kept,
        }
    except FileNotFoundError as error:
        raise ModelMissing(f"{path} is missing. {_remedy(name)}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelBroken(f"{path} cannot be read ({_one_line(error)}). {_remedy(name)}") from error


def names(models: Path) -> list[str]:
    """Return the names of the models that are there."""
    return sorted(path.parent.name for path in models.glob(f"*/{METRICS}"))


def next_name(models: Path) -> str:
    """Return the first of comments-en-1, -2, … that no model has, so that training never overwrites one by itself."""
    taken = names(models)
    return next(name for number in itertools.count(1) if (name := f"comments-en-{number}") not in taken)


def active_name(models: Path) -> str:
    """Return the name of the model in use; raises ModelMissing."""
    path = models / ACTIVE
    try:
        name = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise ModelMissing(f"{path} cannot be read. Run: python -m service promote NAME") from error
    if not is_name(name):
        raise ModelMissing(f"{path} does not hold one model's name. Run: python -m service promote NAME")
    return name


def promote(models: Path, name: str) -> None:
    """Put a model into use, once it has been seen to load; raises ModelUnavailable."""
    if not is_name(name):
        raise ModelMissing(f"{name!r} is no model's name. `python -m service models` lists them.")
    load(models, name)
    fresh = models / f"{ACTIVE}.new"
    fresh.write_text(name + "\n", encoding="utf-8")
    fresh.replace(models / ACTIVE)


def is_name(name: str) -> bool:
    """Whether a name can be a model's: a folder's name of letters, digits, dashes and dots, not a path."""
    return bool(name) and not name.startswith(".") and all(each.isalnum() or each in "-._" for each in name)


class Shelf:
    """Where a running service takes its classifier from: loaded when first asked for, then kept.

    Without a name it follows `models/active`. A model made anew under its old name is noticed too. It keeps the
    classifier it has while a new one cannot be loaded.
    """

    def __init__(self, models: Path, name: str | None = None, second_reader: str = UNSURE) -> None:
        self._models = models
        self._name = name
        self._second_reader = second_reader
        self._lock = threading.Lock()
        self._kept: Classifier | None = None
        self._changed: tuple[int | None, ...] = ()
        self._failed: ModelUnavailable | None = None
        self._failed_at = 0.0

    def current(self) -> Classifier:
        """Return the classifier in use; raises ModelUnavailable, and tries again some seconds later.

        While one thread loads a new model, the others go on with the one there is.
        """
        has_turn = self._lock.acquire(blocking=self._kept is None)
        try:
            if has_turn and (self._kept is None or self._state(self._kept.name) != self._changed):
                self._renew()
        finally:
            if has_turn:
                self._lock.release()
        if self._kept is None:
            raise self._failed or ModelMissing(f"{self._models} holds no model. Run: make train")
        return self._kept

    def _state(self, name: str) -> tuple[int | None, ...]:
        """Return when what decides about the classifier last changed: `active`, unless a name was given, and itself."""
        followed = [] if self._name else [self._models / ACTIVE]
        return tuple(_changed_at(path) for path in (*followed, self._models / name / METRICS))

    def _renew(self) -> None:
        if self._failed and time.monotonic() < self._failed_at + _TRY_AGAIN_AFTER:
            return
        try:
            # Looked at before the load, which takes a while: what changes meanwhile is noticed the next time.
            name = self._name or active_name(self._models)
            changed = self._state(name)
            self._kept = load(self._models, name, self._second_reader)
            self._changed, self._failed = changed, None
        except ModelUnavailable as error:
            self._failed, self._failed_at = error, time.monotonic()


def _changed_at(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


_NEW = "Or train one anew and use it: make train, then python -m service promote NAME"


def _remedy(name: str) -> str:
    return f"Restore models/{name} from the repository. {_NEW}"
