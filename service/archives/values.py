"""The values that archives are full of: moments in many spellings, ids, empty fields."""

from datetime import UTC, datetime


def moment(written: str) -> datetime | None:
    """Return a moment as it is written in ISO 8601 or SQL, in UTC where it does not say; None where it is none."""
    try:
        found = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    return _in_utc(found)


def moment_of(seconds: float) -> datetime | None:
    """Return the moment so many seconds after 1970 began; None where there is no such moment."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def optional(text: str | None) -> str | None:
    """Return a field's text, None where nothing stands in it."""
    return (text or "").strip() or None


def parent(written: str | None) -> str | None:
    """Return the id of the comment that is answered; blogs write 0 for none."""
    found = optional(written)
    return None if found == "0" else found


def _in_utc(found: datetime) -> datetime | None:
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None  # in the year 1 or 9999, and in another zone
