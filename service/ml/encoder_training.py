"""How the encoder is made: first on the public pool, then on our own comments with some of the pool again."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from service.domain.comment import Reading
from service.domain.labels import OUTPUTS
from service.ml.corpora import OURS, CorpusBroken, Example
from service.ml.encoder_batches import Batch, Mixer, Weights, padded
from service.ml.encoder_network import Network, cutter
from service.ml.splits import is_held_out_of_own, is_held_out_of_pool
from service.ml.training import title_twins

Values: TypeAlias = npt.NDArray[Any]
Progress: TypeAlias = Callable[[str], None]
Areas: TypeAlias = dict[str, float]

_EVERY = 30.0
"""Seconds between two lines of progress."""
_AT_ONCE = 32
"""Comments that are measured together, of about the same length."""


@dataclass(frozen=True)
class Phase:
    """How long and how fast is learned from one body of comments."""

    name: str
    epochs: int
    rate: float
    head_rate: float
    own_weight: float = 1.0
    """How much one of our comments counts beside one of the pool's with a weight of 1."""
    minutes: float | None = None
    """When to be done, should the epochs take longer; the rate falls sooner then."""


@dataclass(frozen=True)
class Recipe:
    """What was chosen by looking at our held-out threads and at the pool's held-out part."""

    outputs: Sequence[str] = OUTPUTS
    pool: Phase = Phase("pool", epochs=3, rate=1.5e-4, head_rate=3e-3)
    own: Phase = Phase("own", epochs=4, rate=1e-4, head_rate=2e-3, own_weight=2.0)
    layer_decay: float = 0.85
    """How much slower each layer learns than the one above it: what lies below knows English already."""
    warm_up: float = 0.06
    weight_decay: float = 0.01
    pieces: int = 2_048
    """Word pieces in a batch, the padding included."""
    scarcity: float = 0.5
    rarity: float = 0.35
    seed: int = 20261121


class Split(NamedTuple):
    """Examples to learn from, and those kept to see what was learned."""

    learned: list[Example]
    held_out: list[Example]

    @property
    def threads(self) -> list[str]:
        """The groups that are held out."""
        return sorted({each.group for each in self.held_out})


def split_own(examples: Sequence[Example]) -> Split:
    """Part our own comments by thread."""
    return _split([each for each in examples if each.source == OURS], is_held_out_of_own)


def split_pool(examples: Sequence[Example]) -> Split:
    """Part the public comments by group."""
    return _split([each for each in examples if each.source != OURS], is_held_out_of_pool)


def learn_pool(network: Network, pool: Sequence[Example], recipe: Recipe, checkpoint: Path, say: Progress) -> None:
    """Teach a network what the public corpora know."""
    if not pool:
        raise CorpusBroken("There are no public corpora to learn from. Say where they lie with --corpora.")
    _learn(network, lambda chance: list(pool), recipe, recipe.pool, checkpoint, say)


def learn_own(
    network: Network, own: Sequence[Example], pool: Sequence[Example], recipe: Recipe, checkpoint: Path, say: Progress
) -> None:
    """Teach a network our own comments, with as many of the pool's each time, so that it forgets nothing."""
    ours = [*own, *title_twins(own), *_titles_alone(own)]

    def epoch(chance: np.random.Generator) -> list[Example]:
        return [*ours, *(pool[at] for at in chance.permutation(len(pool))[: len(ours)])]

    _learn(network, epoch, recipe, recipe.own, checkpoint, say)


def log_odds(network: Network, examples: Sequence[Example]) -> Values:
    """Return the log-odds of every output for every example, a row each."""
    cut = cutter().cut
    pieces = [cut(each.reading) for each in examples]
    order = sorted(range(len(pieces)), key=lambda at: len(pieces[at].numbers))
    scores = np.zeros((len(examples), len(network.outputs)))
    network.eval()
    with torch.inference_mode():
        for begin in range(0, len(order), _AT_ONCE):
            some = order[begin : begin + _AT_ONCE]
            scores[some] = network(*padded([pieces[at] for at in some])).numpy()
    return scores


def areas(examples: Sequence[Example], scores: Values, outputs: Sequence[str]) -> Areas:
    """Return the AUC of every output of which the examples have both sides."""
    found: Areas = {}
    for at, output in enumerate(outputs):
        known = [row for row, each in enumerate(examples) if output in each.labels]
        truth = np.array([examples[row].labels[output] for row in known], dtype=bool)
        if 0 < truth.sum() < len(truth):
            found[output] = round(float(roc_auc_score(truth, scores[known, at])), 4)
    return found


def _split(examples: Sequence[Example], is_held_out: Callable[[str], bool]) -> Split:
    learned = [each for each in examples if not is_held_out(each.group)]
    return Split(learned, [each for each in examples if is_held_out(each.group)])


