"""The first start of a town: its areas, its machines and the first person who may log in."""
