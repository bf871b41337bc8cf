"""Who answers whom in a discussion, how deep it goes, and which questions nobody has answered."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_QUOTED_LINE = re.compile(r"^\s*>.*$", re.MULTILINE)
_LINK = re.compile(r"\S+://\S+|www\.\S+")
_SENTENCE = re.compile(r"[^.!?…\n]*[?][?!]*|[^.!?…\n]+[.!…]*", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SAID_ALONE = (
    "really seriously right ok okay what huh eh no yes so why wow oh pardon sorry surprised coincidence remember "
    "wirklich ernsthaft oder ja nein was bitte"
)
"""What is said with a question mark and asks for no answer, where it is the whole sentence."""
_NO_QUESTIONS = frozenset(_SAID_ALONE.split())
_RHETORICAL = re.compile(
    r"^(who cares|so what|what else is new|who knew|what could (possibly )?go wrong|are you (serious|kidding|joking)|"
    r"(what|who) do you expect|how hard can it be|why (even )?bother|is it (just|only) me|you know what|guess what|"
    r"what is wrong with (you|people)|what's wrong with (you|people)|surprised|who would have thought)\b"
)
_WITHOUT_MARK = re.compile(
    r"^(does|do|has|have|is|can|could|would) (anyone|anybody|someone|somebody)\b|"
    r"^(any(one|body) (know|here|else (had|have|tried|got)))\b|^(weiß|kennt|hat) (jemand|wer)\b"
)
"""How people ask who leave the question mark out."""
_SHORTEST_NAME = 3
_TO_THE_DESK = re.compile(
    r"\b(prof|professor|doctor|dr|the (author|team|blog)|your (post|article|trial|study|data|paper))\b"
)


@dataclass(frozen=True)
class Said:
    """A comment's place in a discussion."""

    id: int
    parent_id: int | None
    author: str | None
    """Whatever tells one author from another; None where the site said nothing."""
    is_staff: bool
    text: str
    name: str | None = None
    """What the author goes by, by which others may answer where a blog has no replies."""


@dataclass(frozen=True)
class Exchange:
    """How often one author answered another."""

    by: str | None
    to: str | None
    count: int


@dataclass(frozen=True)
class Structure:
    """What a discussion looks like from above."""

    comments: int
    authors: int
    replies: int
    deepest: int
    """How many comments the longest chain of replies has above its last one."""
    exchanges: tuple[Exchange, ...]
    """The most frequent first."""
    alone: int
    """Comments to the post that nobody answered."""


@dataclass(frozen=True)
class Question:
    """A question to the blog that nobody speaking for it has answered."""

    id: int
    sentence: str
    replies: int
    """How many readers answered."""


def structure_of(said: Sequence[Said]) -> Structure:
    """Return who answers whom; a reply to a comment that is not there counts as one to the post."""
    known = {each.id: each for each in said}
    pairs = [(each, known[each.parent_id]) for each in said if each.parent_id in known]
    counts = Counter((reply.author, answered.author) for reply, answered in pairs)
    answered_ids = {answered.id for _, answered in pairs}
    in_order = sorted(counts.items(), key=lambda each: (-each[1], str(each[0])))
    return Structure(
        comments=len(said),
        authors=len({each.author for each in said if each.author is not None}),
        replies=len(pairs),
        deepest=max(_depths(said, known).values(), default=0),
        exchanges=tuple(Exchange(by, to, count) for (by, to), count in in_order),
        alone=sum(each.parent_id not in known and each.id not in answered_ids for each in said),
    )


def unanswered(said: Sequence[Said]) -> list[Question]:
    """Return readers' questions to the blog to which nobody who speaks for it has replied, the oldest first.

    `said` is in the order in which it was. A question is to the blog that stands under the post itself, answers one of
    the blog's own comments, or speaks of the author, the team or "your post". One to a reader is theirs.
    """
    known = {each.id: each for each in said}
    replies: Mapping[int, list[Said]] = _replies(said, known)
    found = []
    for at, each in enumerate(said):
        sentence = question_in(each.text)
        if each.is_staff or sentence is None or not _is_to_the_blog(each, known, sentence):
            continue
        if not _has_staff_below(each.id, replies) and not _is_named_by_staff(each, said[at + 1 :]):
            found.append(Question(each.id, sentence, len(replies[each.id])))
    return found


def question_in(text: str) -> str | None:
    """Return the first sentence of a text that asks for an answer.

    What others said (quoted lines) asks nothing here, nor does a question mark inside a link, nor a single "Really?".
    Irony is not seen: "And who pays for that?" counts, whether or not an answer is wanted.
    """
    plain = _LINK.sub(" ", _QUOTED_LINE.sub(" ", text))
    return next((each.strip() for each in _SENTENCE.findall(plain) if _asks(each)), None)


def _asks(sentence: str) -> bool:
    words = " ".join(_WORD.findall(sentence.replace("’", "'"))).lower()
    if not words or words in _NO_QUESTIONS or _RHETORICAL.match(words):
        return False
    return "?" in sentence or bool(_WITHOUT_MARK.match(words))


def _is_to_the_blog(each: Said, known: Mapping[int, Said], sentence: str) -> bool:
    answered = known.get(each.parent_id) if each.parent_id is not None else None
    return answered is None or answered.is_staff or bool(_TO_THE_DESK.search(sentence.casefold()))


def _replies(said: Sequence[Said], known: Mapping[int, Said]) -> dict[int, list[Said]]:
    found: dict[int, list[Said]] = defaultdict(list)
    for each in said:
        if each.parent_id in known and each.parent_id is not None:
            found[each.parent_id].append(each)
    return found


def _has_staff_below(top: int, replies: Mapping[int, list[Said]]) -> bool:
    """Whether anybody who speaks for the blog answered, be it further down."""
    seen, waiting = {top}, [*replies[top]]
    while waiting:
        each = waiting.pop()
        if each.is_staff:
            return True
        if each.id not in seen:
            seen.add(each.id)
            waiting += replies[each.id]
    return False


def _is_named_by_staff(asker: Said, later: Sequence[Said]) -> bool:
    """Whether somebody who speaks for the blog names the asker further on: so one answers where replies are flat."""
    words = _WORD.findall(asker.name or "")
    if not words or len(words[0]) < _SHORTEST_NAME:
        return False
    named = re.compile(rf"\b{re.escape(words[0])}\b", re.IGNORECASE)
    return any(each.is_staff and each.parent_id is None and named.search(each.text) for each in later)


def _depths(said: Sequence[Said], known: Mapping[int, Said]) -> dict[int, int]:
    """Return how deep each comment stands below the post; two that answer each other stand nowhere in particular."""
    depths: dict[int, int] = {}
    for each in said:
        chain, at = [], each.id
        while at not in depths and at not in chain:
            chain.append(at)
            above = known[at].parent_id
            if above is None or above not in known:
                break
            at = above
        base = depths.get(at, -1) if at not in chain else -1
        for further, below in enumerate(reversed(chain), 1):
            depths[below] = base + further
    return depths
