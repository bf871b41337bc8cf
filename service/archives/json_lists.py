"""A JSON list as a stream: one item after the other, however long the list is."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from service.domain.archive import ArchiveRefused

_AT_ONCE = 65_536
_LARGEST = 4_000_000
"""Characters of one item: a comment with all that an API says of it is far shorter."""
_BETWEEN = re.compile(r"[\s,\[\]]*")


def items(file: BinaryIO) -> Iterator[object]:
    """Yield the items of a list; raise ArchiveRefused where it is no JSON from some item on."""
    decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
    read, left, number, is_whole = json.JSONDecoder(), "", 0, False
    while not is_whole:
        raw = file.read(_AT_ONCE)
        left, is_whole, at = left + decode(raw, final=not raw), not raw, 0
        while (begin := _end_of(_BETWEEN, left, at)) < len(left):
            try:
                item, at = read.raw_decode(left, begin)
            except (ValueError, RecursionError) as error:
                if is_whole or len(left) - begin > _LARGEST or isinstance(error, RecursionError):
                    raise ArchiveRefused(f"the list is no JSON from its item {number + 1:,} on") from error
                break
            number += 1
            yield item
        left = left[begin:]


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
