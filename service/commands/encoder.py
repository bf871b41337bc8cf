"""The second reader's making: train-encoder."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from service import settings
from service.commands.classifier import TRAINED_ENCODER

_FOLDER = click.Path(file_okay=False, path_type=Path)
_TRAINING_DATA = settings.ROOT / "training_data"
_STEPS = ("pool", "own", "export")


@click.command("train-encoder")
@click.option("--corpora", type=_FOLDER, default=_TRAINING_DATA / "downloads", help="Where the public corpora lie.")
@click.option("--out", type=_FOLDER, default=TRAINED_ENCODER, help="Where to write it.")
@click.option(
    "--step",
    "steps",
    type=click.Choice(_STEPS),
    multiple=True,
    help="Do this alone, with what the steps before it left in --out; may be given again. Else all three.",
)
@click.option("--minutes", type=float, help="At most so long for each step that learns; its rate falls sooner then.")
@click.option(
    "--from-checkpoint",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Begin the step `pool` with this, to go on with it.",
)
@click.option("--confirmed-licences-only", is_flag=True, help="Leave out corpora whose licence is not confirmed.")
@click.option(
    "--training-data", type=_FOLDER, default=_TRAINING_DATA, help="Where our own comments and sources.toml lie."
)
def train_encoder(
    corpora: Path,
    out: Path,
    steps: tuple[str, ...],
    minutes: float | None,
    from_checkpoint: Path | None,
    confirmed_licences_only: bool,
    training_data: Path,
) -> None:
    """Train the second reader: on the public corpora, then on our own comments; `train --encoder` joins it in."""
    from service.ml import corpora as reading

    try:
        from service.ml.encoder_making import make
        from service.ml.encoder_training import Recipe
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is not installed: `make train-encoder` does it first.") from error

    recipe = Recipe()
    recipe = replace(recipe, pool=replace(recipe.pool, minutes=minutes), own=replace(recipe.own, minutes=minutes))
    try:
        listed = [
            each for each in reading.sources(training_data) if each.licence_confirmed or not confirmed_licences_only
        ]
        examples = reading.distinct([*reading.own(training_data), *reading.pool(listed, corpora)])
        found = make(examples, out, steps or _STEPS, recipe, _say, from_checkpoint)
    except (reading.CorpusBroken, OSError) as error:
        raise click.ClickException(" ".join(str(error).split())) from error
    click.echo(_table(found, recipe.outputs))
    if "export" in (steps or _STEPS):
        click.echo(f"The encoder is in {out}. `python -m service train --encoder {out}` makes a model with it.")


def _say(step: str) -> None:
    # It takes an hour: whoever looks into a log wants to know when it said so.
    click.echo(f"{datetime.now():%H:%M:%S} {step}", err=True)


def _table(found: dict[str, dict[str, float]], outputs: Sequence[str]) -> str:
    """Return the AUCs on our held-out threads as a table, a row for each output that has both sides there."""
    lines = ["| AUC, own threads held out | " + " | ".join(found) + " |", "| --- |" + " ---: |" * len(found)]
    for output in outputs:
        if all(output in areas for areas in found.values()):
            lines.append(f"| {output} | " + " | ".join(f"{areas[output]:.3f}" for areas in found.values()) + " |")
    return "\n".join(lines)
