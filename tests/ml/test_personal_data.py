"""What is taken for personal data. All people here are invented.

Their addresses are under example.org and .com. Their telephone numbers are those reserved for films, as far as the
library takes these for real (it refuses 07700 900xxx and 01632 960xxx), and their NHS numbers those for tests.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ml.personal_data import Found, Kind, personal_data, redacted
from tests.ml.linear import takes_time_in_proportion

ANY_TEXT = st.text(st.characters(), max_size=300)
NEARLY = st.text("anna@example.org 0207946123+()-999 LS29JT 12 Acacia Avenue,\n😀", max_size=300)

FOUND = [
    # E-mail addresses
    ("Write to anna@example.org if you want the recipe.", Kind.EMAIL, "anna@example.org"),
    ("ANNA.SMITH@EXAMPLE.ORG", Kind.EMAIL, "ANNA.SMITH@EXAMPLE.ORG"),
    ("(bob.o'hara+ms@mail.example.co.uk)", Kind.EMAIL, "bob.o'hara+ms@mail.example.co.uk"),
    ("mine is carol_1972@example.com.", Kind.EMAIL, "carol_1972@example.com"),
    ("“dave@example.org”, he said", Kind.EMAIL, "dave@example.org"),
    ("mailto:erin@example.org?subject=HSCT", Kind.EMAIL, "erin@example.org"),
    ("<frank@example.org>", Kind.EMAIL, "frank@example.org"),
    ("schreibt an jörg@exämple.org bitte", Kind.EMAIL, "jörg@exämple.org"),
    ("0161496@example.org, not a phone", Kind.EMAIL, "0161496@example.org"),
    ("https://example.org/unsubscribe?who=grace@example.org", Kind.EMAIL, "grace@example.org"),
    ("heidi (at) example (dot) org", Kind.EMAIL, "heidi (at) example (dot) org"),
    ("ivan [at] example.com will answer", Kind.EMAIL, "ivan [at] example.com"),
    ("judy AT example DOT org", Kind.EMAIL, "judy AT example DOT org"),
    # Telephone numbers
    ("Ring me on 020 7946 0123 after six", Kind.TELEPHONE, "020 7946 0123"),
    ("02079460123", Kind.TELEPHONE, "02079460123"),
    ("(020) 7946 0999 is the clinic", Kind.TELEPHONE, "(020) 7946 0999"),
    ("office: 0161 496 0456.", Kind.TELEPHONE, "0161 496 0456"),
    ("+44 20 7946 0958", Kind.TELEPHONE, "+44 20 7946 0958"),
    ("+44 (0)20 7946 0958", Kind.TELEPHONE, "+44 (0)20 7946 0958"),
    ("0044 20 7946 0958", Kind.TELEPHONE, "0044 20 7946 0958"),
    ("020-7946-0001", Kind.TELEPHONE, "020-7946-0001"),
    ("tel:+442079460001", Kind.TELEPHONE, "+442079460001"),
    ("0117 496 0789 ext. 45, ask for Kim", Kind.TELEPHONE, "0117 496 0789 ext. 45"),
    ("free on 0808 157 0123", Kind.TELEPHONE, "0808 157 0123"),
    ("or 0306 999 0123 anywhere", Kind.TELEPHONE, "0306 999 0123"),
    ("from the US it's +1 202-555-0123", Kind.TELEPHONE, "+1 202-555-0123"),
    ("my mobile in Perth is +61 491 570 156", Kind.TELEPHONE, "+61 491 570 156"),
    ("+33 1 99 00 12 34 à Paris", Kind.TELEPHONE, "+33 1 99 00 12 34"),
    # NHS numbers
    ("My NHS number is 999 000 0018.", Kind.NHS_NUMBER, "999 000 0018"),
    ("NHS no 9997654323", Kind.NHS_NUMBER, "9997654323"),
    ("999-555-1233, born in May", Kind.NHS_NUMBER, "999-555-1233"),
    ("(9991112227)", Kind.NHS_NUMBER, "9991112227"),
    ("999 246 8106 12/03/1980", Kind.NHS_NUMBER, "999 246 8106"),
    # Postal addresses
    ("I'm at 12 Acacia Avenue, Leeds LS2 9ZZ, door's open", Kind.POSTAL_ADDRESS, "12 Acacia Avenue, Leeds LS2 9ZZ"),
    (
        "Flat 3, 14b St Mary's Road, Horsforth, Leeds, LS18 4ZZ",
        Kind.POSTAL_ADDRESS,
        "Flat 3, 14b St Mary's Road, Horsforth, Leeds, LS18 4ZZ",
    ),
    (
        "12 Acacia Avenue\nHorsforth\nLeeds\nLS18 4ZZ",
        Kind.POSTAL_ADDRESS,
        "12 Acacia Avenue\nHorsforth\nLeeds\nLS18 4ZZ",
    ),
    ("send it to 7 the green, little snoring nr21 0zz", Kind.POSTAL_ADDRESS, "7 the green, little snoring nr21 0zz"),
    ("PO Box 12, Leeds LS2 9ZZ", Kind.POSTAL_ADDRESS, "PO Box 12, Leeds LS2 9ZZ"),
    ("The Old Rectory, EX99 1ZZ", Kind.POSTAL_ADDRESS, "EX99 1ZZ"),
    ("EC1A 1ZZ", Kind.POSTAL_ADDRESS, "EC1A 1ZZ"),
    ("W1A9ZZ.", Kind.POSTAL_ADDRESS, "W1A9ZZ"),
    ("My postcode is ls2 9zz if that helps", Kind.POSTAL_ADDRESS, "ls2 9zz"),
    ("Post code: G99 9ZZ", Kind.POSTAL_ADDRESS, "G99 9ZZ"),
    (
        "at 123 Main Street, Springfield, IL 62704 since June",
        Kind.POSTAL_ADDRESS,
        "123 Main Street, Springfield, IL 62704",
    ),
    (
        "4500 N 5th Ave. Apt 2, Faketown AZ 85001-0000",
        Kind.POSTAL_ADDRESS,
        "4500 N 5th Ave. Apt 2, Faketown AZ 85001-0000",
    ),
    ("P.O. Box 99, Nowhere, TX 75001", Kind.POSTAL_ADDRESS, "P.O. Box 99, Nowhere, TX 75001"),
    ("3/12 Wattle Street, Carlton VIC 3053", Kind.POSTAL_ADDRESS, "3/12 Wattle Street, Carlton VIC 3053"),
    ("Unit 4, 9 Banksia Cres, Dubbo NSW 2830, mate", Kind.POSTAL_ADDRESS, "Unit 4, 9 Banksia Cres, Dubbo NSW 2830"),
]

FOUND_ELSEWHERE = [
    ("US", "call 202-555-0123 now", "202-555-0123"),
    ("US", "(202) 555-0187", "(202) 555-0187"),
    ("US", "+44 20 7946 0123", "+44 20 7946 0123"),
    ("AU", "0491 570 156, leave a message", "0491 570 156"),
    ("AU", "(02) 5550 1234", "(02) 5550 1234"),
    ("DE", "030 23125 123", "030 23125 123"),
]

HARMLESS = [
    # Trials, papers, books
    "NCT01234567 and NCT02792218",
    "ISRCTN14048364, EudraCT 2010-023560-40",
    "EU CT number 2022-501234-12-00",
    "PMID: 31234567",
    "PMID 20794601 and PMC7946012",
    "doi:10.1212/WNL.0000000000200123",
    "https://doi.org/10.1016/S1474-4422(20)30001-9",
    "10.1056/NEJMoa2201292",
    "ISBN 4000000004",
    "ISBN-13: 978-0-14-143960-0",
    "ISBN 0 14 143960 X",
    "ISSN 1474-4422",
    "arXiv:2007.94601",
    "ORCID 0000-0002-1825-0097",
    "Lancet Neurol 2020; 19(3): 201-212",
    "N Engl J Med 2017;376:221-34",
    "Neurology 1993 43 655 661",
    "Grant 0207946012 from the MS Society",
    "UK Biobank application 49978, n = 502 493",
    # Doses, scores, laboratory values
    "300 mg every 28 days, then 600 mg every 24 weeks",
    "0.25 mg, 0.5 mg or 7 mg/14 mg once daily",
    "44 micrograms three times a week",
    "EDSS 6.5, was 3.0 in 2012 and 4.0 in 2016",
    "EDSS 6.0 6.5 7.0",
    "lymphocytes 0.2 0.4 0.9 x10^9/L",
    "vitamin D3 4000 IU, B12 1000 mcg",
    "B12 3mg and D3 5ug a day",
    "JCV index 0.9, titre 1:1280",
    "T25FW 7.2 s, 9-HPT 24.5 s, SDMT 52",
    "HR 0.58 (95% CI 0.39-0.88), p = 0.008",
    "10 000 000 000 copies",
    "1234567890 viral copies",
    "4444444444",
    "999 000 0017 has the wrong check digit",
    "12 999 000 0018 is something longer",
    "CHI 0101011234",
    # Money, years, dates, times, versions
    "£40,000 a year, $93,672 in the US",
    "It cost $1,200,000,000 to develop",
    "1999 2000 2001 2002 2003",
    "between 2010-2020 and 2021-2023",
    "21/11/2023 14:30",
    "2023-11-21T14:30:00",
    "01.02.2019 10:00",
    "From 9am to 5pm, 24/7",
    "version 1.2.3.4 of the protocol",
    "Windows 10.0.19045.3693",
    "192.168.0.1",
    # Genes, cells, strains, places
    "HLA-DRB1*15:01, rs3135388",
    "CD4+ CD25+ FoxP3, CCR5, IL2RA, TNFRSF1A",
    "C57BL/6 mice, MOG 35-55",
    "EBNA-1 386-405, B cells, T cells",
    "L4/L5 and S1, T2 lesions, C3 to C5",
    "SARS-CoV-2, H1N1, N95 masks",
    "Level 4, Queen Square, or Barts Health, Whitechapel Road",
    "We met in SW1A, near the Mall",
    "Room 12, second street on the left, 3 miles from the station",
    "I live at number 12 in a street in Leeds",
    "w8 4us pls",
    "Springfield, IL, has 3 neurologists",
    "NSW 2023 budget",
    # Links, names, marks
    "https://www.example.org/2020/01/ocrelizumab-in-ppms",
    "https://example.org/watch?v=9990000018",
    "www.example.org/4000000004",
    "@anna@mastodon.example and @bob",
    "user@localhost",
    "AUC@0.95 and 3@home",
    "look at example dot com",
    "me @ the clinic",
    "999 or 111, and 116 123 for the Samaritans",
    "+1 to that!!",
    "+++ 10 points +++",
    "😀 1️⃣ 2️⃣ 3️⃣",
    "",
    "\ud800 \udfff",
]


@pytest.mark.parametrize(("text", "kind", "wording"), FOUND)
def test_personal_data_is_found_where_it_stands(text: str, kind: Kind, wording: str) -> None:
    start = text.index(wording)
    assert personal_data(text) == (Found(kind, start, start + len(wording)),)


@pytest.mark.parametrize(("region", "text", "wording"), FOUND_ELSEWHERE)
def test_a_number_without_its_country_is_one_of_the_region(region: str, text: str, wording: str) -> None:
    assert [(each.kind, text[each.start : each.end]) for each in personal_data(text, region)] == [
        (Kind.TELEPHONE, wording)
    ]


def test_a_number_of_another_country_is_none_in_the_region() -> None:
    assert personal_data("202-555-0123, 0491 570 156", "GB") == ()


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_nobodys_is_not_found(text: str) -> None:
    assert personal_data(text) == ()


@pytest.mark.parametrize("before", ["😀😀 ", "\ud800\udfff ", "é̀ ", "日本 ", "\x00", "\u202e"])
def test_places_are_those_of_the_original_text(before: str) -> None:
    text = f"{before}anna@example.org, 020 7946 0123, 999 000 0018, LS2 9ZZ"
    assert [text[each.start : each.end] for each in personal_data(text)] == [
        "anna@example.org", "020 7946 0123", "999 000 0018", "LS2 9ZZ",
    ]  # fmt: skip


def test_where_two_claim_a_place_the_more_specific_has_it() -> None:
    assert [each.kind for each in personal_data("02079460123@example.org")] == [Kind.EMAIL]
    assert [each.kind for each in personal_data("9997654323", "IN")] == [Kind.NHS_NUMBER]


def test_what_is_redacted_is_named() -> None:
    text = "I'm anna@example.org, 020 7946 0123, NHS 999 000 0018, 12 Acacia Avenue, Leeds LS2 9ZZ. Thanks! 😀"
    assert redacted(text, personal_data(text)) == (
        "I'm [e-mail address removed], [telephone number removed], NHS [NHS number removed], "
        "[postal address removed]. Thanks! 😀"
    )


def test_nothing_found_is_nothing_redacted() -> None:
    assert redacted("Thanks, this made my day.", ()) == "Thanks, this made my day."


def test_some_of_what_was_found_may_stay() -> None:
    text = "The clinic is 020 7946 0123, and I am anna@example.org"
    _, mine = personal_data(text)
    assert redacted(text, [mine]) == "The clinic is 020 7946 0123, and I am [e-mail address removed]"


@given(ANY_TEXT | NEARLY | st.lists(st.sampled_from([text for text, _, _ in FOUND])).map(" ".join))
def test_what_is_found_lies_in_the_text_in_order_without_overlap(text: str) -> None:
    end = 0
    for each in personal_data(text):
        assert end <= each.start < each.end <= len(text)
        end = each.end


@pytest.mark.parametrize(
    "repeated",
    [
        "a", "a@", "a.", "@a.b", "a (at) ", "anna@example.org ", "1", "1 ", "1-1-", "1/2/", "+1 ", "((((", "999 000 ",
        "12 a a a a street, ", "12 Acacia Avenue, Leeds ", "LS2 9ZZ ", "1 st ", "12 st a a a a a a a IL ", "www.",
        "10.1234/", "PMID 1 ", "020 7946 0123 ", "0800 ", "😀", "\ud800",
    ],
)  # fmt: skip
def test_nasty_repetition_takes_time_in_proportion(repeated: str) -> None:
    personal_data("020 7946 0123")  # so that nothing is loaded below
    takes_time_in_proportion(personal_data, repeated)
