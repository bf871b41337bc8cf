"""Comments come in: new, known, edited, withdrawn, and some before there is a model to read them."""

from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.comment import Reading, Status
from service.domain.labels import Action
from service.domain.policy import AUDIT, UNSCORED, Rule
from service.flows import blogs, intake, review
from service.flows.intake import Intake
from service.flows.review import Ruling
from service.ml.artefacts import ModelUnavailable, Shelf
from service.ml.classifier import Classifier
from service.store import comments, jobs, lists
from service.store.engine import Database
from service.store.tables import CommentRow, JobKind, JobRow, JobStatus, Origin, Protocol, SiteRow, Table, UserRow
from tests import cast
from tests.flows.conftest import Receive


class BrokenShelf:
    """Holds a model that loads and then fails at everything."""

    def current(self) -> Classifier:
        return Classifier("broken", None, ("abusive",), {"abusive": 0.5})  # type: ignore[arg-type]


class BurntShelf:
    """Fails in a way that nobody foresaw."""

    def current(self) -> NoReturn:
        raise MemoryError("no room to load a model")


@pytest.fixture(params=["missing", "broken", "burnt"])
def without_model(request: pytest.FixtureRequest, tmp_path: Path) -> Intake:
    shelves: dict[str, Any] = {"missing": Shelf(tmp_path), "broken": BrokenShelf(), "burnt": BurntShelf()}
    return Intake(shelves[request.param], undo_seconds=8)


def all_jobs(session: Session, kind: JobKind) -> list[JobRow]:
    return list(session.scalars(select(JobRow).where(JobRow.kind == kind).order_by(JobRow.id)))


def test_a_kind_comment_is_approved(receive: Receive) -> None:
    assert receive(cast.comment(cast.KIND)).status is Status.APPROVED


def test_criticism_is_approved(receive: Receive) -> None:
    assert receive(cast.comment(cast.CRITICAL)).status is Status.APPROVED


def test_an_unkind_comment_is_held_and_the_reason_told(receive: Receive) -> None:
    row = receive(cast.comment(cast.UNKIND))
    assert (row.status, row.decision.reasons[0]["label"]) == (Status.HELD, "abusive")


def test_the_policy_is_said_to_have_decided(receive: Receive) -> None:
    assert receive().decision.origin is Origin.POLICY


def test_the_site_s_own_rules_decide(session: Session, site: SiteRow, receive: Receive) -> None:
    blogs.save_rules(session, site, [Rule("abusive", 0.01, Action.REJECT)])
    assert receive(cast.comment(cast.UNKIND)).status is Status.REJECTED


def test_a_site_that_trusts_nobody_holds_everything(session: Session, site: SiteRow, receive: Receive) -> None:
    site.otherwise = Action.HOLD
    assert receive(cast.comment(cast.KIND)).status is Status.HELD


def test_a_would_be_approval_in_the_audit_sample_is_held(site: SiteRow, receive: Receive) -> None:
    site.audit_share = 1.0
    row = receive(cast.comment(cast.KIND))
    assert (row.status, row.decision.reasons[0]["rule"]) == (Status.HELD, AUDIT)


def test_what_is_held_anyway_is_marked_where_it_is_in_the_sample(site: SiteRow, receive: Receive) -> None:
    site.audit_share = 1.0
    row = receive(cast.comment(cast.UNKIND))
    assert (row.held_for, row.decision.reasons[-1]["rule"]) == ("abusive", AUDIT)


def test_the_scores_are_kept_with_the_words_that_moved_them(receive: Receive) -> None:
    row = receive(cast.comment(cast.UNKIND))
    scores = comments.scores_of(row.revision)
    assert scores
    assert scores.evidence["abusive"]


def test_the_most_urgent_comes_first_in_the_queue(session: Session, site: SiteRow, receive: Receive) -> None:
    site.otherwise = Action.HOLD
    rows = [receive(cast.comment(text)) for text in (cast.KIND, cast.UNKIND)]
    session.flush()
    assert lists.page(session, lists.View.HELD, lists.Filter(), cast.NOW).rows == rows[::-1]


@pytest.mark.parametrize("outside_id", ["41", None])
def test_the_same_comment_again_gets_the_same_answer(
    outside_id: str | None, session: Session, site: SiteRow, intake: Intake
) -> None:
    from service.flows.intake import receive

    first, again = (
        receive(session, intake, site, cast.comment(cast.UNKIND, id=outside_id), cast.NOW) for _ in range(2)
    )
    assert (first.is_new, again.is_new, again.comment) == (True, False, first.comment)


def test_the_same_comment_again_writes_nothing(session: Session, receive: Receive) -> None:
    def count() -> list[int | None]:
        return [session.scalar(select(func.count()).select_from(each)) for each in Table.metadata.sorted_tables]

    receive(cast.comment(cast.KIND, id="41"))
    before = count()
    receive(cast.comment(cast.KIND, id="41"))
    assert count() == before


