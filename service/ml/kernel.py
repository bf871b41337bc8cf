"""The compiled part of reading: from code points to words, hashed features, traits and log-odds.

All of it stands in this one file and is given every table as an argument. numba keeps what it compiled for as long as
this file stays the same, and would not notice that something it was compiled with has changed elsewhere.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numba
import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint32]
F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a function when it is first called, and keep the result beside the file or in the user's cache.

    Where neither can be written, every start compiles anew, which takes some seconds.
    """
    try:
        return numba.njit(function, cache=True, nogil=True)  # type: ignore[no-any-return]
    except RuntimeError:  # "no locator available": nowhere to keep it
        return numba.njit(function, nogil=True)  # type: ignore[no-any-return]


# Kinds of characters, as `text.py` tells them apart.
OTHER, LETTER, DIGIT, SYMBOL, SIGN, SPACE = 0, 1, 2, 3, 4, 5
# Kinds of tokens.
WORD, NUMBER, URL, EMAIL, USER, MARK = 1, 2, 3, 4, 5, 6

LONGEST_WORD = 40
"""Longer runs of letters are cut in pieces, which scripts without spaces need anyway."""
_LONGEST_PART, _MOST_PARTS = 63, 8
"""Characters of one part of a host's name (RFC 1035), and how many parts are looked at: texts of nothing but dots and
letters are to be read in linear time."""
_TABLE_SIZE = 0x20000
_FIRST_TAG = 0xE0000
_EXPANDED = np.uint32(0x80000000)
_STAND_INS = np.uint32(0xE000)
"""Private code points from here on stand for a number, a link, an address and a user's name."""
SHORTEST_BEGINNING = 3
"""Letters of a word's beginning in the lexicon, at least."""
_SPACED_OUT = 4
_APART = 2
"""So many single letters in a row, no further apart than this, are one word in disguise."""

_STANDING = tuple(ord(each) for each in "01!|34@5$7+")
_FOR = tuple(ord(each) for each in "oiiieaasstt")

_PRIME, _BASIS = np.uint64(16777619), np.uint64(2166136261)
_LOW = np.uint64(0xFFFFFFFF)
_MIX_A, _MIX_B = np.uint64(0x85EBCA6B), np.uint64(0xC2B2AE35)
_S13, _S15, _S16, _S5 = np.uint64(13), np.uint64(15), np.uint64(16), np.uint64(5)
BEGINNING, PHRASE = np.uint64(0x5BD1E995), np.uint64(0x27D4EB2F)
"""Set entries of the lexicon apart that stand for a word's beginning or for several words."""

_C, _F, _M, _S, _BLANK = 99, 102, 109, 115, 32
_A, _Z, _STAR, _APOSTROPHE, _DOT, _AT, _SLASH, _DASH = 97, 122, 42, 39, 46, 64, 47, 45
_BANG, _DOLLAR, _QUESTION, _ELLIPSIS, _COLON, _COMMA, _LINE, _PLUS = 33, 36, 63, 0x2026, 58, 44, 95, 43


class Alphabet(NamedTuple):
    """What is known of single characters, indexed by code point."""

    fold: Codes
    """What a character is read as: another character, 0 for nothing, or a row of `expansions` with the high bit set."""
    kind: npt.NDArray[np.uint8]
    expansions: Codes
    endings: npt.NDArray[np.uint64]
    """The hashes of the last part of a host's name."""
    masked: Codes
    """Words that people write with stars in them, a row each, filled up with 0."""


class Lexicon(NamedTuple):
    """Words, beginnings of words and phrases with the traits they show, as an open hash table."""

    keys: npt.NDArray[np.uint64]
    masks: npt.NDArray[np.uint64]
    begins: npt.NDArray[np.uint64]
    """A bit for each three letters (their last five bits) that some beginning of words begins with: most words do not,
    and need not be looked up letter by letter."""
    opens: npt.NDArray[np.uint64]
    """A bit for each word, by twelve bits of its hash, that begins some phrase."""


class Cut(NamedTuple):
    """The tokens of a text."""

    start: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]
    """From where to where each stands in the original text."""
    begin: npt.NDArray[np.int32]
    size: npt.NDArray[np.int32]
    """Where in `spelled` each is written as the model reads it."""
    sort: npt.NDArray[np.uint8]
    spelled: Codes


@compiled
def _mixed(value: np.uint64) -> np.uint64:
    """Spread a hash over all its 32 bits (the finalizer of MurmurHash3, by Austin Appleby, in the public domain)."""
    value ^= value >> _S16
    value = (value * _MIX_A) & _LOW
    value ^= value >> _S13
    value = (value * _MIX_B) & _LOW
    return value ^ (value >> _S16)


@compiled
def _fed(value: np.uint64, code: np.uint32) -> np.uint64:
    """Take one more character into a hash (FNV-1a, RFC 9923, with whole code points for bytes)."""
    return ((value ^ np.uint64(code)) * _PRIME) & _LOW


@compiled
def hash_of(codes: Codes) -> np.uint64:
    """Return the hash of a word."""
    value = _BASIS
    for code in codes:
        value = _fed(value, code)
    return _mixed(value)


