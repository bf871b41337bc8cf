"""A plugin's question: which comment is meant, and how much has to be looked at."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from service.flows import checks as flow
from service.flows.checks import Looked
from service.flows.intake import Intake
from service.store.tables import SiteRow
from tests import cast

ASKED = cast.comment(cast.KIND, id=None)


@pytest.mark.parametrize("earlier", [0, 2])
def test_what_came_after_the_look_is_found_and_not_stored_again(
    session: Session, intake: Intake, site: SiteRow, earlier: int
) -> None:
    for number in range(earlier):
        other = replace(ASKED, text=f"I was {number} of those.")
        flow.check(session, intake, site, other, f"before-{number}", cast.NOW)
    looked = flow.assess(session, intake, site, ASKED)
    came = flow.check(session, intake, site, replace(ASKED, text=f"<p>{ASKED.text}</p>"), "first", cast.NOW)
    assert flow.check(session, intake, site, ASKED, "second", cast.NOW, looked).id == came.id
    assert looked.after < came.id


def test_nothing_that_was_looked_at_is_looked_at_again(session: Session, intake: Intake, site: SiteRow) -> None:
    row = flow.check(session, intake, site, replace(ASKED, text="I was there before."), "before", cast.NOW)
    assert flow.assess(session, intake, site, ASKED).after == row.id


def test_a_known_comment_is_not_scored(session: Session, intake: Intake, site: SiteRow) -> None:
    flow.check(session, intake, site, ASKED, "before", cast.NOW)
    assert flow.assess(session, intake, site, ASKED) == Looked(None)


def test_an_edit_is_looked_for_among_all(session: Session, intake: Intake, site: SiteRow) -> None:
    rows = [
        flow.check(session, intake, site, replace(ASKED, text=text), text, cast.NOW)
        for text in ("I was there.", "So was I, and it was cold.")
    ]
    edit = replace(ASKED, text="So was nobody else.")
    looked = flow.assess(session, intake, site, edit, is_edit=True)
    assert looked.after == 0
    assert flow.check(session, intake, site, edit, "edit", cast.NOW, looked, is_edit=True) not in rows  # of which?
