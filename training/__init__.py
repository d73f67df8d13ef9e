"""Training: from labelled images to a bundle with its figures. Serving never imports this package."""
