"""WordPress's export, and what its REST API says of spam."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.domain.archive import ArchiveRefused, Earlier, Record
from service.domain.comment import Author, Comment, Status
from service.settings import ROOT
from tests.archives.reading import SAMPLES, read, read_to_the_fault, reasons, records

SHARED = ROOT.parent / "shared" / "samples"
MADE_BY_WORDPRESS = SHARED / "wordpress-7.1.wxr.xml"
MADE_BY_ITS_API = SHARED / "wp-rest-comments-spam.json"

POST = "https://relay.example.org/five-years/"
TITLE = "Five years after HSCT & what we know"


@pytest.fixture(scope="module")
def comments() -> dict[str, Record]:
    return {str(each.comment.id): each for each in records(read(SAMPLES / "wordpress.xml"))}


def test_a_comment_is_read_with_its_post_and_its_author(comments: dict[str, Record]) -> None:
    assert comments["11"].comment == Comment(
        text="Thank you, this gave us comfort & hope. <em>Really</em>.",
        thread_url=POST,
        thread_title=TITLE,
        thread_author="vera",
        id="11",
        author=Author(name="Maya", email="maya@example.org", url="https://maya.example.org/?a=1&b=2", ip="192.0.2.7"),
        created_at=datetime(2019, 3, 2, 10, 15, tzinfo=UTC),
    )


def test_an_approved_comment_was_decided_when_it_was_written(comments: dict[str, Record]) -> None:
    assert comments["11"].earlier == (Earlier(Status.APPROVED, datetime(2019, 3, 2, 10, 15, tzinfo=UTC)),)


def test_what_akismets_history_says_of_people_is_kept_at_its_time(comments: dict[str, Record]) -> None:
    at = datetime.fromtimestamp(1551531600.25, UTC)
    assert comments["12"].earlier == (Earlier(Status.SPAM, at, "vera"), Earlier(Status.REJECTED, at))


def test_a_comment_that_waits_brings_no_decision(comments: dict[str, Record]) -> None:
    assert comments["13"].earlier == ()


def test_an_author_with_an_account_is_known_by_it(comments: dict[str, Record]) -> None:
    assert comments["13"].comment.author.id == "4"


def test_a_reply_names_what_it_answers(comments: dict[str, Record]) -> None:
    assert [each.comment.parent_id for each in comments.values()] == [None, "11", "99"]


def test_where_the_time_in_greenwich_is_missing_the_local_one_is_taken(comments: dict[str, Record]) -> None:
    assert comments["13"].comment.created_at == datetime(2019, 3, 3, 9, tzinfo=UTC)


def test_what_is_no_comment_is_refused() -> None:
    assert reasons(read(SAMPLES / "wordpress.xml")) == ["it is no comment but a pingback", "its text is empty"]


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ('s:5:"event";s:10:"report-ham";s:4:"time";i:1551531600;', [Status.APPROVED]),
        ('s:4:"time";d:1551531600;s:5:"event";s:15:"status-approved";', [Status.APPROVED]),
        ('s:4:"time";d:1551531600;s:5:"event";s:12:"webhook-spam";', [Status.APPROVED]),
        ('s:4:"time";s:3:"now";s:5:"event";s:11:"report-spam";', [Status.SPAM, Status.APPROVED]),
        ("no:php;", [Status.APPROVED]),
    ],
)
def test_of_akismets_history_only_what_people_did_is_a_decision(
    meta: str, expected: list[Status], tmp_path: Path
) -> None:
    [found] = records(read(wxr(tmp_path, "1", f"<k>akismet_history</k><v>a:2:{{{meta}}}</v>")))
    assert [each.status for each in found.earlier] == expected


def test_a_persons_word_to_akismet_counts_where_there_is_no_history(tmp_path: Path) -> None:
    [found] = records(read(wxr(tmp_path, "trash", "<k>akismet_user_result</k><v>true</v>")))
    assert [each.status for each in found.earlier] == [Status.SPAM, Status.REJECTED]


@pytest.mark.parametrize(
    ("approved", "reason"),
    [
        ("post-trashed", "its post was thrown away"),
        ("perhaps", "whether it was approved is not said as WordPress says it"),
    ],
)
def test_a_standing_that_is_none_is_refused(approved: str, reason: str, tmp_path: Path) -> None:
    assert reasons(read(wxr(tmp_path, approved))) == [reason]


def test_control_characters_and_bare_ampersands_do_not_stop_it(tmp_path: Path) -> None:
    path = wxr(tmp_path, "1", text="a\x0bb &nbsp; c & d &#11; &#228; <![CDATA[& &amp; \x01]]>")
    assert [each.comment.text for each in records(read(path))] == ["ab &nbsp; c & d  ä & &amp;"]


def test_what_is_cut_between_two_pieces_is_read_as_a_whole(tmp_path: Path) -> None:
    text = "x & y &amp; <![CDATA[& z]]> " * 20_000
    [found] = records(read(wxr(tmp_path, "1", text="<![CDATA[" + "&" * 65_000 + "]]>")))
    assert (found.comment.text, reasons(read(wxr(tmp_path, "1", text=text)))) == (
        "&" * 65_000,
        ["its text is longer than 65,536 characters"],
    )


def test_bytes_that_are_no_utf_8_do_not_stop_it(tmp_path: Path) -> None:
    path = wxr(tmp_path, "1", text="MARK")
    path.write_bytes(path.read_bytes().replace(b"MARK", b"caf\xe9"))
    assert [each.comment.text for each in records(read(path))] == ["caf\ufffd"]


def test_an_encoding_that_the_file_names_is_read(tmp_path: Path) -> None:
    path = wxr(tmp_path, "1", text="café")
    path.write_text(path.read_text("utf-8").replace("UTF-8", "ISO-8859-1"), "latin-1")
    assert [each.comment.text for each in records(read(path))] == ["café"]


def test_a_file_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "half.xml"
    path.write_bytes((SAMPLES / "wordpress.xml").read_bytes()[:3500])
    found, fault = read_to_the_fault(path)
    assert [each.comment.id for each in records(found)] == ["11", "12"]
    assert fault.startswith("the file is no XML from line 67, column")


BOMB = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE rss SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize("begin", [BOMB, OUTSIDE])
def test_a_file_with_entities_is_refused(begin: str, tmp_path: Path) -> None:
    path = wxr(tmp_path, "1", text="&b;")
    path.write_text(begin + path.read_text("utf-8").partition("?>")[2], "utf-8")
    with pytest.raises(ArchiveRefused, match="declares a document type or entities"):
        read(path)


def test_the_apis_list_gives_its_spam() -> None:
    [found] = records(read(SAMPLES / "wordpress-spam.json"))
    comment, at = found.comment, datetime(2019, 5, 1, 10, tzinfo=UTC)
    assert (comment.text, comment.thread_url, comment.parent_id) == ("Pills, pills & pills.", POST, "11")
    assert found.earlier == (Earlier(Status.SPAM, at),)


def test_what_the_api_gave_without_being_asked_to_is_not_enough() -> None:
    assert reasons(read(SAMPLES / "wordpress-spam.json")) == [
        "its id, link or content.raw is missing: ask the API with context=edit",
        "it is no JSON object",
    ]


def test_pages_of_the_api_may_follow_each_other(tmp_path: Path) -> None:
    path = tmp_path / "pages.json"
    path.write_bytes((SAMPLES / "wordpress-spam.json").read_bytes() * 2)
    assert len(read(path)) == 6


def test_a_list_that_is_no_json_gives_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "half.json"
    path.write_bytes((SAMPLES / "wordpress-spam.json").read_bytes()[:-80])
    found, fault = read_to_the_fault(path)
    assert [each.comment.id for each in records(found)] == ["31"]
    assert fault == "the list is no JSON from its item 2 on"


@pytest.mark.skipif(not MADE_BY_WORDPRESS.exists(), reason="WordPress's own export is not here")
def test_an_export_that_wordpress_made_is_read() -> None:
    found = records(read(MADE_BY_WORDPRESS))
    held = [each.comment.id for each in found if not each.earlier]
    assert (len(found), held) == (9, ["2", "9"])


@pytest.mark.skipif(not MADE_BY_ITS_API.exists(), reason="WordPress's own list is not here")
def test_a_list_that_wordpress_gave_is_read() -> None:
    assert {each.earlier[-1].status for each in records(read(MADE_BY_ITS_API))} == {Status.SPAM}


def wxr(folder: Path, approved: str, meta: str = "", text: str = "A comment.") -> Path:
    """Write an export of one comment."""
    path = folder / "export.xml"
    kept = meta.replace("<k>", "<wp:meta_key>").replace("</k>", "</wp:meta_key>")
    kept = kept.replace("<v>", "<wp:meta_value>").replace("</v>", "</wp:meta_value>")
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
        "<item><title>A post</title><link>https://relay.example.org/post</link><wp:comment>"
        f"<wp:comment_id>1</wp:comment_id><wp:comment_content>{text}</wp:comment_content>"
        f"<wp:comment_approved>{approved}</wp:comment_approved><wp:comment_date_gmt>2019-03-02 10:15:00"
        f"</wp:comment_date_gmt><wp:commentmeta>{kept}</wp:commentmeta></wp:comment></item></channel></rss>",
        encoding="utf-8",
    )
    return path
