"""The access register's proof: a hash chain over its rows, whose signed heads leave the house."""
