"""Where a text names somebody's e-mail address, telephone number, NHS number or postal address, and the text without.

The patterns are conservative: what they mark, a moderator may take out of what the blog publishes, so that a dose, a
trial or a paper must not look like a person. They run on re2, which takes linear time whatever it is given.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from operator import mul

import re2  # type: ignore[import-untyped]  # ships no types
from phonenumbers import Leniency, PhoneNumberMatcher

Span = tuple[int, int]


class Kind(StrEnum):
    """What was found."""

    EMAIL = "email"
    NHS_NUMBER = "nhs_number"
    POSTAL_ADDRESS = "postal_address"
    TELEPHONE = "telephone"


@dataclass(frozen=True)
class Found:
    """A stretch of a text that tells how to reach, or who is, a person."""

    kind: Kind
    start: int
    end: int


_INSTEAD = {
    Kind.EMAIL: "[e-mail address removed]",
    Kind.NHS_NUMBER: "[NHS number removed]",
    Kind.POSTAL_ADDRESS: "[postal address removed]",
    Kind.TELEPHONE: "[telephone number removed]",
}


def personal_data(text: str, region: str = "GB") -> tuple[Found, ...]:
    """Return the personal data in a text in their order, none overlapping: where two could be read, the more specific.

    A telephone number without its country's +44 or the like is taken to be one of the region, a country as ISO 3166
    writes it: of the United Kingdom unless another is said. Numbers that are given to nobody, such as the 07700 900xxx
    of films, are none. An NHS number is one of England, Wales, the Isle of Man or Northern Ireland: Scotland's begin
    with a date of birth, as do many other numbers, and are not looked for.
    """
    left = _LONE_SURROGATES.sub("\ufffd", text)  # re2 reads UTF-8, in which they cannot be written
    found: list[Found] = []
    for kind, find in _IN_ORDER:
        spans = list(find(left, region))
        found.extend(Found(kind, start, end) for start, end in spans if kind)
        left = _struck_out(left, spans)
    return tuple(sorted(found, key=lambda each: each.start))


def redacted(text: str, found: Iterable[Found]) -> str:
    """Return a text in which what was found is replaced by a word in brackets that says what stood there."""
    parts, end = [], 0
    for each in sorted(found, key=lambda each: each.start):
        parts += [text[end : each.start], _INSTEAD[each.kind]]
        end = each.end
    return "".join((*parts, text[end:]))


_LONE_SURROGATES = re.compile("[\ud800-\udfff]")

_LETTERS = r"A-Za-z\x{c0}-\x{1fff}\x{3040}-\x{d7ff}"
"""Letters of nearly all alphabets, and hardly any marks: to name them exactly makes patterns too large for the fast way
in which re2 reads."""
_LABEL = rf"[{_LETTERS}0-9](?:[{_LETTERS}0-9-]*[{_LETTERS}0-9])?"
_MAILBOX = rf"[{_LETTERS}0-9](?:[{_LETTERS}0-9._%+'’-]*[{_LETTERS}0-9_+-])?"
_EMAIL = re2.compile(
    # Behind another "@" it would be a name on Mastodon, which is there to be public.
    rf"(?:^|[^{_LETTERS}0-9@._%+/-])({_MAILBOX}@(?:{_LABEL}\.)+[{_LETTERS}][{_LETTERS}]+)"
    # Written so that programs do not find it: anna (at) example (dot) org, anna AT example DOT org.
    rf"|\b({_MAILBOX} ?[\[({{] ?(?i:at) ?[\])}}] ?{_LABEL}(?: ?(?:\.|[\[({{] ?(?i:dot) ?[\])}}]) ?{_LABEL})+)"
    rf"|\b({_MAILBOX} AT {_LABEL}(?: DOT {_LABEL})+)"
)

_REFERENCES = re2.compile(
    r"(?i)\b(?:https?://|www\.)\S+"
    r"|\b10\.[0-9]{4,9}/\S+"
    r"|\b(?:doi|pmid|pmc|pmcid|isbn(?:-1[03])?|issn|nct|isrctn|eudract|ctis|orcid|arxiv|grant|lot|batch)"
    r"(?: (?:no|number|id))?[.:# ]*[0-9][0-9x -]*"
)
"""Links, and numbers that say themselves that they are a paper's, a book's, a trial's: nobody lives there."""

_NHS_NUMBER = re2.compile(r"[0-9]{10}|[0-9]{3} [0-9]{3} [0-9]{4}|[0-9]{3}-[0-9]{3}-[0-9]{4}")
_NHS_ISSUED = (range(320, 400), range(400, 500), range(600, 709), range(999, 1000))
"""How the numbers given out begin: Northern Ireland, England and Wales twice, and those for tests. It matters, because
the check digit of a book's ten-digit ISBN is reckoned in the very same way, and English ones begin with 0 or 1."""
_NHS_WEIGHTS = range(10, 0, -1)
_ELEVEN = 11

_AREAS = """AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX
    FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP
    NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA
    WC WD WF WN WR WS WV YO ZE"""
"""Where British postcodes begin. With any other letters allowed, vitamin D3 and T-cells would have addresses."""
_STATES = """AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH
    OK OR PA PR RI SC SD TN TX UT VT VA WA WV WI WY"""
