"""Wording that suggests that somebody may harm themselves, or stop a treatment by themselves: a pin, no verdict.

A text is first written out plainly, word by word as the readers read it (`text.py`): "I’m" becomes "i am", "kil" is
"kill", and words that change nothing, such as "really", are passed over. That is why the patterns can be read aloud. In
them words in capitals stand for an entry of the vocabulary, and "." for the end of a sentence.

Only the first person counts, in the present or the future. A denial ("I'm not going to harm myself") counts as well:
who denies it has thought of it, and a look costs a moderator seconds. So does the past, unless it is told as overcome.
It finds what is said; what is only hinted at ("I look at trains differently these days") no list of wordings finds.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import accumulate
from textwrap import dedent

import re2  # type: ignore[import-untyped]  # takes linear time whatever it is given, but ships no types

from service.ml.text import Token, tokens


class Kind(StrEnum):
    """What a sign is a sign of."""

    SELF_HARM = "self_harm"
    STOPPING_TREATMENT = "stopping_treatment"


@dataclass(frozen=True)
class Sign:
    """A stretch of a text that a person should look at soon, and what for."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class Group:
    """Patterns for one way of saying a thing, one a line, and why they are there.

    What a firm group finds is a sign whatever stands around it. What the others find is none where harmless wording
    overlaps it or, for some such wording, is within reach: so many characters away.
    """

    kind: Kind
    why: str
    patterns: str
    firm: bool = False
    reach: int = 0


def crisis(text: str) -> tuple[Sign, ...]:
    """Return the signs in a text in their order; two of one kind never overlap."""
    plain = written_plainly(text)
    found = [Sign(kind, *plain.place(start, end)) for kind in Kind for start, end in _found(kind, plain.words)]
    return tuple(sorted(found, key=lambda sign: (sign.start, sign.end)))


_PLAINLY = {
    "i'm": "i am", "im": "i am", "i've": "i have", "ive": "i have", "i'd": "i would", "i'll": "i will",
    "ima": "i am going to", "imma": "i am going to", "wanna": "want to", "gonna": "going to", "gunna": "going to",
    "can't": "can not", "cant": "can not", "cannot": "can not", "cnt": "can not", "couldn't": "could not",
    "don't": "do not", "dont": "do not", "dnt": "do not", "didn't": "did not", "didnt": "did not",
    "doesn't": "does not", "doesnt": "does not", "won't": "will not", "wont": "will not", "shan't": "will not",
    "isn't": "is not", "isnt": "is not", "ain't": "is not", "aint": "is not", "aren't": "are not",
    "wasn't": "was not", "wasnt": "was not", "weren't": "were not", "haven't": "have not", "havent": "have not",
    "hasn't": "has not", "hadn't": "had not", "wouldn't": "would not", "wouldnt": "would not",
    "shouldn't": "should not", "shouldnt": "should not", "it's": "it is", "that's": "that is", "there's": "there is",
    "theres": "there is", "what's": "what is", "whats": "what is", "life's": "life is", "they'd": "they would",
    "they'll": "they will", "everyone'd": "everyone would", "anymore": "any more", "noone": "nobody",
    "suicde": "suicide", "sucide": "suicide", "suiside": "suicide", "suicid": "suicide", "sucidal": "suicidal",
    "suicidle": "suicidal", "kil": "kill", "kll": "kill", "mysef": "myself", "myslef": "myself", "meself": "myself",
    "livin": "living", "wnt": "want", "wud": "would", "shud": "should", "u": "you", "dr": "doctor",
}  # fmt: skip
"""Contractions, abbreviations and slips of the keyboard, written out."""

_READ_ALIKE = {
    # Words without which a sentence says the same.
    "": """just really honestly honest actually literally truly genuinely seriously simply basically definitely fuckin
        fucking bloody freaking effing damn so very too quite kinda often always only even still also again now today
        finally already recently currently lately soon maybe probably perhaps sometimes constantly totally completely
        absolutely desperately quietly please tbh lol haha ever pretty almost mate guys folks either slowly gladly
        happily immediately suddenly""",
    # Treatments by name: those of MS, and those for its symptoms and company that must not be stopped in a day.
    "<drug>": """tysabri tyruko natalizumab tecfidera dmf fumarate vumerity bafiertam gilenya fingolimod ocrevus
        ocrelizumab kesimpta ofatumumab aubagio teriflunomide copaxone brabio glatiramer avonex rebif betaferon
        betaseron extavia plegridy interferon interferons lemtrada alemtuzumab campath mavenclad cladribine mayzent
        siponimod ponvory ponesimod zeposia ozanimod briumvi ublituximab rituximab rituxan mabthera mitoxantrone
        azathioprine methotrexate mycophenolate fampridine fampyra ampyra sativex baclofen gabapentin pregabalin lyrica
        tizanidine dantrolene carbamazepine tegretol clonazepam diazepam amitriptyline nortriptyline duloxetine
        sertraline citalopram escitalopram fluoxetine prozac mirtazapine venlafaxine antidepressant antidepressants
        modafinil amantadine solifenacin oxybutynin mirabegron keppra levetiracetam topiramate prednisolone prednisone
        insulin warfarin levothyroxine thyroxine""",
}
_READ_AS = _PLAINLY | {word: read_as for read_as, words in _READ_ALIKE.items() for word in words.split()}

