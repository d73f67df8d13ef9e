"""A page to draw digits on, and to see what the running service makes of them."""
