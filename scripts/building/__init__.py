"""Parts of scripts/image: build the container image of a node, check it, measure it."""
