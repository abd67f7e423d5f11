"""What is compiled is kept where numba finds a place; where it finds none, and until all is compiled, lists are made
all the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from matcher import compiling, workspace
from matcher.index import Index
from tests import builders as b
from tests.service.processes import ROOT
from tests.unit.matcher.test_keeping import loaded
from tests.unit.matcher.worlds import world_of

MISSES = "sum(sum(each.stats.cache_misses.values()) for each in (kernels.choose, kernels.choose_each, kernels.walk))"
NO_PLACE = {"NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator", "NUMBA_CACHE_DIR": f"{__file__}/nowhere"}


def in_a_process_of_its_own(code: str, **environment: str) -> str:
    told = {**os.environ, **environment}
    done = subprocess.run([sys.executable, "-c", code], env=told, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_where_numba_finds_no_place_for_its_cache_kernels_are_compiled_without_one():
    taken = (
        "import numpy as np; from matcher import compiling, kernels; one = np.zeros(1, dtype=np.int64); "
        "print(compiling.place(), kernels.walk(one, one, one, one, one + 2, one + 2, one))"
    )
    assert in_a_process_of_its_own(taken, **NO_PLACE) == "None (1, 0)"


def test_what_a_power_cut_has_left_of_a_cache_is_compiled_anew(tmp_path: Path):
    taken = "import numpy as np; from matcher import kernels; print(kernels._last_of(np.ones(9, dtype=np.int64), 3))"
    for damage in (None, b"", b"junk", b"half"):
        for index in tmp_path.rglob("*.nbi"):
            index.write_bytes(index.read_bytes()[:60] if damage == b"half" else damage or b"")
        assert in_a_process_of_its_own(taken, NUMBA_CACHE_DIR=str(tmp_path)) == "6"
        assert list(tmp_path.rglob("*.nbc"))


@pytest.mark.parametrize("first", ["workspace", "kernels", "compiling"])
def test_whatever_a_process_imports_first_it_finds_what_was_compiled(first: str):
    workspace.warm_up()
    taken = f"from matcher import {first}, workspace, kernels; workspace.warm_up(); print({MISSES})"
    assert in_a_process_of_its_own(taken) == "0"


def test_whether_they_are_kept_is_found_without_compiling_any(tmp_path: Path):
    asked = "from matcher import compiling, kernels; print(compiling.are_kept(), kernels.choose.signatures)"
    assert in_a_process_of_its_own(asked, NUMBA_CACHE_DIR=str(tmp_path)) == "False []"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    workspace.warm_up()
    assert compiling.are_kept()


def test_it_is_told_how_many_kernels_are_ready_and_whether_any_was_compiled(tmp_path: Path):
    asked = """
from numba.types import int32, int64
from matcher import compiling, kernels, workspace
def warm_up():
    kernels._last_of.compile((int64[::1], int64))
    kernels._write_down.compile((int32[::1], int32[::1], int32[::1]))
workspace.warm_up = warm_up
told = []
print(compiling.compile_all(told.append), sum(told), compiling.compile_all(told.append))
"""
    assert in_a_process_of_its_own(asked, NUMBA_CACHE_DIR=str(tmp_path)) == "True 2 False"


def test_a_list_by_arrays_loads_no_compiler_however_large_the_network_is():
    asked = """
import sys
from matcher import asking, candidates, card, index, needs
from tests import builders as b
from tests.unit.matcher.worlds import world_of
candidates.LARGE = 2
told = [b.joined("m-1", "g-1"), b.joined("m-2", "g-2"), b.seeks("m-1", "Export"), b.gives("m-2", "Export")]
of = index.Index(world_of(told))
of.by_arrays = True
by, need = card.card_of(of.world, card.Purpose.QUESTIONS), asking.own_need(of, "m-1", b.day(9))
print([found.member_id for found in asking.ask(of, by, "m-1", need, b.day(9), top=9)], "numba" in sys.modules)
"""
    assert in_a_process_of_its_own(asked) == "['m-2'] False"


def test_who_copies_an_index_that_is_asked_by_arrays_is_served_by_kernels():
    index = Index(world_of([b.joined("m-1")]))
    index.by_arrays = True
    assert not loaded(index, index.world).by_arrays
