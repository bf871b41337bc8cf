"""Archives come in: what a blog had decided stays decided, whatever came first, and whenever it was stopped."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.archives import formats
from service.archives.files import Source
from service.domain.archive import ArchiveRefused, Earlier, Format, Item, Record, Refused
from service.domain.comment import Author, Comment, Reading, Scores, Status
from service.domain.labels import Action
from service.domain.policy import AUDIT, UNSCORED
from service.flows import archiving, endpoints, intake
from service.flows.archiving import File, Importer, Outcome, Tally
from service.flows.intake import Intake
from service.flows.scorers import Found, Here, Scorer, Task
from service.ml.artefacts import Shelf
from service.ml.classifier import Classifier
from service.store import comments, feed, lists, sites
from service.store.engine import Database
from service.store.tables import ArchiveRow, CommentRow, JobKind, JobRow, Origin, ThreadRow
from tests import cast
from tests.archives.reading import SAMPLES

SITE = "https://relay.example.org"
LONG_AGO = datetime(2014, 5, 6, 7, 8, 9, tzinfo=UTC)
DESPAIRING = "I cannot go on any more. I want to kill myself tonight."

Import = Callable[..., Outcome]


@pytest.fixture(scope="session")
def here(shelf: Shelf) -> Here:
    """Return what scores, in this process."""
    return Here(shelf.current())


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store two comments at a time, so that a few make several batches."""
    monkeypatch.setattr(archiving, "BATCH", 2)


@pytest.fixture
def blog(database: Database) -> str:
    """Add the blog, and return its address."""
    with database.writing() as session:
        return cast.add_site(session)[0].url


@pytest.fixture
def take(database: Database, blog: str, here: Here) -> Import:
    """Return a function that imports what stands in a file."""

    def take(
        *items: Item,
        fingerprint: str = "f",
        named: Format = Format.JSONL,
        hosts: Sequence[str] = (),
        scorer: Scorer = here,
        stop: Callable[[], bool] = lambda: False,
    ) -> Outcome:
        return importer(database, items, fingerprint, named, hosts).run(scorer, lambda _: None, stop)

    return take


def importer(
    database: Database,
    items: Sequence[Item],
    fingerprint: str = "f",
    named: Format = Format.JSONL,
    hosts: Sequence[str] = (),
) -> Importer:
    file = File("an-archive", named, fingerprint, lambda _: iter(items))
    return Importer(database, SITE, file, hosts, lambda: cast.NOW)


def record(number: object, text: str = cast.KIND, *earlier: Earlier, **more: Any) -> Record:  # noqa: ANN401
    """Return a comment of an archive."""
    comment = cast.comment(text, id=str(number), created_at=LONG_AGO, **more)
    return Record(comment, f"comment {number}", earlier)


def approved(number: object, **more: Any) -> Record:  # noqa: ANN401
    return record(number, cast.KIND, Earlier(Status.APPROVED, LONG_AGO), **more)


def stored(database: Database) -> dict[str, CommentRow]:
    """Return what is stored, whole, by the blog's ids."""
    with database.reading() as session:
        rows = session.scalars(comments.whole(select(CommentRow).order_by(CommentRow.id))).all()
        return {str(row.outside_id): row for row in rows}


def numbers(tally: Tally) -> tuple[int, int, int, int]:
    return tally.read, tally.added, tally.already_there, tally.refused.total()


def test_it_counts_what_it_read_and_what_came_of_that(take: Import) -> None:
    outcome = take(approved(1), Refused("line 2", "it is no JSON"), approved(1), record(3))
    assert (numbers(outcome.tally), outcome.is_finished) == ((4, 2, 1, 1), True)
    assert (outcome.tally.refused, outcome.tally.refusals) == ({"it is no JSON": 1}, ["line 2: it is no JSON"])


