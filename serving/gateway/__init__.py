"""HAProxy before a node or several: its start and soft stop, certificates, the clients' keys, how many may wait."""