@compiled
def beginning_of(codes: Codes) -> np.uint64:
    """Return what the lexicon keeps a word's beginning under."""
    value = _BASIS
    for code in codes:
        value = _fed(value, code)
    found: np.uint64 = _mixed(value ^ BEGINNING)
    return found


@compiled
def joined(first: np.uint64, second: np.uint64) -> np.uint64:
    """Return the hash of two neighbouring words from the hashes of both."""
    found: np.uint64 = _mixed((first * _PRIME + second + (second << _S5)) & _LOW)
    return found


@compiled
def phrase_of(several: np.uint64) -> np.uint64:
    """Return what the lexicon keeps a phrase under, given the joined hash of its words."""
    found: np.uint64 = _mixed(several ^ PHRASE)
    return found


@compiled
def _looked_up(key: np.uint64, keys: npt.NDArray[np.uint64], masks: npt.NDArray[np.uint64]) -> np.uint64:
    last = np.uint64(len(keys) - 1)
    at = key & last
    while keys[at] != 0:
        if keys[at] == key:
            found: np.uint64 = masks[at]
            return found
        at = (at + np.uint64(1)) & last
    return np.uint64(0)


@compiled
def _kind(code: np.uint32, kind: npt.NDArray[np.uint8]) -> int:
    return kind[code] if code < _TABLE_SIZE else LETTER


@compiled
def _above(code: np.uint32) -> np.uint32:
    """Return what a character beyond the tables is read as: itself, or as nothing from the tags on."""
    return code if code < _FIRST_TAG else np.uint32(0)


@compiled
def _folded(codes: Codes, alphabet: Alphabet) -> tuple[Codes, npt.NDArray[np.int32]]:
    """Return a text's characters as they are read, without case and disguise, and where each stood."""
    width = alphabet.expansions.shape[1]
    letters, places = np.empty(len(codes) * width, np.uint32), np.empty(len(codes) * width, np.int32)
    count = 0
    for at in range(len(codes)):
        code = codes[at]
        read = alphabet.fold[code] if code < _TABLE_SIZE else _above(code)
        if read == 0:
            continue
        if read < _EXPANDED:
            letters[count], places[count] = read, at
            count += 1
            continue
        for part in alphabet.expansions[read & ~_EXPANDED]:
            if part:
                letters[count], places[count] = part, at
                count += 1
    return letters[:count], places[:count]


@compiled
def _is(letters: Codes, at: int, kind: npt.NDArray[np.uint8], first: int, second: int) -> bool:
    """Whether there is a character of one of two kinds at a place."""
    if at >= len(letters):
        return False
    found = _kind(letters[at], kind)
    return found == first or found == second


@compiled
def _code(letters: Codes, at: int) -> int:
    return int(letters[at]) if at < len(letters) else 0


@compiled
def _scheme_end(letters: Codes, at: int) -> int:
    """Return where `http://`, `https://` or `www.` ends that begins here, else 0."""
    if _code(letters, at) == 119 and _code(letters, at + 1) == 119 and _code(letters, at + 2) == 119:
        return at + 4 if _code(letters, at + 3) == _DOT else 0
    if _code(letters, at) != 104 or _code(letters, at + 1) != 116 or _code(letters, at + 2) != 116:
        return 0
    if _code(letters, at + 3) != 112:
        return 0
    colon = at + 5 if _code(letters, at + 4) == 115 else at + 4
    slashes = _code(letters, colon + 1) == _SLASH and _code(letters, colon + 2) == _SLASH
    return colon + 3 if _code(letters, colon) == _COLON and slashes else 0


@compiled
def _path_end(letters: Codes, at: int, kind: npt.NDArray[np.uint8]) -> int:
    """Return where an address ends: at a blank or a bracket."""
    while at < len(letters):
        code = letters[at]
        if code == 60 or code == 62 or code == 34 or _kind(code, kind) == SPACE:
            break
        at += 1
    return at


@compiled
def _host_end(letters: Codes, at: int, alphabet: Alphabet) -> int:
    """Return where a host's name and the path after it end, if one begins here, else 0."""
    parts = 0
    while True:
        value = _BASIS
        begin = at
        while at < len(letters):
            code = letters[at]
            if at - begin == _LONGEST_PART or not (_A <= code <= _Z or 48 <= code <= 57 or code == _DASH):
                break
            value = _fed(value, code)
            at += 1
        if at == begin:
            return 0
        parts += 1
        if parts > _MOST_PARTS:
            return 0
        if _code(letters, at) == _DOT and _is(letters, at + 1, alphabet.kind, LETTER, DIGIT):
            at += 1
            continue
        if parts < 2 or _is(letters, at, alphabet.kind, LETTER, LETTER):
            return 0
        ending = _mixed(value)
        for known in alphabet.endings:
            if known == ending:
                return _path_end(letters, at, alphabet.kind) if _code(letters, at) == _SLASH else at
        return 0


