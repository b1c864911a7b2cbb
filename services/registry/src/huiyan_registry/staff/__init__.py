"""Vetting, training and confidentiality agreements: what staff need before they see pictures."""
