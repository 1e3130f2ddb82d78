"""The table of bad inputs: each case carries the number of the kind of mistake that it stands for."""
