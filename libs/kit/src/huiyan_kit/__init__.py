"""What every service stands on: settings, logs, bus, health, grants."""