def test_every_comment_begins_with_what_the_policy_says(take: Import, database: Database) -> None:
    take(record(1, cast.UNKIND, Earlier(Status.APPROVED, LONG_AGO)))
    row = stored(database)["1"]
    assert [(each.origin, each.status, each.decided_at) for each in row.decisions] == [
        (Origin.POLICY, Status.HELD, cast.NOW),
        (Origin.SITE, Status.APPROVED, LONG_AGO),
    ]
    assert (row.judged.status, row.status) == (Status.HELD, Status.APPROVED)


def test_all_that_people_decided_is_kept_with_its_time_reason_and_labels(take: Import, database: Database) -> None:
    later = LONG_AGO + timedelta(days=1)
    spam = Earlier(Status.SPAM, LONG_AGO, "vera")
    take(record(1, cast.KIND, spam, Earlier(Status.APPROVED, later, labels=("supportive",))))
    found = [(each.status, each.decided_at, each.reason, each.labels) for each in stored(database)["1"].decisions[1:]]
    assert found == [(Status.SPAM, LONG_AGO, "vera", None), (Status.APPROVED, later, None, ["supportive"])]


def test_what_waits_is_decided_as_any_comment_is(take: Import, database: Database) -> None:
    take(record(1, cast.KIND), record(2, cast.UNKIND))
    found = {number: (row.status, row.held_for, len(row.decisions)) for number, row in stored(database).items()}
    assert found == {"1": (Status.APPROVED, None, 1), "2": (Status.HELD, "abusive", 1)}


def test_what_was_held_stays_held_whatever_the_policy_says(take: Import, database: Database) -> None:
    take(record(1, cast.KIND, Earlier(Status.HELD)), record(2, cast.UNKIND, Earlier(Status.HELD)))
    found = {number: (row.status, len(row.decisions)) for number, row in stored(database).items()}
    assert found == {"1": (Status.HELD, 2), "2": (Status.HELD, 1)}


def test_what_was_settled_never_stands_in_the_queue(take: Import, database: Database) -> None:
    take(record(1, DESPAIRING, Earlier(Status.APPROVED, LONG_AGO)), record(2, cast.UNKIND, Earlier(Status.SPAM)))
    with database.reading() as session:
        assert lists.count(session, lists.View.HELD, lists.Filter(), cast.NOW) == 0
    assert [(row.is_pinned, row.held_for) for row in stored(database).values()] == [(False, None)] * 2


def test_whoever_waits_and_may_be_in_danger_is_pinned(take: Import, database: Database) -> None:
    take(record(1, DESPAIRING))
    assert stored(database)["1"].is_pinned


def test_nobody_is_told_of_anything(take: Import, database: Database) -> None:
    with database.writing() as session:
        site = sites.by_url(session, SITE)
        assert site
        endpoints.tell_decisions_to(session, site, "https://relay.example.org/undertone", cast.NOW)
    take(approved(1), record(2, cast.UNKIND), record(3, cast.KIND))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(JobRow)) == 0


def test_an_open_desk_hears_nothing_of_what_was_settled_long_ago(take: Import, database: Database) -> None:
    take(record(1, cast.UNKIND, Earlier(Status.APPROVED, LONG_AGO)))
    with database.reading() as session:
        news = feed.since(session, 0, cast.NOW)
    assert (news.decisions, news.arrived, news.is_complete) == ([], 0, True)


def test_scores_are_the_same_as_of_a_comment_that_comes_by_itself(
    take: Import, database: Database, intake: Intake
) -> None:
    take(record(1, cast.UNKIND))
    with database.writing() as session:
        intake_receive(session, intake, sites.by_url(session, SITE), cast.comment(cast.UNKIND, id="alone"))
    archived, alone = (
        (row.revision.scores[0].probabilities, row.revision.scores[0].evidence, row.urgency, row.held_for)
        for row in stored(database).values()
    )
    assert archived == alone


def intake_receive(session: Session, parts: Intake, site: Any, comment: Comment) -> CommentRow:  # noqa: ANN401
    return intake.receive(session, parts, site, comment, cast.NOW).comment


