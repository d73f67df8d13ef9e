"""Which model, and which mathematics: candidates compared on the training set alone, with tests of who really wins."""
