"""A believable entrepreneurs' network from a seed: its events, its hidden truth, and a company for a running Weft."""

from services.simulate.stream import FIRST_DAY, history

__all__ = ["FIRST_DAY", "history"]
