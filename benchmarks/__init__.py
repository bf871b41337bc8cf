"""What is measured, and the command that prints it again: `make bench`."""
