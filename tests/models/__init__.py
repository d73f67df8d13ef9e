"""Models of other kinds than the served one: all that is specific to each is in its file."""
