"""The steps of the one decision, in files by what they ask; `order` puts them in line."""
