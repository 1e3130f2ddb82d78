"""`python -m vip_tiering` is `vip`."""

from vip_tiering.cli import main

main()
