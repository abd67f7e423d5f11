"""One need written in three ways, in a made-up network of two languages: how many of those who serve it are found."""

from random import Random

import pytest

from matcher.asking import ask
from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.kin import Kinship
from matcher.needs import stated_need
from schemas.codec import Event
from tests import builders as b
from tests.unit.matcher.worlds import world_of

AT, FIRST = b.day(30), 10
GIVERS_OF_A_NAME = SEEKERS_OF_A_NAME = 3
ANOTHER_NAME = 3  # one in so many lets one drop
ALSO = ("auch: {}", "others call it {}", "Stichwort {}")
# Three names each, and what people say with it, German and English.
CONCEPTS = [
    (("Nachfolge", "Betriebsübergabe", "business succession"),
     "Inhaber Rente Kinder Nachfolger Kaufpreis", "owner retire heirs handover"),
    (("Fördermittel", "Zuschüsse", "grants"),
     "Antrag Bescheid Land Programm Förderbank", "application state programme funding"),
    (("Buchhaltung", "Belege und Löhne", "bookkeeping"),
     "Rechnung Monat Abschluss Büro Kasse", "invoices ledger wages receipts"),
    (("Webauftritt", "Homepage", "website"),
     "Seite Besucher Gestaltung Texte Bilder", "visitors layout pages pictures"),
    (("Arbeitsrecht", "Kündigungsschutz", "employment law"),
     "Anwalt Gericht Abfindung Kündigung Frist", "lawyer court severance dismissal"),
    (("Lagerhaltung", "Bestände", "inventory"),
     "Regal Ware Lieferung Halle Palette", "shelves goods delivery pallets"),
    (("Mitarbeitersuche", "Fachkräfte finden", "hiring"),
     "Bewerber Stelle Anzeige Gespräch Lohn", "applicants vacancy advert interview"),
    (("Datenschutz", "DSGVO", "privacy rules"),
     "Daten Einwilligung Behörde Auskunft Server", "consent records authority servers"),
    (("Energie sparen", "Stromkosten", "cutting energy costs"),
     "Heizung Dach Anlage Verbrauch Strom", "heating roof meter consumption"),
    (("Auslandsmärkte", "Export", "selling abroad"),
     "Zoll Händler Messe Ausfuhr Grenze", "customs dealers fair border"),
]  # fmt: skip


def _network(dice: Random) -> list[Event]:
    """Everybody writes in one language; one in three knows another name and says so."""
    events: list[Event] = []
    for number, (names, *said) in enumerate(CONCEPTS):
        for place, name in enumerate(names):
            for turn in range(GIVERS_OF_A_NAME + SEEKERS_OF_A_NAME):
                gives = turn < GIVERS_OF_A_NAME
                member_id = f"{'g' if gives else 's'}-{number}-{place}-{turn}"
                note = dice.sample(said[place == 2].split(), 3)
                if dice.randrange(ANOTHER_NAME) == 0:
                    others = [other for other in names if other != name]
                    note.append(dice.choice(ALSO).format(dice.choice(others)))
                say = b.gives if gives else b.seeks
                events += [b.joined(member_id, member_id), say(member_id, name, note=" ".join(note), at=b.day(turn))]
    return events


def _found_among_the_first(events: list[Event]) -> float:
    """Of the pairs of somebody who asks, by a name and without a note, and whoever gives it by any name: the share that
    is among the first ten."""
    index = Index(world_of([*events, b.joined("asker", "of nobody")]))
    card = card_of(index.world, Purpose.QUESTIONS)
    found = true = 0
    for number, (names, *_) in enumerate(CONCEPTS):
        for name in names:
            answers = ask(index, card, "asker", stated_need([name]), AT, top=FIRST)
            found += sum(answer.member_id.startswith(f"g-{number}-") for answer in answers)
            true += len(names) * GIVERS_OF_A_NAME
    return found / true


def test_whoever_serves_a_need_is_found_by_any_of_its_names(monkeypatch: pytest.MonkeyPatch):
    networks = [_network(Random(seed)) for seed in range(5)]
    with_kin = [_found_among_the_first(events) for events in networks]
    monkeypatch.setattr(Kinship, "of", lambda self, subject: {})
    without = [_found_among_the_first(events) for events in networks]
    print(
        f"share of true pairs among the first {FIRST}: {sum(without) / 5:.3f} without kin, {sum(with_kin) / 5:.3f} with"
    )
    assert max(without) < 0.5 and min(with_kin) > 0.7
