"""Steps of scripts/image: build the container image of a node, check it, and measure it."""
