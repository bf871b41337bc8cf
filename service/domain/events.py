"""What a site can be told of, each to every address that wants to hear of it."""

import enum
from collections.abc import Mapping

from service.domain.wording import N_, Marked


class Event(enum.StrEnum):
    """What happened, as the message's `type` says it."""

    COMMENT_DECIDED = "comment.decided"
    COMMENT_RESCORED = "comment.rescored"
    REPORT_READY = "report.ready"


MEANINGS: Mapping[Event, Marked] = {
    Event.COMMENT_DECIDED: N_("It was decided whether a comment is to be published."),
    Event.COMMENT_RESCORED: N_("A comment that is stored was scored later, or anew."),
    Event.REPORT_READY: N_("A report about the site can be read."),
}

TEST = "endpoint.test"
"""The type of a message by which a person tries an address; nobody has to want it."""
