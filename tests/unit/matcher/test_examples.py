"""The examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import matcher


@pytest.mark.parametrize("module", [module.name for module in pkgutil.iter_modules(matcher.__path__)])
def test_examples_in(module: str):
    assert doctest.testmod(importlib.import_module(f"matcher.{module}")).failed == 0
