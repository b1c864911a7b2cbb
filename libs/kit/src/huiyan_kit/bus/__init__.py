"""The bus: three verbs, key-value buckets and durable events, over NATS or inside one process."""
