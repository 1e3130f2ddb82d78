"""What `vip playbook show` says beside the rules themselves."""

from __future__ import annotations

from typing import Final

from vip_tiering.base.words import Pair

LABELS: Final[dict[str, Pair]] = {
    "what": ("措施", "what"),
    "whom": ("对象", "whom"),
    "channel": ("方式", "channel"),
    "how_often": ("频率", "how often"),
    "trigger": ("触发", "trigger"),
    "purpose": ("用途", "purpose"),
    "topics": ("产品", "topics"),
    "gives": ("发放", "gives"),
    "source": ("依据", "source"),
}
"""What stands before each line of an action."""
TEXTS: Final[dict[str, Pair]] = {
    "heading": ("{label} {code}（{source}）", "{label} {code} ({source})"),
    "no_bulk": ("；一律不群发", "; nothing in bulk"),
    "no_playbook": ("没有维护方案：{reason}", "no playbook: {reason}"),
}
