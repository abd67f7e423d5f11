"""The judgement: events -> world -> candidates -> points -> round.

Pure: no clock, disk, network, environment or dice.
"""
