"""HTTP and HTML: a view reads, calls one flow, answers."""
