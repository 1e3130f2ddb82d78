"""Tier a bank's customers by the quarterly daily average of their financial assets (金融资产季日均)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vip_tiering._version import __version__

if TYPE_CHECKING:
    from vip_tiering.base.errors import DataError, LockedError, OutputError, Problem, ProofError, RulesError, UsageError, VipError
    from vip_tiering.rules.load import Rules, load_rules
    from vip_tiering.tiers.run import Run, compute_tiers

__all__ = [
    "DataError",
    "LockedError",
    "OutputError",
    "Problem",
    "ProofError",
    "Rules",
    "RulesError",
    "Run",
    "UsageError",
    "VipError",
    "__version__",
    "compute_tiers",
    "load_rules",
]

_HOMES = {"Rules": "rules.load", "load_rules": "rules.load", "Run": "tiers.run", "compute_tiers": "tiers.run"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (whatever the name stands for)
    """Import a public name when it is first used, so that `vip --help` stays quick."""
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"vip_tiering.{_HOMES.get(name, 'base.errors')}"), name)
