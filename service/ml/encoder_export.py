"""From the trained network to the files that the service reads: an ONNX graph in int8, the tokenizer, a description."""

import copy
import hashlib
import json
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from service.ml.encoder import DESCRIPTION, ONNX, TOKENIZER
from service.ml.encoder_network import Network, tokenizer

_OPSET = 17
_BYTE = 127


class _Bare(nn.Module):  # type: ignore[misc]
    """The network for one comment that fills its row: nothing is padding, so there is nothing to mask."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, numbers: torch.Tensor, segments: torch.Tensor) -> torch.Tensor:
        body = self.network.body
        states = body.encoder(body.embeddings(input_ids=numbers, token_type_ids=segments)).last_hidden_state
        return self.network.judge(states, 1 - segments)


class _Bytes(nn.Module):  # type: ignore[misc]
    """An embedding of bytes with a scale for each row.

    onnxruntime would take one scale for all thirty thousand words, and the longest vector would coarsen the rest.
    """

    def __init__(self, whole: nn.Embedding) -> None:
        super().__init__()
        weight = whole.weight.detach()
        scale = weight.abs().amax(1, keepdim=True).clamp(min=1e-8) / _BYTE
        self.register_buffer("scale", scale)
        self.register_buffer("bytes", (weight / scale).round().to(torch.int8))

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        bytes_: torch.Tensor = self.bytes[numbers]
        return bytes_.to(torch.float32) * self.scale[numbers]


def export(network: Network, folder: Path) -> None:
    """Write the graph in int8, and the tokenizer beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    network = copy.deepcopy(network).eval()
    network.body.set_attn_implementation("eager")  # plain products, which quantisation knows how to make small
    words = network.body.embeddings
    words.word_embeddings = _Bytes(words.word_embeddings)
    with tempfile.TemporaryDirectory() as aside:
        whole = Path(aside) / ONNX
        _trace(network, whole)
        # Seven bits of eight: on processors without VNNI eight overflow, and a comment would score otherwise there.
        quantize_dynamic(
            whole,
            folder / ONNX,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )
    tokenizer().save(str(folder / TOKENIZER), pretty=False)


def describe(folder: Path, described: Mapping[str, Any]) -> None:
    """Write what is to be known of the encoder in a folder, the SHA-256 of its files among it."""
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (ONNX, TOKENIZER)}
    text = json.dumps({**described, "sha256": sums}, indent=1, ensure_ascii=False)
    (folder / DESCRIPTION).write_text(text + "\n", encoding="utf-8")


def _trace(network: Network, path: Path) -> None:
    """Trace the network with one comment of some length; the length alone is left open."""
    numbers = torch.arange(1_000, 1_040).unsqueeze(0)
    segments = (torch.arange(40) >= 30).long().unsqueeze(0)  # noqa: PLR2004
    with warnings.catch_warnings():
        # The exporter that replaces this one needs another package; torch is pinned, so this one stays.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Bare(network),
            (numbers, segments),
            path,
            input_names=["numbers", "segments"],
            output_names=["logits"],
            dynamic_axes={"numbers": {1: "length"}, "segments": {1: "length"}},
            opset_version=_OPSET,
            dynamo=False,
        )
