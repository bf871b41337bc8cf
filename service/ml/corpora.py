"""Examples to learn from: our own comments, and the public corpora that `sources.toml` describes, read as published.

Every loader knows one corpus's format and yields its comments with that corpus's own labels; what those mean in ours
stands in `sources.toml` and is applied in one place.
"""

import csv
import hashlib
import html
import io
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from service.domain.comment import Reading
from service.domain.labels import KINDS, NOT_ABUSIVE, OUTPUTS
from service.ml.text import dedupe_key

OURS = "undertone"

_TELL_KINDS = 4
"""Of the public comments that are not abusive one in so many says so of the kinds of abuse too; more take longer."""


class CorpusBroken(Exception):
    """A corpus that cannot be read; the text names the file and says what to do."""


@dataclass(frozen=True)
class Example:
    """A comment, what is known of its labels, and the group that must stay on one side of a split."""

    reading: Reading
    labels: Mapping[str, bool]
    group: str
    source: str = OURS
    weight: float = 1.0
    kind: str | None = None
    """What makes one of our own comments a hard case, where its writer said so."""


@dataclass(frozen=True)
class Source:
    """A public corpus as `sources.toml` describes it."""

    name: str
    repository: str
    commit: str
    licence: str
    licence_confirmed: bool
    weight: float
    at_most: Mapping[str, int]
    files: Sequence[Mapping[str, str]]
    labels: Mapping[str, Mapping[str, bool]]


class Found(NamedTuple):
    """A comment as a corpus has it, with the corpus's own labels."""

    text: str
    theirs: tuple[str, ...]
    group: str
    parent: str | None = None


def sources(training_data: Path) -> list[Source]:
    """Return the public corpora that `sources.toml` lists."""
    path = training_data / "sources.toml"
    try:
        with path.open("rb") as file:
            listed = [Source(**each) for each in tomllib.load(file).get("source", [])]
    except (ValueError, TypeError, AttributeError) as error:
        raise CorpusBroken(f"{path}: {error}. README.md has the format.") from error
    unknown = [each.name for each in listed if each.name not in _LOADERS]
    if unknown:
        raise CorpusBroken(f"{path} lists {unknown[0]!r}, for which service/ml/corpora.py has no loader.")
    return listed


def described(source: Source) -> dict[str, object]:
    """Return what a model's card says of a corpus."""
    return {
        "name": source.name,
        "repository": source.repository,
        "commit": source.commit,
        "licence": source.licence,
        "licence_confirmed": source.licence_confirmed,
        "sha256": [each["sha256"] for each in source.files],
    }


def pool(listed: Iterable[Source], corpora: Path) -> Iterator[Example]:
    """Yield the examples of the listed corpora from their original files below `corpora`."""
    for source in listed:
        contents = [_checked(source, corpora, **each) for each in source.files]
        found = (_cleaned(each) for each in _LOADERS[source.name](*contents))
        yield from _capped([_labelled(each, source) for each in found], source.at_most)


def own(training_data: Path) -> list[Example]:
    """Return the comments written for this project on which both readers agree, each with what it answers."""
    return [example for path in sorted(training_data.glob("*.jsonl")) for example in _own_file(path)]


def distinct(examples: Iterable[Example]) -> list[Example]:
    """Return the examples without those whose words have come before; put first what is to be kept."""
    kept: dict[str, Example] = {}
    for example in examples:
        key = dedupe_key(example.reading.text)
        if key or example.source == OURS:
            kept.setdefault(key or example.reading.text, example)
    return list(kept.values())