@compiled
def _email_end(letters: Codes, at: int, kind: npt.NDArray[np.uint8]) -> int:
    """Return where an e-mail address ends that begins here, else 0."""
    begin = at
    while at < len(letters) and at - begin < 64:
        code = letters[at]
        if not (
            _is(letters, at, kind, LETTER, DIGIT) or code == _DOT or code == _DASH or code == _LINE or code == _PLUS
        ):
            break
        at += 1
    if _code(letters, at) != _AT:
        return 0
    at += 1
    begin, dot = at, 0
    while at < len(letters) and at - begin < 90:
        code = letters[at]
        if code == _DOT and _is(letters, at + 1, kind, LETTER, LETTER):
            dot = at
        elif not (_is(letters, at, kind, LETTER, DIGIT) or code == _DASH):
            break
        at += 1
    return at if dot > begin else 0


@compiled
def _stands_for(code: int) -> int:
    """Return the letter that a digit or sign stands for inside a word, 0 if for none."""
    for at in range(len(_STANDING)):
        if code == _STANDING[at]:
            return _FOR[at]
    return 0


@compiled
def _is_digit_for_letter(letters: Codes, at: int) -> bool:
    return letters[at] < 128 and _stands_for(int(letters[at])) != 0


@compiled
def _is_disguise(letters: Codes, at: int, begin: int, kind: npt.NDArray[np.uint8]) -> bool:
    """Whether the digit or sign here stands for a letter: others follow it at once, as in `1d10t` and `id!ot`."""
    code = int(letters[at])
    if _stands_for(code) == 0:
        return False
    if code == _PLUS:  # "patients+carers" is two words
        return at > begin and _is_digit_for_letter(letters, at - 1) and _is(letters, at + 1, kind, LETTER, LETTER)
    if code == _DOLLAR and _is(letters, at + 1, kind, DIGIT, DIGIT):
        return False  # "US$5m"
    after = at + 1
    while after < len(letters) and after - at < 3 and _stands_for(int(letters[after])) and letters[after] != _BANG:
        after += 1
    if not _is(letters, after, kind, LETTER, LETTER):
        return code == _DOLLAR and (letters[at - 1] == _DOLLAR or _code(letters, at + 1) == _DOLLAR)  # `a$$`
    # "wow!that" is a missing blank, not a disguise.
    return code != _BANG or at - begin <= 2


@compiled
def _is_minutes(letters: Codes, at: int, kind: npt.NDArray[np.uint8]) -> bool:
    """Whether a number with an `m` stands here, as in `1h30min`."""
    while _is(letters, at, kind, DIGIT, DIGIT):
        at += 1
    return _code(letters, at) == _M


@compiled
def _begins_disguised(letters: Codes, at: int, kind: npt.NDArray[np.uint8]) -> bool:
    """Whether a word begins here with a digit for a letter: `1d10t` has another inside, `20mg` and `5th` have not."""
    digits = at
    while digits < len(letters) and letters[digits] < 128 and _kind(letters[digits], kind) == DIGIT:
        digits += 1
    after = digits
    while after < len(letters) and _kind(letters[after], kind) == LETTER:
        after += 1
    if digits - at > 1 or after == digits or after >= len(letters) or _is_minutes(letters, after, kind):
        return False
    return _stands_for(int(letters[at])) != 0 and letters[after] != _BANG and _is_disguise(letters, after, at, kind)


@compiled
def _word_end(letters: Codes, begin: int, kind: npt.NDArray[np.uint8]) -> int:
    """Return where the word that begins here ends: with its inner apostrophes, stars and disguises."""
    at = begin
    is_unit = begin > 0 and _kind(letters[begin - 1], kind) == DIGIT
    while at < len(letters) and at - begin < LONGEST_WORD:
        code = letters[at]
        found = _kind(code, kind)
        if is_unit and found == DIGIT:
            break  # "1h30min": the hours end where the minutes begin
        if found == LETTER or found == DIGIT or (code == _APOSTROPHE and _is(letters, at + 1, kind, LETTER, LETTER)):
            at += 1
        elif code == _STAR:
            after = at
            while _code(letters, after) == _STAR:
                after += 1
            is_emphasis = begin > 0 and letters[begin - 1] == _STAR
            if not _is(letters, after, kind, LETTER, LETTER) and (is_emphasis or after - at < 2 or at - begin > 3):
                break  # the end of *this*, or of **that**
            at = after
        elif _is_disguise(letters, at, begin, kind):
            at += 1
        else:
            break
    return at


@compiled
def _spell(
    letters: Codes, begin: int, end: int, kind: npt.NDArray[np.uint8], spelled: Codes, written: int, masked: Codes
) -> int:
    """Write a word without drawn-out letters and disguises, and return where the writing ends."""
    first, stars, read = written, 0, 0
    for at in range(begin, end):
        code = letters[at]
        if code == _STAR:
            stars += 1
        else:
            read += 1
        if _kind(code, kind) != LETTER and _is_disguise(letters, at, begin, kind):
            code = np.uint32(_stands_for(int(code)))
        if code != _STAR and written - first >= 2 and spelled[written - 1] == code and spelled[written - 2] == code:
            continue
        spelled[written] = code
        written += 1
    if stars and (read > 1 or (read and _is_telling(spelled[first]))):
        _unmask(spelled[first:written], masked)
    return written


