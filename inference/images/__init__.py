"""Image files: recognised, priced and decoded within limits."""
