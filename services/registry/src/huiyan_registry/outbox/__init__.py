"""The transactional outbox to the bus, and the reconciliation of what it carries."""
