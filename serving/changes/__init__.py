"""What an operator changes while requests come in: the version, by a rollout, and the number of workers."""
