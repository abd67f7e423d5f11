"""`weft` commands as processes of their own, forked from one that has loaded all of Weft: to load it takes longer than
most commands do."""

import os
import sys
from multiprocessing import get_context
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryDirectory

import services

LIMIT_S = 120
PARTS = [each.name for each in walk_packages(services.__path__, "services.") if not each.name.endswith(".__main__")]
_loaded = get_context("forkserver")
_loaded.set_forkserver_preload(PARTS)


def run_forked(words: list[str], told: dict[str, str], folder: Path, stdin: bytes) -> tuple[int, str, str]:
    """Runs a command to its end; its exit code, and what it said."""
    with TemporaryDirectory() as scratch:
        streams = [Path(scratch) / name for name in ("stdin", "stdout", "stderr")]
        streams[0].write_bytes(stdin)
        process = _loaded.Process(target=_command, args=(words, told, folder, streams))
        process.start()
        process.join(LIMIT_S)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"it did not end within {LIMIT_S} s: {words}")
        return process.exitcode, streams[1].read_text(), streams[2].read_text()


def _command(words: list[str], told: dict[str, str], folder: Path, streams: list[Path]) -> None:
    os.environ.clear()
    os.environ.update(told)
    os.chdir(folder)
    for number, file in enumerate(streams):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), number)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode, encoding="utf-8") for number, mode in enumerate("rww"))
    sys.argv = words
    from services.cli import main  # here, as whoever asks for commands need not have loaded it

    sys.exit(main())
