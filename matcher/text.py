"""Subjects and words: what makes two texts speak of the same thing. German and English."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType

from snowballstemmer.english_stemmer import EnglishStemmer
from snowballstemmer.german_stemmer import GermanStemmer

LEAST_LETTERS = 3
_ABBREVIATION = re.compile(r"[A-ZÄÖÜ]{2}")  # "KI", "IT", "HR": written so, two letters say something
_WORD = re.compile(rf"[^\W\d_]{{{LEAST_LETTERS},}}|\b{_ABBREVIATION.pattern}\b")
_GENDERED = re.compile(r"(?<=\w)[:*_]in(nen)?\b")  # "Unternehmer:innen" are "Unternehmer"
_GERMAN_STOP_WORDS = """
    ab aber acht alle allein alleine allem allen aller alles als also alt alte alten ander andere anderen
    anderes art auch auf aus bald bei beim bereits besser beste besten betrieb betriebe bevor bin bis bisher
    bist bleiben bleibt brauche brauchen braucht bringen bringt dabei dadurch dafür daher damit danach dann
    daran darf darin darüber das dass davon davor dazu dein deine dem den denken denkt denn der deren des
    deshalb dessen dich die dies diese diesem diesen dieser dieses ding dinge doch dort drei durch dürfen eben
    eher eigene eigenen eigener eigenes eigentlich ein eine einem einen einer eines einfach einmal erfahrung
    erfahrungen erst erste ersten etwa etwas euch fast finden findet firma firmen frage fragen fünf für ganz
    geben gegen gehen geht gehört gemacht genau gerade gern gestern getan gewesen gibt glaube groß große großen
    gut gute guten guter habe haben halten hat hatte helfen her heute hier hilfe hilft hin hinter hält hätte
    hätten hören ich ihm ihn ihnen ihr ihre ihren ihrer immer irgendwann irgendwie ist jahr jahre jahren jede
    jedem jeden jeder jedes jemals jemand jemandem jemanden jetzt kann kein keine kenne kennen kennt klein
    kleine kleinen kommen kommt konnte konnten kurz kurze können könnte könnten lang lange lassen letzte letzten
    letzter leute leuten los länger lässt machen macht mal man manchmal mehr mehrere mein meine mich mir mit
    monat monate monaten morgen muss musste möchte möchten müssen müsste nach nachdem neben nehmen neu neue
    neuen neuer neun nicht nichts nie niemals niemand niemanden nimmt noch nun nur nächste nächsten nächster
    obwohl oder oft ohne problem probleme raus reden rein rund sache sachen sagen sagt schon sechs sehen sehr
    sein seine seit seitdem selbst selten sich sie sieben sieht sind soll sollte sollten sowas sowie sprechen
    spricht stehen steht stunde stunden suche suchen tag tage tagen thema themen trotzdem tun tut und uns unser
    unsere unseren unter unternehmen viel viele vielen vielleicht vier vom von vor wann war waren warum was weil
    weise weiter weitere weiteren weiß welche welchem welcher welches wem wen wenig wenn wer werden wie wieder
    will wir wird wirklich wissen wobei woche wochen wofür wohl wollen wollte womit worauf worden wurde wurden
    während wäre wären würde würden zehn zeigen zeigt zeit ziemlich zum zur zurzeit zurück zusammen zwei zweite
    zweiten zwischen über
"""
_ENGLISH_STOP_WORDS = """
    able about above across actually after again all almost along already also always among and another any
    anyone anything are around away back became because become been being best better between big both business
    businesses but came can come comes companies company could day days did does doing don done down each eight
    ever every everyone everything feel felt few find firm first five for found four from get getting give given
    gives going good got great had has have having hear heard help her here his how into its just keep keeps
    kept know knows last later let lets like look looked looking lot lots made make many maybe month months more
    most much need needed needs never new next nine nobody not nothing now off often old once one only other
    others our out over own people per person persons please put quite rather really said same say says see seen
    seven several should since six small some somebody someone something soon speak still such take takes taking
    talk talking tell ten than that the their them then there these they thing things think this those thought
    three through time times today told too took tried try trying two under until upon use used using very via
    want wanted wants was way ways week weeks well were what when where which while who whom whose why will with
    within without word words work works would year years yet you your
