"""A real Kafka on this machine, for tests and for trying things out: `python -m deploy.broker`."""