_VOCABULARY = {
    # Who speaks. At the head of a sentence many leave the "I" out; nobody else is ever meant by "want to die" there.
    "ME": r"(i|i SOME (and|but|or)|\.( (,|and|but|or|yes|no|because))*)",
    "MYSELF": "((my|me) )?(my)?self",
    # Where a thought ends: "I can't go on" is despair, "I can't go on holiday" is not.
    "END": "([.,]|and|but|because|since|or|if|when|until|without)",
    "ANY_MORE": "(any more|any longer|no more|no longer|much longer|more)",
    # Nothing but these may stand between "I" and a deed that is wanted, or denied.
    "WILLING": """(am|was|have|had|been|will|would|might|could|should|must|may|shall|can|want|wanted|wanting|wish|
        going|about|ready|planning|plan|planned|thinking|think|thought|tried|trying|tempted|decided|consider|
        considering|considered|contemplating|contemplated|feel|feeling|like|rather|better|to|of|on|need|intend|hope|
        hoping|started|keep|how|not|never|do|did|prefer|i)""",
    "WISH_TO": """((am|was|have|had|been|would|do|might|will) )*(want|wanted|wanting|wish|wished|long|longing|hope|
        hoping|hoped|ready|beg|begging|pray|praying|deserve|like|love|prefer|rather)( (to|for|that))?""",
    "CANNOT": "(can not|can no longer|am not able to|am unable to|do not think i can|not able to|no can)",
    "LIVE": """(live|living|be alive|being alive|exist|existing|go on living|carry on living|keep living|keep on
        living|continue living|continue to live|stay alive|be in this world|be on this (earth|planet))""",
    "GONE": """(gone|dead|died|die|not here|not around|not alive|no longer here|not there|never born|out of the way|
        (was|were|am) not END)""",
    "NOBODY": "(nobody|no one|not a soul)",
    # What is stopped.
    "NAMED": "<drug>",
    "PILLS": """(meds?|medications?|medicines?|drugs?|tablets?|tabs|pills?|capsules|morphine|insulin|patches|oramorph|
        sleeping (pills|tablets)|painkillers|NAMED)""",
    "GENERIC": """(meds?|medications?|medicines?|drugs?|tablets?|pills?|injections?|jabs?|shots?|infusions?|
        treatments?|therapy|dmts?|dmds?|capsules?|steroids?|chemo|doses?|drips?|immunosuppressants?|immunosuppression|
        needles?)""",
    "MED": """((with|taking|having|injecting|using|getting|doing|being on|on|going for|all|any|half|of|the|my|our|
        these|those|this|their|every|ms|next|last|weekly|daily|monthly|own|prescribed|entire|whole) )*(NAMED|
        GENERIC)""",
    "ALL_OF_IT": "(everything|the lot|the whole lot|all of it|all of them|them all|it all)",
    "STOP": """(stop|quit|ditch|bin|drop|come off|go off|get off|give up|give up on|chuck|dump|discontinue|cease|
        leave|skip|cancel|refuse|abandon|pack in|jack in|sack off|flush|throw away|throw out|wean MYSELF off|take
        MYSELF off)""",
    "STOPPING": """(stopping|quitting|ditching|binning|dropping|coming off|going off|getting off|giving up|giving up
        on|chucking|dumping|discontinuing|leaving|skipping|cancelling|canceling|refusing|abandoning|packing in|
        jacking in|flushing|throwing away|throwing out|weaning MYSELF off|taking MYSELF off|not taking)""",
    "STOPPED": """(stopped|quit|ditched|binned|dropped|came off|come off|went off|gone off|got off|gave up|given up|
        given up on|chucked|dumped|discontinued|ceased|left|skipped|cancelled|canceled|refused|abandoned|packed in|
        jacked in|sacked off|flushed|thrown away|thrown out|threw away|threw out|weaned MYSELF off|took MYSELF off|
        taken MYSELF off|swapped|swopped)""",
    "INTEND": """((am|was|been|have been) )*(am|going to|will|might|decided to|decide to|decided on|decided|thinking|
        thinking of|thinking about|considering|contemplating|planning|planning to|planning on|plan to|tempted to|
        intend to|intending to|about to|ready to|minded to|want|want to|would like to|would love to|would rather|
        would prefer to|wish to|hope to|feel like|keep|started|have started|have made my mind up to|made up my mind
        to|think i will|think i am going to|think of|think about|mind to)""",
    # Who else was asked.
    "DOCTOR": """(((my|the|our|an?) )?(ms )?(neuro|neuros|neurologist|neurologists|neurology team|consultant|doctor|
        doctors|doc|docs|nurse|nurses|team|gp|specialist|hospital|clinic|pharmacist|psychiatrist|physician|prof|
        professor)('s|s)?|they|we)""",
    "AGREED": """(agree|agreed|agrees|advised|advises|suggested|suggests|recommended|recommends|convinced|persuaded|
        decided|switched|switching|moved|moving|swapped|put me|is putting me|are putting me|took me off|taken me off|
        takes me off|taking me off|wants me (off|to)|wanted me (off|to)|(is|was|are|were) (happy|fine|ok|okay|
        supportive|on board|in agreement)|approved|supports|supported|pulled|stopped|signed|says? (yes|ok|okay|fine)|
        said (yes|ok|okay|fine|it is (fine|ok|okay|time)|to (stop|come|switch)|i (can|could|should|may|must|might|
        need|had))|told me (to (stop|come)|i (can|could|should|must|had))|asked me to (stop|come)|thinks (it is|i
        should|i can))""",
}

_GAPS = {
    "DO": r"((do|did|have|had|am|can|could|would|will|was|may|might|should|think|i)\s)*",
    "FEW": r"([^\s.]+\s){0,3}",
    "SOME": r"([^\s.]+\s){0,7}",
    "MANY": r"([^\s.]+\s){0,12}",
    "BEYOND": r"([^\s]+\s){0,18}",
}
"""Words that may stand in between: little ones only; or up to so many of one sentence; or of the next sentence too."""

