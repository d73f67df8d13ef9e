"""Everything that only MNIST needs: its sources, outliers, challenges and model card."""
