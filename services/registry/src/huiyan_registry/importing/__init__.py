"""Tables that people fill in: CSV and XLSX to rows and back, with an error for each wrong cell."""
