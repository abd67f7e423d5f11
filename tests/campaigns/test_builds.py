"""What campaigns break on purpose is still there to be broken: known in seconds, not after an hour of campaigns."""

import importlib
import pkgutil

from tests import campaigns
from tests.campaigns.builds import NAMED, ROOT


def test_every_line_that_a_campaign_names_stands_in_its_file_once() -> None:
    for each in pkgutil.iter_modules(campaigns.__path__, f"{campaigns.__name__}."):
        importlib.import_module(each.name)
    assert [line for line in NAMED if not line.stands_in(ROOT)] == []
    assert len(NAMED) > 60
