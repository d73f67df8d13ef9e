"""Selection of model and method: candidates compared on the training set alone, with significance tests."""
