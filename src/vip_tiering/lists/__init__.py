"""From a run to lists: who is selected, which gate stops whom, what is written. See docs/architecture.md for the line."""
