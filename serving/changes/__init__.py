"""Changes by operators under load: the version, by a rollout, and the number of workers."""