_OUTRIGHT = Group(
    Kind.SELF_HARM,
    "The deed is called by a name. To burn or cut oneself by accident is part of MS, so these need a wish as well.",
    """
    (kill|hang|unalive|drown|neck|end) MYSELF
    (to|will|would|might|could|should|and) (off|top|shoot) MYSELF
    (do|doing) MYSELF in
    (killing|hanging|unaliving|drowning|offing|topping|necking) MYSELF
    (of|about|like|on|consider|considered|considering|contemplate|contemplated|contemplating|imagine|from|thinking|to|
        is|or) (ending|shooting) MYSELF
    (suicide|harm|harming) MYSELF
    (i|i am|i have|i have been|i keep|i do|to|started|been) self (harm|harming|harmed)
    (urge|urges|want|wanted|going|tempted|start|started|starting|thinking|thought|thoughts|keep|feel like|back to)
        ((to|of|about|thinking) )*(hurt|hurting|cut|cutting) MYSELF
    ME (WILLING )+(be )?(unalive|unalived|un alive|kms|yeet MYSELF)
    ME (WILLING )+od (on|and|[.,])
    [.,] kms [.,]
    (slit|slitting|slash|slashing|cut|cutting|open|opening) my (own )?(wrist|wrists|throat|veins)
    (razor|blade|knife) (to|on|across) my (wrist|wrists|arm|arms|skin|throat)
    (bullet|gun) (in|through) my (own )?(head|brain|brains|mouth|temple)
    (rope|noose) (round|around|for) my neck
    (put|hold) a pillow over my (face|head)
    pull the plug on (me|MYSELF|my life)
    starve MYSELF( to death)?
    ME (have )?(stop|stopped|stopping|refuse|refusing) ((all|eating|food) )+(and|or) (drink|drinking|water|fluids)
    ME (WILLING |end up |ending up )+(do|doing) something (stupid|silly|drastic|permanent|irreversible|to MYSELF|i
        can not take back)
    i (am|do|feel) not (feel )?(safe (with MYSELF|from MYSELF|alone|on my own)|trust MYSELF (alone|not to|with (the|
        my)|around|tonight|END))
    (scared|afraid|frightened|worried) of (what i (might|may|will|would|could) do|MYSELF)
    """,
)
_ENDING = Group(
    Kind.SELF_HARM,
    "Life is what shall end; 'it' alone will do beside a wish or a plan.",
    """
    (end|ending|take|taking|finish|finish with|finishing) my (own )?(life|existence|days|misery|suffering)
    ME (WILLING )+((end|ending) (it|everything)|(finish|finishing) (MYSELF|it all))
    ((thinking|thought|thoughts|plan|plans|planned|planning|wish|way|ways|urge|ready|decided|time|better|best|easier)
        )((to|of|about|for) )*(end|ending) (it|everything)
    (put|putting|make|making) (an )?end (to|of|on|with) (my life|it all|it|my days|my suffering|my misery|MYSELF)
    my life is (over|finish|finished|done|ended)
    (unsubscribe|opt out|opting out|check out|checking out|bow out|bowing out) (early|of (my |this )?(life|world|
        existence)|from life)
    i SOME (go|leave|die|exit|out|end it|bow out|check out) on my own terms
    """,
)
_SUICIDE = Group(
    Kind.SELF_HARM,
    "The word itself, where it is about oneself and not about a rate, a risk or a trial.",
    """
    ME (WILLING )+(commit|committing|attempt|attempting|do|make) suicide
    ME ((am|have|had|been|was|do|all|the|time|can|not|help|did|must|would|could|started|to|me) )*(think|thinking|
        thought|thoughts|dream|dreaming|planning) FEW (of|about|on) ((my|own|committing|doing) )*suicide
    (ME|me) ((am|have|had|been|was|do|did|must|would|could|started|to|not|never|all) )*(consider|considering|
        considered|contemplate|contemplating|contemplated|planning|planned|plan|attempted|tried|attempt) ((my|own|
        committing|doing) )*suicide
    my (thoughts|plans|attempts|thought|plan|attempt|idea|ideas) (of|about|at) suicide
    suicide (is|seems|looks|feels|sounds)( like)? (my|the) FEW (way|option|answer|solution|thing|choice)
    suicide (is|seems|looks|feels|sounds) ((like|a|the|an) )*(rational|reasonable|sensible|logical|attractive|
        tempting)
    (suicide|ending it|dying) FEW (on|in|crosses|crossed|crossing|entered|enters|through) my (mind|head|thoughts)
    (my own|my) suicide
    (cross|crosses|crossed) (my|your|mine) mind ((to|i|could|should|that) )*(not be here|not being here|die|end it|
        kill MYSELF)
    voices (say|tell me|are telling me|telling me) (to )?(do it|die|end|kill|jump)
    ME ((am|was|have|had|do|did|been|feel|feeling|felt|get|getting|got|become|becoming|not|bit|a|little|that|i|am)
        )+suicidal
    (make|makes|made|making|leaves|left|turns|turned) me (FEW suicidal|want to (die|kill MYSELF|end it))
    (i have|i had|i am having|i get|i got|i keep having|having|getting|my|been having) ((had|been|having|some|these|
        such|many|more|daily|active|passive|dark|strong|no) )*suicidal (thought|thoughts|ideation|ideas|feelings|
        urges|tendencies)
    i ((have|am|get|keep|had|been|having|got|getting|some|these|such) )+(dark|bad|black|ugly|intrusive) thoughts
    i (think|thinking|dream|fantasise|fantasize) (much |a lot |every day |all the time |all day )?(of|about) (dying|
        death|ending|being dead)
    i (understand|get|see|can see|know) why (people|some|many|they) FEW (kill themselves|end it|commit suicide|take
        their own)
    """,
)
_MEANS = Group(
    Kind.SELF_HARM,
    "A place or a means, with a wish or a plan: the more precise, the more urgent.",
    """
    ME ((WILLING )+|SOME (reason|reasons|why|imagine) SOME)(jump|jumping|step|stepping|walk|walking|roll|rolling|
        wheel|wheeling|drive|driving|fall|throw MYSELF|throwing MYSELF|chuck MYSELF|fling MYSELF) FEW (off|from) FEW
        (bridge|cliff|cliffs|roof|building|balcony|viaduct|pier|ledge|car park|tower|top|multi storey|harbour|harbor|
        quay|platform)
    ME (WILLING )+(jump|jumping|step|stepping|walk|walking|roll|rolling|wheel|wheeling|drive|driving|lie|throw MYSELF|
        throwing MYSELF|chuck MYSELF|fling MYSELF) FEW (under|in front of) FEW (train|bus|lorry|truck|traffic|tube|
        car|van)
    ME (WILLING )+(walk|walking|roll|wheel|drive|driving|throw MYSELF|chuck MYSELF) ((MYSELF|us|both|all|straight|
        right|my|the|car|van|chair|scooter|wheelchair) )*into FEW (wall|tree|sea|river|canal|traffic|lake|ocean|train|
        lorry|truck)
    ME (WILLING )+(lie|lying) FEW on the (tracks|track|rails|railway|line)
    ME (WILLING )+(swallow|take|down|neck) FEW (whole (bottle|box|packet|lot)|them all|the lot|bottle of|box of|
        packet of)
    i SOME (guts|courage|nerve|balls|brave enough|not brave) to (do it|end it|go through with it|jump|die|take them)
    ME (WILLING )+take all (of )?((my|the|these|them) )+(PILLS )?(and (sleep|never|be|go)|at once|in one go)
    ME (WILLING )+take the (quick|easy|easier|other|final|coward's|cowards) way out
    (switch me|(switch|turn) MYSELF) off
    coward (to (do it|end it|go through with it|jump|die)|and (do it|end it|(take|swallow) (them|it) all))
    ME (WILLING |take |taking |took )+(an overdose|overdose|overdosing)
    (saving up|saved up|save up|stockpiling|stockpiled|stockpile|hoarding|hoarded|hoard|stashing|stashed) ((my|the|
        all|enough|some|her|his|of) )+FEW PILLS
    i FEW as far as the FEW (balcony|bridge|edge|ledge|cliff|roof|platform|rope)
    (bottle|box|handful|packet|fistful) of PILLS in (my|the) (hand|hands)
    PILLS FEW (saved up|counted out|lined up|stashed|hoarded|stockpiled|put by|put aside)
    (enough|plenty of) FEW PILLS SOME to (die|kill|end|see me off|put me|do it|do the job|finish (this|it|me|MYSELF|
        things|off|END)|sleep forever|not wake)
    (how many|how much|which) FEW (it takes|i need|i would need|it would take) to (die|kill MYSELF|end it|see me off)
    (googled|looked up|searched|looking up|researching|researched|googling) FEW (ways|how|methods) to (die|end|kill)
    (painless|easiest|quickest|peaceful|best|easy|quick) way to (die|end it|end my|kill MYSELF)
    (get|order|ordered|buy|bought|find|found) FEW (nembutal|pentobarbital)
    """,
)
_WISH_TO_BE_DEAD = Group(
    Kind.SELF_HARM,
    "To wish to be dead, or never to wake up, is where it begins.",
    """
    ME WISH_TO ((be |to )*die|be (dead|gone END)|dead END|be no more|cease to exist|stop existing|stop living|leave
        this (world|earth|life)|meet my maker|be put down|be put to sleep|disappear (forever|for good|for ever|from
        (this|the) (world|earth|planet)|END)|be at peace|rest in peace|go to heaven|be with (god|jesus|the lord)|not
        (be alive|exist|be here))
    ME (WISH_TO|can not wait to) FEW (sleep|asleep|bed|sleeping) (and|to) (never|not) (wake|wake up|waking up)
    ME WISH_TO sleep (forever|for ever)
    ME ((am|have|had|was) )*(decided|planning|plan|planned|choosing|chosen|intend|determined) to die
    (hope|hoping|wish|pray|praying|want|wanting) (that )?(i )?((do|will|to|would|could) )*(not|never) (wake|wake up|
        waking up)
    (happy|happier|glad|content|relieved|fine|ok|okay|relief|blessing|mercy|mind|kinder|care|easier|nice|nicer|
        prefer) ((if|i|it|to|for|me|was|would|be) )*(to (die|be dead|have died)|if i ((was|were|did|had|could|am)
        )*(die|died|dead|gone END)|((did|to|do) )*(not|never) (to )?(wake|waking) up)
    (not|never) care (if|whether) i (live|die|wake|make it|lived|died)
    if i (live|lived) or (die|died)
    (wish|if only) (that )?i (was|were|am|could be) (GONE|not born)
    (wish|if only) (that )?i (had|was|were|would|would have) (never|not) (been born|born|woken|woken up|woke up|
        survived|made it|wake up|been alive)
    (wish|wishing) (that )?i (would|could|might|can|had) (die|died|drop dead|be dead|not wake up|vanish|disappear)
    (hope|hoping|pray|praying) (that )?i ((will|would|could|can|get|to|do|have) )*(die|not make it|hit by|run over|a
        heart attack|a stroke and)
    (hope|hoping|wish|pray|praying|want|wishing) FEW heart ((to|would|will|could|and) )*(stop|stops|gives out|gives
        up|give out)
    (pray|praying|prayed|beg|begging|wish|wishing|ask|asking|hope|hoping) SOME (take|takes|took|come for) me (in my
        sleep|soon|tonight|away|home|END)
    (i|\\.|nights|days) (pray|beg|wish|want|hope|wishing|hoping|praying) SOME (finish me off|finish me|kill me|put me
        down|end me|put me out of my misery|end my (life|misery|suffering)|shoot me|hit me|run me over)
    i should have died
    i should not be alive
    (i|am|me|i would be|i will be|i might be|\\.) better ((off|to be|if i am) )*dead
    (better|best) ((that|if|for|everyone|all|them|everybody|it|is|i|to) )*(i|to) (die|died)
    (would|i) rather (be|not be|not|never) (dead|alive|exist|gone|here|not alive)
    i (am |can not )?(waiting|wait|longing|long) (for|to) (death|die|dying|be dead)
    (welcome|prefer|choose) (death|to die)
    death ((would|will|is|seems|looks|sounds|be|feels|like|a|an) )+(relief|better|easier|kinder|kindness|mercy|
        blessing|preferable|welcome) (than (this|living|life|being)|to (this|living|life)|for me|after)
    death can not come (soon|fast) enough
    (hope|hoping|wish|pray) (that )?i (catch|get|have) FEW (fatal|terminal|deadly|kills me)
    let me (die|slip away|sleep (forever|for ever))
    if i (was|were) (a|your) (dog|horse|cat|pet) SOME (put me|putting me) (down|to sleep|out of)
    (rather|wish|want|hope) SOME be (six feet under|6 feet under|in (my|the) (grave|coffin|ground)|under the ground)
    why (am|do|should|must|did|have) i (LIVE|alive|not dead|to live|bother living|survive|not die)
    i (want|wish|need) FEW (it|this|that it|all|all of it|everything|all this) ((to|would|be|is) )*(end|be over|over|
        ends)
    i (want|wish|need) FEW all ((to|would|be|is) )*(finish|finished)
    i (want|would like|wish|need) FEW (all|everything) (to )?(stop|stops)
    i want out (END|of (this|my) (life|body|world))
    """,
)
_NOT_TO_LIVE = Group(
    Kind.SELF_HARM,
    "Not to want to live, or to be here, any longer; or to see no reason to.",
    """
    ME DO (not|never|no longer) (want|wanted|wish|care|like|need|deserve|feel like|see (the |any |a )?(point|reason|
        sense|use)|have (the |any |a )?(will|strength|energy|reason|wish|desire|courage|fight)) ((to|in|of|for|left|
        go on|be) )*LIVE
    ME DO (not|never|no longer) (want|wanted|wish|care|need)( to)? ((be|stay|stick around|remain) )?(here|around)
        (ANY_MORE|at all|END)
    ME DO (not|never|no longer) (want|wanted|wish)( to)? wake up (ANY_MORE|tomorrow|in the morning|END)
    ME DO (not|never|no longer) (want|wanted|wish)( to)? (go on|carry on|continue|keep going|keep on|be me) (ANY_MORE|
        like this|with (my|this) life|END)
    ME DO (not|never|no longer) (see|find|have) (any |a |the )?(reason|point|sense|will|strength) (to|in|of) (go on|
        carry on|keep going|going on|carrying on|continue|continuing|it all|any of it|anything) (ANY_MORE|like this|
        living|END|with (my|this) life)
    not (see|think of|find|give me|know|have) ((one|a|any|single|good|the) )*(reason|reasons|why) (not to|i (should|
        must|have to|need to)|to) (LIVE|be here|stay END|drive home|bother END|(go on|carry on|keep going) END|wake
        up|jump|end it|kill)
    (see|is|know) ((the|any|no|what|is) )*(point|use|purpose|sense) (of|in) (me|MYSELF|being (me|here|alive)|it all)
        (ANY_MORE|END)
    (stop|stopped) wanting to (LIVE|be here)
    not want (my|this) life (ANY_MORE|END)
    nothing matters ANY_MORE
    tired to live
    what is there to (stay|live|go on|carry on) for
    nothing ((is|left|to|that) )*(holding|keeping|keeps|holds|keep|hold) me (here|alive)
    i have ((got|absolutely) )*nothing left END
    nothing left to (look forward to|hope for|fight for|stay for)
    (my life|this life|living|\\. life) (is|has become|feels) (pointless|meaningless|unbearable|torture|unliveable|a
        living hell)
    this is (no life|not a life|not living)
    not (intend|plan|want) to (see|reach) (it END|FEW (birthday|christmas|spring|summer|year))
    no (point|purpose|use|sense) ((to|in|of|for) (me|it all|my life|anything|being here) )?any more
    (i|i have|i have got|i see|i find|there is|\\.) no ((more|other) )?(reason|right|will|wish|desire|strength|energy|
        force|point|sense|purpose|wish) ((left|for me|to|in|of|for) )*(live|living|life|exist|existing|be alive|being
        alive|be here|(go on|going on|carry on|carrying on|keep going|continue) (like this|living|END))
    what is the (point|use|purpose|sense) ((of|in|to|me) )*((living|life|being alive|existing|my life|going on|
        carrying on|continuing|keeping going) (with (it|this|life|my life)|like this|ANY_MORE|END)|me END)
    nothing ((left|more|much|else) )*(worth living for|to live for)
    (life|it|this) (is|was|feels|seems) (not|no longer) (worth|a life worth) ((it|the) )*(living|to live)
    (tired|sick|weary|fed up|bored|exhausted) (of|with) ((my|this|all this|own) )*(living|life END|being alive|
        existing)
    (hate|hating|can not bear|can not stand) (living|being alive|to live|to be alive|being here END|existing|to wake
        up|waking up) (ANY_MORE|like this|END)
    (am|be|getting|i|and|\\.) (done|finished|through) (with|of) ((my|this|all this) )*(living|life|being alive|world|
        it all)
    had (enough|it) (of|with) ((my|this) )*(life|living|being alive|existence|existing|world|it all END)
    (give|giving|given|gave) up on (my )?(life|living)
    ME (am )?(want|ready|going|about|wanted) to give (it all )?up (on everything )?END
    ME ((am|have|had|was|did|do|been|all|nearly|fast) )*(lost|losing|lose|no) ((the|my|all|any) )*(will|wish|desire|
        reason|motivation) (to|for|of) (live|life|living|go on|exist)
    (life|living) (has|have|makes|does not make|is|not have|with) ((no|not|without|any|more) )*(sense|meaning|point)
        ((any more|for me) |END)
    why (should|do|must|would|bother|bothering) (i )?((bother|to) )*(live|living|go on|going on|carry on|keep living|
        keep going) (ANY_MORE|like this|END)
    why (bother|go on|keep|keep on) ((with|to) )*(staying alive|being alive|living|stay alive|live|existing)
    for what (should|do|shall|must|am) i (live|living|alive)
    i have no future END
    not (plan|planning|intend|intending) (on |to )?(be|being|stay|staying) (here|around|alive)
    """,
)
_NO_STRENGTH = Group(
    Kind.SELF_HARM,
    "Not to be able to go on. Such sentences often are about work or a website; where they end, they are about life.",
    """
    ME CANNOT (go on|carry on|keep going|keep on|continue|hold on|hang on) (END|like this|like that|this way|ANY_MORE|
        living|with (this life|life|my life|living|it all)|fighting|suffering)
    ME CANNOT (do|take|bear|face|handle|cope with|deal with|live with|suffer|endure) (this|it|this life|life|it all|
        living|the pain|this pain|another day) (ANY_MORE|of)
    ME CANNOT (stand|live with) (this life|my life|life|living|the pain|this pain|this) (ANY_MORE|END)
    ME CANNOT (cope|live|fight|exist|cope with life) (ANY_MORE|like this)
    ME CANNOT ANY_MORE END
    ME CANNOT face (another day|another (year|winter|night) of this|tomorrow|the future|living)
    (how much longer|how long|how many more (days|years|nights|weeks)) i (can|will|could) ((be|able|to) )*(go on|keep
        going|keep on|carry on|cope|last|hold on|hang on|live|survive|continue|(take|bear|stand|do|endure) (this|it|
        the pain))
    (no|not any|any) (fight|strength) (left in me|left to (fight|live|go on)|left END)
    i FEW not see (a|any|another|other) way out
    i (see|have|find|got) no (other |way )?way out
    no (other )?way out (for me|END)
    (the|my) only way out (for me|is|left|END)
    i am in a (dark|bad|black) place
    only (thing|one|reason) ((that|is|was|i am) )*((keeping|keeps|holding|holds) me (here|alive|on this earth)|
        (stopping|stops) me (END|from (ending|doing it|killing|jumping|topping|taking)))
    if it (was|were|is) not for (my|the) (kids|children|son|daughter|dog|cat|wife|husband|mum|mom|mother|boys|girls|
        family|grandchildren) FEW i would (not be here|be (dead|gone)|have (ended|gone|killed|topped|done it)|end|
        kill|top)
    """,
)
_BURDEN = Group(
    Kind.SELF_HARM,
    "To think that others would be happier without oneself.",
    """
    (better off|happier|easier|better|freer|relieved|richer) (place )?without me
    (happier|better off|better|easier|relieved|free|freer|best|rich|richer|glad|cope) FEW (if|when|once) i ((was|were|
        am|is|have) )?GONE
    would (move on|get over (it|me)|manage|be fine|be ok|be okay|survive) SOME (if|when) i GONE
    NOBODY (would|will|is going to) (miss me|notice if i|care if i|cry for me|mind if i) (END|((was|were|am) )?GONE)
    (would|does|will|did) (any one|anyone|anybody|someone|somebody) (notice|care|miss me|mind|cry) if i ((was|were|am|
        had) )?GONE
    i (am|feel|feel like|have become|became|become) ((such|a|the|nothing but|huge|big|terrible|like|being|more of)
        )*burden (to|on|for|END)
    i (am|feel|feel like) ((such|a|the|nothing but|total|complete|like|being|i am) )*waste of (space|air|oxygen|skin|
        a life|life)
    (they|he|she|everyone|everybody|family|husband|wife|kids|children) SOME (glad|happy|happier|better|relieved|
        pleased) FEW (rid|free|shot) of me
    """,
)
_FAREWELL = Group(
    Kind.SELF_HARM,
    "A plan that is made, or a farewell.",
    """
    (write|writing|wrote|written|have|got|my|the) FEW (goodbye|farewell|suicide|good bye) (letter|letters|note|notes)
    said my (last |final )?(goodbyes|farewells|good byes)
    (this is|goodbye) (goodbye END|cruel world|world)
    by the time (you|anyone|anybody|they|people) (all )?(read|reads|see|sees|find|finds) (this|it|me)
    i will not be (here|around|alive|with you) ((for|much|very|long|longer) )+
    (a|my|the) plan ((for|how|to|of|in place) )+(end it|end my|ending|die|dying|kill MYSELF|suicide)
    (a|my|the) (date|day) (picked|chosen)
    (planning|planned|plan|decided|deciding|worked out) (how|when|where) ((i|will|am|going|to|would|and|when|how)
        )*(do it|die|end it|go END|kill)
    know how i (will|would|am going to|want to) (do it|die|end it|go)
    (when|once|after) my FEW (goes|dies|is gone|passes|passes away|has gone) SOME i (go|am going|will go|will follow|
        follow|am gone|am off) END
    (tell|told) my (kids|children|wife|husband|son|daughter|boys|girls|family) (that )?i (love|loved) them
    (look after|take care of) my FEW (when|after|once) i am (gone|dead)
    sorry for what i (am (about|going) to|will|have to|must) do
    not (sure|know|think|believe|see) FEW make it (through|to|past) ((the|this|another|til|till) )*(night|weekend|
        week|tomorrow|morning|christmas|END)
    (find|finds|found|discover) my body
    (who|which) SOME (would|will|is going to) find me (END|dead)
    (count|counting) FEW (days|hours|weeks) (until|till|to) (i die|i can die|death|i am gone|it is over|the end)
    my time to (go END|die)
    """,
)
_ASSISTED = Group(
    Kind.SELF_HARM,
    "Assisted dying for oneself. Where it is legal it is a decision to respect, and still one for a person to see.",
    """
    (dignitas|pegasos|exit international|switzerland|zurich) (for me|it is|here i come)
    i SOME (joined|join|joining|contacted|contacting|booked|booking|applied|applying|apply|registered|signed up|
        saving|considering|consider|going|looked into|looking into|phoned|emailed|rang|planning|off|choose|ring|call)
        FEW (dignitas|pegasos|vad|assisted dying|assisted suicide|assisted death|euthanasia|a lethal prescription|
        medical assistance in dying|exit international)
    i SOME (applied|applying|apply|approved|assessed|eligible) for maid
    my (own )?(dignitas|pegasos|euthanasia|assisted death|assisted suicide|vad|maid) (appointment|application|
        membership|date|forms|account|fund|END)
    one way (ticket|flight|trip) to (switzerland|zurich|basel)
    (go|going|flight|ticket|trip|flying|off|move|fly) to (switzerland|zurich|dignitas) (to (die|end)|for me|END)
    (rather|prefer to|choose to|ready to) (go|fly|travel) to (switzerland|zurich|dignitas)
    i want (to have )?(euthanasia|assisted dying|assisted suicide|an assisted death) (for (me|MYSELF)|END)
    """,
)
_JOKES = Group(
    Kind.SELF_HARM,
    "Figures of speech: nobody has died of embarrassment, or would over a paper.",
    """
    am killing MYSELF
    (kill|killing|drown|drowning|shoot|hang|top|topping|end) MYSELF (laughing|with laughter|up|in the foot|in (work|
        paper|tea|gin|wine|paperwork|emails|debt|caffeine)|trying|working|to (get|keep|make|finish|do|pay|meet|
        impress))
    (die|dead) (of|from|with) (embarrassment|shame|laughter|laughing|boredom|old age|heat|cringe|curiosity|hunger|
        thirst|envy|jealousy|shock|surprise)
    (die|dead) (knowing|trying|laughing|sure|certain|set|centre|serious|at home|old|happy|an old|surrounded by|in my
        own)
    rather (die|be dead) than (read|see|watch|eat|drink|sit|listen|hear|use|buy|wear|attend|pay|vote|miss|admit|fill|
        click|touch|support)
    cross my heart and hope to die
    (lost|losing|lose) the will to live (reading|halfway|half way|by (page|slide|table|the)|after|around|somewhere|
        trying|on hold|listening|scrolling|waiting for|at (page|slide|table)|during|watching|filling|with (this|that|
        the))
    (reading|watching|listening|scrolling|on hold|filling|wading) MANY (lost|losing|lose) the will to live
    (living|live|life) without (chocolate|coffee|tea|wine|cheese|cake|biscuits|bacon|gin|beer|carbs|sugar|bread|the
        internet)
    (end|ending|finish|finishing) it (here|there|with|on|by|in|at|now that)
    ME (WILLING )+(hurt|hurting|cut|cutting) MYSELF SOME (stairs|fall|falling|tripping|ladder|gym|oven|knife|shaving|
        garden)
    wake up (with|at|to|too|late|early|blind|every)
    """,
)
_NOT_ABOUT_DYING = Group(
    Kind.SELF_HARM,
    "The same words about homes, laws, papers, shortages, and other matters than one's own death.",
    """
    (live|living) (here|there|in|near|by|next|off|on|at|over|under|upstairs|alone|apart|to see|anywhere|somewhere|
        elsewhere|forever|long|past|beyond|with my (parents|mum|mother|mom|ex|in laws))
    (tired|sick|weary|fed up|bored|exhausted) (of|with) living (with|through|without)
    life (insurance|assurance|sciences)
    examined life
    suicide (rate|rates|risk|risks|prevention|gene|genes|statistics|paper|study|studies|data|attempts|awareness|
        mortality|watch|question|bill|law|debate|figures|bombers?)
    (dignitas|assisted dying|assisted suicide|assisted death|euthanasia|vad) FEW (article|articles|documentary|debate|
        film|bill|law|laws|legal|legalised|legalized|legislation|programme|paper|study|vote|campaign|talk|question|
        survey)
    (take|taking) my (own )?life (back|seriously|into|in my hands|one day|day by day)
    PILLS SOME (dosette|organiser|organizer|pill box|weekly box|brexit|shortage|shortages|supply|holiday|lockdown|
        pandemic|covid|hurricane|snow|strike|tariffs)
    (stop|stopped|stopping) eating and drinking (at|after|before|by|from)
    not a burden
    """,
)
_OVERCOME = Group(
    Kind.SELF_HARM,
    "The past, told by somebody who is glad to be past it. Without the gladness it stays a sign.",
    """
    used to ((want|wish|long|think|dream|be|feel|about|of|to) )+(die|dying|suicidal|suicide|dead|ending|kill MYSELF|
        killing)
    ((want|wanted|tried|wished|ready|planned|going) to (die|kill MYSELF|end it|end my life|be dead|commit suicide)|
        (thought|thinking|thoughts) (of|about) (ending|suicide|killing|dying|taking)|suicidal|(attempted|considered|
        contemplated|planned) suicide) BEYOND ((glad|thankful|grateful|relieved|pleased) (that )?(i|it|to|for)|(got|
        came|come|made it|pulled) through|not any more|thankfully|got help|(get|got|gets|getting) better|no longer|do
        not any more|do not feel|recovered|in a (better|good) place|my life back|would have missed)
    """,
)

