"""What entrepreneurs look for and can give, and who they are by trade: the tables that a network is drawn from."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Subject:
    """What an interest or expertise is about, with the many ways in which people say it."""

    name: str
    field: str
    also: tuple[str, ...]
    en: tuple[str, ...]
    need: tuple[str, ...]
    give: str
    need_en: str
    give_en: str
    delicate: bool = False


@dataclass(frozen=True, slots=True)
class Profession:
    """A trade: what it can give, what it typically looks for, and the circle it belongs to (trades that send one
    another business)."""

    name: str
    en: str
    circle: str
    common: int
    firm: str
    gives: tuple[int, ...]
    needs: tuple[int, ...]


def _subjects() -> list[Subject]:
    rows = tomllib.loads((HERE / "subjects.toml").read_text(encoding="utf-8"))
    return [
        Subject(
            name=name,
            field=row["field"],
            also=tuple(row["also"]),
            en=tuple(row["en"]),
            need=tuple(row["need"]),
            give=row["give"],
            need_en=row["need_en"],
            give_en=row["give_en"],
            delicate=row.get("delicate", False),
        )
        for name, row in rows.items()
    ]


def _professions() -> list[Profession]:
    rows = tomllib.loads((HERE / "professions.toml").read_text(encoding="utf-8"))
    return [
        Profession(
            name, row["en"], row["circle"], row["common"], row["firm"], numbered(row["gives"]), numbered(row["needs"])
        )
        for name, row in rows.items()
    ]


SUBJECTS = _subjects()
NUMBER_OF = {subject.name: number for number, subject in enumerate(SUBJECTS)}


def numbered(names: list[str]) -> tuple[int, ...]:
    """The numbers of these subjects in `SUBJECTS`; KeyError: a table names a subject that does not exist."""
    return tuple(NUMBER_OF[name] for name in names)


PROFESSIONS = _professions()

FIELDS = sorted({subject.field for subject in SUBJECTS})
FIELD_OF = np.array([FIELDS.index(subject.field) for subject in SUBJECTS])
CIRCLES = sorted({profession.circle for profession in PROFESSIONS})
CIRCLE_OF = np.array([CIRCLES.index(profession.circle) for profession in PROFESSIONS])

STAGES = ("founding", "growing", "established", "succession")

# What keeps firms busy at each stage, whatever their trade.
STAGE_NEEDS = [
    numbered(names)
    for names in (
        ["Geschäftsplan", "Fördermittel", "Rechtsform", "Neukundengewinnung", "Webauftritt", "Preisgestaltung"],
        ["Mitarbeitergewinnung", "Führungskräfteentwicklung", "Prozessautomatisierung", "Unternehmensfinanzierung",
         "Vertriebsaufbau", "Gewerbeflächen", "Kalkulation", "Delegieren", "Markenaufbau"],
        ["Strategieentwicklung", "Künstliche Intelligenz", "Einkauf", "Risikomanagement", "Mitarbeiterbindung",
         "Energieberatung", "IT-Sicherheit", "Schlanke Fertigung", "Sparring für Inhaber", "Teamkonflikte"],
        ["Unternehmensnachfolge", "Unternehmensbewertung", "Erbregelung", "Altersvorsorge", "Unternehmenskauf",
         "Steuergestaltung", "Sanierung"],
    )
]  # fmt: skip

# How people name a need when they do not want to, or cannot, put a finger on it: only the note tells.
VAGUE = ("Austausch", "Wachstum", "Neue Kontakte", "Zukunft des Betriebs", "Entlastung im Alltag", "Ein guter Rat")
VAGUE_EN = ("exchange", "growth", "new contacts", "good advice")
