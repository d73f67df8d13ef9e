"""What scripts/image does: build the container image of a node, check it, measure it."""
