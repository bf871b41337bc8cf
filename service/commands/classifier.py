"""The classifier's life: score, train, evaluate, models, promote."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from service import settings

if TYPE_CHECKING:
    from service.ml.classifier import Classifier
    from service.ml.encoder import Encoder

_FOLDER = click.Path(file_okay=False, path_type=Path)
_TRAINING_DATA = settings.ROOT / "training_data"
TRAINED_ENCODER = settings.ROOT / "var" / "encoder"
"""Where train-encoder leaves what it made, and train looks for it."""


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
def score(file: IO[bytes]) -> None:
    """Score comments, one JSON object a line, from FILE or standard input."""
    from service.flows.scoring import score_lines

    classifier = _load()
    refused = score_lines(classifier, _watched(file), click.echo, lambda complaint: click.echo(complaint, err=True))
    if refused:
        raise click.ClickException(f"{refused:,} of the lines got no score; each is named above.")


@click.command()
@click.argument("label")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--parent", help="The comment that is answered.")
@click.option("--post-title", help="The title of the post it stands under.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(label: str, file: IO[str], parent: str | None, post_title: str | None, as_json: bool) -> None:
    """Say why a comment (a text from FILE or standard input) scores as it does on LABEL."""
    from service.domain.comment import Reading

    classifier = _load()
    if label not in classifier.outputs:
        raise click.ClickException(f"There is no label {label!r}. Choose one of: {', '.join(classifier.outputs)}")
    try:
        text = file.read()
    except UnicodeDecodeError as error:
        raise click.ClickException(f"The text is not UTF-8: {error}. Save it as UTF-8.") from error
    found = classifier.explain(Reading(text, parent, post_title), label)
    if as_json:
        click.echo(json.dumps(asdict(found)))
        return
    shares = [(text[each.start : each.end], each.weight) for each in found.words] + list(found.traits.items())
    for what, weight in sorted(shares, key=lambda share: -abs(share[1])):
        click.echo(f"{weight:+8.3f}  {what}")
    click.echo(f"{found.base:+8.3f}  (what is said of a comment without a word)")
    click.echo(f"{found.first:+8.3f}  log-odds by the first reader, before calibration: the sum")
    if found.second is not None:
        click.echo(f"{found.second:+8.3f}  log-odds by the second reader")
        for each in found.tipped:
            click.echo(f"{each.weight:+8.3f}  is what its say loses without: {text[each.start : each.end].strip()}")
    click.echo(f"{found.probability:8.3f}  probability of {label}")


@click.command()
@click.option("--corpora", type=_FOLDER, default=_TRAINING_DATA / "downloads", help="Where the public corpora lie.")
@click.option("--name", help="The folder in models/ to write; else the next comments-en-N.")
@click.option("--confirmed-licences-only", is_flag=True, help="Leave out corpora whose licence is not confirmed.")
@click.option(
    "--training-data", type=_FOLDER, default=_TRAINING_DATA, help="Where our own comments and sources.toml lie."
)
@click.option(
    "--encoder",
    type=_FOLDER,
    help="The second reader, as train-encoder wrote it; else that in var/encoder, else the active model's.",
)
@click.option("--without-encoder", is_flag=True, help="Train the first reader alone.")
def train(
    corpora: Path,
    name: str | None,
    confirmed_licences_only: bool,
    training_data: Path,
    encoder: Path | None,
    without_encoder: bool,
) -> None:
    """Fit a model on our own comments and the public corpora, and measure it; `promote` puts it into use."""
    from service.ml import artefacts, card, checks, training
    from service.ml import corpora as reading
    from service.ml.encoder import Encoder

    name = name or artefacts.next_name(_models())
    if not artefacts.is_name(name):
        raise click.ClickException(f"{name!r} cannot be a folder's name. Write one like comments-en-2.")
    with _one_line():
        listed = [
            each for each in reading.sources(training_data) if each.licence_confirmed or not confirmed_licences_only
        ]
        public = reading.pool(listed, corpora)
        folder = None if without_encoder else encoder or _encoder_at_hand()
        second = Encoder.load(folder) if folder else None
        _refuse_unlisted(second, {each.name for each in listed})
        trained = training.train(reading.own(training_data), public, training.Recipe(), _progress, second)
        metrics = {**trained.metrics, "sources": [reading.described(each) for each in listed]}
        artefacts.save(_models(), name, trained.pipeline, metrics, folder)
        _progress("running the functional checks, of which nothing was learned")
        metrics = artefacts.metrics(_models(), name)
        metrics["checks"] = checks.run_all(artefacts.load(_models(), name), training_data / "checks")
        artefacts.write_metrics(_models(), name, metrics)
        card.write(_models(), name)
    click.echo(_own_table(metrics))
    click.echo(f"This is {name}. `python -m service promote {name}` puts it into use.")


@click.command()
@click.argument("name", required=False)
@click.option(
    "--sets",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Measure on the labelled sets in this folder.",
)
@click.option("--keep", is_flag=True, help="Keep what was measured on the sets in the model's metrics and card.")
@click.option("--checks", "run_checks", is_flag=True, help="Run the functional checks, and print what failed.")
@click.option(
    "--against", help="Another model: print how far this one is from it, on its own threads and on kept sets."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(
    name: str | None, sets: Path | None, keep: bool, run_checks: bool, against: str | None, as_json: bool
) -> None:
    """Print how good a model is: as measured in training, or now, on labelled sets."""
    from service.ml import artefacts, card, evaluation

    with _one_line():
        name = name or artefacts.active_name(_models())
        metrics = artefacts.metrics(_models(), name)
        if against:
            _print_comparison(metrics, artefacts.metrics(_models(), against), as_json)
            return
        if run_checks:
            _print_checks(name, as_json)
            return
        if sets is None:
            _print_kept(metrics, as_json)
            return
        classifier = artefacts.load(_models(), name)
        figures, withheld = {}, {}
        for each in evaluation.read_sets(sets):
            _progress(f"reading {len(each.readings):,} comments of {each.name}")
            figures[each.name] = evaluation.measure_set(classifier, each)
            withheld[each.name] = evaluation.withheld(classifier, each)
        click.echo(json.dumps(figures) if as_json else evaluation.table(figures))
        if keep:
            kept = {"sets": {**metrics.get("sets", {}), **figures}}
            kept["withheld"] = {**metrics.get("withheld", {}), **withheld}
            artefacts.write_metrics(_models(), name, {**metrics, **kept})
            card.write(_models(), name)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def models(as_json: bool) -> None:
    """List the trained models, the active one marked."""
    from service.ml import artefacts
    from service.ml.errors import ModelMissing
    from service.ml.evaluation import area

    with _one_line():
        rows = [_listed(artefacts.metrics(_models(), name)) for name in artefacts.names(_models())]
        try:
            active = artefacts.active_name(_models())
        except ModelMissing:
            active = ""
    rows = [{**row, "active": row["name"] == active} for row in rows]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo(
            f"{'*' if row['active'] else ' '} {row['name']}  "
            f"abusive AUC {area(row['abusive_auc'])}  {row['sha256'][:12]}"
        )


@click.command()
@click.option(
    "--training-data", type=_FOLDER, default=_TRAINING_DATA, help="Where our own comments lie, one file a subject."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def agreement(training_data: Path, as_json: bool) -> None:
    """Print how far the two readers of our own comments agree on each label."""
    from service.ml.agreement import agreements

    with _one_line():
        found = agreements(training_data)
    if as_json:
        click.echo(json.dumps({label: each._asdict() for label, each in found.items()}))
        return
    click.echo("| label | comments | first reader | second reader | Krippendorff's alpha |")
    click.echo("| --- | ---: | ---: | ---: | ---: |")
    for label, each in found.items():
        click.echo(f"| `{label}` | {each.comments:,} | {each.first} | {each.second} | {each.alpha:.2f} |")


@click.command()
@click.argument("name")
def promote(name: str) -> None:
    """Put the model NAME into use."""
    from service.ml import artefacts

    with _one_line():
        artefacts.promote(_models(), name)
    click.echo(f"{name} is in use now; running services notice by themselves.")


def _watched(file: IO[bytes]) -> Iterator[bytes]:
    """Give a file's lines, with progress where somebody watches a terminal and the answers go elsewhere."""
    size = _size_left(file) if file.seekable() else 0
    is_hidden = not size or not sys.stderr.isatty() or sys.stdout.isatty()
    with click.progressbar(length=size, label="Scoring", file=sys.stderr, hidden=is_hidden) as bar:
        for line in file:
            yield line
            bar.update(len(line))