@compiled
def _is_telling(code: np.uint32) -> bool:
    """Whether stars after this one letter hide a swear word; after another they hide a name, as in "Dr R***"."""
    return bool(code == _C or code == _F or code == _S)


@compiled
def _unmask(word: Codes, masked: Codes) -> None:
    """Write the letters that stars hide, where the rest fits a word that is often hidden so."""
    for known in masked:
        fits = known[len(word)] == 0 if len(word) < len(known) else False
        for at in range(len(word)):
            if not fits or (word[at] != _STAR and word[at] != known[at]) or known[at] == 0:
                fits = False
                break
        if fits:
            word[:] = known[: len(word)]
            return


@compiled
def _link(letters: Codes, at: int, alphabet: Alphabet) -> tuple[int, int]:
    """Return whether an address begins here, and where it ends; 0 and 0 where none does."""
    kind = alphabet.kind
    stop = _scheme_end(letters, at)
    if stop:
        return URL, _path_end(letters, stop, kind)
    after = at
    while after - at < _LONGEST_PART and (_is(letters, after, kind, LETTER, DIGIT) or _code(letters, after) == _DASH):
        after += 1
    sign = _code(letters, after)
    if sign == _DOT or sign == _AT or sign == _LINE or sign == _PLUS:
        stop = _email_end(letters, at, kind)
        if stop:
            return EMAIL, stop
    if sign == _DOT and _is(letters, after + 1, kind, LETTER, DIGIT):
        stop = _host_end(letters, at, alphabet)
        if stop:
            return URL, stop
    return 0, 0


@compiled
def _number_end(letters: Codes, at: int, kind: npt.NDArray[np.uint8]) -> int:
    """Return where a number ends: with its inner dots and commas, not with those of the sentence."""
    stop = at + 1
    while stop < len(letters):
        if not _is(letters, stop, kind, DIGIT, DIGIT):
            is_inner = letters[stop] == _DOT or letters[stop] == _COMMA
            if not is_inner or not _is(letters, stop + 1, kind, DIGIT, DIGIT):
                break
        stop += 1
    return stop


@compiled
def _user_end(letters: Codes, at: int, kind: npt.NDArray[np.uint8]) -> int:
    stop = at + 1
    while stop < len(letters) and (_is(letters, stop, kind, LETTER, DIGIT) or letters[stop] == _LINE):
        stop += 1
    return stop


@compiled
def _run_end(letters: Codes, at: int, first: int, second: int) -> int:
    """Return where a run of two marks ends."""
    stop = at + 1
    while _code(letters, stop) == first or _code(letters, stop) == second:
        stop += 1
    return stop


@compiled
def _token(letters: Codes, at: int, alphabet: Alphabet) -> tuple[int, int]:
    """Return what begins here, 0 for nothing that is read, and where it ends."""
    kind = alphabet.kind
    code = letters[at]
    found = _kind(code, kind)
    if found == LETTER or (found == DIGIT and _begins_disguised(letters, at, kind)):
        what, stop = _link(letters, at, alphabet)
        if what:
            return what, stop
        return WORD, min(max(at + 1, _word_end(letters, at, kind)), at + LONGEST_WORD)
    if found == DIGIT:
        return NUMBER, _number_end(letters, at, kind)
    if code == _AT and _is(letters, at + 1, kind, LETTER, DIGIT):
        return USER, _user_end(letters, at, kind)
    if code == _BANG or code == _QUESTION:
        return MARK, _run_end(letters, at, _BANG, _QUESTION)
    if code == _DOT and _code(letters, at + 1) == _DOT:
        return MARK, _run_end(letters, at, _DOT, _DOT)
    return (MARK if found == SYMBOL or found == SIGN else 0), at + 1


@compiled
def _write(letters: Codes, at: int, stop: int, what: int, alphabet: Alphabet, spelled: Codes, written: int) -> int:
    """Write a token as the model reads it, and return where the writing ends."""
    if what == WORD:
        return _spell(letters, at, stop, alphabet.kind, spelled, written, alphabet.masked)
    code = letters[at]
    if what != MARK and (what != NUMBER or stop - at > 1):
        code = _STAND_INS + np.uint32(what)
    elif code == _DOT:
        code = np.uint32(_ELLIPSIS)
    spelled[written] = code
    if stop - at > 1 and (code == _BANG or code == _QUESTION):
        spelled[written + 1] = letters[at + 1]
        return written + 2
    return written + 1


@compiled
def _plain_end(letters: Codes, at: int) -> int:
    """Return where a word of plain letters ends before a blank or a mark that a blank follows, 0 where none begins.

    Nine words in ten are such, and none is a link or disguised: what `_token` would find after a longer look.
    """
    stop = at
    while stop < len(letters) and stop - at <= LONGEST_WORD and _A <= letters[stop] <= _Z:
        stop += 1
    if stop == at or stop - at > LONGEST_WORD:
        return 0
    if stop == len(letters) or letters[stop] == _BLANK:
        return stop
    code = letters[stop]
    is_end = code == _DOT or code == _COMMA or code == _BANG or code == _QUESTION or code == _COLON
    return stop if is_end and (stop + 1 == len(letters) or letters[stop + 1] == _BLANK) else 0


