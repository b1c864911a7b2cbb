"""Consent of households, scope by scope."""
