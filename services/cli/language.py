"""The command about the event language: schema."""

from difflib import get_close_matches
from typing import Annotated, Any

import orjson
import typer


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    app.command()(schema)


def schema(
    kind: Annotated[str | None, typer.Argument(metavar="KIND", help="Such as interest.declared; absent: all.")] = None,
    asyncapi: Annotated[bool, typer.Option("--asyncapi", help="AsyncAPI 3: the topics and who may publish.")] = False,
    page: Annotated[bool, typer.Option("--page", help="A page for people, in Markdown.")] = False,
) -> None:
    """Print the event language: JSON Schema, AsyncAPI, or a page.

    Example: [bold]weft schema interest.declared[/bold]
    """
    from schemas import documents
    from schemas.topics import KINDS

    if kind is not None and kind not in KINDS:
        close = get_close_matches(kind, KINDS, n=3, cutoff=0.3)
        raise typer.BadParameter(f"there is no kind {kind}; perhaps {' or '.join(close) or next(iter(KINDS))}")
    if (kind is not None) + asyncapi + page > 1:
        raise typer.BadParameter("one of KIND, --asyncapi and --page")
    if page:
        print(documents.page())
        return
    document = documents.asyncapi() if asyncapi else _schemas([kind] if kind else list(KINDS))
    print(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())


def _schemas(kinds: list[str]) -> dict[str, Any]:
    """The JSON Schema of one kind, or of an event of any of several."""
    from schemas.documents import json_schema

    return json_schema(kinds[0]) if len(kinds) == 1 else {kind: json_schema(kind) for kind in kinds}
