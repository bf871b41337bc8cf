from xml.etree.ElementTree import Element, fromstring

import pytest

from service.domain.labels import LABELS
from service.ml.curves import reliability_svg

SVG = "{http://www.w3.org/2000/svg}"
BIN = {"share": 0.5, "comments": 10, "probability": 0.25, "frequency": 0.75}


def drawn(curves: dict[str, list[dict[str, float]]]) -> Element:
    return fromstring(reliability_svg(curves))


@pytest.mark.parametrize("labels", [[], ["abusive"], list(LABELS), ["<&>\"'"]])
def test_the_picture_is_well_formed_and_has_a_square_for_every_label(labels: list[str]) -> None:
    picture = drawn({label: [BIN] for label in labels})
    assert [group[0].text for group in picture.iter(f"{SVG}g")] == labels


@pytest.mark.parametrize("count", [0, 1, 10])
def test_every_bin_is_a_dot(count: int) -> None:
    assert len(list(drawn({"cost": [BIN] * count}).iter(f"{SVG}circle"))) == count


def test_a_dot_stands_where_its_bin_is() -> None:
    (dot,) = drawn({"cost": [BIN]}).iter(f"{SVG}circle")
    assert float(dot.attrib["cx"]) == float(dot.attrib["cy"]) == 37.5


def test_a_dot_tells_its_numbers() -> None:
    (dot,) = drawn({"cost": [BIN]}).iter(f"{SVG}circle")
    assert dot[0].text == "10 comments, said 0.25, so 0.75"


def test_every_square_lies_inside_the_picture() -> None:
    picture = drawn({label: [] for label in LABELS})
    places = [group.attrib["transform"][len("translate(") : -1].split() for group in picture.iter(f"{SVG}g")]
    assert len({tuple(place) for place in places}) == len(LABELS)
    for x, y in places:
        assert float(x) + 150 <= float(picture.attrib["width"])
        assert float(y) + 150 <= float(picture.attrib["height"])