def _size_left(file: IO[bytes]) -> int:
    begin = file.tell()
    size = file.seek(0, os.SEEK_END) - begin
    file.seek(begin)
    return size


def _load() -> "Classifier":
    """Load the model in use."""
    from service.ml import artefacts

    with _one_line():
        name = str(_setting("MODEL") or artefacts.active_name(_models()))
        return artefacts.load(_models(), name, str(_setting("SECOND_READER")))


def _models() -> Path:
    return Path(str(_setting("MODELS_DIR")))


def _setting(name: str) -> object:
    """Return one setting's value; `settings.load` would make a secret too, which these commands do not need."""
    try:
        return settings.read(os.environ)[name.lower()]
    except settings.SettingRefused as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _one_line() -> Iterator[None]:
    """Turn what can go wrong with models and corpora into one line."""
    from service.ml.corpora import CorpusBroken
    from service.ml.errors import ModelUnavailable
    from service.ml.evaluation import SetBroken

    try:
        yield
    except (ModelUnavailable, CorpusBroken, SetBroken, OSError) as error:
        raise click.ClickException(" ".join(str(error).split())) from error


def _progress(step: str) -> None:
    """Say what is being done, on a terminal; a pipe has no use for it."""
    if sys.stderr.isatty():
        click.echo(f"{datetime.now():%H:%M:%S} {step} …", err=True)


