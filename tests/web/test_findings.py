"""What a report says in sentences: what was found first, chance called chance, and no verdict on anything."""

from dataclasses import replace

from flask import Flask

from service.domain.tone import Change, Handling, Share, Speaker
from service.web import findings
from tests import reports

REPORT = reports.report()
READERS, STAFF = REPORT.lines


def said(line: object = READERS) -> list[str]:
    return [each.text.replace("\N{NO-BREAK SPACE}", " ") for each in findings.of_line(line)]  # type: ignore[arg-type]


def test_the_volume_comes_first_then_what_was_found_the_largest_first_then_the_rest() -> None:
    found = said()
    assert found[0] == "1,651 comments by readers. In as much time before: 1,485."
    assert found[1].startswith("Cost: more, from 8 % to 11 %")
    assert found[2] == "Abusive: more, from 3 % to 4.6 % (+0.5 to +2.7 points)."
    assert [each.is_found for each in findings.of_line(READERS)] == [False, True, True, *[False] * 7]


def test_what_is_within_chance_is_said_to_be() -> None:
    assert "Critical: from 22 % to 23 %; that is within chance." in said()


def test_what_fell_is_said_to_be_less() -> None:
    [change] = [each for each in READERS.changes if each.label == "abusive"]
    fell = replace(change, before=change.after, after=change.before, difference=-0.016, low=-0.027, high=-0.005)
    assert findings.compared(fell).replace("\N{NO-BREAK SPACE}", " ") == (
        "Abusive: less, from 4.6 % to 3 % (−2.7 to −0.5 points)."
    )


def test_what_cannot_be_compared_is_said_in_one_sentence() -> None:
    unknown = Share(3, 12, 1)
    changes = tuple(Change(key, unknown, unknown, None, None, None, None, False) for key in ("cost", "spam"))
    found = said(replace(READERS, changes=changes))
    assert "There is not enough data to compare: Cost and Spam." in found
    assert not any("chance" in each for each in found)


def test_what_became_of_them_is_said_and_nothing_where_nothing_was_held() -> None:
    assert said()[-1] == (
        "Held: 183. Decided by a person: 180, of these otherwise than before: 30. "
        "Half of them were decided within 5.4 h."
    )
    assert findings.handling(Handling(0, 0, 0, None)) == ""


def test_staff_are_named_as_staff_and_are_not_in_the_summary() -> None:
    assert said(STAFF)[0].startswith("135 comments by staff.")
    assert all("staff" not in each.text for each in findings.summary(REPORT))


def test_what_is_missing_is_said_with_numbers() -> None:
    assert findings.missing(Share(1, 12, 12)) == "12 scored, and 50 are needed"
    assert findings.missing(Share(1, 400, 3)) == "3 checked, and 20 are needed"
    assert findings.missing(Share(1, 400, 30)).startswith("30 checked: fewer than 200 with earlier ones")


def test_where_no_share_is_known_there_is_nothing_to_compare() -> None:
    unknown = Share(3, 12, 1)
    change = Change("cost", unknown, unknown, None, None, None, None, False)
    assert not findings.are_comparable([change])
    assert findings.are_comparable([change, replace(change, before=READERS.whole.shares["cost"])])


def test_each_model_is_named_once() -> None:
    assert findings.models(REPORT) == (reports.MODEL, reports.LATER_MODEL)
    assert findings.change_of_model(REPORT.model_changes[0]) == "From 4 November 2026 on, comments-en-2 scored."


def test_a_remark_that_the_page_has_in_its_own_words_is_not_said_twice() -> None:
    known = "20 comments of readers have no scores, for want of a model or for their language. They count."
    found = list(findings.remarks(replace(REPORT, remarks=(known, "Something else."))))
    assert [each for each in found if "no scores" in each] == [
        "21 comments have no scores, for want of a model or for their language: no share counts them."
    ]
    assert found[-1] == "Something else."


def test_no_verdict_is_given_on_what_is_talked_about() -> None:
    everything = " ".join([*said(), *said(STAFF), *findings.remarks(REPORT)]).lower()
    assert not {"good", "bad", "better", "worse", "improved", "alarming", "because"} & set(everything.split())


def test_the_sentences_are_in_german_where_the_reader_is(app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "de"}):
        found = said()
    assert found[0] == "1.651 Kommentare von Lesenden. In der gleich langen Zeit davor: 1.485."
    assert found[2] == "Beleidigend: mehr, von 3 % auf 4,6 % (+0,5 bis +2,7 Punkte)."


def test_readers_and_staff_are_the_two_there_are() -> None:
    assert set(findings.WHO) == set(Speaker)
