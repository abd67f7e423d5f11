"""Names of people, firms, groups and places, put together from parts; whoever bears one of them does so by chance."""

import re
import tomllib

from services.simulate.dice import die
from services.simulate.subjects import HERE, PROFESSIONS

_PARTS = tomllib.loads((HERE / "names.toml").read_text(encoding="utf-8"))


def _words(name: str) -> list[str]:
    text = " ".join(_PARTS[name].split())
    return text.split("|" if "|" in text else " ")


FIRST, FIRST_ABROAD, LAST_ABROAD = _words("first"), _words("first_abroad"), _words("last_abroad")
FRONT, BACK, COINED, OFFICES = _words("front"), _words("back"), _words("coined"), _words("offices")
PLACES, QUARTERS, CIRCLES, ROOMS = _words("places"), _words("quarters"), _words("circles"), _words("rooms")
_LEGAL_FORM = re.compile(r" (GmbH & Co\. KG|GmbH|e\. K\.|KG|UG)$")
_ODD = re.compile(r"[^a-z0-9-]")
FORMS = ("GmbH", "GmbH", "GmbH & Co. KG", "e. K.", "KG", "UG")
CHILDREN = ("Sohn", "Söhne", "Tochter", "Töchter")
CONSULTING = {"Beratung", "IT", "Marketing"}  # circles whose firms are partnerships or have coined names
_PLAIN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ş": "s", " ": "-", "&": "und", ".": None})


def person(seed: int, number: int, abroad: bool) -> tuple[str, str]:
    """First and last name of a member."""
    throw = die(seed, "name", number)
    if abroad:
        return FIRST_ABROAD[throw % len(FIRST_ABROAD)], LAST_ABROAD[(throw >> 16) % len(LAST_ABROAD)]
    return FIRST[throw % len(FIRST)], _surname(throw >> 16)


def _surname(throw: int) -> str:
    return FRONT[throw % len(FRONT)] + BACK[(throw >> 16) % len(BACK)]


def firm(seed: int, number: int, profession: int, last: str) -> str:
    """What a member's firm is called: mostly after its owner, as small firms are."""
    throw = die(seed, "firm", number)
    word = PROFESSIONS[profession].firm
    coined, other = COINED[(throw >> 8) % len(COINED)], _surname(throw >> 16)
    form = FORMS[(throw >> 32) % len(FORMS)]
    if word in OFFICES:
        return (f"{last} & {other} {word}", f"{last} {word}", f"{last}, {other} & Partner")[throw % 3]
    if PROFESSIONS[profession].circle in CONSULTING:
        shapes = [f"{last} {word} {form}", f"{coined} {word} {form}", f"{last} & Partner {word}"]
        shapes += [f"{last} & {other} {word} {form}", f"{word} {last}"]
    else:
        shapes = [f"{word} {last}", f"{word} {last} {form}", f"{last} {word} {form}", f"{coined} {word} {form}"]
        shapes += [f"Gebrüder {last} {word}", f"{word} {last} & {CHILDREN[(throw >> 40) % len(CHILDREN)]}"]
    return shapes[throw % len(shapes)]


def email(first: str, last: str, company: str) -> str:
    """An address in a domain that can never exist (RFC 2606)."""
    domain = _plain(_LEGAL_FORM.sub("", company))
    return f"{_plain(first)}.{_plain(last)}@{domain}.example"


def _plain(text: str) -> str:
    return _ODD.sub("", text.lower().translate(_PLAIN)).strip("-")


def place(seed: int, region: int) -> str:
    """The town of a region."""
    return PLACES[(die(seed, "town") + 7 * region) % len(PLACES)]


def group(seed: int, number: int, region: int) -> str:
    """What a group is called."""
    throw = die(seed, "group", number)
    return f"{CIRCLES[throw % len(CIRCLES)]} {place(seed, region)} {QUARTERS[number % len(QUARTERS)]}"


def room(seed: int, number: int) -> str:
    """Where a group or a region meets."""
    return ROOMS[die(seed, "room", number) % len(ROOMS)]