_OWN_DECISION = Group(
    Kind.STOPPING_TREATMENT,
    "A decision that is taken or near, with nobody else in it.",
    """
    ME have (been )?(STOPPED|STOPPING) (MED|ALL_OF_IT)
    ME ((have|been) )*INTEND (STOP|STOPPING) (MED|ALL_OF_IT)
    ME (have )?(decided|decide) (STOPPING|STOP) (MED|ALL_OF_IT)
    NAMED MANY i (am|have|will) (STOPPING|STOPPED|stop|quit) (it|them)
    i quit MED
    i finish with MED
    ME (leave|quit) (the|my|this|all) (NAMED|GENERIC)
    ME ((have|am) )*(decided|chosen|choosing|going) not to (have|take|inject|continue|continue with|carry on with|go
        back (on|to)|go for) FEW MED
    (convinced|persuaded|talked|inspired) me (to|into) (STOP|STOPPING) MED
    ME (am )?(done|through|finished) with MED
    ME ((am|have|will|going|to|gonna|INTEND) )*(knock|knocked|knocking|give|giving|gave|given|pack|packed|packing|
        jack|jacked|jacking|chuck|chucked|chucking|leave|left|leaving|kick|kicked|kicking) MED (on the head|a miss|
        the (boot|push|elbow)|in END|up|off|into touch)
    ME ((have|am|going|to|will|INTEND) )*(say|saying|said|wave|waving|waved|call|called|calling) (goodbye|bye|bye bye|
        time|it a day) ((to|with|on) )*MED
    i ((would|will|am going to|prefer to|rather|sooner|going|to) )+take my chances (END|without|with (ms|the ms))
    ME ((am|will|going to|would rather|INTEND) )+(let|letting) (nature|ms|the ms|the disease) (take|run|do)
    i do not want ((to|take|have|be|on|go|for|inject|my) )*(GENERIC|NAMED|(any more|more|another) (GENERIC|NAMED))
        ANY_MORE
    i do not want ((to|take|have|be|on|go|for) )*(any more|more|another) (GENERIC|NAMED)
    no more (of )?(the |these |those |this )?MED (for me|, no more)
    ME ((have|am) )*(going|gone|went|go) (drug|med|meds|dmt|treatment|medication) free
    """,
)
_NOT_TAKING = Group(
    Kind.STOPPING_TREATMENT,
    "Not taking what is prescribed. To be on no treatment is common and no sign; to leave one's own untaken is.",
    """
    i am (not|no longer) (taking|injecting|using) my (own )?(NAMED|GENERIC)
    i do not (take|inject|use) my (NAMED|GENERIC) ANY_MORE
    i no longer (take|inject|use) my GENERIC
    (ME will|ME am|i will) not ((be|going|go|to|for|having|have|take|taking|get|getting|turn|turning|up|attend|
        attending) )+((any|more|my|next|another|of) )+(NAMED|GENERIC)
    ME am not going to (take|have|inject) (my|the|this) (NAMED|GENERIC) ANY_MORE
    (ME )?(am )?not (renewing|refilling|collecting|picking up) my (prescription|prescriptions|script|GENERIC|NAMED)
    i (do|did) not take (it|them|the GENERIC|my GENERIC) (they|he|she|DOCTOR) (give|gave|gives|prescribed)
    ME have been off MED (for )?FEW (days|weeks|fortnight|week)
    i ((am|will|have) )?(refuse|refusing|refused) ((to|take|have|inject|go|for|any|all|more|of|their|this|my|the)
        )+(NAMED|GENERIC|poison|chemicals|toxins)
    ME have not ((taken|injected|been taking|touched|used|picked up|collected) )((my|the|any|of|a single|single|one)
        )*(NAMED|GENERIC) (for|since|in|END)
    ME ((keep|have|been|am|started) )+skipping MED
    ME ((am|will) )*(not|never) going (back )?for (my|the|another|that) FEW GENERIC
    i (will |am )?never ((take|taking|have|having|swallow|inject|injecting|touch|touching) )another GENERIC
    (not bothered|not be (bothered|arsed)) ((with|to|take|taking|my|the) )*(GENERIC|NAMED)
    i SOME (think|thinks|believe|believes) i am (taking|injecting|on) (it|them|MED)
    (pretend|pretending|pretended|lie|lied|lying|hide|hiding|hid) SOME (taking|take|injecting) FEW MED
    """,
)
_OWN_HAND = Group(
    Kind.STOPPING_TREATMENT,
    "Into the bin with it: nobody's doctor has ordered that.",
    """
    ME ((have|am|going|to|will) )*(binned|bin|binning|flushed|flush|flushing|dumped|trashed|tossed|burnt|burned|
        chucked) ((away|out|up) )*(my|the|all|every) MED
    MED (is|are|has|have|goes|go|went) ((going|gone|all|straight) )*(in|into|to|down) the (bin|trash|garbage|toilet|
        loo|rubbish|skip)
    ME ((have|am|going|to|will) )*(threw|thrown|throw|throwing|put|chucked|poured) MED (away|out|(in|into|to|on) the
        (bin|trash|garbage|rubbish|fire|skip)|down the (toilet|loo|sink))
    ME ((have|am|been|gone) )*off (all )?(of )?my (meds|medication|medications|tablets|pills|treatment|drugs|dmt)
    ME ((have|am) )*(taken|took|taking) MYSELF off (MED|ALL_OF_IT)
    ME ((have|am|going|to|will) )*(swapped|swopped|swap|swapping|replaced|replace|replacing|exchanged) MED (for|with|
        by) SOME (diet|vitamin|vitamins|d3|keto|wahls|prayer|herbs|herbal|cbd|cannabis|ldn|bee|supplement|supplements|
        turmeric|yoga|fasting|protocol|coimbra|oil|juice|juicing|god)
    """,
)
_BY_THEMSELVES = Group(
    Kind.STOPPING_TREATMENT,
    "By themselves, in secret or against advice. It stays a sign whoever else is mentioned, so the group is firm.",
    """
    ME ((have|am|just) )*(STOPPED|STOPPING) (taking )?(MED|ALL_OF_IT|it|them) MANY (on my own|by MYSELF|off my own
        bat|of my own (accord|choice|free will)|(my|by my) own (choice|decision)|without (telling|asking|informing|
        speaking|talking|consulting|permission|a word)|against FEW (advice|wishes|orders|recommendation|
        recommendations)|cold turkey|in one go|anyway|regardless|(DOCTOR|nobody) (does not know|do not know|knows
        nothing|knows|has no idea)|not told|not tell|not telling|behind FEW back|without (DOCTOR|my|the|any|anyone|
        anybody|their|his|her) SOME (knowing|knowledge|permission|approval|say so)|personal (choice|decision)|not
        (ask|asked|asking|bother asking|discussed|spoken|consulted|mentioned))
    (against FEW (advice|wishes|orders)|without (telling|asking|informing|consulting)|on my own|not told) SOME i
        ((have|am) )*(STOPPED|STOPPING) (MED|ALL_OF_IT|it|them)
    (go|going|gone|went) cold turkey (on|off|with|from) MED
    DOCTOR SOME (not to|stay|keep|continue|against|do not|to take|should take|begged|begs) MANY (but|anyway) FEW i
        ((have|am) )*(STOPPED|STOPPING)
    """,
    firm=True,
)
_LATELY = Group(
    Kind.STOPPING_TREATMENT,
    "The past counts where it is fresh: a rebound comes within weeks. Treatments of years ago are everybody's history.",
    """
    ME (STOPPED|came off|come off) (taking )?(MED|ALL_OF_IT) SOME (yesterday|last (week|weekend|night|month|monday|
        tuesday|wednesday|thursday|friday|saturday|sunday)|this (week|morning|month|weekend)|(a|one|two|three|four|
        few|some|couple of|\\d) (days?|weeks?) ago|on (monday|tuesday|wednesday|thursday|friday|saturday|sunday)|days
        ago|weeks ago)
    (yesterday|last (week|weekend|night|month)|this (week|morning|month|weekend)|(days?|weeks?) ago) FEW i STOPPED
        (MED|ALL_OF_IT)
    """,
)
_AGREED = Group(
    Kind.STOPPING_TREATMENT,
    "Stopped with a doctor, for a doctor's reason, for the next drug, in a trial, or long ago.",
    """
    DOCTOR (and i |and me )?((have|has|had|all|both|has been|also) )*FEW (AGREED|advice)
    (on|under|with|following|after|per|by) FEW DOCTOR FEW (advice|guidance|supervision|blessing|orders|recommendation|
        consent|agreement|approval|instructions|request|help|support)
    (discuss|discussing|talk|talking|speak|speaking|ask|asking|see|seeing|consult|run it|raise|chat|meeting|
        appointment|check) FEW DOCTOR
    under (supervision|medical)
    as (advised|agreed|directed|planned|instructed|recommended|prescribed)
    (start|started|starting|switch|switched|switching|move|moved|moving|change|changed|changing|go|going|begin|
        beginning|began|put me|now on|am on) ((to|on|onto|with|for|over|straight|back|the) )*(NAMED|hsct|another (dmt|
        drug|treatment|one)|a different|something (else|stronger|new)|a new)
    (lymphocytes?|lymphopenia|liver|lfts?|neutrophils|neutropenia|blood counts?|allergic|allergy|anaphylaxis|was told|
        were told|had to|was pulled|withdrawn)
    (as part of|for|in|under) FEW (trial|study)
    randomi[sz]ed
    (years ago|decades ago|in <number>|back in|since <number>|until|till)
    (expired|out of date|old|empty|left ?over|spare|unused|used) FEW GENERIC
    """,
    reach=100,
)

