"""The connection to a Spark cluster. A session that stands already, as in `spark-submit`, is used as it is and left standing."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from vip_tiering.base.errors import OutputError, UsageError, VipError

with warnings.catch_warnings():  # to programmers, of versions that it does not know yet
    warnings.simplefilter("ignore")
    from py4j.protocol import Py4JError, Py4JJavaError
    from pyspark import SparkConf, SparkContext, java_gateway
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

_UNLESS_SAID: Final = {
    "spark.ui.enabled": "false",  # a page for everybody on the network
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.maxResultSize": "0",  # a ledger of all customers comes back
}
"""Settings of a session that is made here, where Spark's own settings say nothing else."""


@contextmanager
def connected(master: str | None) -> Iterator[SparkSession]:
    """Give a session on the cluster `master`, or where it is None on the one that Spark's own settings name.

    Raises UsageError where no cluster answers or its Python lacks something, OutputError where it fails while the session is used.
    """
    address = master or "the address in the settings of Spark"
    standing = SparkSession.getActiveSession()
    try:
        with quiet():
            session = standing or _made(master)
    except (Py4JError, PySparkException, OSError, RuntimeError) as error:
        raise UsageError(f"--engine spark: no session at {address}: {_first_line(error)}") from None
    try:
        yield session
    except (Py4JError, PySparkException, ConnectionError) as error:
        raise _told(error, address) from None
    finally:
        if standing is None:
            with suppress(Py4JError, ConnectionError):  # it ended already
                session.stop()


@contextmanager
def quiet() -> Iterator[None]:
    """Let pyspark's warnings to programmers go unheard."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _made(master: str | None) -> SparkSession:
    """Return a new session; what Java writes goes nowhere, for stderr is for what people must know."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # the same Python everywhere, unless another one is named
    asked = SparkConf(loadDefaults=False).setAppName("vip-tier-compute")
    if master is not None:
        asked.setMaster(master)
    launch: Any = java_gateway.launch_gateway
    gateway = launch(asked, {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL})
    settings = SparkConf(_jvm=gateway.jvm)  # with those of spark-defaults.conf and of spark-submit
    for name, value in _UNLESS_SAID.items():
        settings.setIfMissing(name, value)
    return SparkSession(SparkContext(gateway=gateway, conf=settings))


def _first_line(error: Exception) -> str:
    """Return why there is no session, in the words of Spark, which has seen no data yet, where these say anything."""
    words = str(error.java_exception.getMessage()) if isinstance(error, Py4JJavaError) else str(error)
    if "JAVA_GATEWAY_EXITED" in words:
        return "Spark did not start; is that an address such as spark://HOST:7077, and Java of version 17 or newer?"
    if "stopped SparkContext" in words:
        return "no cluster answers there"
    return (words.splitlines() or [type(error).__name__])[0]


def _told(error: Exception, address: str) -> VipError:
    """Return the error for work that failed; what Spark says of it may hold anything, and is not shown."""
    if "ModuleNotFoundError" in str(error):
        message = "the workers' Python lacks vip-tiering or a library of it; install it there, and name it in PYSPARK_PYTHON"
        return UsageError(f"--engine spark: {message}")
    return OutputError(f"--engine spark: the cluster at {address} ended the work; its logs say why")