@compiled
def _copy(letters: Codes, at: int, stop: int, spelled: Codes, written: int) -> int:
    """Write a plain word without drawn-out letters, and return where the writing ends."""
    first = written
    for place in range(at, stop):
        code = letters[place]
        if written - first >= 2 and spelled[written - 1] == code and spelled[written - 2] == code:
            continue
        spelled[written] = code
        written += 1
    return written


@compiled
def _is_near(letters: Codes, before: int, at: int) -> bool:
    """Whether a letter follows another as in "i d i o t": one mark or blank between, or twice the same."""
    return at - before <= _APART and letters[before] == letters[at - 1]


@compiled
def cut(codes: Codes, alphabet: Alphabet) -> Cut:
    """Return the words, numbers, links and telling marks of a text in their order."""
    letters, places = _folded(codes, alphabet)
    n = len(letters)
    start, end = np.empty(n, np.int32), np.empty(n, np.int32)
    begin, size = np.empty(n, np.int32), np.empty(n, np.int32)
    sort, spelled = np.empty(n, np.uint8), np.empty(2 * n, np.uint32)
    count, written, single, at, before = 0, 0, 0, 0, 0
    while at < n:
        what, stop = WORD, _plain_end(letters, at)
        is_plain = stop > 0
        if not is_plain:
            what, stop = _token(letters, at, alphabet)
        # Of what one character is written out as ("1/2"), the first token alone has a place.
        if what and (count == 0 or places[at] >= end[count - 1]):
            if is_plain:
                to = _copy(letters, at, stop, spelled, written)
            else:
                to = _write(letters, at, stop, what, alphabet, spelled, written)
            start[count], end[count], sort[count] = places[at], places[stop - 1] + 1, what
            begin[count], size[count] = written, to - written
            is_single = what == WORD and to - written == 1
            is_near = single == 0 or _is_near(letters, before, at)
            count, written = count + 1, to
            if is_single and is_near:
                single += 1
            else:
                if single >= _SPACED_OUT:
                    count = _rejoined(count, 1, single, start, end, begin, size, sort)
                single = 1 if is_single else 0
            before = stop
        at = stop
    if single >= _SPACED_OUT:
        count = _rejoined(count, 0, single, start, end, begin, size, sort)
    return Cut(start[:count], end[:count], begin[:count], size[:count], sort[:count], spelled[:written])


@compiled
def _rejoined(
    count: int,
    after: int,
    single: int,
    start: npt.NDArray[np.int32],
    end: npt.NDArray[np.int32],
    begin: npt.NDArray[np.int32],
    size: npt.NDArray[np.int32],
    sort: npt.NDArray[np.uint8],
) -> int:
    """Make one word of single letters in a row; `after` tokens follow them. Return how many tokens are left."""
    last = count - after - 1
    first = last - single + 1
    end[first] = end[last]
    size[first] = single
    for each in range(after):
        to, origin = first + 1 + each, last + 1 + each
        start[to], end[to], begin[to], size[to], sort[to] = (
            start[origin],
            end[origin],
            begin[origin],
            size[origin],
            sort[origin],
        )
    return first + 1 + after


@compiled
def hashes(tokens: Cut) -> npt.NDArray[np.uint64]:
    """Return the hash of every token."""
    values = np.empty(len(tokens.start), np.uint64)
    for at in range(len(values)):
        values[at] = hash_of(tokens.spelled[tokens.begin[at] : tokens.begin[at] + tokens.size[at]])
    return values


@compiled
def three_of(first: int, second: int, third: int) -> int:
    """Return the number of three letters, as far as their last five bits tell them apart."""
    return (int(first) & 31) << 10 | (int(second) & 31) << 5 | (int(third) & 31)


@compiled
def _may_begin(spelled: Codes, begin: int, begins: npt.NDArray[np.uint64]) -> bool:
    """Whether some beginning of words in the lexicon begins as this word does."""
    three = three_of(spelled[begin], spelled[begin + 1], spelled[begin + 2])
    return bool(begins[three >> 6] >> np.uint64(three & 63) & np.uint64(1))


@compiled
def _may_open(word: np.uint64, opens: npt.NDArray[np.uint64]) -> bool:
    """Whether some phrase of the lexicon begins with this word."""
    return bool(opens[word >> np.uint64(6) & np.uint64(63)] >> (word & np.uint64(63)) & np.uint64(1))