def test_a_comment_is_found_by_its_words_and_by_its_labels(take: Import, database: Database) -> None:
    take(record(1, cast.UNKIND), record(2, "Nothing but thanks \0 to Zinaida."))
    with database.reading() as session:
        for wanted, expected in ((lists.Filter(words="zinaida"), ["2"]), (lists.Filter(label="abusive"), ["1"])):
            found = lists.page(session, lists.View.ALL, wanted, cast.NOW).rows
            assert [row.outside_id for row in found] == expected


@pytest.mark.parametrize("order", list(itertools.permutations([1, 2, 3])))
def test_replies_are_joined_whichever_came_first(order: tuple[int, ...], take: Import, database: Database) -> None:
    of = {1: approved(1), 2: approved(2, parent_id="1"), 3: approved(3, parent_id="2")}
    outcome = take(*(of[each] for each in order))
    rows = stored(database)
    assert [(row.parent_id, row.parent_outside_id) for row in (rows["1"], rows["2"], rows["3"])] == [
        (None, None),
        (rows["1"].id, "1"),
        (rows["2"].id, "2"),
    ]
    assert outcome.missing_parents == 0


def test_a_comment_that_answers_itself_answers_nobody(take: Import, database: Database) -> None:
    take(approved(1, parent_id="1"))
    assert stored(database)["1"].parent_id is None


def test_it_is_said_which_parents_are_missing(take: Import) -> None:
    outcome = take(approved(1, parent_id="77"), approved(2, parent_id="1"), approved(3, parent_id="55"))
    assert (outcome.missing_parents, outcome.missing) == (2, ["55", "77"])


def test_a_reply_is_read_in_the_light_of_what_it_answers(take: Import, database: Database, here: Here) -> None:
    seen: dict[str, str | None] = {}

    class Watched:
        def submit(self, tasks: Sequence[Task], twice: bool) -> Future[list[Found]]:
            seen.update({each.reading.text: each.reading.parent for each in tasks})
            return here.submit(tasks, twice)

    take(*(record(each, f"Comment {each}.", parent_id=str(each - 1)) for each in range(1, 8)), scorer=Watched())
    assert seen == {f"Comment {each}.": (f"Comment {each - 1}." if each > 1 else None) for each in range(1, 8)}


def test_importing_again_adds_nothing(take: Import, database: Database) -> None:
    items = [approved(1), record(2, cast.UNKIND), replace(approved(3), comment=cast.comment("Without an id."))]
    first = take(*items)
    before = {key: len(row.decisions) for key, row in stored(database).items()}
    again = take(*items)
    assert (numbers(first.tally), numbers(again.tally)) == ((3, 3, 0, 0), (3, 0, 3, 0))
    assert {key: len(row.decisions) for key, row in stored(database).items()} == before


def test_what_came_by_itself_before_is_already_there(take: Import, database: Database, intake: Intake) -> None:
    with database.writing() as session:
        site = sites.by_url(session, SITE)
        intake_receive(session, intake, site, cast.comment(cast.KIND, id="1"))
        intake_receive(session, intake, site, cast.comment("Akismet gave it no number."))
    outcome = take(approved(1), record(2, "Akismet gave it no number."))
    assert numbers(outcome.tally) == (2, 0, 2, 0)


def test_what_was_withdrawn_does_not_come_back(take: Import, database: Database, intake: Intake) -> None:
    from service.flows.intake import withdraw

    with database.writing() as session:
        row = intake_receive(session, intake, sites.by_url(session, SITE), cast.comment(cast.KIND, id="1"))
        withdraw(session, row, cast.NOW)
    outcome = take(approved(1))
    assert (outcome.tally.already_there, stored(database)["1"].revision.text) == (1, "")


def test_another_engines_comment_of_the_same_number_is_refused(take: Import) -> None:
    take(approved(1))
    elsewhere = approved(1, author=cast.ROLF, thread_url="https://relay.example.org/another")
    outcome = take(elsewhere, approved(2))
    assert (numbers(outcome.tally), outcome.tally.refusals) == (
        (2, 1, 0, 1),
        ["comment 1: another comment of this site has its id, elsewhere and by somebody else"],
    )


