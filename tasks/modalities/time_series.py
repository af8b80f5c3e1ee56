"""The past of a series → what comes next: errors of the forecast, beside those of the season before.

A sample is a file of numbers, a line a step and a column a channel; the index has a column «truth», the file of what
came then. Errors are also counted in those that the seasonal naive forecast makes within the past (Hyndman & Koehler,
Int. J. Forecasting 22:679-688, 2006), channel by channel. Beside it stands the seasonal naive forecast of that past.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tasks.errors import Refused
from tasks.modalities.base import Base, Batch, Column, Row, differs, one_output
from tasks.processing.samples import Samples
from tasks.processing.tables import parsed

MEANT = ("horizon", "period")


class Modality(Base):
    """Means over steps and channels: ``mae`` in the data's unit, ``mase`` in naive errors, ``smape`` in percent."""

    headline = "forecast_mase"
    answer, close = "mae", 1e-3
    varies = "level"
    least = 20

    def columns(self, dataset: Any) -> dict[str, Column]:
        """Of the forecast and of the naive one; ``mase`` is NaN where the past repeats itself, ``level`` is a mean."""
        error, share = Column(float, 0, nullable=True), Column(float, 0, 200 + 1e-9, nullable=True)
        own = {"mae": error, "mase": error, "smape": share}
        return {**own, **{f"naive_{name}": of for name, of in own.items()}, "level": Column(float, nullable=True)}

    def lacks(self, dataset: Any) -> str:
        """How many steps are asked for, and after how many a season begins anew."""
        wrong = [n for n in MEANT if type(dataset.meaning.get(n)) is not int or dataset.meaning[n] < 1]
        return f"meaning has no «{'», no «'.join(wrong)}», in steps, at least 1" if wrong else ""

    def misfit(self, model: Any, head: Any, dataset: Any) -> str:
        """As many steps are asked for, of the same season."""
        return differs(model, head, dataset, MEANT)

    def truths(self, samples: Samples, dataset: dict[str, Any]) -> list[Any]:
        """(horizon, channels) of each sample. Raises Refused for what is no table of so many rows of numbers."""
        return [_table(samples, name, int(dataset["meaning"]["horizon"])) for name in samples.column("truth")]

    def judged(self, batch: Batch) -> list[Row]:
        """A row a window; the post-processing has to end in the data's unit."""
        forecasts = one_output(batch.result, "Forecasts").astype(np.float64)
        if forecasts.ndim == 2:
            forecasts = forecasts[:, :, None]
        wanted = (len(batch.indices), *batch.truths[0].shape)
        if forecasts.shape != wanted:
            raise Refused(
                f"Forecasts are judged as (batch, horizon, channels), here {wanted}; these are {forecasts.shape}."
            )
        period = int(batch.dataset["meaning"]["period"])
        return [
            self._row(batch.samples, index, forecast, truth, period)
            for index, forecast, truth in zip(batch.indices, forecasts, batch.truths)  # noqa: B905  (Python 3.9)
        ]

    def _row(self, samples: Samples, index: int, forecast: Any, truth: Any, period: int) -> Row:
        past = _parsed(samples, samples.files[index], samples.read(index))
        if len(past) <= period or past.shape[1] != truth.shape[1]:
            raise Refused(
                f"{samples.name}: {samples.files[index]} has {past.shape[0]} steps of {past.shape[1]} channels; the "
                f"past has to be longer than a period of {period}, of {truth.shape[1]} channels as its truth."
            )
        naive = errors(naively(past, period, len(truth)), truth, past, period)
        return {
            **errors(forecast, truth, past, period),
            **{f"naive_{name}": value for name, value in naive.items()},
            "level": float(forecast.mean()),
        }


def naively(past: Any, period: int, horizon: int) -> Any:
    """The last season again, (horizon, channels), as often as it takes."""
    return past[len(past) - period + np.arange(horizon) % period]


def errors(forecast: Any, truth: Any, past: Any, period: int) -> dict[str, float]:
    """All are (steps, channels). sMAPE is 200 |y - f| / (|y| + |f|), 0 where both are 0 (Makridakis 1993)."""
    off, sizes = np.abs(forecast - truth), np.abs(forecast) + np.abs(truth)
    scale = np.abs(past[period:] - past[:-period]).mean(axis=0)
    scaled = off.mean(axis=0) / np.where(scale > 0, scale, np.nan)
    shares = off / np.where(sizes > 0, sizes, 1.0)
    return {"mae": float(off.mean()), "mase": float(scaled.mean()), "smape": 200 * float(shares.mean())}


def _table(samples: Samples, name: str, horizon: int) -> Any:
    values = _parsed(samples, name, samples.file(name))
    if len(values) != horizon:
        raise Refused(f"{samples.name}: the truth {name} has {len(values)} steps, the manifest's horizon is {horizon}.")
    return values


def _parsed(samples: Samples, name: str, data: bytes) -> Any:
    try:
        return parsed(data)
    except ValueError as error:
        raise Refused(f"{samples.name}: {name} is no table of numbers: {error}.") from error