@compiled
def marked(tokens: Cut, hashed: npt.NDArray[np.uint64], lexicon: Lexicon) -> npt.NDArray[np.uint64]:
    """Return what the lexicon says of every token: by itself, by its beginning, and as part of a phrase."""
    masks = np.zeros(len(hashed), np.uint64)
    keys, values = lexicon.keys, lexicon.masks
    for at in range(len(hashed)):
        masks[at] |= _looked_up(hashed[at], keys, values)
        begin, size = tokens.begin[at], tokens.size[at]
        if tokens.sort[at] == WORD and size >= SHORTEST_BEGINNING and _may_begin(tokens.spelled, begin, lexicon.begins):
            value = _BASIS
            for place in range(begin, begin + size):
                value = _fed(value, tokens.spelled[place])
                if place - begin >= SHORTEST_BEGINNING - 1:
                    masks[at] |= _looked_up(_mixed(value ^ BEGINNING), keys, values)
        if at and _may_open(hashed[at - 1], lexicon.opens):
            found = _looked_up(phrase_of(joined(hashed[at - 1], hashed[at])), keys, values)
            masks[at - 1] |= found
            masks[at] |= found
        if at > 1 and _may_open(hashed[at - 2], lexicon.opens):
            found = _looked_up(phrase_of(joined(joined(hashed[at - 2], hashed[at - 1]), hashed[at])), keys, values)
            for each in range(at - 2, at + 1):
                masks[each] |= found
    return masks


