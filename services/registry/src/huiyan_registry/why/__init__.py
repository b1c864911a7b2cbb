"""Why somebody may or may not see a camera: the decision, step by step."""
