"""Faults injected into a log, each a program: `python -m tests.campaigns.log_faults.power_cut 500 SEED`.

It ends with 0 and a line that counts what was done, or with 3 and a line that says what was lost. Being programs, they
can be run in a copy of the whole tree that was broken on purpose (`builds.py`): a campaign that does not notice proves
nothing.
"""
