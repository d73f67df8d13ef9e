"""Changes under load: rollouts of versions, scaling of workers, and added or removed models."""
