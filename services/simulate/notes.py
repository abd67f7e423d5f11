"""How members put their needs and offers into words: by the subject's name, by other words for it, or vaguely, with a
note that tells what is meant. A judgement that reads subjects only will miss some of it, as in life."""

from typing import NamedTuple

from services.simulate.subjects import SUBJECTS, VAGUE, VAGUE_EN

OPENINGS = (
    "", "", "", "", "Seit dem Frühjahr beschäftigt mich das: ", "Kurz gesagt: ", "Ganz offen: ",
    "Wir sind ein Betrieb mit {size} Leuten. ", "Unsere Lage: ", "Zum Hintergrund: ", "Nach {years} Jahren am Markt: ",
)  # fmt: skip
CLOSINGS = (
    "", "", "", "Wer hat das schon einmal gelöst?", "Ein ehrliches Gespräch von einer halben Stunde würde mir reichen.",
    "Gern auch jemand von außerhalb der Region.", "Am liebsten noch vor den Ferien.",
    "Ich lade dafür zum Mittagessen ein.", "Am Telefon oder bei uns im Haus, beides geht.",
    "Für eine Empfehlung wäre ich dankbar.", "Es eilt nicht, ist mir aber wichtig.",
    "Wer mag erzählen, wie es bei ihm ging?", "Dafür darf es auch etwas kosten.",
)  # fmt: skip
OFFERS = (
    "", "", "", "Das mache ich seit {years} Jahren.", "Vor allem für Betriebe bis fünfzig Leute.",
    "Ein erstes Gespräch kostet nichts.", "Gern komme ich dafür in den Betrieb.",
    "Zuletzt bei einem Handwerksbetrieb mit {size} Leuten.", "Beispiele zeige ich gern.",
    "Ich sage auch, wenn jemand anders besser passt.",
)  # fmt: skip
DROPPED = (
    "Es geht um {}.", "Das Thema heißt wohl {}.", "Kurz: {}.", "{}, wenn man so will.", "Andere sagen dazu {}.",
    "Stichwort {}.", "Man kann auch sagen: {}.", "{} gehört dazu.",
)  # fmt: skip
DROPPED_EN = ("It is about {}.", "Others call it {}.", "In short: {}.")
ADDED = ("Dazu gehört auch {}.", "Andere sagen dazu {}.", "Stichwort {}.", "Auch {}.", "Auf dem Schild steht: {}.")
ADDED_EN = ("That includes {}.", "Others call it {}.", "Also {}.")
CLOSINGS_EN = (
    "", "", "Has anyone solved this before?", "Half an hour of honest talk would be enough.", "Lunch is on me.",
    "There is no hurry, but it matters.", "A recommendation would help, too.",
)  # fmt: skip
OFFERS_EN = ("", "", "I have done this for {years} years.", "A first talk is free.", "I come to your place, too.")


class Words(NamedTuple):
    """A subject as somebody writes it, and the note with it (may be empty)."""

    subject: str
    note: str


def need(subject: int, throw: int, english: bool) -> Words:
    """How somebody says that they need this: in half of the cases by its name."""
    about, style = SUBJECTS[subject], throw % 20
    note = _need_note(subject, throw >> 8, english)
    if style < 4:  # vaguely, but three of four let a word drop
        vague = VAGUE_EN if english else VAGUE
        frames, names = (DROPPED_EN, about.en) if english else (DROPPED, about.also)
        note = f"{note} {_naming(frames, names, throw >> 40)}" if style else note
        return Words(vague[(throw >> 24) % len(vague)], note)
    names = about.en if english else (about.name,) if style < 14 else about.also
    return Words(names[(throw >> 24) % len(names)], note if style % 3 else "")


def offer(subject: int, throw: int, english: bool) -> Words:
    """How somebody says that they can give this."""
    about, style = SUBJECTS[subject], throw % 20
    names = about.en if english else (about.name,) if style < 12 else about.also
    sentence = about.give_en if english else about.give
    tails = OFFERS_EN if english else OFFERS
    tail = tails[(throw >> 16) % len(tails)]
    if style % 2:
        frames, others = (ADDED_EN, about.en) if english else (ADDED, about.also)
        tail = f"{_naming(frames, others, throw >> 20)} {tail}"
    note = _filled(f"{sentence} {tail}".strip(), throw >> 32) if style % 5 < 3 else ""
    return Words(names[(throw >> 24) % len(names)], note)


def _naming(frames: tuple[str, ...], names: tuple[str, ...], throw: int) -> str:
    """A sentence that lets one of a subject's other names drop."""
    return frames[(throw >> 4) % len(frames)].format(names[throw % len(names)])


def _need_note(subject: int, throw: int, english: bool) -> str:
    about = SUBJECTS[subject]
    if english:
        return f"{about.need_en} {CLOSINGS_EN[(throw >> 4) % len(CLOSINGS_EN)]}".strip()
    opening = OPENINGS[throw % len(OPENINGS)]
    sentence = about.need[(throw >> 8) % len(about.need)]
    closing = CLOSINGS[(throw >> 12) % len(CLOSINGS)]
    return _filled(f"{opening}{sentence} {closing}".strip(), throw >> 24)


def _filled(text: str, throw: int) -> str:
    if "{" not in text:
        return text
    return text.replace("{size}", str(3 + throw % 60)).replace("{years}", str(3 + (throw >> 8) % 25))
