"""The examples in docstrings are run."""

import doctest
import importlib
import pkgutil

import pytest

import schemas

MODULES = [f"schemas.{module.name}" for module in pkgutil.iter_modules(schemas.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str):
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0
