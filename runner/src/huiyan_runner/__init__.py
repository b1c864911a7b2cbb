"""The huiyan command: the whole suite on one machine."""