GROUPS = (
    _OUTRIGHT, _ENDING, _SUICIDE, _MEANS, _WISH_TO_BE_DEAD, _NOT_TO_LIVE, _NO_STRENGTH, _BURDEN, _FAREWELL, _ASSISTED,
    _OWN_DECISION, _NOT_TAKING, _OWN_HAND, _BY_THEMSELVES, _LATELY,
)  # fmt: skip
HARMLESS = (_JOKES, _NOT_ABOUT_DYING, _OVERCOME, _AGREED)
"""What a sign that is not firm must not overlap."""


@dataclass(frozen=True)
class Plain:
    """A text in plain words, a space before and after each; where each begins, and from what it was read."""

    words: bytes
    begins: list[int]
    read: list[Token]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the original from which a stretch of the plain words was read, less pauses around."""
        there = self.read[bisect_left(self.begins, start) : bisect_left(self.begins, end)]
        spoken = [token for token in there if token.word not in _PAUSES]
        return spoken[0].start, spoken[-1].end


def written_plainly(text: str) -> Plain:
    """Write a text out in plain words, "." before, between and after its sentences, "," for any other pause."""
    read = [Token(".", 0, 0)]
    for token in _words_and_pauses(text):
        if token.word not in _PAUSES or read[-1].word not in _PAUSES:
            read.append(token)
        elif token.word == ".":
            read[-1] = token
    begins = list(accumulate((len(token.word) + 1 for token in read), initial=1))
    # What is not ASCII is in no pattern. One "?" for each such character keeps all places, in bytes as well.
    return Plain(f" {' '.join(token.word for token in read)} ".encode("ascii", "replace"), begins, read)


_PAUSES = (".", ",")
_ENDS_SENTENCE = re.compile(r"[.!?;]|\n\s*\n")
_IS_PAUSE = re.compile(r"""[,:()"“”–—…/*\n]|\s-+\s""")


