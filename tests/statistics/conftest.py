"""Hypothesis without its deadline: the first quantile of a session imports scipy, which takes longer."""

from hypothesis import settings

settings.register_profile("touchstone", deadline=None)
settings.load_profile("touchstone")
