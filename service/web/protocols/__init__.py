"""Other people's APIs that we answer: each file reads a request, calls one flow, and writes what its clients expect."""
