"""Software environments: a lock of exact versions becomes an isolated virtual environment in the user's cache."""
