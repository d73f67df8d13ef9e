"""Models of other kinds than the served one. The file of each model has all parts that are specific to it."""
