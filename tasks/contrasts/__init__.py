"""What two evaluations have in common and what not, and what may be said of one against the other."""