def _words_and_pauses(text: str) -> Iterator[Token]:
    end = 0
    for token in tokens(text):
        pause = _pause(text[end : token.start])
        if pause:
            yield Token(pause, end, token.start)
        for word in _plain_words(token.word):
            yield Token(word, token.start, token.end)
        end = token.end
    yield Token(".", end, end)


def _pause(between: str) -> str:
    if between in ("", " "):
        return ""  # as nearly always, and this is asked of every word of every comment that comes in
    if _ENDS_SENTENCE.search(between):
        return "."
    return "," if _IS_PAUSE.search(between) else ""


def _plain_words(word: str) -> list[str]:
    """Return a word as it is written out; none for one that is passed over, a pause for a mark or a picture."""
    if word[0] in "?!":
        return ["."]
    if not (word[0].isalnum() or any(each.isalnum() for each in word)):
        return [","]
    return _READ_AS.get(word, word).split()


def _found(kind: Kind, words: bytes) -> list[tuple[int, int]]:
    """Return the stretches of plain words that are a sign of one kind, those that overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(_signs(kind, words)):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _signs(kind: Kind, words: bytes) -> list[tuple[int, int]]:
    found = [(group, span) for group in GROUPS if group.kind is kind for span in _spans(group, words)]
    harmless = _harmless(kind, words) if found else bytearray()
    return [span for group, span in found if group.firm or 1 not in harmless[slice(*span)]]


def _harmless(kind: Kind, words: bytes) -> bytearray:
    """Return a 1 for every place at which, or within whose reach, harmless wording stands, and a 0 for any other."""
    marks = bytearray(len(words))
    for group in (group for group in HARMLESS if group.kind is kind):
        for start, end in _spans(group, words):
            there = slice(max(0, start - group.reach), end + group.reach)
            marks[there] = bytes([1]) * len(marks[there])
    return marks


def _spans(group: Group, words: bytes) -> list[tuple[int, int]]:
    return [match.span() for match in _compiled(group).finditer(words)]


_MOST_MEMORY = 32 << 20
"""What re2 may use for one group before it goes over to its slower way; comments as people write them need a tenth."""


@cache
def _compiled(group: Group) -> re.Pattern[bytes]:
    """Compile the patterns of a group into one; a line that is indented further goes on with the one before."""
    lines = re.split(r"\n(?=\S)", dedent(group.patterns).strip())
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.max_mem = _MOST_MEMORY
    either = "|".join(_spelled(line) for line in lines)
    compiled: re.Pattern[bytes] = re2.compile(rf"\s(?:{either})(?:\b|\s)".encode("ascii"), options)
    return compiled


def _spelled(pattern: str) -> str:
    """Put the vocabulary and the gaps into a pattern; between any two words may be a pause, for people do pause."""
    pattern = re.sub(r"(?<=[|*+])\s*\n\s*", "", pattern)
    pattern = re.sub(r"\s+", " ", pattern)
    pattern = re.sub(rf"\b({'|'.join(_GAPS)})\b ?", lambda gap: _GAPS[gap[1]], pattern)
    pattern = re.sub("[A-Z][A-Z_]+", lambda name: f"({_spelled(_VOCABULARY[name[0]])})", pattern)
    return pattern.replace(" ", r"\s(,\s)?")
