"""Report on the security of the service: tested attacks, fuzzing, and audit of the locks."""
