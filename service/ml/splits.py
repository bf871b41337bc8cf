"""What is never trained on: decided by a hash of the group, so that it stays the same whatever is added."""

import hashlib

_POOL, _OWN = 10, 5
"""One in so many groups is held out."""


def is_held_out_of_pool(group: str) -> bool:
    """Whether a group of a public corpus is kept to see what a model has learned of it."""
    return _number(group) % _POOL == 0


def is_held_out_of_own(thread: str) -> bool:
    """Whether the encoder never sees one of our own threads: what reads its scores must learn from honest ones."""
    return _number(f"encoder/{thread}") % _OWN == 0


def _number(name: str) -> int:
    return int(hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest(), 16)