def _titles_alone(examples: Sequence[Example]) -> Iterator[Example]:
    """Yield an empty comment for each thread: what a post is about says nothing of a comment by itself."""
    titles = {each.group: each.reading.post_title for each in examples}
    for thread, title in titles.items():
        yield Example(Reading("", None, title), dict.fromkeys(OUTPUTS, False), thread)


def _learn(
    network: Network,
    epoch: Callable[[np.random.Generator], list[Example]],
    recipe: Recipe,
    phase: Phase,
    checkpoint: Path,
    say: Progress,
) -> None:
    """Fit a network on what `epoch` draws each time, and save it after each, so that little is lost with a run."""
    torch.manual_seed(recipe.seed)
    chance = np.random.default_rng(recipe.seed)
    mixer = Mixer(cutter(), network.corpora, network.outputs, recipe.pieces, chance)
    optimizer = _optimizer(network, phase, recipe)
    pace = _Pace(phase, say)
    network.train()
    before = network.history
    for number in range(phase.epochs):
        examples = epoch(chance)
        weights = Weights(examples, network.outputs, phase.own_weight, recipe.scarcity, recipe.rarity)
        batches = mixer.batches(examples, weights)
        share = _teach(network, batches, optimizer, pace, number, recipe)
        taught = {"phase": phase.name, "epochs": round(number + share, 2), "comments": len(examples)}
        network.history = [*before, taught]
        network.save(checkpoint)
        if share < 1:
            break
    network.eval()


def _teach(
    network: Network,
    batches: Sequence[Batch],
    optimizer: torch.optim.Optimizer,
    pace: "_Pace",
    epoch: int,
    recipe: Recipe,
) -> float:
    """Learn from an epoch's batches, and return the share of them that there was time for."""
    for at, batch in enumerate(batches):
        done = pace.done(epoch + at / len(batches))
        if done >= 1:
            return at / len(batches)
        pace.tell(done, _step(network, batch, optimizer, _speed(done, recipe.warm_up)))
    return 1.0


class _Pace:
    """How much of a phase is done, by its steps or by the clock, and who hears of it."""

    def __init__(self, phase: Phase, say: Progress) -> None:
        self._phase = phase
        self._say = say
        self._begun = self._told = time.monotonic()
        self._losses: list[float] = []

    def done(self, epochs: float) -> float:
        """Return the share of the phase that is over after so many epochs, by steps or by time, whichever is more."""
        share = epochs / self._phase.epochs
        if self._phase.minutes is None:
            return share
        return max(share, (time.monotonic() - self._begun) / 60 / self._phase.minutes)

    def tell(self, done: float, loss: float) -> None:
        """Say now and then how far it is, and how long it will take yet."""
        self._losses.append(loss)
        now = time.monotonic()
        if now - self._told >= _EVERY and done > 0:
            left = (now - self._begun) * (1 - done) / done / 60
            mean = sum(self._losses) / len(self._losses)
            self._say(f"{self._phase.name}: {done:.0%} done, loss {mean:.3f}, {left:.0f} minutes left")
            self._told, self._losses = now, []


def _optimizer(network: Network, phase: Phase, recipe: Recipe) -> torch.optim.Optimizer:
    """Return AdamW, with a rate for each layer and a faster one for what is new."""
    layers = [network.body.embeddings, *network.body.encoder.layer]
    groups: list[dict[str, Any]] = [
        {"params": list(layer.parameters()), "lr": phase.rate * recipe.layer_decay**depth}
        for depth, layer in enumerate(reversed(layers))
    ]
    new = [*network.head.parameters(), *network.origin.parameters()]
    groups.append({"params": new, "lr": phase.head_rate, "weight_decay": 0.0})
    for group in groups:
        group["full_rate"] = group["lr"]
    return torch.optim.AdamW(groups, weight_decay=recipe.weight_decay, fused=True)


def _speed(done: float, warm_up: float) -> float:
    """Return the share of the full rate: up in a line, down in a line."""
    return min((done + 1e-3) / warm_up, (1 - done) / (1 - warm_up))


def _step(network: Network, batch: Batch, optimizer: torch.optim.Optimizer, speed: float) -> float:
    """Learn from one batch, and return its loss."""
    for group in optimizer.param_groups:
        group["lr"] = group["full_rate"] * speed
    with _half_precision():
        logits = network(batch.numbers, batch.segments, batch.mask)
    logits = logits.float() + network.origin(batch.corpus)
    answers = nn.functional.binary_cross_entropy_with_logits(logits, batch.truth, batch.weight, reduction="none")
    loss = answers.sum() / (batch.weight > 0).sum().clamp(min=1)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())


def _half_precision() -> AbstractContextManager[None]:
    """Return a context in which products are of half precision where the processor does that faster, not slower."""
    able: Mapping[str, Any] = torch.cpu.get_capabilities()
    context: AbstractContextManager[None] = torch.autocast(
        "cpu", torch.bfloat16, enabled=bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    )
    return context
