"""What is known of the service's safety: the attacks that are tested, the fuzz, and the audit of the locks."""
