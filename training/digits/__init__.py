"""Parts of the training that only MNIST needs: its sources, outliers, challenges and model card."""
