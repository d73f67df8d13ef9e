"""HAProxy before one or more nodes: start and soft stop, certificates, API keys, metering and the queue limit."""
