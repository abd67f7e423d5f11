"""Subjects and words: what makes two texts speak of the same thing. German and English."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from snowballstemmer.english_stemmer import EnglishStemmer
from snowballstemmer.german_stemmer import GermanStemmer

_WORD = re.compile(r"[^\W\d_]{3,}")
_GERMAN_STOP_WORDS = """
    aber alle allem allen aller alles als also ander andere anderen auch auf aus bald bei beim bin bis bisher bist
    brauche brauchen braucht dabei dafür damit dann daran darin darüber das dass davon dazu dein deine dem den
    denn der des deshalb dich die dies diese diesem diesen dieser dieses doch dort drei durch eben eher ein eine
    einem einen einer eines einmal erst erste ersten etwa etwas euch fast finden findet für ganz geben gegen gehen
    geht gemacht genau gerade gern gibt gut gute guten guter habe haben hat hatte helfen hier hilfe hilft hinter
    hätte ich ihm ihn ihnen ihr ihre ihren ihrer immer ist jahr jahre jahren jede jeder jedes jemand jemandem
    jemanden jetzt kann kein keine kenne kennen kennt kommen kommt können könnte lassen leute leuten lässt machen
    macht mal man mehr mein meine mich mir mit muss möchte möchten nach neben neu neue neuen neuer nicht nichts noch nun
    nur oder ohne rund schon sehr sein seine seit sich sie sind soll sollte sowas sowie stehen steht suche suchen
    und uns unser unsere unseren unter viel viele vielen vom von vor wann war warum was weil weiter weitere
    weiteren weiß welche wenig wenn wer werden wie wieder will wir wird wissen wohl wurde wäre würde würden zum
    zur zurzeit zwei zwischen über
"""
_ENGLISH_STOP_WORDS = """
    about above after all also and any anyone are because been being best better both but can could did does doing
    don for from get getting give given good got great had has have having help her here his how into its just
    know knows like looking made make many more most much need needs new not now off one our out over please
    should some someone such than that the their them then there these they this those through too under until use
    very want was way well were what when where which while who why will with would year years you your
"""
_STOP = frozenset((_GERMAN_STOP_WORDS + _ENGLISH_STOP_WORDS).casefold().split())


def subject_key(subject: str) -> str:
    """What two spellings of one subject share: case, accents' encoding, and runs of spaces do not matter.

    >>> subject_key("  Business   Succession ")
    'business succession'
    """
    return " ".join(unicodedata.normalize("NFKC", subject).casefold().split())


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The stem of a word of either language: the German stemmer first, then the English one on what is left. A word
    need not be known to be of one language, and both sides of a comparison are stemmed alike.

    >>> stem("beratungen") == stem("beratung"), stem("lawyers") == stem("lawyer")
    (True, True)
    """
    # Each call has its own stemmers: one keeps its word in itself, and members are served by many threads. Named, and
    # not by `snowballstemmer.stemmer`, which takes another implementation where one happens to be installed.
    stemmed: str = EnglishStemmer().stemWord(GermanStemmer().stemWord(word))
    return stemmed


@lru_cache(maxsize=50_000)
def words(text: str) -> Mapping[str, str]:
    """The stems of a text's words in the order they first appear, each with the word as it was written; without stop
    words and numbers.

    >>> dict(words("Suche eine Steuerberatung für die Nachfolge"))
    {'steuerberat': 'Steuerberatung', 'nachfolg': 'Nachfolge'}
    """
    found: dict[str, str] = {}
    for word in _WORD.findall(unicodedata.normalize("NFKC", text)):
        if word.casefold() not in _STOP:
            found.setdefault(stem(word.casefold()), word)
    return MappingProxyType(found)
