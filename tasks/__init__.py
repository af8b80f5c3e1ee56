"""The nouns (folders) and the Prefect tasks (files) that the flows are made of."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
