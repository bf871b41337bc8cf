"""Which format a file is in, and what is said of one that is in none."""

import gzip
from pathlib import Path

import pytest

from service.archives import formats
from service.archives.files import Source
from service.domain.archive import ArchiveRefused, Format
from tests.archives.reading import SAMPLES, isso_file, read_to_the_fault, records

FILES = {
    "wordpress.xml": Format.WORDPRESS,
    "wordpress-spam.json": Format.WORDPRESS,
    "disqus.xml": Format.DISQUS,
    "comments.jsonl": Format.JSONL,
    "comments.csv": Format.CSV,
}


@pytest.mark.parametrize("is_gzip", [False, True])
@pytest.mark.parametrize(("name", "expected"), FILES.items())
def test_a_file_is_known_by_how_it_begins(name: str, expected: Format, is_gzip: bool, tmp_path: Path) -> None:
    content = (SAMPLES / name).read_bytes()
    path = tmp_path / "unnamed"
    path.write_bytes(gzip.compress(content) if is_gzip else content)
    with Source(path) as source:
        assert formats.recognise(source) is expected


def test_a_sqlite_file_is_issos(tmp_path: Path) -> None:
    with Source(isso_file(tmp_path)) as source:
        assert formats.recognise(source) is Format.ISSO


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html><body>Not found</body></html>", "the file is XML; expected Disqus's export"),
        (b"%PDF-1.7", "the file is no export that is known by how it begins; expected a table"),
        (b"", "the file is no export that is known by how it begins; expected a table"),
        (b"name,comment\nMaya,Thanks\n", "expected a table whose first line names its columns, text and thread_url"),
        (b"text,text,thread_url\n", "expected a table whose first line names its columns"),
        (b"[1, 2]", "expected a JSON list of comments"),
        (gzip.compress(b"text,thread_url\n" * 1000, mtime=0)[:12], "the file is no whole gzip"),
    ],
)
def test_of_what_is_no_export_it_is_said_what_was_expected(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "unknown"
    path.write_bytes(content)
    with Source(path) as source, pytest.raises(ArchiveRefused) as refusal:
        formats.recognise(source)
    assert said in str(refusal.value)


@pytest.mark.parametrize("named", [each for each in Format if each is not Format.CSV])
def test_a_file_that_is_not_in_the_format_that_was_named_is_refused(named: Format) -> None:
    with Source(SAMPLES / "comments.csv") as source, pytest.raises(ArchiveRefused, match="expected "):
        formats.expect(source, named)


@pytest.mark.parametrize(("name", "named"), FILES.items())
def test_a_file_that_is_in_the_format_that_was_named_is_taken(name: str, named: Format) -> None:
    with Source(SAMPLES / name) as source:
        formats.expect(source, named)


def test_a_gzip_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    line = '{{"id":"{}","text":"A comment.","thread":{{"url":"https://relay.example.org/a"}}}}\n'
    path = tmp_path / "half.jsonl.gz"
    path.write_bytes(gzip.compress("".join(map(line.format, range(30_000))).encode())[:-1000])
    found, fault = read_to_the_fault(path)
    assert len(records(found)) > 10_000
    assert fault == "the file is no whole gzip: it breaks off, or was damaged. Copy it once more"


def test_it_is_known_how_much_of_a_file_is_read() -> None:
    with Source(SAMPLES / "comments.jsonl") as source:
        items = formats.read(source, Format.JSONL, "https://relay.example.org")
        before = source.share_read()
        assert (before, len(list(items)), source.share_read()) == (0.0, 10, 1.0)


def test_a_file_is_known_again_by_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "copy.csv"
    path.write_bytes((SAMPLES / "comments.csv").read_bytes())
    assert Source(path).fingerprint() == Source(SAMPLES / "comments.csv").fingerprint()


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    import tracemalloc

    comment = (
        "<wp:comment><wp:comment_id>{}</wp:comment_id><wp:comment_content>A comment that says something, but not much."
        "</wp:comment_content><wp:comment_approved>1</wp:comment_approved></wp:comment>"
    )
    path = tmp_path / "long.xml"
    head = '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><item><link>https://relay.example.org/a</link>'
    path.write_text(f"{head}{''.join(map(comment.format, range(20_000)))}</item></channel></rss>", "utf-8")
    with Source(path) as source:
        items = formats.read(source, Format.WORDPRESS, "https://relay.example.org")
        next(items)
        tracemalloc.start()
        count = sum(1 for _ in items)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == 19_999
    assert peak < 2_000_000
