"""What this host and this process really are: read, never assumed. Lean: the standard library, Python 3.9 and newer."""
