"""What the report on a look at extracts says."""

from __future__ import annotations

from typing import Final

from vip_tiering.base.words import Pair

BY: Final[dict[str, Pair]] = {
    "usual": ("常用表头", "usual header"),
    "rules": ("按规则", "by the rules"),
    "folder": ("按文件夹名", "by the folder"),
    "name": ("按文件名", "by the file's name"),
}
"""How a column was recognised."""
ROLES: Final[dict[str, Pair]] = {
    "customer_id": ("客户号", "customer_id"),
    "account_id": ("账号", "account_id"),
    "product": ("产品", "product"),
    "currency": ("币种", "currency"),
    "date": ("日期", "date"),
    "balance": ("余额", "balance"),
}
"""What a column means."""
KINDS: Final[dict[str, Pair]] = {"snapshot": ("每日余额（snapshot）", "snapshot"), "changes": ("变动余额（changes）", "changes")}
ROWS: Final[dict[str, Pair]] = {
    "outside": ("期外 {count}", "{count} outside the period"),
    "duplicates": ("重复、只计一次 {count}", "{count} repeated and counted once"),
    "excluded": ("不计产品 {count}", "{count} of products that do not count"),
    "superseded": ("已被后来文件更正 {count}", "{count} corrected by a later file"),
    "rejected": ("剔除 {count}", "{count} rejected"),
}
LABELS: Final[dict[str, Pair]] = {
    "period": ("期间", "period"),
    "days": ("天数", "days"),
    "missing": ("缺少", "missing"),
    "few_rows": ("行数偏少", "few rows"),
    "absent_parts": ("缺少的部分", "absent parts"),
    "in_several_files": ("分在几个文件", "in several files"),
    "opening": ("期初", "opening"),
    "outside": ("期外", "outside"),
    "dates": ("日期", "dates"),
    "files": ("文件", "files"),
    "unread": ("无法读取", "not readable"),
    "rows": ("行数", "rows"),
    "customers": ("客户数", "customers"),
    "ids": ("客户号", "ids"),
    "encoding": ("编码", "encoding"),
    "rules": ("规则", "rules"),
    "note": ("提示", "note"),
}
"""What stands before each line of the overview."""
TEXTS: Final[dict[str, Pair]] = {
    "and": ("，", ", "),
    "semicolon": ("；", "; "),
    "more": (" 等，另有 {count} 个", " and {count} more"),
    "of_period": ("{period}：{what}", "{period}: {what}"),
    "ready": ("可以计算", "ready to be computed"),
    "one_problems": ("还不能计算，有 {count} 处问题", "not ready, {count} problem"),
    "problems": ("还不能计算，有 {count} 处问题", "not ready, {count} problems"),
    "title_problems": ("问题", "problems"),
    "title_files": ("文件", "files"),
    "title_remarkable": ("值得一看", "worth a look"),
    # days
    "no_day": ("能读取的文件里没有一个日期", "no file that could be read holds a day"),
    "chosen": ("；多数日期属于此季，要算别的季度请用 --quarter", "; most days belong to this quarter, name another with --quarter"),
    "period": ("{first} 至 {last}，{kind}{chosen}", "{first} to {last}, {kind}{chosen}"),
    "delivered": ("{period} 天中有 {delivered} 天的数据", "{delivered} of {period} delivered"),
    "with_rows": ("{delivered} 天有数据", "{delivered} with rows"),
    "filled_by": ("{days}（用 {day} 的余额补）", "{days} (filled by {day})"),
    "few": ("{day} 有 {rows} 行（{percent}%）", "{day} {rows} rows ({percent}%)"),
    "few_rows": ("{days}；前后各天的中位数为 {median} 行", "{days} against {median} on the median of the days around it"),
    "absent": ("{part}：{days}", "{part} on {days}"),
    "one_before": ("期前 {count} 天：{days}", "{count} day before the period: {days}"),
    "before": ("期前 {count} 天：{days}", "{count} days before the period: {days}"),
    "one_not_used": ("{count} 天未用：{days}", "{count} day not used: {days}"),
    "not_used": ("{count} 天未用：{days}", "{count} days not used: {days}"),
    "offset": (
        "文件名像是报送日；如是，请在 rules/extracts.yaml 中写 date_offset_days: {days}",
        "the names seem to tell the day of delivery; then say date_offset_days: {days} in rules/extracts.yaml",
    ),
    # rows
    "files_read": ("读入 {count} 个", "{count} read"),
    "one_copies": ("，另有 {count} 个副本未计", ", {count} copy not counted"),
    "copies": ("，另有 {count} 个副本未计", ", {count} copies not counted"),
    "rows_read": ("读入 {count}", "{count} read"),
    "tidied": (
        "{count} 个客户号带空格、全角或不可见字符，已去除",
        "{count} had blanks, full-width or invisible characters, which are removed",
    ),
    "one_gb18030": (
        "{count} 个文件为 GB18030，已能读懂；如确为此编码，请在 rules/extracts.yaml 中写 encoding: gb18030",
        "{count} file in GB18030; it is understood; say encoding: gb18030 in rules/extracts.yaml if it is meant",
    ),
    "gb18030": (
        "{count} 个文件为 GB18030，已能读懂；如确为此编码，请在 rules/extracts.yaml 中写 encoding: gb18030",
        "{count} files in GB18030; it is understood; say encoding: gb18030 in rules/extracts.yaml if it is meant",
    ),
    "quarter": ("本期", "the quarter"),
    "row": (" 第 {row} 行", " row {row}"),
    "column": (" {column} 列", " column {column}"),
    # files
    "no_rows": ("没有数据行", "no rows"),
    "span": ("{first} 至 {last}", "{first} to {last}"),
    "many_files": ("{count} 个文件", "{count} files"),
    "other_files": ("……另有 {count} 个其他样式的文件；--json 可全部列出", "... and {count} files of other kinds; --json shows all"),
    "all_unused": ("  未用：没有本期的日期", "  not used: no day of the period"),
    "some_unused": ("  其中 {count} 个未用：没有本期的日期", "  {count} of them not used: no day of the period"),
    "moved": ("，移动 {days} 天", ", {days} days"),
    "found": ("{role}{source}（{by}{moved}）", "{role}{source} ({by}{moved})"),
    "ignored": ("  未用的列：{headers}", "  ignored: {headers}"),
    "copy_of": ("{name}：与 {original} 内容完全相同，只计一次", "{name}: a byte-identical copy of {original}, counted once"),
    "encoded": ("编码为 {encoding}，多数为 {usual}", "in {encoding}, most are {usual}"),
    "one_repeated": ("{count} 行重复，只计一次", "{count} row repeated, counted once"),
    "repeated": ("{count} 行重复，只计一次", "{count} rows repeated, counted once"),
    "notes": ("{name}：{notes}", "{name}: {notes}"),
    "others": ("……另有 {count} 项；--json 可全部列出", "... and {count} more; --json shows all"),
}
