"""What a comment does that its words alone do not say: its topic beside the post's, its echo, its aim."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.domain.comment import Reading
from service.ml import kernel
from service.ml.kernel import (
    AGREEMENT,
    AMOUNT,
    AT_YOU,
    CONTEMPT,
    DOTTED,
    ECHO,
    ENGLISH,
    EXCLAIMED,
    FIRST_AGREEMENT,
    FIRST_PRAISE,
    LINK,
    MONEY,
    ONE,
    PRAISE,
    PRESENT,
    QUESTIONED,
    SHOUTED,
    SHOUTING,
    SOFTENED,
    SOFTENER,
    UNIT,
    VIOLENCE,
    YOU,
    Context,
    Lexicon,
    Rules,
)
from service.ml.text import alphabet, codes

(FMT, FMT_NAMED, HSCT, HARM, TROUBLE, THANKS, SELLING, PROFANITY, IDENTITY, ILLNESS, SELF, PEOPLE) = (
    1 << bit for bit in range(9, 21)
)

_WORDS: dict[int, str] = {
    FMT: """fmt afmt fmts faecal fecal faeces feces stool* poo poop poos poops turd turds gut_flora gut_bacteria
        gut_bugs bowel_flora bowel_bacteria microbio* probiotic probiotics crapsule* capsule capsules dysbiosis""",
    FMT_NAMED: """fmt afmt fmts faecal_transplant* faecal_transplants fecal_transplant fecal_transplants
        faecal_transplantation fecal_transplantation stool_transplant stool_transplants poo_transplant
        poo_transplants poop_transplant poop_transplants gut_transplant microbiota_transplant
        microbiota_transplantation faecal_microbiota_transplant faecal_microbiota_transplantation
        fecal_microbiota_transplant fecal_microbiota_transplantation crapsule* donor_stool""",
    HSCT: """hsct ahsct hscts haematopoietic hematopoietic stem_cell stem_cells stemcell* marrow bmt abmt transplant*
        chemo*""",
    HARM: """risk* die dies died dying death deaths dead deadly fatal mortality lethal kill* danger* toxic*
        neurotoxic* infection infections sepsis septic pneumonia icu intensive_care infertil* fertility
        menopause eggs sperm cancer cancers leukaemia leukemia lymphoma frail too_old too_ill too_sick too_weak
        surviv* side_effect side_effects complication complications harm* nadir neutropeni*""",
    MONEY: """cost costs costly price priced prices pricing expensive cheap* afford* pay pays paid paying payer payers
        money cash fund funds funded funding fundrais* gofundme crowdfund* insur* copay* co_pay deductible
        reimburse* budget budgets billed invoice invoices mortgage savings loan loans grant grants dollar
        dollars pound pounds euro euros quid grand buck bucks usd gbp profit profits £ $ € ¥ ₹""",
    UNIT: "k grand quid euro euros dollar dollars pound pounds rupees lakh m bn million billion",
    PRAISE: """great brilliant* wonderful* lovely marvellous marvelous fantastic amazing genius bravo splendid superb
        congrat* well_done good_job hero* impress* perfect excellent delighted thrilled so_glad how_nice love""",
    TROUBLE: """wait* year years relapse* fail* worse never nothing nobody again another still only just refused refuse
        denied ignored ignore mice mouse wheelchair wheelchairs delay* appointment lost cut cuts broken useless
        month months decade decades""",
    THANKS: """thank* thanx thx ta cheers grateful gratitude appreciat* hug hugs xx good_luck best_wishes wishing_you
        sorry_to_hear so_sorry i'm_sorry thinking_of_you take_care hang_in_there hope_you hope_it hope_your
        you're_not_alone you_aren't_alone not_alone been_there happy_to_help feel_free keep_going welcome
        congrat* well_done""",
    SELLING: """whatsapp telegram click visit order discount* promo* coupon subscrib* website web_site my_channel
        my_blog my_page my_site contact email_me email_him email_her email_us call_me call_us call_now
        free_shipping free_consultation free_trial free_quote buy sale offer offers guarantee* herbal herbs
        supplement supplements remedy remedies testimon* miracle cured_me book_now book_your check_out link""",
    AGREEMENT: """oh ah aw aww yes yeah yep right sure of_course wow well so great brilliant lovely good nice because
        clearly obviously absolutely totally true exactly indeed no_doubt fine marvellous fantastic amazing
        funny interesting""",
    YOU: "you your yours you're youre yourself yourselves u ur ya you've you'll y'all",
    CONTEMPT: """idiot* moron* stupid* imbecile* cretin* fool fools clown clowns loser losers scum* filth* trash garbage
        pathetic disgusting liar liars fraud frauds shill shills parasite* vermin rat rats leech* pig pigs cow
        cows bitch* bastard* arsehole* asshole* twat twats wanker* cunt* prick pricks dickhead* shut_up
        drop_dead kill_yourself go_to_hell rot_in crawl_back get_lost piss_off fuck_off fuck_you retard* thick
        dumb* brain_dead braindead brainless worthless nobody_asked hag hags freak freaks cripple cripples
        spastic* subhuman* scrounger* snowflake* whore* slut* coward* halfwit* dimwit* nutter* psycho*
        degenerate* creep creeps ignorant vile hypocrite* charlatan* quack quacks crook crooks thug thugs
        savages animals cockroach* sheep sheeple simpleton* buffoon* airhead* muppet* numpty pillock tosser*
        knobhead* git gobshite* ugly fat_cow waste_of_space waste_of_skin waste_of_oxygen""",
    VIOLENCE: """kill* die shoot shot hang hanged rot burn hurt punch beat rape raped drown stab stabbed strangle suffer
        cancer deserve deserves deserved regret find_you know_where where_you_live watch_your your_back come_for
        gas exterminat* slaughter* lynch* acid choke bullet noose grave coffin""",
    SOFTENER: """not n't no never isn't aren't ain't wasn't don't nobody without called call calling calls said says
        saying told tells shouted wrote named labelled labeled feel felt feeling i'm i am my myself stop being
        unlike hardly""",
    PROFANITY: """fuck* fucking shit* bullshit bollocks bloody damn* goddamn* arse* ass asses asshole* bugger* crap
        crappy piss* cunt* bitch* bastard* wank* twat* dick dickhead* cock cocks prick pricks tits hell feck*
        effing freaking motherfuck* sod sodding slut* whore* tosser* bellend* arsehole*""",
    IDENTITY: """muslim* islam* jew jews jewish christian* catholic* hindu* black blacks white whites asian* african*
        immigrant* migrant* refugee* foreigner* gay gays lesbian* trans transgender tranny queer homosexual*
        women woman female* men disabled cripple* deaf blind old elderly boomer* autistic retard* polish
        romanian* indian* chinese pakistani* paki* gypsy gypsies gypo* irish american* mexican* arab* traveller*
        feminist* nigg* fag fags faggot* spastic* wheelchair*""",
    ILLNESS: """ms relapse* lesion* disease* drug drugs pain* fatigue spasm* spasticity dying cancer cells immune
        neurologist* neuro nurse* hospital* depress* suicid* despair grief grieving crippl* symptom* diagnos*
        wheelchair* death""",
    SELF: "i i'm i've i'd i'll me my mine myself we our us",
    PEOPLE: """they them their people those all_of them* your_kind these you_people patients doctors moderators
        neurologists researchers scientists""",
    # Those alone that no neighbouring language writes too: not `in`, `of`, `was`, `for`, `me`, `no`.
    ENGLISH: """the and you that with this they from but what some can out other were there when your how said each
        she which their time if will way about many then them would like these make him into look more did my
        than who its not just don't it's i'm i've i'll that's can't didn't doesn't thanks thank really yes because
        please very why where could should been any good are it be people know think only even after before
        never always still much most every own through between those us our yours being going want need years
        here my his""",
}
"""The words of each bit: `*` stands for any ending, `_` for a blank within a phrase of two or three words."""


class Rule(NamedTuple):
    """A trait: what has to be in the text, and around it, for it to show."""

    name: str
    text: int = 0
    bars: int = 0
    parent: int = 0
    title: int = 0
    bars_title: int = 0
    above: int = 0
    """What has to be in the parent or in the title."""
    strength: int = ONE


RULES = (
    Rule("fmt off topic", FMT, title=PRESENT, bars_title=FMT),
    Rule("fmt named, off topic", FMT_NAMED, title=PRESENT, bars_title=FMT),
    Rule("fmt on topic", FMT, title=FMT),
    Rule("fmt without title", FMT, bars_title=PRESENT),
    Rule("fmt above, off topic", 0, bars=FMT, parent=FMT, title=PRESENT, bars_title=FMT),
    # Under a post about them, or where "transplant" is what one does with stool, a transplant is not of stem cells.
    Rule("hsct", HSCT, bars=FMT),
    Rule("hsct above", above=HSCT),
    Rule("harm", HARM),
    Rule("harm with hsct", HARM | HSCT, bars=FMT),
    Rule("harm under hsct", HARM, bars=HSCT | FMT, above=HSCT),
    Rule("money", MONEY),
    Rule("amount", AMOUNT),
    Rule("praise", PRAISE),
    Rule("praise with trouble", PRAISE | TROUBLE),
    Rule("praise opening", FIRST_PRAISE),
    Rule("thanks", THANKS),
    Rule("thanks to you", THANKS | YOU),
    Rule("selling", SELLING),
    Rule("selling with link", SELLING | LINK),
    Rule("link", LINK),
    Rule("contempt", CONTEMPT),
    Rule("contempt of you", CONTEMPT | YOU),
    Rule("contempt close to you", CONTEMPT | AT_YOU),
    Rule("contempt taken back", CONTEMPT | SOFTENED),
    Rule("contempt not taken back", CONTEMPT, bars=SOFTENED),
    Rule("contempt of a group", CONTEMPT | IDENTITY),
    Rule("contempt in profanity", CONTEMPT | PROFANITY),
    Rule("violence", VIOLENCE),
    Rule("violence close to you", VIOLENCE | AT_YOU),
    Rule("profanity", PROFANITY),
    Rule("profanity without contempt", PROFANITY, bars=CONTEMPT),
    Rule("identity", IDENTITY),
    Rule("identity without contempt", IDENTITY, bars=CONTEMPT | PROFANITY),
    Rule("illness", ILLNESS),
    Rule("people", PEOPLE),
    Rule("you", YOU),
    Rule("you, answering", YOU, parent=PRESENT),
    Rule("self", SELF),
    Rule("shouting", SHOUTED, strength=SHOUTING),
    Rule("agreement opening", FIRST_AGREEMENT),
    Rule("echo", 0, parent=PRESENT, strength=ECHO),
    Rule("agreement with echo", FIRST_AGREEMENT, parent=PRESENT, strength=ECHO),
    Rule("answering contempt", parent=CONTEMPT),
    Rule("answering praise with praise", PRAISE, parent=PRAISE),
    Rule("question", QUESTIONED),
    Rule("question with you", QUESTIONED | YOU),
    Rule("exclamation", EXCLAIMED),
    Rule("praise exclaimed", PRAISE | EXCLAIMED),
    Rule("trailing dots", DOTTED),
)
NAMES = tuple(rule.name for rule in RULES)


def is_about_fmt(title: str) -> bool:
    """Whether a post's title says that it is about stool transplants or the gut's flora."""
    return bool(_bits(title) & FMT)


def names_fmt(text: str) -> bool:
    """Whether a text names the treatment itself, beyond doubt."""
    return bool(_bits(text) & FMT_NAMED)


def shows(text: str, name: str) -> bool:
    """Whether a text shows a trait that hangs on its own words alone."""
    needs = next(rule.text for rule in RULES if rule.name == name)
    return _bits(text) & needs == needs


def context(reading: Reading) -> Context:
    """Return what a comment is read beside."""
    title, _ = _title(reading.post_title) if reading.post_title else (np.uint64(0), _NONE)
    parent, echoed = _surroundings(reading.parent) if reading.parent else (np.uint64(0), _NONE)
    return Context(parent, title, echoed)


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Return the words, beginnings of words and phrases with the bits they set."""
    found: dict[int, int] = {}
    begins, opens = np.zeros(2**15 // 64, np.uint64), np.zeros(2**12 // 64, np.uint64)
    for bit, words in _WORDS.items():
        for word in words.split():
            key = _key(word)
            found[key] = found.get(key, 0) | bit
            if "_" in word:
                first = int(kernel.hash_of(codes(word.partition("_")[0]))) & 0xFFF
                opens[first >> 6] |= np.uint64(1) << np.uint64(first & 63)
            elif word.endswith("*"):
                three = kernel.three_of(*_first_letters(word))
                begins[three >> 6] |= np.uint64(1) << np.uint64(three & 63)
    size = 1 << (2 * len(found)).bit_length()
    keys, masks = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    for key, mask in found.items():
        at = key & (size - 1)
        while keys[at]:
            at = (at + 1) & (size - 1)
        keys[at], masks[at] = key, mask
    return Lexicon(keys, masks, begins, opens)


@lru_cache(maxsize=1)
def rules() -> Rules:
    """Return the rules as the kernel wants them."""
    needs = [(rule.text, rule.parent, rule.title, rule.above) for rule in RULES]
    bars = [(rule.bars, 0, rule.bars_title, 0) for rule in RULES]
    return Rules(
        np.array(needs, np.uint64), np.array(bars, np.uint64), np.array([rule.strength for rule in RULES], np.int64)
    )


_NONE: npt.NDArray[np.uint64] = np.empty(0, np.uint64)


def _first_letters(word: str) -> list[int]:
    letters = codes(word.removesuffix("*"))[: kernel.SHORTEST_BEGINNING]
    if len(letters) < kernel.SHORTEST_BEGINNING:
        raise ValueError(f"{word!r} is too short a beginning: write {kernel.SHORTEST_BEGINNING} letters at least")
    return [int(each) for each in letters]


def _key(word: str) -> int:
    """Return the hash under which the lexicon keeps an entry."""
    parts = [codes(part) for part in word.removesuffix("*").split("_")]
    if len(parts) > 1:
        pair = kernel.hash_of(parts[0])
        for part in parts[1:]:
            pair = kernel.joined(pair, kernel.hash_of(part))
        return int(kernel.phrase_of(pair))
    return int(kernel.beginning_of(parts[0]) if word.endswith("*") else kernel.hash_of(parts[0]))


def _surroundings(text: str) -> tuple[np.uint64, npt.NDArray[np.uint64]]:
    bits, echoed = kernel.surroundings(codes(text), alphabet(), lexicon())
    return np.uint64(bits) | np.uint64(PRESENT), echoed


@lru_cache(maxsize=1024)
def _title(title: str) -> tuple[np.uint64, npt.NDArray[np.uint64]]:
    """Return what there is to know of a title; kept, because many comments stand under one."""
    return _surroundings(title)


def _bits(text: str) -> int:
    return int(_surroundings(text)[0])