_STREETS = """street st road rd avenue ave lane ln drive dr close crescent cres court ct place pl terrace tce ter way
    walk grove gardens gdns green hill park mews row square sq view rise wharf parade pde quay yard broadway boulevard
    blvd circle cir circuit cct parkway pkwy highway hwy trail loop plaza esplanade strand embankment estate"""


def _one_of(words: str) -> str:
    return f"(?:{'|'.join(words.split())})"


_GAP = r"[,\s]{1,4}"
_WORD = r"[^\s,;:!?()]{1,24}"
_POSTCODE = rf"{_one_of(_AREAS)}(?:[0-9]{{1,2}}|[0-9][A-HJKMNPR-Y])[ \x{{a0}}]?[0-9][ABD-HJLNP-UW-Z]{{2}}\b"
_ZIP = rf"(?-i:{_one_of(_STATES)})\.?\s[0-9]{{5}}(?:-[0-9]{{4}})?\b"
_AUSTRALIAN = r"(?-i:NSW|VIC|QLD|SA|WA|TAS|NT|ACT)\.?,?\s[0-9]{4}\b"
_DOOR = rf"(?:(?:flat|apartment|apt|unit)\s[0-9]{{1,4}}[a-z]?{_GAP})?[0-9]{{1,5}}[a-z]?(?:[-–/][0-9]{{1,5}}[a-z]?)?"
_POSTAL_ADDRESS = re2.compile(
    rf"(?:^|[^{_LETTERS}0-9./-])"
    rf"((?i:(?:{_DOOR}{_GAP}(?:{_WORD}{_GAP}){{0,4}}?{_one_of(_STREETS)}\b\.?|p\.?\s?o\.?\sbox\s[0-9]{{1,6}})"
    rf"{_GAP}(?:{_WORD}{_GAP}){{0,7}}?(?:{_POSTCODE}|{_ZIP}|{_AUSTRALIAN}))"
    # A postcode alone is one in capitals, or one that is called so: "w8 4us" may be a wait.
    rf"|{_POSTCODE})"
    rf"|(?i:\bpost ?code\b[ :]*(?:is )?)((?i:{_POSTCODE}))"
)

_MOST_TRIES = 2_000
"""Candidates for a telephone number that are tried in one text; nobody but a vandal writes more that are none."""


def _emails(text: str, region: str) -> Iterator[Span]:
    return _captured(_EMAIL, text)


def _references(text: str, region: str) -> Iterator[Span]:
    return (match.span() for match in _REFERENCES.finditer(text))


def _nhs_numbers(text: str, region: str) -> Iterator[Span]:
    """Yield where ten digits stand whose last is right: https://www.datadictionary.nhs.uk/attributes/nhs_number.html."""
    for match in _NHS_NUMBER.finditer(text):
        digits = [int(each) for each in match.group() if each.isdecimal()]
        if _is_nhs_number(digits) and _stands_alone(text, *match.span()):
            yield match.span()


def _is_nhs_number(digits: list[int]) -> bool:
    hundreds, tens, ones, *_ = digits
    is_issued = any(100 * hundreds + 10 * tens + ones in issued for issued in _NHS_ISSUED)
    return is_issued and len(set(digits)) > 1 and sum(map(mul, _NHS_WEIGHTS, digits)) % _ELEVEN == 0


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a number is no part of a longer one, of a word or of a decimal."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return not _GOES_ON_BEFORE.search(before) and not _GOES_ON_AFTER.match(after)


_GOES_ON_BEFORE = re.compile(r"(?:\w|[\d+] |\w[-./]|[./+])$")
_GOES_ON_AFTER = re.compile(r"\w|[-./]\w")


def _postal_addresses(text: str, region: str) -> Iterator[Span]:
    return _captured(_POSTAL_ADDRESS, text)


def _telephone_numbers(text: str, region: str) -> Iterator[Span]:
    matches = PhoneNumberMatcher(text, region, leniency=Leniency.VALID, max_tries=_MOST_TRIES)
    return ((match.start, match.end) for match in matches)


def _captured(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    """Yield what the one group of a match that took part holds: re2 looks neither ahead nor behind."""
    for match in pattern.finditer(text):
        yield next(match.span(group) for group in range(1, pattern.groups + 1) if match.start(group) >= 0)


def _struck_out(text: str, spans: Iterable[Span]) -> str:
    """Return a text of the same length in which nothing is found again where something was."""
    parts, after = [], 0
    for start, end in spans:
        parts += [text[after:start], ";" * (end - start)]
        after = end
    return "".join((*parts, text[after:]))


_IN_ORDER: tuple[tuple[Kind | None, Callable[[str, str], Iterator[Span]]], ...] = (
    (Kind.EMAIL, _emails),
    (None, _references),  # nobody's data, and nothing in them is
    (Kind.NHS_NUMBER, _nhs_numbers),
    (Kind.POSTAL_ADDRESS, _postal_addresses),
    (Kind.TELEPHONE, _telephone_numbers),
)
"""The more specific first: what one has found, the next does not see."""