def test_another_text_under_the_same_id_is_an_edit(receive: Receive) -> None:
    first = receive(cast.comment(cast.KIND, id="41"))
    again = receive(cast.comment(cast.UNKIND, id="41"))
    assert (again, len(again.revisions), again.status) == (first, 2, Status.HELD)


def test_an_edit_is_judged_anew(session: Session, receive: Receive, intake: Intake) -> None:
    from service.flows.intake import edit

    row = receive(cast.comment(cast.UNKIND))
    edit(session, intake, row, cast.KIND, cast.NOW)
    assert [(each.number, each.status) for each in row.decisions] == [(1, Status.HELD), (2, Status.APPROVED)]


def test_an_edit_that_changes_nothing_is_none(session: Session, receive: Receive, intake: Intake) -> None:
    from service.flows.intake import edit

    row = receive(cast.comment(cast.UNKIND))
    edit(session, intake, row, cast.UNKIND, cast.NOW)
    assert (len(row.revisions), len(row.decisions)) == (1, 1)


def test_an_edit_and_back_again_is_two_edits(receive: Receive) -> None:
    for text in (cast.KIND, cast.UNKIND, cast.KIND):
        row = receive(cast.comment(text, id="41"))
    assert [each.text for each in row.revisions] == [cast.KIND, cast.UNKIND, cast.KIND]


def test_a_comment_is_read_with_its_parent_and_its_post(receive: Receive) -> None:
    receive(cast.comment(cast.CRITICAL, id="1"))
    reply = receive(cast.comment(cast.KIND, id="2", parent_id="1"))
    assert intake.reading_of(reply) == Reading(cast.KIND, cast.CRITICAL, cast.TITLE)


def test_a_reply_before_its_parent_is_joined_when_that_comes(receive: Receive) -> None:
    reply = receive(cast.comment(cast.KIND, id="2", parent_id="1"))
    parent = receive(cast.comment(cast.CRITICAL, id="1"))
    assert reply.parent is parent


def test_a_new_title_replaces_the_old_one(receive: Receive) -> None:
    row = receive(cast.comment(cast.KIND))
    receive(cast.comment(cast.CRITICAL, thread_title="Another title"))
    assert row.thread.title == "Another title"


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "e" + "\u0301" * 10_000, "\u202eabc", "<script>alert(1)</script>"])
def test_an_odd_text_is_stored_as_it_came(text: str, session: Session, receive: Receive) -> None:
    row = receive(cast.comment(text))
    session.expire_all()
    assert row.revision.text == text


def test_a_withdrawn_comment_is_erased(session: Session, receive: Receive) -> None:
    row = receive(cast.comment(cast.UNKIND))
    intake.withdraw(session, row, cast.NOW)
    session.expire_all()
    assert (row.status, row.revision.text, row.author_name) == (Status.WITHDRAWN, "", None)


def test_withdrawing_is_the_site_s_decision(session: Session, receive: Receive) -> None:
    row = receive()
    intake.withdraw(session, row, cast.NOW)
    assert row.decision.origin is Origin.SITE


def test_withdrawing_again_changes_nothing(session: Session, receive: Receive) -> None:
    row = receive()
    intake.withdraw(session, row, cast.NOW)
    intake.withdraw(session, row, cast.NOW)
    assert len(row.decisions) == 2


def test_nobody_is_told_of_a_comment_that_was_withdrawn_in_time(session: Session, receive: Receive) -> None:
    row = receive(cast.comment(cast.KIND))
    intake.withdraw(session, row, cast.NOW)
    assert [job.status for job in all_jobs(session, JobKind.CALLBACK)] == [JobStatus.CANCELLED]


@pytest.mark.parametrize("text", [cast.KIND, cast.UNKIND])
def test_a_withdrawn_comment_that_its_site_restores_is_taken_in_anew(
    text: str, session: Session, receive: Receive
) -> None:
    row = receive(cast.comment(cast.KIND, id="41"))
    before = row.status
    intake.withdraw(session, row, cast.NOW)
    again = receive(cast.comment(text, id="41"))
    assert (again, again.revision.text, again.author_name) == (row, text, cast.MAYA.name)
    assert (again.status is before) == (text == cast.KIND)


def test_what_a_person_refused_is_held_when_its_site_restores_it(
    session: Session, receive: Receive, moderator: UserRow
) -> None:
    row = receive(cast.comment(cast.KIND, id="41"))
    review.decide(session, row.id, moderator, Ruling("reject"), now=cast.NOW, undo_seconds=0)
    intake.withdraw(session, row, cast.NOW)
    assert receive(cast.comment(cast.KIND, id="41")).status is Status.HELD


def test_a_withdrawn_comment_without_an_id_may_be_written_again(session: Session, receive: Receive) -> None:
    row = receive()
    intake.withdraw(session, row, cast.NOW)
    assert receive().id != row.id


