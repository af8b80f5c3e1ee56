"""One file per framework, found by its name; importing one imports no framework."""
