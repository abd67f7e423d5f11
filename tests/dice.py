"""Dice for laws: hypothesis throws the seed, and nobody else sees what is thrown with it. Its own dice, each of whose
throws it could make smaller, take eight times as long to make a network as the network does."""

from random import Random

from hypothesis import strategies as st

THROWN = st.builds(Random, st.integers(0, (1 << 64) - 1))
