"""The networks that this project builds itself, one layer table per file."""
