"""What people read, in Chinese and English, each pair in one place: code -> words. Whoever shows something chooses neither by hand.

What depends on a bank's rules (actions, gates, channels, products, results) has its Chinese words there, beside the code;
`Words.names` carries them. What a report says stands in `reports.words`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
Pair = tuple[str, str]
"""Words in the order of LANGUAGES."""
TRIGGERS: Final[dict[str, Pair]] = {
    "regular": ("定期", "regularly"),
    "maturity": ("产品到期{before}", "a product matures"),
    "new_product": ("新产品发售{after}", "a product is new"),
    "birthday": ("生日{before}", "birthday"),
    "card_upgrade": ("本季升至本层级", "a higher tier"),
    "near_up": ("临近上一层级", "the next tier is near"),
    "near_down": ("接近本层级下限", "the tier is nearly lost"),
    "falling": ("按目前余额季末将降级", "the tier will be lost if balances stay"),
    "downgraded": ("本季降级", "a lower tier"),
    "points": ("积分到期{before}", "points can be exchanged"),
    "festival": ("{festival}", "the day or season"),
    "branch_date": ("支行活动日{before}", "the branch sets a day"),
    "meeting": ("面谈时", "in the meeting"),
    "standing": ("日常", "always kept"),
    "no_rating": ("风险测评缺失或过期", "rating missing or expired"),
}
"""What makes an action due. The English words stand alone; the Chinese ones take the days with them."""
ORIGINS: Final[dict[str, Pair]] = {
    "plan": ("", ""),
    "ours": ("方案未列，本行增设", " (ours, not in the plan)"),
    "not_in_plan": ("方案未列此层级", " (the plan does not name it for this tier)"),
}
"""By whose word an action is done for a tier."""
COLUMNS: Final[dict[str, Pair]] = {
    "action": ("措施", "action"),
    "channel": ("渠道", "channel"),
    "branch": ("支行", "branch"),
    "manager": ("客户经理", "manager"),
    "tier": ("层级", "tier"),
    "rows": ("行数", "rows"),
    "private_rows": ("私密行数", "private rows"),
    "customers": ("客户数", "customers"),
    "contacts": ("联系", "contacts"),
    "actions": ("事项", "actions"),
    "selected": ("应联系", "selected"),
    "exported": ("入名单", "exported"),
    "suppressed": ("未入", "suppressed"),
    "most_often_for": ("主要原因", "most often for"),
    "delivered": ("已送达", "delivered"),
    "reached": ("接通", "reached"),
    "interested": ("有意向", "interested"),
    "refused": ("拒绝", "refused"),
    "obstacles": ("有阻碍", "obstacles"),
    "with_any": ("有产品", "with any"),
    "share": ("占比%", "share %"),
    "most_often": ("最常见", "most often"),
    "median": ("每日中位", "median"),
    "most": ("最多", "most"),
    "quota": ("名额", "quota"),
    "waiting": ("期末等候", "waiting"),
    "longest_wait": ("最久天数", "longest, days"),
    "due": ("应联系", "due"),
    "told": ("联系到", "told"),
    "never_told": ("未联系", "never"),
    "prepare_by": ("备妥日期", "prepare by"),
    "from": ("开始", "from"),
    "to": ("结束", "to"),
    "days": ("工作日", "days"),
    "festival": ("节日", "festival"),
    "what": ("物品", "what"),
    "measure": ("指标", "mean per customer"),
    "contacted": ("联系组", "contacted"),
    "control": ("对照组", "control"),
    "difference": ("差异", "difference"),
    "interval": ("95%区间", "95% interval"),
}
"""Headers of tables in the terminal."""
TEXTS: Final[dict[str, Pair]] = {
    "all": ("合计", "all"),
    "and": ("、", ", "),
    "and_for": ("\n", ", "),
    "and_action": ("；", ", "),
    "and_topic": ("、", ", "),
    "up_to_date": ("{folder}：已是最新", "{folder}: already up to date"),
    "dry_run": ("试运行：未写入任何文件", "dry run: nothing was written"),
    # vip playbook export
    "day_off": ("{day} 不是工作日，未出名单", "{day} is a day off: no lists were made"),
    "private_folder": ("{folder}（私密：仅供客户经理本人）", "{folder} (private: for each manager alone)"),
    "lists": ("{days} 的名单，依据 {quarter} 的层级", "lists of {days} from the run {quarter}"),
    "up_to": ("{day} 至 {last}", "{day} (up to {last})"),
    "nobody_left": ("有应联系客户，但无人入名单：", "selected, and nobody left:"),
    "none_exported": (
        "{action}：应联系 {selected} 户，无人入名单；主要原因：{reason} {count}",
        "{action}: {selected} selected, none exported; main reason {reason} {count}",
    ),
    # vip playbook record
    "nothing_to_record": ("没有可登记的结果", "no result to record"),
    "already_recorded": ("已登记过：{known} 条结果，没有新的", "already recorded: {known} results, nothing new"),
    "recorded": ("登记 {new} 条结果：{words}", "recorded {new} results: {words}"),
    "known_too": ("；另有 {known} 条此前已登记", "; {known} were known already"),
    "all_known": ("{known} 条结果此前已登记", "{known} results were known already"),
    "barred": ("新增谢绝联系：{barred} 条", "new do-not-contact entries: {barred}"),
    # vip playbook results
    "results_of_one": ("1 次名单的结果，{days}", "results of 1 export, {days}"),
    "results_of": ("{exports} 次名单的结果，{days}", "results of {exports} exports, {days}"),
    "between": ("{first} 至 {last}", "{first} to {last}"),
    "by_action": ("按措施：一次联系谈及几项，各项都计一次", "by action: each contact counts for every action that it was for"),
    "products_held": ("持有产品", "products held"),
    # vip playbook forecast
    "load_ahead": (
        "未来 {days} 个工作日的工作量，{first} 至 {last}，依据 {quarter} 的层级",
        "load of {days} working days, {first} to {last}, from the run {quarter}",
    ),
    "as_if_answered": ("假定每天名单上的客户当天都已联系上", "as if every contact is made and answered on its day"),
    "more_managers": ("另有 {more} 名客户经理，等候较少", "managers with shorter waits: {more} more"),
    "never_heard": ("没有轮到的措施和主题：", "what nobody hears of in these days:"),
    "all_heard": ("各项措施和主题都有客户听到", "somebody hears of each action and topic"),
    "silent_action": ("措施：", "actions: "),
    "silent_topic": ("主题：", "topics: "),
    "nobody_due": ("没有应联系的客户", "due for nobody"),
    "nobody_fits": ("没有适合的客户", "suits nobody"),
    # vip playbook effect
    "effect": ("联系成效：{before} 至 {after}，{exports}", "effect of contacts from {before} to {after}, {exports}"),
    "exports_of_one": ("1 次名单，{days}", "1 export, {days}"),
    "exports_of": ("{exports} 次名单，{days}", "{exports} exports, {days}"),
    "effect_groups": (
        "{action}：联系组 {contacted} 户（入名单 {listed}），对照组 {control} 户",
        "{action}: {contacted} customers to contact ({listed} on a list), {control} control",
    ),
    "effect_left": (
        "期间流失：联系组 {contacted} 户，对照组 {control} 户，期末按 0 计",
        "left meanwhile, counted as 0: {contacted} contacted, {control} control",
    ),
    "effect_new": ("未计入：{count} 户在前一期没有记录", "not counted: {count} who are not in the run before"),
    "effect_both": ("未计入：{count} 户先后在两组", "not counted: {count} who were in both groups"),
    "effect_few": (
        "户数太少，无法判断（每组至少 {fewest} 户，且已入名单）",
        "too few to tell: at least {fewest} on a list, and as many control, are needed",
    ),
    "daily_average": ("日均变动（元/户）", "daily average (yuan)"),
    "closing_balance": ("期末余额变动（元/户）", "closing balance (yuan)"),
    "rose": ("升级占比（%）", "rose (%)"),
    "fell": ("降级占比（%）", "fell (%)"),
    "effect_found": ("超出偶然：{measures}", "more than chance: {measures}"),
    "effect_chance": ("各项差异都可能出于偶然", "every difference may be chance"),
    "effect_per_listed": (
        "每个入名单客户：{measure} {difference}（{low} 至 {high}）",
        "per customer on a list: {measure} {difference} ({low} to {high})",
    ),
    "effect_note": (
        "变动为两期之差，含未接通的客户；每 20 个区间约有 1 个不含真值。",
        "Changes between the runs, reached or not; one interval in 20 misses the truth.",
    ),
    # vip playbook coverage
    "of_playbook": ("{tier}的方案", "playbook of {tier}"),
    "of_action": ("{tier}的 {id}", "{id} of {tier}"),
    "of_measure": ("指标 {id}", "measure {id}"),
    "of_gap": ("未定事项 {id}", "gap {id}"),
    "every_tier": ("各层级", "every tier"),
    "not_covered": ("未落实", "NOT COVERED"),
    "not_put_out": ("没有任何命令产出", "NOTHING PUTS IT OUT"),
    "covered": ("共 {known} 项，已落实 {covered} 项，未落实 {missing} 项", "{known} ids, {covered} covered, {missing} missing"),
    # vip playbook plan, and the calendar file
    "events": ("厅堂活动 {count} 场", "events in the branch hall: {count}"),
    "pieces": ("{count} 份", "{count} pieces"),
    "event_days": ("工作日：活动首日至末日的工作日数", "days: working days from the first to the last day of the event"),
    "event": ("{festival}：{material}（{action}）", "{festival}: {material} ({action})"),
    "prepare": ("备货 {festival}：{material}（{action}）", "prepare for {festival}: {material} ({action})"),
    "event_from_to": ("{first} 至 {last}，{days} 个工作日", "{first} to {last}, working days: {days}"),
    "prepared_by": ("{day} 前备妥", "prepared by {day}"),
    "quantity": ("数量：{quantity}", "quantity: {quantity}"),
    "owner": ("负责人：{owner}", "owner: {owner}"),
}
BOOK: Final[dict[str, str]] = {
    "title": "贵宾客户维护措施",
    "source": "依据：{source}",
    "source_and_quarter": "依据：{source}　　完成情况：{quarter}，{exports} 次名单，{first} 至 {last}",
    "source_and_no_list": "依据：{source}　　完成情况：{quarter} 尚无名单",
    "from_to": "{low}至{high}元",
    "from": "{low}元以上",
    "basis": "金融资产季日均",
    "wan": "{number}万",
    "continued": "{tier}（续）",
    "tier_customers": "本层级全部客户",
    "mainly": "本层级客户，以{segments}为主",
    "visitors": "到店客户，含厅堂自然户",
    "or": "或",
    "and": "、",
    "instead": "高龄客户改为{channel}",
    "every_days": "每{days}天一次",
    "at_least_days": "间隔至少{days}天",
    "cadence_ours": "（本行设定，方案未规定）",
    "once_per_event": "每事一次",
    "once_per_run": "每季一次",
    "once_a_year": "每年一次",
    "days_before": "前{days}天",
    "the_day": "当日",
    "for_days": "后{days}天内",
    "season": "{festival}（{first}至{last}）",
    "before_festival": "{festival}前{days}个工作日起",
    "at_festival": "{festival}，遇休息日提前",
    "month_day": "{month}月{day}日",
    "field": "〔{field}〕",
    "event": "活动、日期、时间、地点",
    "of_segment": "{segment}客户：{text}",
    "material": "备货：{material}，提前{days}个工作日备妥",
    "sample": "（样稿，未经审核）",
    "none_text": "—",
    "inactive": "（停用）",
    "listed": "名单{listed}户",
    "called": "名单{listed}户，已联系{contacted}户，接通{reached}户",
    "sent": "名单{listed}户，已回执{contacted}户，送达{reached}户",
    "met": "名单{listed}户，已联系{contacted}户，见面{reached}户",
    "quarter": "{year}年第{number}季度",
}
"""What the book says, which is there in Chinese only: it is the branch's own plan."""
BOOK_COLUMNS: Final[dict[str, str]] = {
    "tier": "层级",
    "id": "编号",
    "what": "措施",
    "whom": "对象",
    "how": "方式",
    "how_often": "频率",
    "when": "触发",
    "text": "话术",
    "source": "依据",
    "done": "本季完成",
}
"""The columns of the book, in order."""


@dataclass(frozen=True)
class Words:
    """How a command speaks. `names`: what codes of the rules are called; English has none and keeps the codes."""

    language: Language
    names: Mapping[str, str] = field(default_factory=dict)

    def knowing(self, names: Mapping[str, str]) -> Words:
        """Return the same words, which know what the codes of some rules are called."""
        return Words(self.language, names if self.language == "zh" else {})

    def of(self, table: Mapping[str, Pair], code: str) -> str:
        """Return the words of a code in a table."""
        return table[code][LANGUAGES.index(self.language)]

    def say(self, table: Mapping[str, Pair], code: str, /, **values: object) -> str:
        """Return a text of a table with its values; numbers have commas."""
        told = {name: f"{value:,}" if isinstance(value, int) else value for name, value in values.items()}
        return self.of(table, code).format(**told)

    def text(self, code: str, /, **values: object) -> str:
        """Return a text of TEXTS with its values, likewise."""
        return self.say(TEXTS, code, **values)

    def column(self, code: str) -> str:
        """Return the header of a column of COLUMNS."""
        return self.of(COLUMNS, code)

    def name(self, code: str) -> str:
        """Return what people call a code of the rules; one that has no name is called by its code."""
        return self.names.get(code, code)