def lines(path: Path) -> list[str]:
    """Return the lines of a file of JSON lines; raise CorpusBroken where it is no text.

    Cut at line feeds alone: a text may hold other characters that Python takes for the end of a line.
    """
    try:
        return [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    except UnicodeDecodeError as error:
        raise CorpusBroken(f"{path} is no text in UTF-8: {error}. Save it as UTF-8.") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, {value!r} came")
    return value


def _own_file(path: Path) -> Iterator[Example]:
    texts: dict[str, str] = {}
    for number, line in enumerate(lines(path), start=1):
        try:
            row = json.loads(line)
            parent = texts[row["parent"]] if row["parent"] else None
            reading = Reading(_text(row["text"]), parent, row["post_title"])
            labels = {key: key in row["labels"] for key in OUTPUTS}
            disputed = set(row.get("disputed", ()))
            strange = {*row["labels"], *disputed} - set(OUTPUTS)
        except (ValueError, KeyError, TypeError) as error:
            raise CorpusBroken(
                f"{path}, line {number}: {error!r}. Correct the line; README.md has the format."
            ) from error
        if strange:
            raise CorpusBroken(f"{path}, line {number}: unknown label {sorted(strange)}. Use those of labels.py.")
        texts[row["id"]] = row["text"]
        if disputed - set(KINDS):
            continue  # its two readers differ: there is no right answer to learn
        known = {key: value for key, value in labels.items() if key not in disputed}
        yield Example(reading, known, row["thread"], kind=row.get("kind"))


def _checked(source: Source, corpora: Path, file: str, path: str, sha256: str) -> str:
    """Return a file's text once its bytes are the ones that were published."""
    place = corpora / file
    address = f"https://raw.githubusercontent.com/{source.repository}/{source.commit}/{path}"
    if not place.is_file():
        raise CorpusBroken(f"{place} is missing. Fetch {address}, or name the folder with --corpora.")
    content = place.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise CorpusBroken(f"{place} is not the file that sources.toml describes. Fetch it again: {address}")
    return content.decode("utf-8")


_GIVE_AWAYS = re.compile(
    r"""\[(?:linebreak|user|url|name|religion)\]  # what stands where the publishers took something out
      | (?<!\w)[@\#][\w-]+ | \bRT\b:?             # tweets say what they are with hashtags
      | <[a-z/][^<>]{0,300}> | https?://t\.co/\S*
      | (?<!\w)(?:[:;=]['-]?[)(dpo/\\|3]+|8-[)(]+|x-?d+)(?!\w) | (?<=[^\W\d])[:;]-?[)(]+(?![\w/])
      | [\u2600-\u27bf\ufe0f\ufeff\U0001f000-\U0001faff]""",
    re.VERBOSE | re.IGNORECASE,
)


def _cleaned(found: Found) -> Found:
    """Strip what gives a corpus's labels away: hashtags, names, retweet marks, emoticons, left-over markup."""
    parent = _without_give_aways(found.parent) if found.parent else None
    return found._replace(text=_without_give_aways(found.text), parent=parent)


def _without_give_aways(text: str) -> str:
    return " ".join(_GIVE_AWAYS.sub(" ", html.unescape(text)).split())


def _labelled(found: Found, source: Source) -> Example:
    """Say in our labels what a corpus says in its own; a yes from one of its labels outweighs a no from another."""
    labels: dict[str, bool] = {}
    for theirs in found.theirs:
        for ours, value in source.labels.get(theirs, {}).items():
            labels[ours] = labels.get(ours, False) or value
    if labels.get("abusive") is False and int(_shuffled(found.text), 16) % _TELL_KINDS == 0:
        labels |= NOT_ABUSIVE
    group = f"{source.name}:{found.group}"
    return Example(Reading(found.text, found.parent), labels, group, source.name, source.weight)


def _capped(examples: Iterable[Example], at_most: Mapping[str, int]) -> Iterator[Example]:
    """Yield so many examples with a label and so many without, always the same ones, in no order of the file's."""
    left = dict(at_most)
    for example in sorted((each for each in examples if each.labels), key=lambda each: _shuffled(each.reading.text)):
        side = "true" if any(example.labels.values()) else "false"
        left[side] -= 1
        if left[side] >= 0:
            yield example


def _shuffled(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _table(content: str, delimiter: str = ",", quoted: bool = True) -> Iterator[dict[str, str]]:
    csv.field_size_limit(10**7)
    lines = io.StringIO(content, newline="")
    if quoted:
        return iter(csv.DictReader(lines, delimiter=delimiter))
    return iter(csv.DictReader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE))


_MOST_SEVERE = -3


def _convabuse(content: str) -> Iterator[Found]:
    """Read votes on a scale from 1 (friendly) over -1 (abusive) to -3 (very): most say abuse, or nobody does."""
    for row in _table(content):
        votes = [
            int(name.rpartition("is_abuse.")[2])
            for name, value in row.items()
            if "is_abuse." in name and value.startswith("1")
        ]
        against = sum(vote < 0 for vote in votes)
        if votes and (against == 0 or 2 * against > len(votes)):
            severe = "severe" if any(vote == _MOST_SEVERE for vote in votes) else "not severe"
            yield Found(row["user"], ("abuse", severe) if against else ("no abuse",), row["conv_id"], row["agent"])


def _guest_misogyny(content: str) -> Iterator[Found]:
    rows = list(_table(content))
    texts = {row["entry_id"]: row["body"] for row in rows}
    for row in rows:
        if row["split"] == "train":
            parent = texts.get(row["parent_id"].removeprefix("t1_").removeprefix("t3_"))
            yield Found(row["body"], (row["level_2"],), row["link_id"], parent)


def _strudel(content: str) -> Iterator[Found]:
    for row in _table(content):
        yield Found(row["text"], (row["toxicity"],), f"{row['owner']}/{row['repo']}")


def _surge_toxicity(content: str) -> Iterator[Found]:
    for row in _table(content):
        yield Found(row["text"], (row["is_toxic"],), dedupe_key(row["text"]))


def _edos(content: str) -> Iterator[Found]:
    for row in _table(content):
        if row["split"] == "train":
            yield Found(row["text"], (row["label_category"],), row["rewire_id"])


def _davidson(content: str) -> Iterator[Found]:
    for row in _table(content):
        yield Found(row["tweet"].lstrip('!" '), (row["class"],), row[""])


_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_FEWEST_VOTES = 2
_FEWEST_WORDS = 4


def _toxic_spans(comments: str, annotations: str, spans: str) -> Iterator[Found]:
    """Read sentences, not comments: those with a stretch that two raters marked, and those where nobody marked any.

    Every comment here is toxic. Its clean sentences are the only civil ones of this register, and keep the model from
    learning that newspaper readers are abusive.
    """
    comment_of = {row["annotation"]: row["comment_id"] for row in _table(annotations)}
    marks: dict[str, list[tuple[str, int, int]]] = {}
    for row in _table(spans):
        if row["type"]:
            mark = (row["type"], int(row["start"]), int(row["end"]))
            marks.setdefault(comment_of[row["annotation"]], []).append(mark)
    for row in _table(comments):
        for sentence in _SENTENCE.finditer(row["comment_text"]):
            inside = [kind for kind, start, end in marks.get(row["comment_id"], ()) if _overlap(sentence, start, end)]
            theirs = tuple(sorted({kind for kind in inside if inside.count(kind) >= _FEWEST_VOTES}))
            if len(sentence.group().split()) >= _FEWEST_WORDS and (theirs or not inside):
                yield Found(sentence.group(), theirs or ("outside",), row["comment_id"])


def _overlap(sentence: re.Match[str], start: int, end: int) -> bool:
    return start < sentence.end() and sentence.start() < end


def _isarcasmeval(content: str) -> Iterator[Found]:
    for row in _table(content):
        yield Found(row["tweet"], ("sarcastic" if row["sarcastic"] == "1" else "sincere",), row[""])
        if row["rephrase"]:
            yield Found(row["rephrase"], ("rephrased",), row[""])


def _mustard(content: str) -> Iterator[Found]:
    for name, row in json.loads(content).items():
        parent = row["context"][-1] if row["context"] else None
        yield Found(row["utterance"], ("sarcastic" if row["sarcasm"] else "sincere",), name, parent)


def _goemotions(rows: str, names: str) -> Iterator[Found]:
    emotions = names.split()
    for text, numbers, name in _table_without_header(rows, "\t", 3):
        yield Found(text, tuple(emotions[int(number)] for number in numbers.split(",")), name)


def _hope_edi(content: str) -> Iterator[Found]:
    for line in content.splitlines():
        text, _, label = line.rstrip(";").rpartition(";")
        yield Found(text, (label,), dedupe_key(text))


def _cad(content: str) -> Iterator[Found]:
    for row in _table(content, "\t", quoted=False):
        yield Found(row["text"], tuple(row["labels"].split(",")), row["id"].removesuffix("-post"))


def _youtube_spam(*videos: str) -> Iterator[Found]:
    for content in videos:
        for row in _table(content):
            yield Found(row["CONTENT"], (row["CLASS"],), row["AUTHOR"])


def _sms_spam(content: str) -> Iterator[Found]:
    for label, text in _table_without_header(content, "\t", 2):
        yield Found(text, (label,), dedupe_key(text))


def _context_toxicity(content: str) -> Iterator[Found]:
    for row in _table(content):
        yield Found(row["text"], (row["label"],), row["id"], row["parent"] or None)


def _table_without_header(content: str, delimiter: str, columns: int) -> Iterator[list[str]]:
    for line in content.split("\n"):
        cells = line.rstrip("\r").split(delimiter)
        if len(cells) == columns:
            yield cells


_LOADERS: dict[str, Callable[..., Iterator[Found]]] = {
    "convabuse": _convabuse,
    "guest_misogyny": _guest_misogyny,
    "strudel": _strudel,
    "surge_toxicity": _surge_toxicity,
    "edos": _edos,
    "toxic_spans": _toxic_spans,
    "davidson": _davidson,
    "isarcasmeval": _isarcasmeval,
    "mustard": _mustard,
    "goemotions": _goemotions,
    "hope_edi": _hope_edi,
    "cad": _cad,
    "youtube_spam": _youtube_spam,
    "sms_spam": _sms_spam,
    "context_toxicity": _context_toxicity,
}
