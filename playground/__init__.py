"""Page to draw digits on. It shows the predictions and explanations of the running service."""
