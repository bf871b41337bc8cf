"""A comment's words, each with its place in the original text, whatever they are disguised as."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.ml import kernel
from service.ml.kernel import Alphabet, Codes, Cut

LONGEST = 40_000
"""Code points that are read of one text. No blog allows more, and a bound keeps the time for one comment bounded."""

_SIZE = 0x20000
"""Code points with a row in the tables; those above, rare Chinese letters mostly, are letters as they are."""
_READ_ANEW = ((0x80, 0x3000), (0xA640, 0xA800), (0xF900, 0xFFF0), (0x1D400, 0x1D800), (0x1F100, 0x1F200))
"""Where the code points stand that are to be folded: letters with cases, accents, widths, styles, and the unseen."""
_OF_MANY_KINDS = ((0, 0x3100), (0xA000, 0xAC00), (0xD800, 0x10200), (0x1F000, 0x20000))
"""Where the code points stand that are not letters throughout."""
_ARROWS_TO_DINGBATS = range(0x2190, 0x2C00)
_UNSEEN = [0x115F, 0x1160, 0x3164, 0xFFA0, 0xFFF9, 0xFFFA, 0xFFFB]
"""Hangul's fillers, which Unicode calls letters, and the anchors of annotations: nothing is seen where they stand."""
_EXPANDED = 0x80000000
_LONGEST_EXPANSION = 4
_LOOKALIKES = {
    **dict(zip("авеикмнорстухіјѕԁһԛԝӏѵьϲ", "abeukmhopctyxijsdhqwlvbc", strict=True)),
    **dict(zip("αβγεηικνορτυχωϳ", "abyenikvoptuxwj", strict=True)),
    **dict(zip("ıȷɡɑɩʟɪᴀʙᴄᴅᴇɢʜᴊᴋᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "ijgailiabcdeghjkmnoprstuvwyz", strict=True)),
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "ß": "ss", "æ": "ae", "œ": "oe",
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ⓘ": "i", "™": "", "–": "-", "—": "-", "‑": "-",
}  # fmt: skip
"""Letters of other alphabets that are written to look like ours. A text that is really Greek or Russian is nothing that
the model reads, and `language.py` says so from the original."""
_ENDINGS = ("com", "org", "net", "info", "shop", "store", "online", "site", "biz", "io", "uk", "au", "ru", "cn", "xyz",
            "example", "clinic", "health", "top", "club", "icu", "live", "link", "de", "eu", "co", "ca", "ie",
            "mx", "ly", "nl", "fr", "nz", "tv", "edu", "gov", "nhs")  # fmt: skip


_MASKED = [
    "fuck",
    "fucks",
    "fucked",
    "fucker",
    "fuckers",
    "fucking",
    "fuckin",
    "motherfucker",
    "shit",
    "shits",
    "shite",
    "shitty",
    "bullshit",
    "cunt",
    "cunts",
    "bitch",
    "bitches",
    "bastard",
    "bastards",
    "asshole",
    "assholes",
    "arsehole",
    "arseholes",
    "arse",
    "twat",
    "twats",
    "wanker",
    "wankers",
    "whore",
    "whores",
    "slut",
    "sluts",
    "dick",
    "dickhead",
    "dickheads",
    "prick",
    "pricks",
    "cock",
    "piss",
    "pissed",
    "idiot",
    "idiots",
    "moron",
    "morons",
    "retard",
    "retarded",
    "nigger",
    "niggers",
    "faggot",
    "faggots",
    "bollocks",
    "bugger",
    "damn",
    "crap",
    "stupid",
    "scum",
    "rape",
    "kill",
]
_LONGEST_MASKED = 16
OWN_LETTERS = repr((_LOOKALIKES, _UNSEEN, _ENDINGS, _MASKED)).encode()
"""What of the alphabet is ours, and not Unicode's as this version of Python has it."""


class Token(NamedTuple):
    """A word as the model reads it, and the stretch of the original text it was read from."""

    word: str
    start: int
    end: int


def codes(text: str) -> Codes:
    """Return the code points of a text that are read; lone surrogates count too."""
    return codes_of(text[:LONGEST])


def codes_of(text: str) -> Codes:
    """Return all code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def codes_of_all(texts: Sequence[str]) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Return the code points of several texts end to end, and where each ends."""
    read = [text[:LONGEST] for text in texts]
    return codes_of("".join(read)), np.cumsum([len(text) for text in read], dtype=np.int64)


def tokens(text: str) -> list[Token]:
    """Return the words, numbers, links and telling marks of a text in their order."""
    return named(kernel.cut(codes(text), alphabet()))


def named(cut: Cut) -> list[Token]:
    """Return the tokens of a cut with their words as strings."""
    spelled = cut.spelled.tobytes().decode("utf-32-le", "surrogatepass")
    return [
        Token(_STAND_INS.get(spelled[begin], spelled[begin : begin + size]), start, end)
        for start, end, begin, size in zip(
            cut.start.tolist(), cut.end.tolist(), cut.begin.tolist(), cut.size.tolist(), strict=True
        )
    ]


def hashed(word: str) -> np.uint64:
    """Return the hash under which a word is counted."""
    return np.uint64(kernel.hash_of(codes(word)))


def dedupe_key(text: str) -> str:
    """Return what two copies of one text have in common: their words, without links, marks and names."""
    return " ".join(token.word for token in tokens(text) if token.word[0].isalnum())


_STAND_INS = {
    chr(0xE000 + kernel.NUMBER): "<number>",
    chr(0xE000 + kernel.URL): "<url>",
    chr(0xE000 + kernel.EMAIL): "<email>",
    chr(0xE000 + kernel.USER): "<user>",
}


@lru_cache(maxsize=1)
def alphabet() -> Alphabet:
    """Return what is known of single characters."""
    fold = np.arange(_SIZE, dtype=np.uint32)
    kind = np.full(_SIZE, kernel.LETTER, np.uint8)
    expansions: list[str] = []
    for code in (each for low, high in _OF_MANY_KINDS for each in range(low, high)):
        kind[code] = _kind(chr(code))
    for code in (*range(0x80), *(code for low, high in _READ_ANEW for code in range(low, high))):
        read = _read(chr(code))
        if len(read) > 1:
            expansions.append(read[:_LONGEST_EXPANSION])
            fold[code] = _EXPANDED | (len(expansions) - 1)
        else:
            fold[code] = ord(read) if read else 0
    fold[0xD800:0xF900] = 0  # surrogates and private letters, ours among them, are nothing that anybody reads
    fold[0x1F3FB:0x1F400] = 0  # shades of skin: a hand is a hand
    fold[_UNSEEN] = 0
    endings = np.array([hashed(ending) for ending in _ENDINGS], np.uint64)
    return Alphabet(fold, kind, _rows(expansions, _LONGEST_EXPANSION), endings, _rows(_MASKED, _LONGEST_MASKED))


def _rows(words: Sequence[str], width: int) -> Codes:
    """Return words as rows of code points, filled up with 0."""
    return np.array([[ord(each) for each in word.ljust(width, "\0")] for word in words], np.uint32)


def _read(character: str) -> str:
    """Return what a character is read as: without case, accent, width, style and disguise; empty if it is not seen."""
    if character.isspace() or unicodedata.category(character).startswith("Z"):
        return " "
    # Twice, because a letter in another style has no case until it is a plain one.
    written = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    plain = (each for each in written if unicodedata.category(each)[0] != "M")
    read = "".join(_LOOKALIKES.get(each, each) for each in _LOOKALIKES.get(character, "".join(plain)))
    return "".join(each for each in read if unicodedata.category(each) not in ("Cf", "Cc", "Cn", "Cs"))


def _kind(character: str) -> int:
    category = unicodedata.category(character)
    if category[0] == "L" or category[0] == "M":
        return kernel.LETTER
    if category == "Nd":
        return kernel.DIGIT
    if category[0] == "Z" or character.isspace():
        return kernel.SPACE
    if category == "Sc" or character == "%":
        return kernel.SIGN
    return kernel.SYMBOL if category == "So" or ord(character) in _ARROWS_TO_DINGBATS else kernel.OTHER
