"""What the service does, one story a file. A flow writes rows; the front doors open and commit its transaction."""
