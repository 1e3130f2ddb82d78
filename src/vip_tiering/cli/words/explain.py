"""What the answer of `vip tier explain` says."""

from __future__ import annotations

from typing import Final

from vip_tiering.base.words import Pair

NEGATIVES: Final[dict[str, Pair]] = {
    "zero": ("负余额按 0.00 计", "negative counts as 0.00"),
    "net": ("负余额如实计入", "negative counts as it is"),
}
BASES: Final[dict[str, Pair]] = {
    "held": ("保级；只看日均为{alone}", "held by retention; the average alone gives {alone}"),
    "override": ("人工指定；只看日均为{alone}", "set by hand; the average alone gives {alone}"),
}
"""Why the tier is another one than the average gives."""
STATES: Final[dict[str, Pair]] = {
    "rising": ("余额不变，将升至{projected}", "rises to {projected}, if the balance stays"),
    "falling": ("余额不变，将降至{projected}", "falls to {projected}, if the balance stays"),
    "near_up": ("保持{projected}，临近{next}", "stays in {projected}, close to {next}"),
    "near_down": ("保持{projected}，可转出的不多", "stays in {projected}, and little may be taken out"),
    "steady": ("保持{projected}", "stays in {projected}"),
}
OUTCOMES: Final[dict[str, Pair]] = {
    "excluded": ("不计入", "excluded"),
    "rejected": ("已剔除", "rejected"),
}
"""Why a delivered amount does not count."""
SOURCES: Final[dict[str, Pair]] = {
    "delivered": ("当日数据", "delivered"),
    "snapshot_from": ("补自 {day}", "filled from {day}"),
    "changes_from": ("沿用自 {day}", "carried from {day}"),
    "snapshot": ("{delivered} 天有数据，{others} 天补齐", "{delivered} delivered, {others} filled"),
    "changes": ("{delivered} 天有数据，{others} 天沿用", "{delivered} delivered, {others} carried"),
}
"""Where the balances of some days come from, by the kind of the extracts."""
TEXTS: Final[dict[str, Pair]] = {
    "and": ("，", ", "),
    "colon": ("：", ": "),
    "semicolon": ("；", "; "),
    # the heading and the proof
    "named": ("{id}：{tier}", "{id}: {tier}"),
    "named_renamed": ("{id}（原客户号 {old}）：{tier}", "{id} (renamed from {old}): {tier}"),
    "days": ("{first} 至 {last}，{days} 天，{status}", "{first} to {last}, {days} days, {status}"),
    "no_balance": ("期内没有任何余额", "no balance on any day"),
    "figures": ("日均 {average}，期末余额 {closing}", "daily average {average}, closing balance {closing}"),
    "held_days": ("；{days} 天中有 {held} 天有余额记录", "; a balance is known on {held} of {days} days"),
    "over": (
        "{sum} 元·天 ≥ {bound} × {days}，超出 {by}",
        "{sum} yuan-days >= {bound} x {days}, over by {by}",
    ),
    "short": (
        "{sum} 元·天 < {bound} × {days}，尚差 {by}",
        "{sum} yuan-days < {bound} x {days}, short by {by}",
    ),
    # the quarters
    "quarters": ("各季", "quarters"),
    "quarter": ("季度", "quarter"),
    "tier": ("层级", "tier"),
    "daily_average": ("日均", "daily average"),
    "closing_balance": ("期末余额", "closing balance"),
    "change": ("变动", "change"),
    "not_used": ("未采用", "not used"),
    "problem": ("{quarter}：{problem}", "{quarter}: {problem}"),
    "initial": ("首次：没有上季结果可比", "initial: there is no run of the quarter before to compare with"),
    "kept": ("保持：与上季同一层级", "kept: the tier is that of the quarter before"),
    "held": ("保级：日均虽低，仍为{tier}", "held: {tier}, although the average is lower"),
    "one_up": ("{change}：{before} → {now}，升 {steps} 级", "{change}: {before} to {now}, {steps} step up"),
    "up": ("{change}：{before} → {now}，升 {steps} 级", "{change}: {before} to {now}, {steps} steps up"),
    "one_down": ("{change}：{before} → {now}，降 {steps} 级", "{change}: {before} to {now}, {steps} step down"),
    "down": ("{change}：{before} → {now}，降 {steps} 级", "{change}: {before} to {now}, {steps} steps down"),
    "averages": ("日均 {before} → {now}，{difference}", "daily average {before} to {now}, {difference}"),
    "clues": ("线索：{clues}", "clues: {clues}"),
    # the outlook
    "outlook": (
        "展望至 {last}，{days} 天中还剩 {left} 天",
        "outlook to {last}, {left} of {days} days left",
    ),
    "projected": ("{state}；预计日均 {average}", "{state}; projected average {average}"),
    "locked": ("已锁定：无论转出多少，{tier}都已达到", "locked: {tier} is reached already, whatever is taken out"),
    "cushion": ("余量：今天可转出 {amount}，仍为{tier}", "cushion: {amount} may be taken out today, and {tier} stays"),
    "no_higher": ("已是最高层级", "there is no higher tier"),
    "lacks": ("距{tier}，预计日均尚差 {amount}", "to {tier} the projected average lacks {amount}"),
    "deposit_on": ("存入日", "deposit on"),
    "days_left": ("剩余天数", "days left"),
    "to_keep": ("保住{tier}", "to keep {tier}"),
    "for_next": ("升至{tier}", "for {tier}"),
    # day by day
    "day_by_day": ("逐日明细，数据类型 {kind}", "day by day, kind {kind}"),
    "no_row": ("余额文件中没有该客户期内的数据", "the extracts hold no row of this customer for a day of the period"),
    "accounts": ("全部 {count} 个账户", "all {count} accounts"),
    "yuan_days": ("{name}：{sum} 元·天", "{name}: {sum} yuan-days"),
    "of_days": ("日期", "days"),
    "n": ("天数", "n"),
    "balance": ("余额", "balance"),
    "sum": ("元·天", "yuan-days"),
    "rows": ("行数", "rows"),
    "none": ("无数据", "no row"),
    "how": ("来源", "how"),
    "old_id": ("原客户号 {id}", "old id {id}"),
    "account": ("账户 {id}", "account {id}"),
    "balances": ("余额", "balances"),
    "rate": ("汇率 {rate}", "rate {rate}"),
    "weight": ("折算 {weight}", "weight {weight}"),
    "row": ("{file} 第 {row} 行", "{file} row {row}"),
    "as_in_run": ("合计：{sum} 元·天，与结果一致", "sum: {sum} yuan-days, as in the run"),
    "not_as_in_run": (
        "合计：{sum} 元·天；结果中为 {run}，相差 {difference}",
        "sum: {sum} yuan-days; the run has {run}, the difference is {difference}",
    ),
}
