"""What `vip run`, `vip due` and `vip config show` tell: a line for each step, what is due, where each setting comes from."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from vip_tiering.base.words import Pair, Words
from vip_tiering.cli.show.extracts import some_days
from vip_tiering.cli.show.tables import Line, plain_table
from vip_tiering.cli.words.sentences import told
from vip_tiering.routine.config import rules_named

if TYPE_CHECKING:
    from vip_tiering.routine.config import Settings
    from vip_tiering.routine.due import Due
    from vip_tiering.routine.steps import Outcome

STEPS: Final[dict[str, Pair]] = {
    "tiers": ("层级", "tiers"),
    "report": ("报告", "report"),
    "lists": ("名单", "lists"),
    "away": ("临时结果，删除", "provisional run, removed"),
}
FIGURES: Final[dict[str, Pair]] = {
    "customers": ("{count} 户", "{count} customers"),
    "upgraded": ("升级 {count}", "{count} rose"),
    "downgraded": ("降级 {count}", "{count} fell"),
    "branches": ("{count} 个支行", "{count} branches"),
    "managers": ("{count} 位客户经理", "{count} managers"),
    "contacts": ("联系 {count}", "{count} contacts"),
}
TOLD: Final[dict[str, Pair]] = {
    "line": ("{of} {step}：{figures}，规则 {rules}，见 {folder}", "{step} of {of}: {figures}; rules: {rules}; {folder}"),
    "away": ("{of} 临时结果已删除", "provisional run {of}: removed"),
    "joined": ("，", ", "),
    "due": ("待办", "due"),
    "since": ("自", "since"),
    "nothing": ("今天没有待办。", "Nothing is due."),
    "lacking": ("余额文件还没到的工作日共 {count} 天：{days}", "Working days that lack their extracts, {count}: {days}"),
    "setting": ("设置", "setting"),
    "value": ("值", "value"),
    "from": ("来自", "from"),
    "no_file": ("没有 vip.yaml；可用 vip config init 新建。", "There is no vip.yaml; make one with vip config init."),
    "option": ("选项", "option"),
    "variable": ("环境变量 {variable}", "{variable}"),
    "file": ("{file}", "{file}"),
    "beside": ("{file} 旁的文件夹", "the folder beside {file}"),
    "here": ("当前文件夹", "the working folder"),
    "default": ("默认", "default"),
    "default_lang": ("默认；报告用，界面语言随系统", "default, for reports; what is printed goes by the locale"),
    "extracts_asked": ("余额文件放在哪个文件夹？", "Which folder holds the balance extracts?"),
    "customers_asked": ("客户资料文件是哪个？（没有就留空）", "Which is the customer file? (none: leave it empty)"),
    "results_asked": (
        "结果放到哪个文件夹？（临时结果只保留最新 {kept} 个：keep_provisional）",
        "Which folder shall receive the results? (of provisional runs the newest {kept} stay: keep_provisional)",
    ),
    "checked": ("运行 vip due 看看今天该做什么。", "See what is due today with vip due."),
}


def line_of(outcome: Outcome, words: Words) -> str:
    """Return the line of a step that was done."""
    if outcome.step == "away":
        return words.of(TOLD, "away").format(of=outcome.of)
    figures = words.of(TOLD, "joined").join(words.of(FIGURES, name).format(count=f"{count:,}") for name, count in outcome.figures.items())
    rules = told(outcome.rules or "", words)
    return words.of(TOLD, "line").format(
        step=words.of(STEPS, outcome.step), of=outcome.of, figures=figures, rules=rules, folder=outcome.folder
    )


def document_of(outcome: Outcome, seconds: float) -> dict[str, Any]:
    """Return a step for programs, one line of a log; it holds no value of a customer."""
    return {
        "step": outcome.step,
        "of": outcome.of,
        "exit": outcome.status,
        "folder": None if outcome.folder is None else os.fspath(outcome.folder),
        **outcome.figures,
        **({"rules": outcome.rules} if outcome.rules else {}),
        **({"ledger": outcome.ledger.code} if outcome.ledger else {}),
        "warnings": list(outcome.warnings),
        "problems": list(outcome.problems),
        "seconds": round(seconds, 1),
    }


def due_table(due: Sequence[Due], lacking: Sequence[dt.date], words: Words) -> RenderableType:
    """Return what is due, and since when."""
    parts: list[RenderableType] = []
    if due:
        table = plain_table(words.of(TOLD, "due"), "", words.of(TOLD, "since"))
        for one in due:
            table.add_row(words.of(STEPS, one.step), str(one.of), str(one.since))
        parts.append(table)
    if lacking:
        days = some_days([*map(str, lacking)], words)
        parts.append(Line(words.of(TOLD, "lacking").format(count=f"{len(lacking):,}", days=days)))
    return Group(*parts) if parts else Text(words.of(TOLD, "nothing"))


def settings_table(settings: Settings, variable_of: Any, words: Words) -> RenderableType:  # noqa: ANN401 (a function)
    """Return every setting, its value, and where it comes from."""
    table = plain_table(words.of(TOLD, "setting"), words.of(TOLD, "value"), words.of(TOLD, "from"))
    for name, value in settings.values.items():
        source = settings.sources[name] if value is not None else None
        file = settings.file.name if settings.file else ""
        said = words.of(TOLD, _why(name, source, file)).format(variable=variable_of(name), file=file) if source else ""
        table.add_row(name, told(rules_named(value), words) if name == "rules" else _text(value), said)
    return table if settings.file else Group(table, Text(words.of(TOLD, "no_file")))


def _why(name: str, source: str, file: str) -> str:
    """Return the code of the words for where a setting comes from."""
    if source == "beside" and not file:
        return "here"
    return "default_lang" if (name, source) == ("lang", "default") else source


def _text(value: object) -> str:
    if value is None:
        return ""
    return "\n".join(map(str, value)) if isinstance(value, list) else os.fspath(value) if isinstance(value, Path) else str(value)
