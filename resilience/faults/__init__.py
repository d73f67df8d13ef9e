"""One node under load, what can happen to it, and what its clients see of that."""
