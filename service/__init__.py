"""Undertone: reads the comments of a blog, so that its moderators need not read them all at night."""

__version__ = "0.1.0"
