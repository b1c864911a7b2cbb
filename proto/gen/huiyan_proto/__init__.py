"""Contract files that travel with the generated code: subjects.yaml."""