def test_a_title_that_is_known_stays_and_one_that_is_not_is_learnt(take: Import, database: Database) -> None:
    other = f"{SITE}/other"
    take(approved(1, thread_title="An older title"), approved(2, thread_url=other, thread_title=None))
    take(approved(3, thread_title="A newer one"), approved(4, thread_url=other, thread_title="Now named"))
    with database.reading() as session:
        found = dict(session.execute(select(ThreadRow.url, ThreadRow.title)).all())  # type: ignore[arg-type]
    assert found == {cast.POST: "An older title", other: "Now named"}


def stopping_after(count: int) -> Callable[[], bool]:
    """Return what asks to stop when it has been asked so often."""
    asked = itertools.count(1)
    return lambda: next(asked) >= count


MANY = [
    *(record(each, f"Comment {each}. {cast.UNKIND}", parent_id=str(each // 2)) for each in range(1, 8)),
    Refused("comment 8", "it has no id"),
    *(approved(each, parent_id=str(each + 2)) for each in range(9, 16)),
    approved(3),
]


def everything(database: Database) -> list[tuple[object, ...]]:
    return [
        (row.id, row.key, row.parent_id, row.status, row.urgency, row.held_for, row.revision.scores[0].probabilities)
        for row in stored(database).values()
    ]


@pytest.mark.parametrize("after", [3, 4, 7])
def test_one_that_was_stopped_goes_on_to_the_same_numbers(after: int, take: Import, database: Database) -> None:
    first = take(*MANY, stop=stopping_after(after))
    assert (first.is_finished, 0 < first.tally.read < len(MANY)) == (False, after > 3)
    last = take(*MANY)
    assert (last.resumed_at, last.is_finished) == (first.tally.read, True)
    assert numbers(last.tally) == (16, 14, 1, 1)


def test_one_that_was_stopped_often_stores_the_same(take: Import, database: Database) -> None:
    while not take(*MANY, stop=stopping_after(5)).is_finished:
        pass
    found = everything(database)
    with database.writing() as session:
        site = sites.by_url(session, SITE)
        session.delete(site)
    with database.writing() as session:
        cast.add_site(session)
    take(*MANY, fingerprint="undisturbed")
    assert [each[1:2] + each[3:] for each in everything(database)] == [each[1:2] + each[3:] for each in found]


def test_a_fault_in_the_file_stores_what_came_before_and_stops_there_again(
    database: Database, blog: str, here: Here
) -> None:
    def broken() -> Iterator[Item]:
        yield from (approved(each) for each in range(1, 6))
        raise ArchiveRefused("the file breaks off")

    for _ in range(2):
        file = File("half", Format.JSONL, "half", lambda _: broken())
        running = Importer(database, SITE, file, (), lambda: cast.NOW)
        with pytest.raises(ArchiveRefused, match="the file breaks off"):
            running.run(here, lambda _: None, lambda: False)
        assert (numbers(running.tally), len(stored(database))) == ((5, 5, 0, 0), 5)


def test_two_that_import_the_same_file_do_not_count_twice(database: Database, blog: str, here: Here) -> None:
    take_none = stopping_after(4)
    importer(database, MANY).run(here, lambda _: None, take_none)
    one, other = importer(database, MANY), importer(database, MANY)
    one._begun()
    other = importer(database, MANY)
    one.run(here, lambda _: None, lambda: False)
    with pytest.raises(ArchiveRefused, match="imported by another process"):
        other.run(here, lambda _: None, lambda: False)


def test_another_sites_export_is_refused_and_nothing_is_stored(take: Import, database: Database) -> None:
    foreign = [approved(each, thread_url=f"https://other.example.org/{each}") for each in (1, 2, 3)]
    with pytest.raises(ArchiveRefused, match=r"its posts are on other\.example\.org.*write --map-host other"):
        take(*foreign)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ArchiveRow)) == 0
    assert stored(database) == {}


def test_a_host_that_the_site_had_before_becomes_its_own(take: Import, database: Database) -> None:
    take(approved(1, thread_url="http://127.0.0.1:8089/five-years-after-hsct"), hosts=["127.0.0.1:8089"])
    with database.reading() as session:
        assert session.scalars(select(ThreadRow.url)).all() == [cast.POST]


@pytest.mark.parametrize(
    ("named", "expected"), [(Format.WORDPRESS, cast.POST), (Format.JSONL, cast.POST.replace("https://", "http://www."))]
)
def test_an_old_exports_discussions_meet_those_of_today(
    named: Format, expected: str, take: Import, database: Database
) -> None:
    take(approved(1, thread_url=cast.POST.replace("https://", "http://www.")), named=named)
    with database.reading() as session:
        assert session.scalars(select(ThreadRow.url)).all() == [expected]


def test_some_of_what_would_be_approved_is_held_as_a_sample_and_always_the_same(
    take: Import, database: Database
) -> None:
    with database.writing() as session:
        sites.by_url(session, SITE).audit_share = 0.5  # type: ignore[union-attr]
    take(*(record(each) for each in range(20)), *(approved(each) for each in range(20, 40)))
    held = [row.outside_id for row in stored(database).values() if row.held_for == AUDIT]
    assert 0 < len(held) < 20
    assert {int(each or 99) for each in held} <= set(range(20))


def test_rules_of_the_site_hold_here_too(take: Import, database: Database) -> None:
    with database.writing() as session:
        sites.by_url(session, SITE).otherwise = Action.HOLD  # type: ignore[union-attr]
    take(record(1))
    assert stored(database)["1"].status is Status.HELD


class Broken(Classifier):
    """Breaks at one text."""

    def __init__(self, real: Classifier) -> None:
        self.real = real

    def score(self, readings: Any, **how: Any) -> list[Scores]:  # noqa: ANN401
        if any("poison" in each.text for each in readings):
            raise RuntimeError("broken by it")
        return self.real.score(readings, **how)

    def explained(self, reading: Reading, scores: Scores) -> Scores:
        return self.real.explained(reading, scores)


def test_a_text_that_breaks_the_model_is_unscored_and_tried_later(
    take: Import, database: Database, shelf: Shelf
) -> None:
    broken = Here(Broken(shelf.current()))
    take(record(1, "poison"), record(2), record(3, "poison too", Earlier(Status.SPAM, LONG_AGO)), scorer=broken)
    found = {number: (row.status, row.held_for, len(row.revision.scores)) for number, row in stored(database).items()}
    assert found == {
        "1": (Status.HELD, UNSCORED, 0),
        "2": (Status.APPROVED, None, 1),
        "3": (Status.SPAM, None, 0),
    }
    with database.reading() as session:
        assert session.scalars(select(JobRow.kind)).all() == [JobKind.SCORE, JobKind.SCORE]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wordpress.xml", (5, 3, 0, 2)),
        ("wordpress-spam.json", (3, 1, 0, 2)),
        ("disqus.xml", (4, 3, 0, 1)),
        ("comments.jsonl", (10, 3, 0, 7)),
        ("comments.csv", (6, 3, 0, 3)),
    ],
)
def test_a_file_of_each_format_comes_in(
    name: str, expected: tuple[int, ...], database: Database, blog: str, here: Here
) -> None:
    with Source(SAMPLES / name) as source:
        named = formats.recognise(source)
        file = File(name, named, source.fingerprint(), lambda url: formats.read(source, named, url))
        outcome = Importer(database, blog, file, (), lambda: cast.NOW).run(here, lambda _: None, lambda: False)
    assert numbers(outcome.tally) == expected


def test_an_author_without_anything_is_nobody(take: Import, database: Database) -> None:
    take(approved(1, author=Author()))
    assert stored(database)["1"].author_key is None
