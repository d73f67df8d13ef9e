"""Report of the service's security: the tested attacks, the fuzz, and the audit of the locks."""
