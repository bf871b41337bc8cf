"""Which language a comment is in, as far as it can be told: the model reads only some."""

import threading
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

READ = ("en",)
"""The languages that our models are trained on."""
UNKNOWN = "und"
"""What ISO 639-3 writes for a language that cannot be told: here, one in letters that no language of ours has."""

_ENGLISH = 0.1
"""The share of little English words (the, you, that) from which a text is English beyond doubt."""
_FEWEST_WORDS = 4
"""Different ones: "hahaha hahaha hahaha hahaha" is no language."""
_SURE = 0.5
_FOREIGN_LETTERS = 0.5
_LONGEST = 2_000
_lock = threading.Lock()


def language(text: str, words: int, english: int, foreign: float) -> str | None:
    """Return a text's language as ISO 639 writes it, None where too little is said to tell.

    Given are its words, how many of them are little English ones, and the share of its letters that are not Latin.
    """
    if foreign > _FOREIGN_LETTERS:
        return _identified(text, _SURE) or UNKNOWN
    if words and english >= _ENGLISH * words:
        return "en"
    if words < _FEWEST_WORDS or len(set(text[:_LONGEST].casefold().split())) < _FEWEST_WORDS:
        return None
    found = _identified(text, _SURE)
    return None if found in READ else found


def is_read(found: str | None) -> bool:
    """Whether a model can say anything about a text in that language; short ones are given the benefit of the doubt."""
    return found is None or found in READ


def _identified(text: str, at_least: float) -> str | None:
    with _lock:  # the identifier keeps its state in itself
        found, probability = _identifier().classify(text[:_LONGEST])
    return str(found) if probability >= at_least else None


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    """Load what tells languages apart when it is first needed: few comments are not English at first sight."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    # Pidgins and languages of few speakers are what abbreviations and slang are taken for.
    identifier.set_languages([each for each in identifier.nb_classes if len(each) == len("en")])
    return identifier