"""
_STOP = frozenset((_GERMAN_STOP_WORDS + _ENGLISH_STOP_WORDS).casefold().split())


@lru_cache(maxsize=50_000)
def subject_key(subject: str) -> str:
    """What two spellings of one subject share: case, accents' encoding, and runs of spaces do not matter.

    >>> subject_key("  Business   Succession ")
    'business succession'
    """
    return " ".join(unicodedata.normalize("NFKC", subject).casefold().split())


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The stem of a word of either language: the English stemmer first, then the German one on what is left. A word
    need not be known to be of one language, and both sides of a comparison are stemmed alike. (The other order parts
    one in eighteen English stems: "hire" from "hiring".)

    >>> stem("beratungen") == stem("beratung"), stem("hiring") == stem("hire")
    (True, True)
    """
    # Each call has its own stemmers: one keeps its word in itself, and members are served by many threads. Named, and
    # not by `snowballstemmer.stemmer`, which takes another implementation where one happens to be installed.
    stemmed: str = GermanStemmer().stemWord(EnglishStemmer().stemWord(word))
    return stemmed


@lru_cache(maxsize=50_000)
def words(text: str) -> Mapping[str, str]:
    """The stems of a text's words in the order they first appear, each with the word as it was written; without stop
    words and numbers.

    >>> dict(words("Suche eine Steuerberatung für die Nachfolge"))
    {'steuerberat': 'Steuerberatung', 'nachfolg': 'Nachfolge'}
    >>> dict(words("KI für Gründer:innen"))
    {'ki': 'KI', 'grund': 'Gründer'}
    """
    found: dict[str, str] = {}
    for word in _WORD.findall(_GENDERED.sub("", unicodedata.normalize("NFKC", text))):
        if word.casefold() not in _STOP or _ABBREVIATION.fullmatch(word):
            found.setdefault(stem(word.casefold()), word)
    return MappingProxyType(found)


# Words that join others within a subject and mean nothing by themselves; the stop words would take too much from it.
_JOINING_WORDS = """
    a am an and at auf aus bei beim by das dem den der des die durch ein eine einen einer eines for from für i im in
    ins mit nach of on oder or the to u und vom von with zu zum zur über
"""
_JOINING = frozenset(_JOINING_WORDS.split())
_PIECE = re.compile(r"[^\W_]+[+#]*")  # "c++" and "c#" are not "c"
_FOLDED = str.maketrans("äöüáàâéèêíìîóòôúùû", "aouaaaeeeiiiooouuu")
_SPELT_OUT = re.compile(r"ae|oe|(?<![aeq])ue")
_MARKS = 1 << 63


def pieces(text: str) -> list[str]:
    """The words of a subject or note, short ones and numbers too, without those that only join others.

    >>> pieces("Forschung & Entwicklung"), pieces("E-Commerce für Händler")
    (['forschung', 'entwicklung'], ['e', 'commerce', 'händler'])
    """
    found = _PIECE.findall(unicodedata.normalize("NFKC", text).casefold())
    return [piece for piece in found if piece not in _JOINING] or found


@lru_cache(maxsize=50_000)
def spelling(subject: str) -> str:
    """A subject as one word without umlauts: the same however it is hyphenated, spaced, or inflected at its end.

    >>> spelling("E-Commerce") == spelling("ecommerce"), spelling("Ueberschüsse") == spelling("Überschuss")
    (True, True)
    """
    return folded(stem("".join(pieces(subject))))


def folded(text: str) -> str:
    """Without umlauts and accents, in whichever way they were typed."""
    return _SPELT_OUT.sub(lambda found: found[0][0], text.translate(_FOLDED))


@lru_cache(maxsize=200_000)
def mark(piece: str) -> int:
    """A number below 2^63 for the stem of a word, the same in every process."""
    stemmed = folded(stem(piece)).encode()
    return int.from_bytes(blake2b(stemmed, digest_size=8).digest(), "little") % _MARKS


def phrase_mark(phrase: Iterable[str]) -> int:
    """A number for some words together, in whatever order they stand.

    >>> phrase_mark(pieces("Beratung zu Steuern")) == phrase_mark(pieces("Steuer: Beratung"))
    True
    """
    return sum(map(mark, phrase)) % _MARKS


@lru_cache(maxsize=200_000)
def is_stop_word(piece: str) -> bool:
    """Whether a word says nothing by itself."""
    return len(piece) < LEAST_LETTERS or piece in _STOP or not piece.isalpha()
