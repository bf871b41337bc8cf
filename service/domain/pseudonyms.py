"""What an author is called where the desk ends: in files, in mail, in what is quoted."""

import hashlib
import hmac

_COLOURS = (
    "Amber Ashen Autumn Azure Bold Brave Bright Brisk Calm Candid Clear Copper Coral Crimson Dapper Dusky Eager Early "
    "Evening Fair Fern Gentle Gilded Golden Grand Green Hazel Honest Indigo Ivory Jade Jolly Keen Kind Lilac Lively "
    "Lucid Lunar Mellow Merry Misty Modest Morning Noble Ochre Olive Opal Patient Pearl Plain Polar Quiet Rosy Ruby "
    "Russet Sandy Silver Solar Steady Sunny Swift Velvet Violet Winter"
)
_LIVING = (
    "Alder Aspen Badger Beech Birch Bittern Cedar Cherry Clover Crane Cricket Curlew Daisy Dolphin Dove Egret Elder "
    "Falcon Finch Fox Gannet Gull Hare Hawthorn Heather Heron Holly Ibis Iris Jackdaw Juniper Kestrel Lark Laurel "
    "Linnet Lynx Magpie Maple Marten Merlin Nettle Nuthatch Oak Osprey Otter Owl Pine Plover Poplar Primrose Quail "
    "Raven Robin Rowan Sorrel Sparrow Starling Swallow Swan Thistle Thrush Willow Wren Yew"
)
_FIRST, _LAST = _COLOURS.split(), _LIVING.split()
_NUMBERS = 1000

SOMEBODY = "Somebody"
"""An author of whom the site said nothing."""


class Pseudonyms:
    """Gives each author of one report a name like "Amber Heron 271": the same throughout it, another in the next.

    Nobody gets back from a name to an author without the service's secret key, nor from one report to another.
    """

    def __init__(self, secret: str, report: str) -> None:
        self._key = hashlib.sha256(f"pseudonyms\0{report}\0{secret}".encode()).digest()
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, author_key: str | None) -> str:
        """Return an author's name in this report."""
        if author_key is None:
            return SOMEBODY
        if author_key not in self._names:
            self._names[author_key] = name = self._free(author_key)
            self._taken.add(name)
        return self._names[author_key]

    def _free(self, author_key: str) -> str:
        """Return a name that no other author of the report has: one in four million falls on another's."""
        attempt = 0
        while (name := self._drawn(f"{attempt}\0{author_key}")) in self._taken:
            attempt += 1
        return name

    def _drawn(self, what: str) -> str:
        digest = hmac.new(self._key, what.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
        drawn, number = divmod(int.from_bytes(digest), _NUMBERS)
        drawn, first = divmod(drawn, len(_FIRST))
        return f"{_FIRST[first]} {_LAST[drawn % len(_LAST)]} {number:03}"
