"""Reports for people on what a run found: the changes of a quarter."""
