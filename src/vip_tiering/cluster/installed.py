"""Whether this machine can speak to a Spark cluster at all."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from vip_tiering.base.errors import UsageError


def require_spark() -> None:
    """Raise UsageError where pyspark or Java is missing, saying what to install."""
    if importlib.util.find_spec("pyspark") is None:
        raise UsageError("--engine spark: pyspark is not installed; install vip-tiering[spark]")
    if "PYSPARK_GATEWAY_PORT" in os.environ:  # spark-submit has started Java
        return
    home = os.environ.get("JAVA_HOME")
    found = Path(home, "bin", "java").is_file() if home else shutil.which("java") is not None
    if not found:
        where = "there is none in JAVA_HOME" if home else "none was found"
        raise UsageError(f"--engine spark: Java 17 or newer is needed, and {where}; install it, such as openjdk-17-jre-headless")
