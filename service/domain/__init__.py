"""What we talk about: plain Python, no input or output."""
