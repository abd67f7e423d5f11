"""What may import what, and how the code is written: the rules that a reader relies on."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ["schemas", "matcher", "services"]  # each may import itself and those before it
PURE = LAYERS[:2]
SOURCES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text())
    for layer in LAYERS
    for path in sorted((ROOT / layer).rglob("*.py"))
}
THE_OUTSIDE = {  # clock, dice, disk, network, environment, processes, threads, log
    "asyncio", "concurrent", "glob", "http", "httpx", "io", "logging", "multiprocessing", "os", "pathlib", "platform",
    "queue", "random", "requests", "secrets", "select", "shutil", "signal", "socket", "sqlite3", "ssl", "structlog",
    "subprocess", "sys", "tempfile", "threading", "time", "urllib", "warnings",
}  # fmt: skip
# What of others' the pure layers may import, and what only one file may (ARCHITECTURE.md, "The four parts").
LIBRARIES = {
    "schemas": {"orjson", "pydantic", "pydantic_core"},
    "matcher": {"numba", "numpy", "orjson", "scipy", "sklearn", "snowballstemmer"},
}
IN_FEW_FILES = {"numba": ["matcher/compiling.py", "matcher/kernels.py"], "sklearn": ["matcher/calibrating.py"]}
OUTSIDE_CALLS = {"now", "today", "utcnow", "uuid1", "uuid4", "open", "print", "input", "eval", "exec", "__import__"}
LEARNING = {  # what it fits is rounded before it decides anything
    f"matcher/{name}.py" for name in ("learning", "fitting", "outcomes", "calibrating")
}
LONGEST_LINES = 60
UNDONE = ("TODO", "FIXME", "XXX")
SAYS_NOTHING = ("utils", "util", "helpers", "helper", "manager", "base", "common", "misc")


def _of(*layers: str) -> Iterator[tuple[str, ast.Module]]:
    return ((name, tree) for name, tree in SOURCES.items() if name.split("/")[0] in layers)


def _imported(tree: ast.Module) -> Iterator[str]:
    """The top-level packages that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield (node.module or "").split(".")[0]


def _called(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "attr", None) or getattr(node.func, "id", "")


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_run_one_way(layer: str):
    later = {*LAYERS[LAYERS.index(layer) + 1 :], "tests", "benchmarks"}
    assert {name: found for name, tree in _of(layer) if (found := later & set(_imported(tree)))} == {}


def test_the_language_and_the_judgement_import_nothing_of_the_outside():
    assert {name: found for name, tree in _of(*PURE) if (found := THE_OUTSIDE & set(_imported(tree)))} == {}


@pytest.mark.parametrize("layer", PURE)
def test_the_language_and_the_judgement_import_the_libraries_that_the_table_lists_and_no_other(layer: str):
    known = {*sys.stdlib_module_names, *LAYERS}
    imported = {library for _, tree in _of(layer) for library in _imported(tree) if library not in known}
    assert imported == LIBRARIES[layer]


@pytest.mark.parametrize(("library", "files"), IN_FEW_FILES.items())
def test_what_compiles_and_what_learns_is_imported_where_the_table_says(library: str, files: list[str]):
    assert [name for name, tree in _of(*PURE) if library in set(_imported(tree))] == files


def test_the_language_and_the_judgement_ask_no_clock_and_throw_no_dice():
    assert {name: found for name, tree in _of(*PURE) if (found := OUTSIDE_CALLS & set(_called(tree)))} == {}


def test_nothing_that_decides_is_a_float():
    floats = [
        f"{name}:{node.lineno}"
        for name, tree in _of("matcher")
        if name not in LEARNING
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
    assert floats == []


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{name}:{node.name}"
        for name, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _lines(node) > LONGEST_LINES
    ]
    assert long == []


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or 0) - node.lineno + 1


def test_what_was_left_undone_is_not_left_in_the_code():
    texts = {name: (ROOT / name).read_text() for name in SOURCES}
    assert {name: word for name, text in texts.items() for word in UNDONE if word in text} == {}


def test_every_file_has_a_name_that_says_what_is_in_it():
    assert [name for name in SOURCES if Path(name).stem in SAYS_NOTHING] == []


def test_a_module_begins_by_saying_what_it_is_for():
    assert [name for name, tree in SOURCES.items() if tree.body and not ast.get_docstring(tree)] == []


def test_no_exception_is_swallowed():
    swallowed = [
        f"{name}:{node.lineno}"
        for name, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
    ]
    assert swallowed == []
