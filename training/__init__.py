"""From labelled images to a bundle: data, augmentation, the training loop and its figures. Serving never imports it."""
