"""Steps of scripts/up."""
