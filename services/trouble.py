"""What a person can put right."""


class Trouble(Exception):
    """One line that says what is wrong, where, and what to do; the command line prints it and ends with 1."""
