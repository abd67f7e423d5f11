"""The page docs/EVENTS.md: what a service may publish, written off the models and the topic table."""

from collections.abc import Iterator

from schemas.topics import KINDS, LETTERS, TOPICS, Kind
from schemas.words import ID, INSTANT, PAST_INSTANT, Node, resolved, schema_of, words

_INTRODUCTION = f"""\
# The events of Weft

This page is generated from `schemas/`; `weft schema` prints the same as JSON Schema (of one kind: `weft schema
interest.declared`) and, with `--asyncapi`, as AsyncAPI 3.

An event is a CloudEvent 1.0 in structured JSON, at most 64 KiB of UTF-8:

```json
{{"specversion": "1.0", "id": "crm-81723", "source": "/crm", "type": "interest.declared",
 "time": "2026-03-02T07:30:00Z", "data": {{"member_id": "m-17", "subject": "Unternehmensnachfolge"}}}}
```

| attribute | allowed |
|---|---|
| `specversion` | `"1.0"` |
| `id`, `source` | 1 to 200 characters that can be printed; together they name the event for ever |
| `type` | one of the kinds below |
| `time` | when it happened: a past instant |
| `data` | an object with the fields of the kind, and no others |

The same `(source, id)` with the same type, time and data is a duplicate, and changes nothing; with others it is a
conflict, and refused. Further attributes of CloudEvents and extensions are tolerated and not kept.

- An **instant** is {INSTANT};
  a **past instant** is at most five minutes ahead of the door's clock.
- An **id** is {ID}, never derived from a name or an address.
- An optional field that is absent says nothing; `null` clears it.
- What 🔒 marks is personal: the log keeps it sealed with the keys of `member_id` and `by_id`, or of `member_ids`;
  nobody can read it once one of them is erased. All else that is said of a member are ids, instants and numbers.

Who may publish: **P** publishers (services), **M** the member concerned, **O** organisers, **W** only Weft itself.
"""


def page() -> str:
    """The whole page as Markdown, without the last line end."""
    return "\n".join([_INTRODUCTION, *(_topic(topic) for topic in TOPICS)]).rstrip()


def _topic(topic: str) -> str:
    kinds = [kind for kind in KINDS.values() if kind.topic == topic]
    rows = [f"| `{kind.type}` | {who(kind)} | {kind.keyed_by} | {_said(kind)} |" for kind in kinds]
    table = ["| type | who | key | says |", "|---|---|---|---|", *rows]
    return "\n".join([f"## {topic}\n", *table, "", *(_kind(kind) for kind in kinds)])


def who(kind: Kind) -> str:
    """Who may publish this kind, in the letters of the contract: `P M`."""
    return " ".join(letter for letter, role in LETTERS.items() if role in kind.who)


def _said(kind: Kind) -> str:
    return " ".join((kind.model.__doc__ or "").split())


def _kind(kind: Kind) -> str:
    schema = schema_of(kind.model)
    rows = [f"| `{path}` {'🔒 ' if path in kind.personal else ''}{rest}" for path, rest in _rows(schema, schema)]
    return "\n".join([f"### {kind.type}\n", "| field | optional | allowed | meaning |", "|---|---|---|---|", *rows, ""])


def _rows(schema: Node, node: Node, prefix: str = "") -> Iterator[tuple[str, str]]:
    """For each field of an object, and of the objects within, its path and the rest of its row."""
    for name, field in node.get("properties", {}).items():
        inner = resolved(field, schema)
        optional, allowed = ("", field) if name in node["required"] else ("yes", inner)
        said = words(allowed, schema)
        for long, short in ((INSTANT, "an instant"), (PAST_INSTANT, "a past instant"), (ID, "an id")):
            said = said.replace(long, short)
        yield prefix + name, f"| {optional} | {said} | {field.get('description', '')} |"
        yield from _rows_within(schema, inner, prefix + name)


def _rows_within(schema: Node, node: Node, path: str) -> Iterator[tuple[str, str]]:
    if "properties" in node:
        yield from _rows(schema, node, f"{path}.")
    elif "items" in node:
        yield from _rows_within(schema, resolved(node["items"], schema), f"{path}[]")
    elif isinstance(node.get("additionalProperties"), dict):
        yield from _rows_within(schema, resolved(node["additionalProperties"], schema), f"{path}.*")
