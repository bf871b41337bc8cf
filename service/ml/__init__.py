"""Text in, scores out: what the model sees, how it learns, and where it is kept."""
