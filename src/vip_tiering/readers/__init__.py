"""Extracts from disk: which files they are, what they look like, and their rows as raw columns."""
