"""Export files in, comments out, and the other way round; no database."""
