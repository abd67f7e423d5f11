"""The command line: one file per family of commands. What a command needs is imported when it runs: --help is quick."""

import os
import sys
import traceback
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import structlog
import typer
from typer.exceptions import TyperException

from services.cli import (
    copying,
    distributed,
    language,
    learning,
    log,
    members,
    operating,
    privacy,
    process,
    topics,
    trials,
    views,
)
from services.folder import DEFAULT, Folder, only_mine
from services.trouble import Trouble, WrongSetting

FAILED, WRONG_USE = 1, 2
STDOUT = 1
CUT_SHORT = 128 + 13  # as of any command whose reader has seen enough: SIGPIPE

app = typer.Typer(
    name="weft",
    help="Weft threads introductions across groups: few, relevant, with the reason for both sides.",
    epilog="Begin with `weft demo`. Each command has its own --help, with an example.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for family in (
    process,
    log,
    language,
    members,
    learning,
    privacy,
    views,
    topics,
    distributed,
    operating,
    copying,
    trials,
):
    family.add_to(app)


@dataclass
class Asked:
    """What was asked for before the command's name."""

    folder: Folder


@app.callback()
def _before(
    context: typer.Context,
    data: Annotated[
        Path, typer.Option("--data", envvar="WEFT_DATA", metavar="DIR", help="The data folder of the network.")
    ] = DEFAULT,
) -> None:
    context.obj.folder = Folder(data)


def main() -> int:
    """The `weft` command. Exit code 0: fine; 1: the work failed; 2: wrong use, or a wrong setting; 141: its reader had
    enough. What is wrong is told in one line."""
    asked = Asked(Folder(DEFAULT))
    structlog.configure(logger_factory=lambda *_: structlog.WriteLogger(sys.stderr))  # stdout is for what was asked for
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without our letters is no reason to stop
    try:
        code = app(sys.argv[1:] or ["--help"], obj=asked, standalone_mode=False) or 0
        if not sys.stdout.closed:
            sys.stdout.flush()  # here, where it is known what a closed pipe means
        return code
    except TyperException as misuse:
        return _tell(_of_misuse(misuse), WRONG_USE)
    except WrongSetting as wrong:
        return _tell(str(wrong), WRONG_USE)
    except Trouble as trouble:
        return _tell(str(trouble), FAILED)
    except BrokenPipeError:
        return _cut_short()
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # the libraries that print make it a 1
            return _cut_short()
        raise
    except OSError as wrong:
        where = f"{wrong.filename}: " if wrong.filename else ""
        return _tell(f"{where}{wrong.strerror or wrong}; name another file or folder, or make room", FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return _tell("stopped; what was done until then stays done", FAILED)
    except Exception as mistake:
        return _tell(_of_mistake(mistake, asked.folder), FAILED)


def _cut_short() -> int:
    os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # what is left unsaid goes nowhere
    return CUT_SHORT


def _tell(what: str, code: int) -> int:
    print(f"weft: {what}", file=sys.stderr)
    return code


def _of_misuse(misuse: TyperException) -> str:
    context = getattr(misuse, "ctx", None)
    command = context.command_path if context else "weft"
    said = " ".join(str(getattr(misuse, "format_message", misuse.__str__)()).split()).removeprefix("Invalid value: ")
    return f"{said.rstrip('.')}; see {command} --help"


def _of_mistake(mistake: Exception, folder: Folder) -> str:
    """Our own mistake in one line. Where it happened goes to a file, for whoever mends it; its message does not: it may
    be something that a member said."""
    what = f"this is a mistake of Weft, not yours ({type(mistake).__name__})"
    try:
        file = folder.path / "crash.txt"
        with open(file, "w", opener=only_mine) as written:
            written.writelines([*traceback.format_tb(mistake.__traceback__), type(mistake).__name__, "\n"])
    except OSError:
        return f"{what}: please report what you did"
    return f"{what}: please report what you did, with {file}"
