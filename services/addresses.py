"""What addresses of brokers and of Postgres look like, so that a wrong one is told before anything is asked."""

import re

BROKERS_FORM = "host:port of one or more, with commas between, such as 127.0.0.1:9092"
POSTGRES_FORM = "postgresql+psycopg://user@host:port/name"
HIGHEST_PORT = 65_535
_BROKER = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})")


def brokers(text: str) -> str:
    """As it was given, without spaces; empty: none. ValueError: it is something else."""
    told = "".join(text.split())
    for each in told.split(",") if told else ():
        found = _BROKER.fullmatch(each)
        if found is None or not 0 < int(found[1]) <= HIGHEST_PORT:
            raise ValueError(f"brokers are {BROKERS_FORM}")
    return told


def postgres(text: str) -> str:
    """As it was given; empty: none. ValueError: it is something else; the message says nothing of it, as there may be a
    password in it."""
    if text and not _is_postgres(text):
        raise ValueError(f"the address of a Postgres is {POSTGRES_FORM}")
    return text


def _is_postgres(text: str) -> bool:
    from sqlalchemy import make_url  # what works in a data folder alone does without it
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        return False
    return url.drivername == POSTGRES_FORM.partition(":")[0] and 0 < (url.port or 1) <= HIGHEST_PORT
