"""Dice for laws: hypothesis throws the seed, and nobody else sees what is thrown with it. Its own dice, each of whose
throws it could make smaller, take eight times as long to make a network as the network does."""

from hypothesis import strategies as st

THROWN = st.randoms(use_true_random=True)
