"""Runs beside a comment system that cannot call Undertone itself: tells it what is written, does what is decided."""
