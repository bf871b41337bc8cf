"""A tone report as JSON and back, without a loss: its fields by their names, days and moments as ISO 8601 writes them.

The shape is promised to others (docs/reports.md): a field may be added, and none is renamed or taken away.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
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


def to_json(report: ToneReport) -> dict[str, Any]:
    """Return a report as what JSON can hold."""
    plain: dict[str, Any] = _plain(report)
    return plain


def from_json(kept: Mapping[str, Any]) -> ToneReport:
    """Return the report that was written; a field that is new since then is as a report comes without it."""
    return ToneReport(
        **{
            **kept,
            "scope": Scope(**kept["scope"]),
            "period": _period(kept["period"]),
            "before": _period(kept["before"]),
            "step": Step(kept["step"]),
            "made_at": datetime.fromisoformat(kept["made_at"]),
            "lines": tuple(map(_line, kept["lines"])),
            "model_changes": tuple(
                ModelChange(**{**each, "day": date.fromisoformat(each["day"])}) for each in kept["model_changes"]
            ),
            "remarks": tuple(kept["remarks"]),
        }
    )


def _plain(value: Any) -> Any:  # noqa: ANN401  # whatever a report holds
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


def _period(kept: Mapping[str, str]) -> Period:
    return Period(date.fromisoformat(kept["start"]), date.fromisoformat(kept["end"]))


def _share(kept: Mapping[str, Any]) -> Share:
    return Share(**{**kept, "basis": Basis(kept["basis"])})


def _slice(kept: Mapping[str, Any]) -> Slice:
    return Slice(
        **{
            **kept,
            "period": _period(kept["period"]),
            "shares": {label: _share(each) for label, each in kept["shares"].items()},
            "handling": Handling(**kept["handling"]),
            "models": tuple(kept["models"]),
        }
    )


def _change(kept: Mapping[str, Any]) -> Change:
    return Change(**{**kept, "before": _share(kept["before"]), "after": _share(kept["after"])})


def _line(kept: Mapping[str, Any]) -> Line:
    return Line(
        **{
            **kept,
            "speaker": Speaker(kept["speaker"]),
            "slices": tuple(map(_slice, kept["slices"])),
            "whole": _slice(kept["whole"]),
            "changes": tuple(map(_change, kept["changes"])),
        }
    )