def test_a_reply_to_a_withdrawn_comment_is_taken_in(session: Session, receive: Receive) -> None:
    parent = receive(cast.comment(cast.UNKIND, id="1"))
    intake.withdraw(session, parent, cast.NOW)
    assert receive(cast.comment(cast.KIND, id="2", parent_id="1")).parent is parent


def test_without_a_model_a_comment_is_held_as_unscored(receive: Receive, without_model: Intake) -> None:
    row = receive(cast.comment(cast.KIND), without_model)
    assert (row.status, row.decision.reasons[0]["rule"], row.revision.scores) == (Status.HELD, UNSCORED, [])


def test_without_a_model_a_job_will_score_it(session: Session, receive: Receive, without_model: Intake) -> None:
    row = receive(cast.comment(cast.KIND), without_model)
    assert [(job.comment_id, job.run_after) for job in all_jobs(session, JobKind.SCORE)] == [(row.id, cast.NOW)]


def test_without_a_model_an_edit_loses_what_the_model_said_before(
    session: Session, receive: Receive, without_model: Intake
) -> None:
    receive(cast.comment(cast.KIND, id="41"))
    row = receive(cast.comment(cast.UNKIND, id="41"), without_model)
    assert (row.status, comments.scores_of(row.revision)) == (Status.HELD, None)


def test_a_final_verdict_is_told_after_the_wait(session: Session, receive: Receive) -> None:
    receive(cast.comment(cast.KIND))
    waits = [(job.run_after - cast.NOW).total_seconds() for job in all_jobs(session, JobKind.CALLBACK)]
    assert waits == [8]


def test_a_held_comment_is_told_to_nobody(session: Session, receive: Receive) -> None:
    receive(cast.comment(cast.UNKIND))
    assert all_jobs(session, JobKind.CALLBACK) == []


def test_a_failure_stores_nothing(database: Database, intake: Intake) -> None:
    from service.flows.intake import receive

    with database.writing() as session:
        site, _ = cast.add_site(session, callback="https://relay.example.org/undertone")
        site_id = site.id
    with pytest.raises(ZeroDivisionError), database.writing() as session:
        receive(session, intake, session.get_one(SiteRow, site_id), cast.comment(cast.KIND), cast.NOW)
        _ = 1 / 0
    with database.reading() as session:
        left = [session.scalar(select(func.count()).select_from(each)) for each in (CommentRow, JobRow)]
    assert left == [0, 0]


def test_scoring_stores_nothing(session: Session, site: SiteRow, intake: Intake) -> None:
    from service.flows.intake import score

    assert score(intake.shelf, site, [Reading(cast.UNKIND)])[0].probabilities["abusive"] > 0.4
    assert jobs.count(session, JobStatus.WAITING) == 0


@pytest.mark.parametrize("twice", [False, True])
def test_a_text_is_scored_as_a_comment_of_its_site_is(
    twice: bool, session: Session, site: SiteRow, intake: Intake, receive: Receive
) -> None:
    from service.flows.intake import score

    site.reads_twice = twice
    session.flush()
    row = receive(cast.comment(cast.KIND, thread_title=None))
    kept, [found] = comments.scores_of(row.revision), score(intake.shelf, site, [Reading(cast.KIND)])
    assert kept
    assert (kept.probabilities, kept.second_reader) == (found.probabilities, found.second_reader)
    assert found.second_reader or not twice


def test_scoring_without_a_model_says_so(site: SiteRow, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable):
        intake.score(Shelf(tmp_path), site, [Reading(cast.KIND)])


def test_a_rule_on_a_label_that_is_no_more_does_not_stop_comments(
    session: Session, site: SiteRow, receive: Receive
) -> None:
    site.rules[0].label = "retired"
    session.flush()
    assert receive(cast.comment(cast.KIND)).status in (Status.APPROVED, Status.HELD)


def test_a_comment_with_its_own_address_is_told_there(session: Session, receive: Receive) -> None:
    from service.flows.callbacks import address_of

    own = "https://relay.example.org/other-hook"
    receive(replace(cast.comment(), callback=own))
    assert [address_of(job) for job in all_jobs(session, JobKind.CALLBACK)] == [own]


def test_an_edit_that_does_not_say_of_what_is_joined_where_one_comment_reads_like_it(
    session: Session, site: SiteRow, intake: Intake
) -> None:
    from service.flows.intake import receive, receive_edited

    first = receive(session, intake, site, cast.comment(cast.CRITICAL), cast.NOW, protocol=Protocol.CORAL).comment
    sent = cast.comment(cast.CRITICAL + " Sorry!")
    edited = receive_edited(session, intake, site, sent, cast.NOW, protocol=Protocol.CORAL).comment
    again = receive(session, intake, site, cast.comment(cast.CRITICAL), cast.NOW, protocol=Protocol.CORAL)
    assert (edited is first, again.is_new, edited.revision.text) == (True, True, sent.text)
