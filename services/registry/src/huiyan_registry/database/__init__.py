"""The connection to PostgreSQL, the base of all tables, and the migrations."""
