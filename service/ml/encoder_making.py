"""The steps from comments to the encoder's files; each leaves in the folder what the next one begins with."""

import platform
from collections.abc import Collection, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np

from service.ml.corpora import CorpusBroken, Example
from service.ml.encoder import Encoder
from service.ml.encoder_export import describe, export
from service.ml.encoder_network import BASE, Network
from service.ml.encoder_training import (
    Areas,
    Progress,
    Recipe,
    Split,
    areas,
    learn_own,
    learn_pool,
    log_odds,
    split_own,
    split_pool,
)

POOL, OWN, EXPORT = STEPS = ("pool", "own", "export")
_LIBRARIES = ("torch", "transformers", "onnx", "onnxruntime", "tokenizers", "numpy")


def make(
    examples: Sequence[Example],
    folder: Path,
    steps: Collection[str],
    recipe: Recipe,
    say: Progress,
    begin: Path | None = None,
) -> dict[str, Areas]:
    """Do some of the steps in their order, and return the AUCs on our held-out threads, before and after int8.

    The pool is learned on top of the checkpoint `begin`, or of what knows English alone.
    """
    own, pool = split_own(examples), split_pool(examples)
    corpora = sorted({each.source for each in pool.learned})
    say(f"{len(own.learned):,} of our comments and {len(pool.learned):,} of the pool's to learn from")
    if POOL in steps:
        network = Network.load(begin, recipe.outputs, corpora) if begin else Network.untrained(recipe.outputs, corpora)
        learn_pool(network, pool.learned, recipe, _checkpoint(folder, POOL), say)
    if OWN in steps:
        network = _load(folder, POOL, recipe, corpora)
        learn_own(network, own.learned, pool.learned, recipe, _checkpoint(folder, OWN), say)
    network = _load(folder, OWN if {OWN, EXPORT} & set(steps) else POOL, recipe, corpora)
    whole = areas(own.held_out, log_odds(network, own.held_out), recipe.outputs)
    if EXPORT not in steps:
        return {"float32": whole}
    say("writing the encoder in int8, and measuring it")
    return {"float32": whole, "int8": _exported(network, folder, own, pool, recipe)}


def _exported(network: Network, folder: Path, own: Split, pool: Split, recipe: Recipe) -> Areas:
    """Write the encoder's files, and return what they are good for."""
    export(network, folder)
    described = {
        "outputs": list(recipe.outputs),
        "base": BASE,
        "held_out_threads": own.threads,
        "learned": {"own": len(own.learned), "pool": len(pool.learned)},
        "corpora": network.corpora[1:],
        "recipe": asdict(recipe),
        "history": network.history,
        "versions": {"python": platform.python_version(), **{each: version(each) for each in _LIBRARIES}},
    }
    describe(folder, described)
    encoder = Encoder.load(folder)
    ours = _measured(encoder, own.held_out)
    theirs = {
        corpus: _measured(encoder, [each for each in pool.held_out if each.source == corpus])
        for corpus in network.corpora[1:]
    }
    describe(folder, {**described, "held_out_auc": {"own": ours, **theirs}})
    return ours


def _measured(encoder: Encoder, examples: Sequence[Example]) -> Areas:
    scores = np.array([encoder.read(each.reading) for each in examples]).reshape(-1, len(encoder.outputs))
    return areas(examples, scores, encoder.outputs)


def _load(folder: Path, step: str, recipe: Recipe, corpora: Sequence[str]) -> Network:
    checkpoint = _checkpoint(folder, step)
    if not checkpoint.is_file():
        raise CorpusBroken(f"{checkpoint} is missing. Do the step `{step}` first.")
    return Network.load(checkpoint, recipe.outputs, corpora)


def _checkpoint(folder: Path, step: str) -> Path:
    return folder / f"{step}.safetensors"
