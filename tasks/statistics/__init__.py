"""Point estimates, their intervals, and verdicts, every formula with its source.

In: plain sequences of numbers, one a query, a sample, a process, a block, or a run. Out: numbers and small values.
Pure and lean; knows nothing of processes' files, units, or metrics. scipy is imported where a quantile is needed.
Simulated coverage and rates of all of them: reports/coverage.md.
"""

from tasks.statistics.comparison import Comparison, Plan, compare, family, holm, log_ratio
from tasks.statistics.dependence import effective_size
from tasks.statistics.early_stopping import allowed, early_stopping_estimate, least_queries
from tasks.statistics.f1 import macro_f1
from tasks.statistics.history import Watched, across_sessions, watch
from tasks.statistics.interval import CONFIDENCE, Interval
from tasks.statistics.jackknife import jackknife_interval, jackknife_of_sums
from tasks.statistics.means import mean_interval, trimmed_mean, trimmed_mean_interval
from tasks.statistics.noise import detectable, detectable_again
from tasks.statistics.pairs import Paired, mcnemar, paired_difference, sign_flips, tango_interval
from tasks.statistics.percentiles import percentile, percentile_floor, percentile_interval, percentile_rule, too_few
from tasks.statistics.proportions import clustered_proportion_interval, proportion_interval
from tasks.statistics.ranks import auc, auc_gain, auc_interval
from tasks.statistics.ratios import mean_ratio, mean_ratio_interval, ratio, ratio_interval
from tasks.statistics.replications import (
    LEAST_REPLICATIONS,
    enough_queries,
    replicated_percentile,
    replicated_rule,
    replication_floor,
    too_few_replicated,
)
from tasks.statistics.retrieval import retrieved
from tasks.statistics.sessions import between_sessions, processes_needed
from tasks.statistics.stopping import Budget, look_confidence
from tasks.statistics.two_level import WITHIN_ONE_PROCESS, between_processes, pooled, two_level_percentile
from tasks.statistics.warmup import Warmup, warmup

__all__ = [
    "CONFIDENCE",
    "LEAST_REPLICATIONS",
    "WITHIN_ONE_PROCESS",
    "Budget",
    "Comparison",
    "Interval",
    "Paired",
    "Plan",
    "Warmup",
    "Watched",
    "across_sessions",
    "allowed",
    "auc",
    "auc_gain",
    "auc_interval",
    "between_processes",
    "between_sessions",
    "clustered_proportion_interval",
    "compare",
    "detectable",
    "detectable_again",
    "early_stopping_estimate",
    "effective_size",
    "enough_queries",
    "family",
    "holm",
    "jackknife_interval",
    "jackknife_of_sums",
    "least_queries",
    "log_ratio",
    "look_confidence",
    "macro_f1",
    "mcnemar",
    "mean_interval",
    "mean_ratio",
    "mean_ratio_interval",
    "paired_difference",
    "percentile",
    "percentile_floor",
    "percentile_interval",
    "percentile_rule",
    "pooled",
    "processes_needed",
    "proportion_interval",
    "ratio",
    "ratio_interval",
    "replicated_percentile",
    "replicated_rule",
    "replication_floor",
    "retrieved",
    "sign_flips",
    "tango_interval",
    "too_few",
    "too_few_replicated",
    "trimmed_mean",
    "trimmed_mean_interval",
    "two_level_percentile",
    "warmup",
    "watch",
]
