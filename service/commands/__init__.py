"""The commands of `python -m service`, a file for each subject."""
