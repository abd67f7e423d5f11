"""How commands speak: results on stdout, everything else on stderr; JSON for scripts, calm tables for people."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

T = TypeVar("T")
STEPS = 1_000  # of a bar: what is finer cannot be seen
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, and nothing else.")]


def an_id(told: str | None) -> str | None:
    """A member's id, if it can be one."""
    if told is None or re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", told):
        return told
    raise typer.BadParameter(f"{told!r} is no member's id: those are 1 to 64 characters of A-Z a-z 0-9 . _ : -")


def out() -> Console:
    """Where results go."""
    return Console(highlight=False)


def err() -> Console:
    """Where everything else goes."""
    return Console(stderr=True, highlight=False)


def say_json(result: Any) -> None:
    """A result for a script."""
    sys.stdout.buffer.write(orjson.dumps(result, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def counted(items: Iterable[T], doing: str, total: int) -> Iterator[T]:
    """The items, on a terminal with how many of them are done."""
    with progress(doing, total) as advance:
        for item in items:
            yield item
            advance(1)


@contextmanager
def progress(doing: str, total: int | None, *, in_numbers: bool = False) -> Iterator[Callable[[int], None]]:
    """On a terminal, a bar; what is yielded moves it on, and may be called as often as one likes. `in_numbers`: it says
    how many are done, not which share."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    done = MofNCompleteColumn() if in_numbers else TaskProgressColumn()
    with Progress(
        TextColumn("{task.description}"), BarColumn(), done, TimeElapsedColumn(), console=err(), transient=True
    ) as bar:
        task = bar.add_task(doing, total=total)
        held_back = 0

        def advance(done: int) -> None:
            nonlocal held_back
            held_back += done
            if held_back >= (total or 0) // STEPS:
                bar.advance(task, held_back)
                held_back = 0

        yield advance


@contextmanager
def at_work(doing: str) -> Iterator[None]:
    """Says on a terminal what is being waited for."""
    if not sys.stderr.isatty():
        yield
        return
    with err().status(doing):
        yield
