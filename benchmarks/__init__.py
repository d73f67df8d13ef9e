"""Every peer and this service, side by side on one machine."""
