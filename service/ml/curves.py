"""Reliability curves: what was said to be so probable, and how often it was so, as a picture."""

from collections.abc import Mapping, Sequence
from html import escape

_SIDE, _GAP, _COLUMNS = 150, 44, 4
_SMALLEST, _LARGEST = 2.0, 7.0


def reliability_svg(curves: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Return a drawing with a square for each label: probability to the right, frequency upwards, a dot for each bin.

    A dot on the diagonal is a probability that means what it says; its size is the share of comments in its bin.
    """
    squares = [_square(label, bins, number) for number, (label, bins) in enumerate(curves.items())]
    width = _COLUMNS * (_SIDE + _GAP) + _GAP
    height = -(-len(curves) // _COLUMNS) * (_SIDE + _GAP) + _GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" font-family="sans-serif" font-size="11">'
        "<title>Reliability curves of every label on our own held-out threads</title>"
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
    )
    return head + "".join(squares) + "</svg>\n"


def _square(label: str, bins: Sequence[Mapping[str, float]], number: int) -> str:
    x = _GAP + number % _COLUMNS * (_SIDE + _GAP)
    y = _GAP / 2 + number // _COLUMNS * (_SIDE + _GAP)
    dots = "".join(_dot(each) for each in bins)
    line = " ".join(f"{each['probability'] * _SIDE:.1f},{(1 - each['frequency']) * _SIDE:.1f}" for each in bins)
    return (
        f'<g transform="translate({x} {y})">'
        f'<text y="-5" font-weight="bold">{escape(label)}</text>'
        f'<rect width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#767676"/>'
        f'<path d="M0 {_SIDE}L{_SIDE} 0" stroke="#767676" stroke-dasharray="3 3"/>'
        f'<polyline points="{line}" fill="none" stroke="#0b6b8a" stroke-width="1.5"/>{dots}'
        f'<text y="{_SIDE + 12}">0</text><text x="{_SIDE}" y="{_SIDE + 12}" text-anchor="end">said 1</text>'
        f'<text x="-4" y="9" text-anchor="end">so 1</text></g>'
    )


def _dot(found: Mapping[str, float]) -> str:
    radius = _SMALLEST + (_LARGEST - _SMALLEST) * found["share"] ** 0.5
    place = f'cx="{found["probability"] * _SIDE:.1f}" cy="{(1 - found["frequency"]) * _SIDE:.1f}"'
    told = f"{found['comments']:.0f} comments, said {found['probability']:.2f}, so {found['frequency']:.2f}"
    return f'<circle {place} r="{radius:.1f}" fill="#0b6b8a" fill-opacity=".7"><title>{told}</title></circle>'
