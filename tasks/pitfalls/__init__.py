"""What goes wrong in evaluations (Challenges and pitfalls, arXiv 1904.12437). Here so far: the linter's rules."""
