"""The version of the package, kept apart so that building needs no import of it."""

__version__ = "0.1.0"
