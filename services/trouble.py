"""What a person can put right."""


class Trouble(Exception):
    """One line that says what is wrong, where, and what to do; the command line prints it and ends with 1."""


class WrongSetting(Trouble):
    """A setting is wrong, is missing, or is not for what was asked: wrong use, so that the command line ends with 2."""
