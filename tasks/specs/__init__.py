"""What was asked: frozen values, validated once (DLSpec, arXiv 2002.11262)."""
