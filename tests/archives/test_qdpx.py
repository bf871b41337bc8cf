"""Discussions as a REFI-QDA project: held against the standard's own schema."""

import io
import uuid
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
import xmlschema
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st

from service.archives import qdpx
from service.archives.qdpx import NAMESPACE, Code, Passage, Project, Source
from tests import cast

SCHEMA = xmlschema.XMLSchema(Path(__file__).parent / "refi_qda" / "Project.xsd")
Q = f"{{{NAMESPACE}}}"

PROJECT = Project(
    key="relay",
    name="The Relay, autumn",
    description="What this is.",
    origin="Undertone 0",
    coder="Undertone (a program)",
    made_at=cast.NOW,
    codes=(
        Code("themes", "Themes", below=(Code("theme 1", "price, insurer"),)),
        Code("labels", "Labels", below=(Code("label abusive", "Abusive", "Attacks a person."),)),
    ),
)
ASTRAL = "Über 🧬 stem cells 👩‍🔬: yes"
PASSAGES = (
    Passage("1", "Amber Heron 271, 2026-11-02", cast.KIND, ("theme 1",)),
    Passage("2", "Olive Wren 113 to Amber Heron 271", ASTRAL, ("theme 1", "label abusive")),
    Passage("3", "Jade Fox 4", "two\r\nlines\rand\u2028more", ()),
)
SOURCE = Source("7", cast.TITLE, cast.POST, PASSAGES)


def written(project: Project = PROJECT, *sources: Source) -> zipfile.ZipFile:
    """Return a project as a file."""
    file = io.BytesIO()
    qdpx.write(project, sources or (SOURCE,), file)
    return zipfile.ZipFile(file)


def tree(archive: zipfile.ZipFile) -> Element:
    """Return a project's XML."""
    return ElementTree.fromstring(archive.read("project.qde"), forbid_dtd=True)


def selected(archive: zipfile.ZipFile) -> list[str]:
    """Return the texts that the selections of a project select, each read as the standard says."""
    found = []
    for source in tree(archive).iter(f"{Q}TextSource"):
        text = archive.read(source.attrib["plainTextPath"].replace("internal://", "sources/")).decode()
        for each in source.iter(f"{Q}PlainTextSelection"):
            found.append(text[int(each.attrib["startPosition"]) : int(each.attrib["endPosition"])])
    return found


def test_a_project_is_as_the_schema_says() -> None:
    assert list(SCHEMA.iter_errors(written().read("project.qde").decode())) == []


@pytest.mark.parametrize("part", ["endPosition", "guid"])
def test_the_schema_would_say_what_is_missing(part: str) -> None:
    broken = written().read("project.qde").decode().replace(f" {part}=", " x=")
    assert list(SCHEMA.iter_errors(broken))


def test_a_project_with_nothing_in_it_is_as_the_schema_says() -> None:
    file = io.BytesIO()
    qdpx.write(replace(PROJECT, codes=()), [], file)
    assert list(SCHEMA.iter_errors(zipfile.ZipFile(file).read("project.qde").decode())) == []


def test_a_project_holds_its_xml_and_a_flat_folder_of_texts() -> None:
    names = written().namelist()
    assert [name for name in names if not name.startswith("sources/")] == ["project.qde"]
    assert all(name.count("/") == 1 and name.endswith(".txt") for name in names if name != "project.qde")


def test_a_selection_selects_its_comment_also_after_letters_beyond_the_first_plane() -> None:
    assert selected(written())[:2] == [cast.KIND, ASTRAL]


def test_line_ends_are_all_the_same() -> None:
    archive = written()
    assert selected(archive)[2] == "two\nlines\nand\nmore"
    assert not any(b"\r" in archive.read(name) for name in archive.namelist())


def test_an_end_taken_for_the_last_character_still_lies_in_the_file() -> None:
    archive = written()
    for source in tree(archive).iter(f"{Q}TextSource"):
        text = archive.read(source.attrib["plainTextPath"].replace("internal://", "sources/")).decode()
        assert all(int(each.attrib["endPosition"]) < len(text) for each in source.iter(f"{Q}PlainTextSelection"))


def test_every_coding_points_to_a_code_that_one_can_code_with() -> None:
    root = tree(written())
    codable = {each.attrib["guid"] for each in root.iter(f"{Q}Code") if each.attrib["isCodable"] == "true"}
    pointed = [each.attrib["targetGUID"] for each in root.iter(f"{Q}CodeRef")]
    assert len(pointed) == 3
    assert set(pointed) <= codable


def test_no_number_is_given_twice() -> None:
    root = tree(written())
    numbers = [each.attrib["guid"] for each in root.iter() if "guid" in each.attrib]
    assert len(numbers) == len(set(numbers))
    assert all(str(uuid.UUID(each)) == each for each in numbers)


def test_the_same_project_is_the_same_file() -> None:
    files = []
    for _ in range(2):
        file = io.BytesIO()
        qdpx.write(PROJECT, [SOURCE], file)
        files.append(file.getvalue())
    assert files[0] == files[1]


def test_a_code_keeps_its_number_when_it_is_renamed() -> None:
    renamed = replace(PROJECT, codes=(Code("themes", "Themes", below=(Code("theme 1", "Who pays"),)),))
    number = next(each.attrib["guid"] for each in tree(written()).iter(f"{Q}Code") if each.attrib["name"] != "Themes")
    assert number in written(renamed).read("project.qde").decode()


@settings(max_examples=50)
@given(st.lists(st.text(), max_size=5))
def test_whatever_was_said_the_file_is_sound_and_selects_it(texts: list[str]) -> None:
    passages = tuple(Passage(str(at), f"Somebody {at}", text, ("theme 1",)) for at, text in enumerate(texts))
    archive = written(PROJECT, Source("1", "\0title", "x", passages))
    assert list(SCHEMA.iter_errors(archive.read("project.qde").decode())) == []
    assert [len(each) for each in selected(archive)] == [len(qdpx._plain(text)) for text in texts]
