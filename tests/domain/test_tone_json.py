"""A report as JSON: nothing is lost on the way there and back, and the shape is the one that was promised."""

import json

from service.domain.tone_json import from_json, to_json
from tests import reports


def test_a_report_comes_back_the_same() -> None:
    report = reports.report()
    assert from_json(json.loads(json.dumps(to_json(report)))) == report


def test_days_and_moments_are_written_as_iso_8601_writes_them() -> None:
    kept = to_json(reports.report())
    assert (kept["period"], kept["made_at"]) == ({"start": "2026-09-28", "end": "2026-11-23"}, "2026-11-23T06:00:00Z")


def test_it_has_the_fields_that_were_promised() -> None:
    kept = to_json(reports.report())
    assert list(kept) == [
        *("format", "scope", "period", "before", "step", "zone", "made_at", "lines", "model_changes", "remarks"),
    ]
    line = kept["lines"][0]
    assert list(line) == ["speaker", "slices", "whole", "changes"]
    assert list(line["whole"]) == ["period", "volume", "shares", "handling", "models", "unscored"]
    assert set(line["whole"]["shares"]["abusive"]) >= {"counted", "of", "checked", "value", "low", "high"}
    assert set(line["changes"][0]) >= {"label", "before", "after", "difference", "low", "high", "p_value", "is_found"}


def test_nothing_in_it_is_more_than_json_knows() -> None:
    plain = (dict, list, str, int, float, bool, type(None))
    waiting: list[object] = [to_json(reports.report())]
    while waiting:
        each = waiting.pop()
        assert type(each) in plain
        waiting += each.values() if isinstance(each, dict) else each if isinstance(each, list) else []
