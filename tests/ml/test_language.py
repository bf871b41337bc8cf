"""Which language a comment is in: English is read, another is withheld, and what is no language is read."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from service.domain.comment import Reading
from service.ml import corpora
from service.ml.language import UNKNOWN, is_read
from tests.ml import small

FOREIGN = [
    ("de", "Das ist eine sehr teure Behandlung und niemand bezahlt sie."),
    ("de", "Ich war in so einer Studie und will das nicht mehr."),
    ("fr", "Ce traitement coûte trop cher et personne ne le rembourse."),
    ("es", "El tratamiento cuesta demasiado y nadie quiere pagarlo."),
    ("es", "Yo no he podido pagar el tratamiento, me lo han negado"),
    ("it", "Il farmaco costa troppo e non me lo rimborsano"),
    ("pt", "Os médicos do hospital no Porto dizem que as injeções a cada mês"),
    ("nl", "Ik had dat in de krant gelezen, maar is het waar of niet?"),
    ("sv", "Jag har haft MS i tio år och det är inte så lätt att få behandling"),
    ("pl", "Lek jest bardzo drogi i nikt za niego nie płaci"),
    ("tr", "Tedavi çok pahalı ve kimse ödemiyor"),
    ("ru", "Русский текст здесь, доктор"),
    ("zh", "这个药太贵了"),
    ("ja", "日本語のコメントです"),
    ("he", "שלום לכולם תודה"),
    ("ar", "هذا الدواء غالي جدا"),
]


def language(text: str) -> str | None:
    return small.classifier().score([Reading(text)])[0].language


@pytest.mark.parametrize(("expected", "text"), FOREIGN)
def test_another_language_is_told(expected: str, text: str) -> None:
    assert language(text) == expected


@pytest.mark.parametrize("text", ["ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", "ⴰⵣⵓⵍ ⴼⵍⵍⴰⵡⵏ", "ދިވެހި ރައްޖެ", "ܫܠܡܐ ܥܠܝܟ", "уоu аrе аn іdіоt, уоu fооl"])
def test_what_is_in_other_letters_is_never_read_as_english(text: str) -> None:
    assert not is_read(language(text))


def test_letters_that_no_language_of_ours_has_are_not_called_one() -> None:
    assert language("ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ") == UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "You are an idiot and everybody here knows it.",
        "Thank you so much for this!",
        "1d10ts, all of you. I can't believe that this is what we pay for",
        "𝐲𝐨𝐮 𝐚𝐫𝐞 𝐚𝐧 𝐢𝐝𝐢𝐨𝐭",
        "They say „Guten Tag, wie geht es Ihnen“ to me in the clinic, and I have no idea what it is about",
    ],
)
def test_english_is_english(text: str) -> None:
    assert language(text) == "en"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Thanks!",
        "Danke",
        "😀😀😀😀😀😀",
        "❤️❤️❤️❤️❤️",
        "👏🏽👏🏽👏🏽 bravo 👏🏽👏🏽",
        "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f Wales!",
        "!!! ??? ... !!!",
        "https://a.org https://b.org https://c.org https://d.org",
        "£40,000 £30,000 £20,000",
        "RRMS SPMS PPMS EDSS HSCT DMT",
        "Interferon beta, glatiramer acetate, dimethyl fumarate, teriflunomide",
        "Absolute garbage, pathetic clowns, disgusting liars",
        "lol lol lol lol lol",
        "hahaha hahaha hahaha hahaha",
        "\x00\ud800",
    ],
)
def test_what_says_too_little_is_read(text: str) -> None:
    assert is_read(language(text))


def test_all_our_own_comments_are_read() -> None:
    texts = [each.reading.text for each in corpora.own(small.TRAINING_DATA)]
    assert [text for text in texts if not is_read(language(text))] == []


def test_a_language_is_the_same_in_threads() -> None:
    texts = [text for _, text in FOREIGN] * 5
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(language, texts)) == [language(text) for text in texts]
