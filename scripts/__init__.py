"""All commands: scripts/NAME, and the Python behind them."""