@compiled
def columns(
    tokens: Cut, hashed: npt.NDArray[np.uint64], bits: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the column of every word, pair and stretch of letters, and the first and last token that show it."""
    low, size = np.uint64(2**bits - 1), 2**bits
    n = len(hashed)
    total = 2 * n
    for at in range(n):
        if tokens.sort[at] == WORD:
            total += 4 * (tokens.size[at] + 2)
    column, first, last = np.empty(total, np.int32), np.empty(total, np.int32), np.empty(total, np.int32)
    count = 0
    padded = np.empty(LONGEST_WORD + 2, np.uint32)
    for at in range(n):
        column[count], first[count], last[count] = hashed[at] & low, at, at
        count += 1
        if at:
            column[count], first[count], last[count] = joined(hashed[at - 1], hashed[at]) & low, at - 1, at
            count += 1
        if tokens.sort[at] != WORD:
            continue
        length = min(tokens.size[at], LONGEST_WORD) + 2
        padded[0] = padded[length - 1] = 32
        padded[1 : length - 1] = tokens.spelled[tokens.begin[at] : tokens.begin[at] + length - 2]
        for here in range(length - 1):
            value = _fed(_BASIS, padded[here])
            for there in range(here + 1, min(here + 5, length)):
                value = _fed(value, padded[there])
                column[count], first[count], last[count] = size + np.int64(_mixed(value) & low), at, at
                count += 1
    return column[:count], first[:count], last[:count]


@compiled
def counted(column: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return every column once, in the order of first appearance, and how often it was there."""
    size = 16
    while size < 2 * len(column):
        size *= 2
    slots = np.full(size, -1, np.int32)
    unique, times = np.empty(len(column), np.int32), np.empty(len(column), np.int32)
    count = 0
    for each in column:
        # Neighbouring columns may be neighbouring words' pairs; the factor (Knuth's) sets them apart.
        slot = (np.int64(each) * 2654435761 >> 7) & (size - 1)
        while slots[slot] >= 0 and unique[slots[slot]] != each:
            slot = (slot + 1) & (size - 1)
        if slots[slot] < 0:
            slots[slot] = count
            unique[count], times[count] = each, 0
            count += 1
        times[slots[slot]] += 1
    return unique[:count], times[:count]


@compiled
def weighed(
    unique: npt.NDArray[np.int32],
    times: npt.NDArray[np.int32],
    shown: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    intercept: npt.NDArray[np.float64],
    trait_weight: float,
    bits: int,
) -> npt.NDArray[np.float64]:
    """Return the log-odds of every label: what BlockWeights and StackedLogistic say, in one pass.

    A column's row holds its coefficients and, last, its weight by rarity: all that is needed of it lies in one line of
    the processor's cache, and to fetch those lines is what takes the time.
    """
    labels, last = len(intercept), rows.shape[1] - 1
    squares, sums = np.zeros(2), np.zeros((2, labels))
    for at in range(len(unique)):
        column = unique[at]
        value = np.float64(rows[column, last])
        if times[at] > 1:
            value *= 1.0 + np.log(times[at])
        if value != 0:
            block = column >> bits
            squares[block] += value * value
            for label in range(labels):
                sums[block, label] += value * rows[column, label]
    odds = intercept.copy()
    for block in range(2):
        if squares[block] > 0:
            odds += sums[block] / np.sqrt(squares[block])
    for at in range(len(shown)):
        if shown[at] != 0:
            for label in range(labels):
                odds[label] += trait_weight * shown[at] * rows[2 * 2**bits + at, label]
    return odds


# Bits that the reading itself sets on a token, beside those that the lexicon gives to words (from bit 0 on).
LINK, QUESTIONED, EXCLAIMED, DOTTED, SHOUTED = 1 << 40, 1 << 41, 1 << 42, 1 << 43, 1 << 44
FIRST_PRAISE, FIRST_AGREEMENT, AMOUNT = 1 << 45, 1 << 46, 1 << 47
AT_YOU, SOFTENED, QUOTED = 1 << 48, 1 << 49, 1 << 50
PRESENT = 1 << 62
"""Set on a parent or a title that is there."""

# Bits of the lexicon that the reading has to know.
PRAISE, AGREEMENT, CONTEMPT, VIOLENCE, YOU, SOFTENER, UNIT, MONEY, ENGLISH = 1, 2, 4, 8, 16, 32, 64, 128, 256

_NEAR, _BEFORE = 3, 5
"""How many words off "you" may be to be meant, and how far before a word a "not" or "called me" may stand."""
_LONG_WORD = 5
_CAPITALS = 5

ONE, ECHO, SHOUTING = 0, 1, 2
"""What a trait's strength is: all or nothing, the share of words given back, or the share of words shouted."""


class Rules(NamedTuple):
    """When a trait shows, a row each: bits that have to be there, bits that must not, and its strength."""

    needs: npt.NDArray[np.uint64]
    bars: npt.NDArray[np.uint64]
    """Columns: in the text, in the parent, in the title, in either of the two."""
    strength: npt.NDArray[np.int64]


class Context(NamedTuple):
    """What a comment is read beside."""

    parent: np.uint64
    title: np.uint64
    """The bits of all their words."""
    echoed: npt.NDArray[np.uint64]
    """The hashes of the parent's long words, sorted."""


@compiled
def all_of(masks: npt.NDArray[np.uint64]) -> np.uint64:
    """Return every bit that is set on some token."""
    found = np.uint64(0)
    for mask in masks:
        found |= mask
    return found


@compiled
def long_words(tokens: Cut, hashed: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the sorted hashes of a text's longer words."""
    found = np.empty(len(hashed), np.uint64)
    count = 0
    for at in range(len(hashed)):
        if tokens.sort[at] == WORD and tokens.size[at] >= _LONG_WORD:
            found[count] = hashed[at]
            count += 1
    return np.sort(found[:count])


@compiled
def notice(codes: Codes, tokens: Cut, masks: npt.NDArray[np.uint64]) -> int:
    """Set the bits that need a word's place or its writing, and return how many words are shouted."""
    shouted = 0
    for at in range(len(masks)):
        sort, mask = tokens.sort[at], masks[at]
        sign = tokens.spelled[tokens.begin[at]] if tokens.size[at] else np.uint32(0)
        if sort == URL or sort == EMAIL:
            mask |= np.uint64(LINK)
        elif sort == MARK and sign == _QUESTION:
            mask |= np.uint64(QUESTIONED)
        elif sort == MARK and sign == _BANG:
            mask |= np.uint64(EXCLAIMED)
        elif sort == MARK and sign == _ELLIPSIS:
            mask |= np.uint64(DOTTED)
        elif sort == WORD and _is_shouted(codes[tokens.start[at] : tokens.end[at]]):
            mask |= np.uint64(SHOUTED)
            shouted += 1
        elif sort == NUMBER and _is_amount(tokens, masks, at):
            mask |= np.uint64(AMOUNT)
        if at == 0 and mask & np.uint64(PRAISE):
            mask |= np.uint64(FIRST_PRAISE)
        if at == 0 and mask & np.uint64(AGREEMENT):
            mask |= np.uint64(FIRST_AGREEMENT)
        if mask & np.uint64(CONTEMPT | VIOLENCE):
            mask |= _aimed(masks, at)
        masks[at] = mask
    return shouted


@compiled
def _is_shouted(codes: Codes) -> bool:
    """Whether a word is in capitals; four letters or fewer may be an abbreviation."""
    if len(codes) < _CAPITALS:
        return False
    for code in codes:
        if not 65 <= code <= 90:
            return False
    return True


@compiled
def _is_amount(tokens: Cut, masks: npt.NDArray[np.uint64], at: int) -> bool:
    """Whether a number is one of money: after a currency's sign, or before `k`, `quid` and the like."""
    if at and tokens.sort[at - 1] == MARK and masks[at - 1] & np.uint64(MONEY):
        return True
    return at + 1 < len(masks) and bool(masks[at + 1] & np.uint64(UNIT))


@compiled
def _aimed(masks: npt.NDArray[np.uint64], at: int) -> np.uint64:
    """Return whether a hard word has a "you" close by, and whether a "not" or "called me" before it takes it back."""
    found = np.uint64(0)
    for other in range(max(0, at - _NEAR), min(len(masks), at + _NEAR + 1)):
        if masks[other] & np.uint64(YOU):
            found |= np.uint64(AT_YOU)
    for other in range(max(0, at - _BEFORE), at):
        if masks[other] & np.uint64(SOFTENER):
            found |= np.uint64(SOFTENED)
    return found


@compiled
def _echo(tokens: Cut, hashed: npt.NDArray[np.uint64], echoed: npt.NDArray[np.uint64]) -> float:
    """Return the share of a text's longer words that stand in the parent too."""
    own = long_words(tokens, hashed)
    total, given = 0, 0
    for at in range(len(own)):
        if at and own[at] == own[at - 1]:
            continue
        total += 1
        place = np.searchsorted(echoed, own[at])
        given += place < len(echoed) and echoed[place] == own[at]
    return given / total if total else 0.0


@compiled
def traits(
    tokens: Cut,
    hashed: npt.NDArray[np.uint64],
    masks: npt.NDArray[np.uint64],
    shouted: int,
    context: Context,
    rules: Rules,
) -> npt.NDArray[np.float32]:
    """Return how strongly every trait shows, 0 to 1."""
    shown = np.zeros(len(rules.strength), np.float32)
    facts = np.empty(4, np.uint64)
    facts[0], facts[1], facts[2], facts[3] = (
        all_of(masks),
        context.parent,
        context.title,
        context.parent | context.title,
    )
    echo = _echo(tokens, hashed, context.echoed) if len(context.echoed) else 0.0
    for at in range(len(shown)):
        fits = True
        for each in range(4):
            needs = rules.needs[at, each]
            fits = fits and facts[each] & needs == needs and not facts[each] & rules.bars[at, each]
        if fits:
            shown[at] = 1.0
            if rules.strength[at] == ECHO:
                shown[at] = echo
            elif rules.strength[at] == SHOUTING:
                shown[at] = min(1.0, 2 * shouted / len(masks))
    return shown


@compiled
def surroundings(codes: Codes, alphabet: Alphabet, lexicon: Lexicon) -> tuple[np.uint64, npt.NDArray[np.uint64]]:
    """Return what there is to know of a parent or a title: the bits of its words, and its long words."""
    tokens = cut(codes, alphabet)
    hashed = hashes(tokens)
    return all_of(marked(tokens, hashed, lexicon)), long_words(tokens, hashed)


@compiled
def read(
    codes: Codes, context: Context, alphabet: Alphabet, lexicon: Lexicon, rules: Rules, bits: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float32], npt.NDArray[np.uint64]]:
    """Return a comment's hashed columns, how often each was there, its traits, and what its tokens show."""
    tokens = cut(codes, alphabet)
    hashed = hashes(tokens)
    masks = marked(tokens, hashed, lexicon)
    shouted = notice(codes, tokens, masks)
    unique, times = counted(columns(tokens, hashed, bits)[0])
    return unique, times, traits(tokens, hashed, masks, shouted, context, rules), masks


class Weights(NamedTuple):
    """What a fitted pipeline has learned."""

    rows: npt.NDArray[np.float32]
    """For each column its coefficients, and last what it weighs by its rarity."""
    intercept: npt.NDArray[np.float64]
    trait_weight: float


@compiled
def log_odds(
    codes: Codes, context: Context, alphabet: Alphabet, lexicon: Lexicon, rules: Rules, weights: Weights, bits: int
) -> tuple[npt.NDArray[np.float64], int, int, float]:
    """Return every label's log-odds before calibration, and what tells a language.

    That is: how many words there are, how many of them are little English ones, and the share of the letters that are
    of another alphabet.
    """
    unique, times, shown, masks = read(codes, context, alphabet, lexicon, rules, bits)
    odds = weighed(unique, times, shown, weights.rows, weights.intercept, weights.trait_weight, bits)
    english = 0
    for mask in masks:
        english += (mask & np.uint64(ENGLISH)) != 0
    return odds, len(masks), english, _foreign_share(codes, alphabet.kind)


class Several(NamedTuple):
    """Several comments with what each is read beside, end to end."""

    codes: Codes
    ends: npt.NDArray[np.int64]
    parents: npt.NDArray[np.uint64]
    titles: npt.NDArray[np.uint64]
    echoed: npt.NDArray[np.uint64]
    echoed_ends: npt.NDArray[np.int64]


@compiled
def all_log_odds(
    several: Several, alphabet: Alphabet, lexicon: Lexicon, rules: Rules, weights: Weights, bits: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return what `log_odds` says of each comment; to hand over the tables once for all saves a tenth of the time."""
    n = len(several.ends)
    odds = np.empty((n, len(weights.intercept)))
    words, english, foreign = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)
    begin, echo = 0, 0
    for at in range(n):
        end, until = several.ends[at], several.echoed_ends[at]
        context = Context(several.parents[at], several.titles[at], several.echoed[echo:until])
        odds[at], words[at], english[at], foreign[at] = log_odds(
            several.codes[begin:end], context, alphabet, lexicon, rules, weights, bits
        )
        begin, echo = end, until
    return odds, words, english, foreign


@compiled
def _foreign_share(codes: Codes, kind: npt.NDArray[np.uint8]) -> float:
    """Return the share of a text's letters that are of no Latin alphabet, nor Latin letters in another style."""
    letters, foreign = 0, 0
    for code in codes:
        if _kind(code, kind) == LETTER and (code < _TABLE_SIZE or _above(code)):
            letters += 1
            foreign += 0x370 <= code < 0x1D00 or 0x2C80 <= code < 0xA720 or 0xA800 <= code < 0xFB00 or code >= 0x20000
    return foreign / letters if letters else 0.0
