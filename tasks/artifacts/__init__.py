"""Models and data sets: how they are built (DVC stages), fetched, and checked by their bytes."""
