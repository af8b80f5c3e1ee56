"""Point estimates and their intervals, every formula with its source.

In: plain sequences of numbers, one a query, a sample, or a process. Out: numbers and `Interval`.
Pure and lean; knows nothing of processes' files, units, or metrics. scipy is imported where a quantile is needed.
"""

from tasks.statistics.interval import CONFIDENCE, Interval
from tasks.statistics.means import mean_interval, trimmed_mean, trimmed_mean_interval
from tasks.statistics.percentiles import percentile, percentile_floor, percentile_interval
from tasks.statistics.proportions import clustered_proportion_interval, proportion_interval
from tasks.statistics.ratios import ratio, ratio_interval
from tasks.statistics.two_level import WITHIN_ONE_PROCESS, between_processes, pooled, two_level_percentile

__all__ = [
    "CONFIDENCE",
    "WITHIN_ONE_PROCESS",
    "Interval",
    "between_processes",
    "clustered_proportion_interval",
    "mean_interval",
    "percentile",
    "percentile_floor",
    "percentile_interval",
    "pooled",
    "proportion_interval",
    "ratio",
    "ratio_interval",
    "trimmed_mean",
    "trimmed_mean_interval",
    "two_level_percentile",
]
