"""How like its truth an enlarged picture is: PSNR and SSIM of luma, the mean over pictures, bicubic beside it.

From the mean squared errors and similarities of the accuracy process (`tasks/modalities/super_resolution.py`). The
interval is clustered by source.
"""

from functools import partial

import numpy as np
import pandas as pd

from tasks.metrics._judged import mean_of, predictions
from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement

EQUAL = 1e-10  # a mean squared error below counts as this one: 100 dB for pictures that are equal


def psnr(measurement: Measurement) -> Estimate | None:
    """In dB, the mean over pictures; the note says what bicubic interpolation reaches on the same ones."""
    table = predictions(measurement, "mse", "bicubic_mse")
    if table is None:
        return None
    simple = float(decibels(table["bicubic_mse"]).mean())
    return mean_of(table, decibels(table["mse"]), "dB", f"bicubic interpolation: {simple:.2f} dB")


def gain(measurement: Measurement) -> Estimate | None:
    """PSNR less that of bicubic interpolation, picture by picture: which is surer than the difference of two means."""
    table = predictions(measurement, "mse", "bicubic_mse")
    if table is None:
        return None
    each = decibels(table["mse"]) - decibels(table["bicubic_mse"])
    return mean_of(table, each, "dB", f"better in {int((each > 0).sum())} of {len(each)} pictures")


def decibels(mse: "pd.Series[float]") -> "pd.Series[float]":
    """10 · log10(1 / mse) of values within 0 … 1."""
    return pd.Series(-10 * np.log10(mse.clip(lower=EQUAL)), index=mse.index)


def ssim(measurement: Measurement) -> Estimate | None:
    """The mean over pictures; 1 is equal."""
    table = predictions(measurement, "ssim", "bicubic_ssim")
    if table is None:
        return None
    return mean_of(table, table["ssim"], "SSIM", f"bicubic interpolation: {table['bicubic_ssim'].mean():.4f}")


Output = partial(Metric, "picture", direction="higher", boundary="output")

METRICS = (
    Output(
        name="picture_psnr_db",
        unit="dB",
        formula="mean over pictures of 10 log10(1 / mean squared error of luma), 100 for equal ones",
        compute=psnr,
    ),
    Output(
        name="picture_gain_db",
        unit="dB",
        formula="mean over pictures of PSNR less the PSNR of bicubic interpolation",
        compute=gain,
    ),
    Output(
        name="picture_ssim",
        unit="SSIM",
        formula="mean over pictures of SSIM of luma (Wang et al. 2004, Gaussian window of 1.5)",
        compute=ssim,
    ),
)
