"""`python -m vip_tiering` is `vip`."""

from __future__ import annotations

from vip_tiering.cli.main import main

main()
