"""Rows in, rows out: the database, and nothing that decides."""
