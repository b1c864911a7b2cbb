"""The members of a household, and what each of them may."""
