"""How a result is shown: summary.json, the terminal's table, figures, and one self-contained page.

In: a `Result` or `Sweep`. Out: text and files. Computes no metric; every number was decided before it came here.
"""
