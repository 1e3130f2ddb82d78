"""Settings of every test: numpy raises where it would wrap or divide in silence; how many examples Hypothesis tries."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

for _name in ("LC_ALL", "LC_MESSAGES", "VIP_LANG"):  # what is compared is English, wherever the tests run
    os.environ.pop(_name, None)
os.environ["LANG"] = "C.UTF-8"
settings.register_profile("default", max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), max_examples=120, derandomize=True)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=10_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") == "true" else "default"))


@pytest.fixture(scope="session", autouse=True)
def _numpy_raises() -> None:
    """Make numpy raise on overflow, division by zero and invalid values."""
    np.seterr(all="raise")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark that gives a test its number in the list of bad inputs."""
    config.addinivalue_line("markers", "bad_input(number): a case of the list of bad inputs (tests/count_bad_inputs.py)")
