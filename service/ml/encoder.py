"""The second reader: a small encoder, run by onnxruntime, that gives a number for each of its outputs."""

import hashlib
import json
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from service.domain.comment import Reading
from service.ml.errors import ModelBroken, ModelMissing

# Both are loaded when an encoder is: 20 MB that whoever switches the second reader off does without.
if TYPE_CHECKING:
    from onnxruntime import InferenceSession, SessionOptions
    from tokenizers import Tokenizer

Floats: TypeAlias = npt.NDArray[np.float32]
Ints: TypeAlias = npt.NDArray[np.int64]

ONNX, TOKENIZER, DESCRIPTION = "encoder.onnx", "tokenizer.json", "encoder.json"

_HEAD, _TAIL = 80, 48
"""Word pieces that are read of a long text: it says what it is about at its beginning, and what it wants at its end."""
_TITLE, _CONTEXT = 24, 40
"""Word pieces that are read of the post's title, and of title and parent together."""
_LONGEST = 4_000
"""Characters that are cut into pieces, half from each end: far more than is read, and a bound on the time it takes."""
_INVISIBLE = re.compile(r"[\u200b-\u200d\u2060\ufeff\u00ad]")


class Pieces(NamedTuple):
    """A reading as the encoder takes it: numbered word pieces, and for each whether it is text (0) or context (1)."""

    numbers: list[int]
    segments: list[int]


class Cutter:
    """Cuts readings into word pieces, in training and in use alike."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        # What a commenter types is text: "[SEP]" in it must not end it.
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer
        vocabulary = tokenizer.get_vocab()
        self._begin, self._end = vocabulary["[CLS]"], vocabulary["[SEP]"]

    def cut(self, reading: Reading) -> Pieces:
        """Return the pieces of a text and of its context; no context, no second segment."""
        text = [self._begin, *_both_ends(self._numbers(reading.text)), self._end]
        context = self._context(reading)
        return Pieces(text + context, [0] * len(text) + [1] * len(context))

    def _context(self, reading: Reading) -> list[int]:
        """Return the title's and the parent's pieces, each with its end, so that it is seen which of them says what."""
        if not (reading.post_title or reading.parent):
            return []
        title = self._numbers(reading.post_title or "")[:_TITLE]
        parent = self._numbers(reading.parent or "")[: _CONTEXT - 2 - len(title)]
        return [*title, self._end, *parent, self._end]

    def _numbers(self, text: str) -> list[int]:
        numbers: list[int] = self._tokenizer.encode(plain(text), add_special_tokens=False).ids
        return numbers


class Encoder:
    """A trained encoder, ready to read. It never changes after it was loaded: threads may share it."""

    def __init__(self, session: "InferenceSession", cutter: Cutter, description: dict[str, Any]) -> None:
        self.outputs: tuple[str, ...] = tuple(description["outputs"])
        self.description = description
        self._session = session
        self._cutter = cutter

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the encoder in a folder; raises ModelMissing or ModelBroken."""
        from onnxruntime import InferenceSession
        from tokenizers import Tokenizer

        try:
            description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
            onnx, tokenizer = (_checked(folder / name, description["sha256"][name]) for name in (ONNX, TOKENIZER))
            cutter = Cutter(Tokenizer.from_str(tokenizer.decode("utf-8")))
            return cls(InferenceSession(onnx, _one_thread()), cutter, description)
        except FileNotFoundError as error:
            raise ModelMissing(f"{error.filename} is missing. {_REMEDY}") from error
        except ModelBroken:
            raise
        except Exception as error:  # onnxruntime and tokenizers raise whatever the damage leads to
            told = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise ModelBroken(
                f"The encoder in {folder} ({DESCRIPTION}, {ONNX}) cannot be loaded ({told}). {_REMEDY}"
            ) from error

    def read(self, reading: Reading) -> Floats:
        """Return the log-odds of every output.

        One comment a call, by itself: int8 arithmetic takes its scale from all that it is given at once, so beside
        others a comment would score otherwise than alone.
        """
        numbers, segments = self._cutter.cut(reading)
        given = {"numbers": np.array([numbers], np.int64), "segments": np.array([segments], np.int64)}
        [logits] = self._session.run(["logits"], given)
        return np.asarray(logits[0], np.float32)


_REMEDY = "Restore it from the repository. Or make one anew: make train-encoder, make train, and promote what it names"


def plain(text: str) -> str:
    """Return a text without what is only there to be seen, or not to be: `𝓲𝓭\u200b𝓲𝓸𝓽` is `idiot`."""
    # Cut once more: a single character of compatibility can stand for eighteen.
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", _cut_short(text)))
    return _cut_short(text).encode("utf-8", "replace").decode("utf-8")  # half a character is none that can be cut


def _cut_short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} {text[-_LONGEST // 2 :]}"


def _both_ends(numbers: list[int]) -> list[int]:
    return numbers if len(numbers) <= _HEAD + _TAIL else numbers[:_HEAD] + numbers[-_TAIL:]


def _checked(path: Path, sha256: str) -> bytes:
    """Return a file's bytes once they are the ones that were described."""
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelBroken(f"{path} is not the file that its {DESCRIPTION} describes. {_REMEDY}")
    return content


def _one_thread() -> "SessionOptions":
    """Return options for short work beside other threads' work: a pool of our own would fight them for the cores."""
    from onnxruntime import ExecutionMode, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = ExecutionMode.ORT_SEQUENTIAL
    return options
