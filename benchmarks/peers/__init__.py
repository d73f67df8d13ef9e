"""The servers that this service is compared with: same weights, same answer, each with its own best settings."""
