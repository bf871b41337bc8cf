"""A tone report as JSON and back: what `GET /api/v1/reports/{id}` answers and `report --format json` writes.

Names are those of `service/domain/tone.py`; a day is `2026-11-21`, a moment RFC 3339 in UTC, a share a number from 0 to
1 or null. `docs/tone-numbers.md` says what each means. Names are only ever added.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from service.domain.tone import (
    Basis,
    Change,
    Handling,
    Line,
    ModelChange,
    Period,
    Scope,
    Share,
    Slice,
    Speaker,
    Step,
    ToneReport,
)

FORMAT = "undertone-tone-1"


def to_json(report: ToneReport) -> dict[str, Any]:
    """Return a report as what JSON knows: objects, lists, texts and numbers."""
    return {"format": FORMAT, **_plain(report)}


def from_json(row: Mapping[str, Any]) -> ToneReport:
    """Return the report that `to_json` wrote; raise ValueError where it is none."""
    if row.get("format") != FORMAT:
        raise ValueError(f"this is no report of the format {FORMAT}: it says {row.get('format')!r}")
    return ToneReport(
        scope=Scope(**row["scope"]),
        period=_period(row["period"]),
        before=_period(row["before"]),
        step=Step(row["step"]),
        zone=row["zone"],
        made_at=datetime.fromisoformat(row["made_at"]),
        lines=tuple(_line(each) for each in row["lines"]),
        model_changes=tuple(
            ModelChange(date.fromisoformat(each["day"]), each["model"]) for each in row["model_changes"]
        ),
        remarks=tuple(row["remarks"]),
    )


def _plain(value: Any) -> Any:  # noqa: ANN401  # whatever a report holds
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return _written(value)


def _written(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _period(row: Mapping[str, str]) -> Period:
    return Period(date.fromisoformat(row["start"]), date.fromisoformat(row["end"]))


def _share(row: Mapping[str, Any]) -> Share:
    return Share(**{**row, "basis": Basis(row["basis"])})


def _slice(row: Mapping[str, Any]) -> Slice:
    made = {
        "period": _period(row["period"]),
        "shares": {label: _share(each) for label, each in row["shares"].items()},
        "handling": Handling(**row["handling"]),
        "models": tuple(row["models"]),
    }
    return Slice(**{**row, **made})


def _line(row: Mapping[str, Any]) -> Line:
    changes = (
        Change(**{**each, "before": _share(each["before"]), "after": _share(each["after"])}) for each in row["changes"]
    )
    return Line(Speaker(row["speaker"]), tuple(map(_slice, row["slices"])), _slice(row["whole"]), tuple(changes))
