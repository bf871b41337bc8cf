"""English words that are said of anything, and so name no theme."""

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

_SAID_OF_ANYTHING = """
don't doesn't didn't isn't aren't wasn't weren't can't couldn't won't wouldn't shouldn't hasn't haven't hadn't
it's that's there's what's here's he's she's let's i'm i've i'd i'll you're you've you'd you'll we're we've we'd
we'll they're they've they'd they'll who's one's people's dont cant ive im its just like get getting got really
think thinking thought know known knew want wanted wants say says said saying tell told telling ask asked asking
answer answered question call called go going gone went goes make makes made making come comes coming came take
takes taken taking took give given gives gave look looking looked put let use used using do does did doing done
need needed see seen saw feel felt keep kept start started stop stopped end ended left leave try tried turn work
worked write wrote written writing read reading thing things way lot bit kind sort part place point case fact
word words line page post comment article blog story people person man woman men women somebody anybody
everybody nobody someone anyone everyone year years month months week weeks day days hour hours minute minutes
time times today tomorrow yesterday tonight night morning evening afternoon monday tuesday wednesday thursday
friday saturday sunday january february march april may june july august september october november december
christmas summer winter spring autumn ago later early earlier late soon long longer short old older new newer
young first second third last next one two three four five six seven eight nine ten eleven twelve thirteen
fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
hundred thousand million billion half quarter double single good better best bad worse worst great nice fine
right wrong sure true real actual actually probably maybe perhaps possible possibly quite rather pretty
especially exactly simply clearly certainly definitely honestly obviously apparently usually sometimes often
never always ever still already yet even also else instead anyway though although thank thanks thankful please
sorry glad happy hope hoping wish wishing love loved luck lucky welcome yes okay well many much few little big
small large high low full whole different same able likely main number numbers rest
"""

STOP_WORDS: frozenset[str] = ENGLISH_STOP_WORDS | frozenset(_SAID_OF_ANYTHING.split())
