"""A file of an archive: plain or gzip, read as a stream, with a name for each way in which that fails."""

import gzip
import hashlib
import io
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Self, cast

from service.domain.archive import ArchiveRefused

_GZIP = b"\x1f\x8b"
_HEAD = 65_536
_AT_ONCE = 1 << 20
BROKEN_GZIP = (EOFError, zlib.error, gzip.BadGzipFile)


class Source:
    """An archive's file. It knows how far it has been read, for whoever waits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self._opened: list[IO[bytes]] = []
        with path.open("rb") as file:
            self.is_gzip = file.read(len(_GZIP)) == _GZIP

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for each in self._opened:
            each.close()

    def head(self) -> bytes:
        """Return the first bytes of what the file says."""
        with self.path.open("rb") as raw:
            try:
                return self._unpacked(raw).read(_HEAD)
            except BROKEN_GZIP as error:
                raise ArchiveRefused("the file is no whole gzip: it breaks off at its beginning") from error

    def open(self) -> BinaryIO:
        """Open the file at its beginning, unpacked."""
        raw = self.path.open("rb")
        self._opened.append(raw)
        return self._unpacked(raw)

    def share_read(self) -> float:
        """Return how much of the file has been read, 0 to 1."""
        if not self._opened or not self.size:
            return 0.0
        last = self._opened[-1]
        return 1.0 if last.closed else min(1.0, last.tell() / self.size)

    def fingerprint(self) -> str:
        """Return the SHA-256 of the file as it lies there, by which it is known when it comes again."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @contextmanager
    def unpacked_file(self) -> Iterator[Path]:
        """Give a path at which the file lies unpacked, for readers that do not read streams."""
        if not self.is_gzip:
            yield self.path
            return
        with tempfile.TemporaryDirectory(prefix="undertone-") as folder:
            unpacked = Path(folder) / "unpacked"
            with unpacked.open("wb") as file:
                shutil.copyfileobj(self.open(), file, _AT_ONCE)
            yield unpacked

    def _unpacked(self, raw: BinaryIO) -> BinaryIO:
        if not self.is_gzip:
            return raw
        return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw)), _AT_ONCE))
