"""Real things for tests, the demo and benchmarks: cameras, servers, viewers."""
