"""Reasons to choose from when a comment is rejected: a name for the moderators, a sentence for the author."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.domain.wording import N_, Refusal, typed

MOST = 9
"""One for each digit."""
LONGEST_NAME = 60
LONGEST_SENTENCE = 1000


class ReasonRefused(Refusal):
    """A reason that cannot be kept; the text says what to write instead."""


@dataclass(frozen=True)
class CannedReason:
    """Why a comment is rejected, in a word, and what its author would be sent; raises ReasonRefused for a bad one."""

    name: str
    sentence: str

    def __post_init__(self) -> None:
        if not 0 < len(self.name.strip()) <= LONGEST_NAME:
            raise ReasonRefused(
                N_("A reason's name has 1 to %(longest)s characters; “%(name)s” has %(count)s."),
                longest=LONGEST_NAME,
                name=typed(self.name),
                count=len(self.name.strip()),
            )
        if len(self.sentence) > LONGEST_SENTENCE:
            raise ReasonRefused(
                N_("The sentence for “%(name)s” has %(count)s characters. Write at most %(longest)s."),
                name=self.name,
                count=len(self.sentence),
                longest=LONGEST_SENTENCE,
            )


DEFAULT_REASONS = (
    CannedReason(
        "Attack on a person",
        "Your comment attacks a person. Disagreement is welcome here: please say it again without the attack.",
    ),
    CannedReason(
        "Private details",
        "Your comment contains somebody's private details, such as a name or an address. Please post it again without.",
    ),
    CannedReason("Advertising", "Your comment advertises something, which this blog does not publish."),
    CannedReason(
        "Tells others what to do",
        "Your comment tells others what to take or to stop. Please tell us instead what happened to you.",
    ),
    CannedReason("Off the subject", "Your comment is not about this post. There may be a better place for it."),
    CannedReason("Posted before", "This comment is already there, so we did not publish it a second time."),
)
"""What a new site begins with, in the language of its readers, which we take to be English until it says otherwise."""


def checked(reasons: Iterable[CannedReason]) -> list[CannedReason]:
    """Return a site's reasons; raise ReasonRefused where there are too many, or two of one name."""
    found = list(reasons)
    if len(found) > MOST:
        raise ReasonRefused(
            N_("There are %(count)s reasons. Keep at most %(most)s, one for each digit."), count=len(found), most=MOST
        )
    names = [each.name.strip().casefold() for each in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ReasonRefused(N_("Two reasons are called “%(name)s”. Give one another name."), name=twice)
    return found