def _encoder_at_hand() -> Path | None:
    """Return the folder of the encoder that was trained last, else of the active model's; None where there is none."""
    from service.ml import artefacts
    from service.ml.errors import ModelMissing

    folders = [TRAINED_ENCODER]
    with suppress(ModelMissing):
        folders.append(_models() / artefacts.active_name(_models()))
    return next((each for each in folders if all((each / file).is_file() for file in artefacts.ENCODER)), None)


def _refuse_unlisted(second: "Encoder | None", listed: set[str]) -> None:
    """Refuse an encoder that learned from a corpus which the model must do without."""
    unlisted = sorted({*second.description.get("corpora", ())} - listed) if second else []
    if unlisted:
        raise click.ClickException(
            f"The encoder learned from {', '.join(unlisted)}, which this model is to do without. Train another with "
            "train-encoder --confirmed-licences-only, or write --without-encoder."
        )


def _print_comparison(metrics: dict[str, Any], other: dict[str, Any], as_json: bool) -> None:
    from service.ml import evaluation

    ours, theirs = _all_figures(metrics), _all_figures(other)
    if metrics["data_sha256"] != other["data_sha256"]:
        # Other comments, or others held out: what was kept of the sets elsewhere is all that can be compared.
        click.echo("They learned from different comments, so only the sets elsewhere are compared.", err=True)
        ours, theirs = (each.get("sets") or {} for each in (metrics, other))
    if as_json:
        click.echo(json.dumps({metrics["name"]: ours, other["name"]: theirs}))
        return
    click.echo(f"{metrics['name']}, and in brackets how far it is from {other['name']}:\n")
    click.echo(evaluation.compare(ours, theirs))


def _own_table(metrics: dict[str, Any]) -> str:
    from service.ml import evaluation

    return evaluation.table({"own, held out": metrics["own"]})


_KEPT = ("name", "thresholds", "own", "macro_f1", "together", "pool", "pool_together", "sets", "withheld")
"""What `evaluate --json` prints of a model's metrics."""


def _print_kept(metrics: dict[str, Any], as_json: bool) -> None:
    from service.ml import evaluation

    if as_json:
        click.echo(json.dumps({key: metrics.get(key) for key in _KEPT}))
        return
    click.echo(_own_table(metrics))
    click.echo()
    for share, row in metrics.get("together", {}).items():
        macro_f1 = row["macro_f1"]["value"]
        click.echo(f"both readers, the second reading {share} of our unseen threads: macro-F1 {macro_f1:.3f}")
        click.echo(evaluation.table({f"{share} read twice": row["figures"]}))
        click.echo()
    click.echo(evaluation.table(metrics["pool"], "corpus, held out"))
    if metrics.get("pool_together"):
        click.echo("\nby both readers, the second reading everything:")
        click.echo(evaluation.table(metrics["pool_together"], "corpus, held out"))
    if metrics.get("sets"):
        click.echo()
        click.echo(evaluation.table(metrics["sets"]))


def _print_checks(name: str, as_json: bool) -> None:
    from service.ml import artefacts, checks

    results = checks.run_all(artefacts.load(_models(), name), _TRAINING_DATA / "checks")
    if as_json:
        click.echo(json.dumps(results))
        return
    click.echo(checks.table(results))
    for behaviour, row in results.items():
        for text in row["failed"]:
            click.echo(f"\nfailed, {behaviour}: {text}")


def _all_figures(metrics: dict[str, Any]) -> dict[str, Any]:
    return {"own threads": metrics["own"], **metrics["pool"], **(metrics.get("sets") or {})}


def _listed(metrics: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": metrics["name"],
        "labels": metrics["labels"],
        "thresholds": metrics["thresholds"],
        "abusive_auc": metrics["own"]["abusive"]["auc"],
        "sha256": metrics["model_sha256"],
    }
