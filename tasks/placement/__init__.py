"""Where things run: Ray holds the resources, one timed part runs at a time on a node, results come home as bytes."""
