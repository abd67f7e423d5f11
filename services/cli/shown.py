"""What members and organisers are shown on a terminal."""

import os
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from matcher.wording import say
from services.cli.output import out

LANGUAGE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def language() -> str:
    """The reader's: German where the terminal is German, else English."""
    told = next((os.environ[name] for name in LANGUAGE_VARIABLES if os.environ.get(name)), "")
    return "de" if told.startswith("de") else "en"
