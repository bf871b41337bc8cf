"""Which format a file is in, and who reads it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from service.archives import csv, disqus, isso, jsonl, wordpress, wordpress_rest
from service.archives.files import BROKEN_GZIP, Source
from service.domain.archive import ArchiveRefused, Format, Item, Record

OWN = (Format.JSONL, Format.CSV)
"""What we write ourselves, with addresses that are as they should be."""
WRITERS: Mapping[Format, Callable[[Iterable[Record]], Iterator[str]]] = {
    Format.JSONL: jsonl.write,
    Format.CSV: csv.write,
}


def recognise(source: Source) -> Format:
    """Return the format of a file by how it begins; raise ArchiveRefused where it is none of ours."""
    head = source.head()
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if begins.startswith(isso.MAGIC):
        return Format.ISSO
    if begins.startswith(b"<"):
        return _recognised(head, {Format.DISQUS: disqus.expect, Format.WORDPRESS: wordpress.expect}, "XML")
    if begins.startswith(b"["):
        return _recognised(head, {Format.WORDPRESS: wordpress_rest.expect}, "a list")
    if begins.startswith(b"{"):
        return Format.JSONL
    return _recognised(head, {Format.CSV: csv.expect}, "no export that is known by how it begins")


def expect(source: Source, named: Format) -> None:
    """Raise ArchiveRefused where a file is not in the format that somebody says it is in."""
    head = source.head()
    if named is Format.WORDPRESS and head.lstrip().startswith(b"["):
        wordpress_rest.expect(head)
        return
    checks = {
        Format.WORDPRESS: wordpress.expect,
        Format.DISQUS: disqus.expect,
        Format.ISSO: isso.expect,
        Format.JSONL: jsonl.expect,
        Format.CSV: csv.expect,
    }
    checks[named](head)


def unread(source: Source, named: Format) -> list[str]:
    """Return what a file names that is not read: columns of a table."""
    return csv.unread(source.head()) if named is Format.CSV else []


def read(source: Source, named: Format, site_url: str) -> Iterator[Item]:
    """Yield what stands in a file, in its order; raise ArchiveRefused where it breaks off or is something else."""
    try:
        yield from _reader(source, named, site_url)()
    except BROKEN_GZIP as error:
        raise ArchiveRefused("the file is no whole gzip: it breaks off, or was damaged. Copy it once more") from error


def _reader(source: Source, named: Format, site_url: str) -> Callable[[], Iterator[Item]]:
    if named is Format.ISSO:
        return partial(isso.read, source, site_url)
    if named is Format.WORDPRESS and source.head().lstrip().startswith(b"["):
        return partial(wordpress_rest.read, source)
    readers: Mapping[Format, Callable[[Source], Iterator[Item]]] = {
        Format.WORDPRESS: wordpress.read,
        Format.DISQUS: disqus.read,
        Format.JSONL: jsonl.read,
        Format.CSV: csv.read,
    }
    return partial(readers[named], source)


def _recognised(head: bytes, checks: Mapping[Format, Callable[[bytes], None]], otherwise: str) -> Format:
    faults = []
    for each, check in checks.items():
        try:
            check(head)
            return each
        except ArchiveRefused as error:
            faults.append(str(error))
    raise ArchiveRefused(f"the file is {otherwise}; " + ", or ".join(faults))
