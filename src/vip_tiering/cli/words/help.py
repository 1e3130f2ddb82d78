"""What `--help` says in Chinese: the English text, which stands beside its command or option, -> the Chinese one.

The first sentence of a command is also its line in the list of commands.
"""

from __future__ import annotations

from typing import Final

HEADINGS: Final[dict[str, str]] = {
    "Arguments": "参数",
    "Options": "选项",
    "Commands": "命令",
    "Every quarter": "每季",
    "Every day": "每天",
    "Looking": "查看",
    "Setting up": "设置",
}
HINTS: Final[dict[str, str]] = {"env var: ": "环境变量：", "default: ": "默认：", "required": "必填"}
"""What stands in brackets behind the text of an option."""
SHARED: Final[dict[str, str]] = {
    "Show this message and exit.": "显示本说明。",
    "Language of what people read; default: the locale's.": "屏幕文字的语言；默认随系统区域设置。",
    "Folder of the rules; default: ./rules, else the packaged ones.": "规则文件夹；默认用 ./rules，没有则用自带规则。",
    "What one extract may take in memory: 500M, 4G.": "单个余额文件最多占用的内存，如 500M、4G。",
    "Customer file (CSV, .xlsx, Parquet).": "客户资料文件（CSV、.xlsx、Parquet）。",
    "Maturities, points, new products, family events.": "事件文件：产品到期、积分、新产品、家庭事件。",
    "Contacts made elsewhere.": "在别处做过的联系。",
    "Contacts made elsewhere; they bind as results do.": "在别处做过的联系；与登记的结果同样算数。",
    "Customers and numbers that must not be contacted.": "谢绝联系的客户和号码。",
    "Print nothing but warnings and errors.": "只显示警告和错误。",
    "Compute and show, but write nothing.": "只计算和显示，不写文件。",
    "Count and show, but write nothing.": "只统计和显示，不写文件。",
    "Select and show, but write nothing.": "只筛选和显示，不写文件。",
    "Read and match, but write nothing.": "只读取和核对，不写文件。",
    "Check and show what would change, but write nothing.": "只检查并显示会改动什么，不写文件。",
    "Write over the files that stand there.": "已有文件时覆盖。",
    "Write over the file of --out where it stands already.": "--out 的文件已存在时覆盖。",
    "Folder of the private parts; default: OUT.private.": "私密部分的文件夹；默认 OUT.private。",
    "Private folder of the exports; default: LISTS.private.": "名单私密部分的文件夹；默认 LISTS.private。",
    "A run folder, such as out/2015Q4.": "季度结果文件夹，如 out/2015Q4。",
    "A run folder, such as out/2015Q4, official or provisional.": "季度结果文件夹，如 out/2015Q4，季末或季中均可。",
    "A run folder, such as out/2015Q4: official or provisional.": "季度结果文件夹，如 out/2015Q4，季末或季中均可。",
    "A run folder, such as out/2015Q4: official, intact, of the newest quarter.": (
        "季度结果文件夹，如 out/2015Q4；须为最近一季的季末结果且完好。"
    ),
    "The run it was compared with; default: the one beside it.": "当时对比的上季结果；默认取旁边的一份。",
    "Print the answer as one JSON document.": "以 JSON 输出答案，供程序读取。",
    "Print the counts as one JSON document.": "以 JSON 输出各项计数，供程序读取。",
    "Print the figures as one JSON document.": "以 JSON 输出各项数据，供程序读取。",
    "Print the ids as one JSON document.": "以 JSON 输出各编号，供程序读取。",
    "Print the load day by day as one JSON document.": "以 JSON 输出逐日工作量，供程序读取。",
    "Print the manifest as one JSON document.": "以 JSON 输出清单，供程序读取。",
    "Print the plan as one JSON document.": "以 JSON 输出计划，供程序读取。",
    "Print the playbooks as one JSON document.": "以 JSON 输出方案，供程序读取。",
    "Print the record as one JSON document.": "以 JSON 输出档案，供程序读取。",
    "Print the report as one JSON document.": "以 JSON 输出检查结果，供程序读取。",
    "Print what changes as one JSON document.": "以 JSON 输出改动，供程序读取。",
    "Print what was recorded as one JSON document.": "以 JSON 输出登记内容，供程序读取。",
}
TIERS: Final[dict[str, str]] = {
    "Tier customers by the quarterly daily average of their financial assets (金融资产季日均).": "按金融资产季日均为客户分层。",
    "Exit codes: 0 ok, 1 bug, 2 usage, 3 rules refused, 4 data refused, 5 output not written, 6 locked, 143 ended by SIGTERM.": (
        "退出码：0 正常，1 程序错误，2 用法有误，3 规则有误，4 数据有误，5 写不出结果，6 正被占用，143 被 SIGTERM 终止。"
    ),
    "Show where in the program an unexpected error arose.": "遇到意外错误时显示出错位置。",
    "Show the version and exit.": "显示版本号。",
    "Install completion for the current shell.": "为当前终端安装命令补全。",
    "Show completion for the current shell, to copy it or customize the installation.": "显示当前终端的补全脚本，可自行复制或调整。",
    # extract check
    "Check balance extracts before a quarter is computed from them.": "计算前先检查余额文件。",
    "Say what extracts hold, which days are missing, and whether a quarter can be computed; nothing is computed or written.": (
        "查看余额文件：内容、缺哪些天、能否计算整季。不计算，也不写文件。"
    ),
    "Balance extracts: files, folders or globs (CSV, .gz, Parquet).": "余额文件：文件、文件夹或通配符（CSV、.gz、Parquet）。",
    "Quarter: 2015Q4, or last; default: the one most days belong to.": "季度，如 2015Q4，或 last；默认取多数日期所在的季度。",
    "What a row means; default: as the rules say.": "一行的含义：snapshot 为当日余额，changes 为变动后余额；默认按规则。",
    "With --kind changes: balances before the first row are zero.": "用于 --kind changes：首行之前的余额视为零。",
    "Accept that this day is missing; repeatable.": "认可缺少这一天；可重复。",
    "Accept a day that came in part, or a part of days that comes no more; repeatable.": (
        "认可某日只到了一部分，或某部分数据不再提供；可重复。"
    ),
    "Compute up to this day only; the run is provisional.": "只算到这一天，结果为季中数据。",
    # tier
    "Compute the tiers of a quarter, explain them, and try other rules or corrected extracts.": (
        "计算季度层级，解释单户，试算别的标准或更正后的数据。"
    ),
    "Compute the tiers of a quarter from balance extracts and publish them as the folder OUT/QUARTER; or the averages of a month.": (
        "由余额文件计算季度层级，写入 OUT/季度。也可只算一个月的月日均。"
    ),
    "Quarter: 2015Q4, 2015-Q4, 2015年4季度, or last (the newest complete one).": (
        "季度：2015Q4、2015-Q4、2015年4季度，或 last（最近一个完整季度）。"
    ),
    "Month, in place of a quarter: 2015-11, 201511, 2015年11月, or last.": (
        "月份，代替季度：2015-11、201511、2015年11月，或 last（最近一个完整月）。"
    ),
    "Folder that receives the run folder.": "存放季度结果的文件夹。",
    "Run of the quarter before; default: the one under --out.": "上季结果；默认取 --out 下的一份。",
    "Compare with no previous run.": "不与上季对比。",
    "How many rows may be rejected.": "最多允许剔除多少行（行数或百分比）。",
    "Threads that read; default: one more than processors.": "读取线程数；默认比处理器多一个。",
    "Where days are read and posted: here, or on a Spark cluster.": "在哪里读取和入账：local 为本机，spark 为 Spark 集群。",
    "Cluster, as spark://HOST:7077; default: as Spark is set up.": "集群地址，如 spark://HOST:7077；默认按 Spark 自身配置。",
    "Move another run of the quarter to .superseded first.": "先把本季已有结果移到 .superseded。",
    "With --as-of: read every day again, not only those since the last such run.": "配合 --as-of：每天都重新读，不只读上次以后的。",
    "Explain why a customer has a tier: the proof, the quarters before, what moved the customer, and what would.\n\n"
    "With - as CUSTOMER the id does not stand in the history of the shell: vip tier explain - out/2015Q4": (
        "解释一位客户为何在此层级。列出计算依据、前几季情况、变动原因和升降所需。\n\n"
        "CUSTOMER 写作 - 时从标准输入读客户号，命令历史里不留客户号：vip tier explain - out/2015Q4"
    ),
    "The customer's id, also an old one; - reads it from standard input.": "客户号，旧客户号也可；- 表示从标准输入读取。",
    "The balance extracts of the run: they show every day and account as well.": "该季的余额文件：给出后可看到每天、每个账户。",
    "Show the customers of past quarters under another ladder: tiers, assets, who changes, expected rows; no run is changed.": (
        "用另一套分级标准试算往季。显示各层级客户与资产、谁会变动、名单行数；不改动已有结果。"
    ),
    "Run folders, such as out/2015Q3 out/2015Q4: official or provisional.": "季度结果文件夹，如 out/2015Q3 out/2015Q4，季末或季中均可。",
    "Folder of rules with the other tiers.yaml; with playbooks.yaml, rows too.": (
        "另一套规则的文件夹，含 tiers.yaml；有 playbooks.yaml 时也估算名单行数。"
    ),
    "CSV that receives who would change tier.": "CSV 文件，写入会变动层级的客户。",
    "Show whose tier, average or change would differ by corrected extracts; the published run stays as it is.": (
        "用更正后的余额文件重算，看哪些客户的层级、日均或变动不同。已有结果保持不变。"
    ),
    "The published run folder, such as out/2015Q4; it is only read.": "已有的季度结果文件夹，如 out/2015Q4；只读取。",
    "All extracts of its quarter as they are now: files, folders or globs.": "该季现有的全部余额文件：文件、文件夹或通配符。",
    "CSV that receives every customer of whom anything differs.": "CSV 文件，写入有任何不同的客户。",
    "How many customers are shown at most; all are in --out.": "最多显示多少客户；全部写入 --out。",
    "Compare a run with the bank's own averages: the difference of every customer and its likely cause, counted.": (
        "与行内自有日均逐户核对，统计差异及可能原因。"
    ),
    "The bank's own list of averages, 季日均 (CSV, Excel, Parquet).": "行内的季日均名单（CSV、Excel、Parquet）。",
    "The run's extracts: tries missing days, negatives, a day shifted, other scopes too.": (
        "该季的余额文件：给出后还会试缺日、负余额、日期错位和别的统计口径。"
    ),
    "Header of the averages; default: a usual one such as 季日均.": "日均一列的表头；默认识别季日均等常用名。",
    "Sheet of a workbook; default: the only visible one.": "工作表名；默认取唯一可见的一张。",
    "CSV that receives every customer who differs, with the likely cause.": "CSV 文件，写入有差异的客户及可能原因。",
    # verify, demo, rules
    "Check that a published folder is whole and unaltered, by the checksums in its manifest.": (
        "按清单中的校验和，检查结果文件夹是否完整、未被改动。"
    ),
    "Show the whole cycle on an invented branch, from its extracts to its results.\n\n"
    "Two quarters are computed, who changed is reported, the lists of a day are exported, what came of them is counted, and the newer\n"
    "quarter is told on one page.": (
        "造一家虚构支行，从余额文件一直演示到名单结果。\n\n"
        "依次计算两个季度，报告变动，导出一天的名单，统计联系结果，最后把后一季写成一页报告。"
    ),
    "Show what each command of the cycle prints.": "显示每一步的完整输出。",
    "Folder for the demo's data, runs and lists.": "存放演示数据、结果和名单的文件夹。",
    "Check the rule files, or copy the packaged ones as a beginning of your own.": "检查规则文件，或复制一份自带规则作为起点。",
    "Check the rule files and report their mistakes together, with file, line and column.": (
        "检查规则文件，把错误连同文件、行、列一并列出。"
    ),
    "Write the packaged rules into a new folder, as a beginning of your own; nothing is written over.": (
        "把自带规则复制到新文件夹，作为自定规则的起点。不覆盖任何文件。"
    ),
    "New folder that receives the packaged rule files.": "存放自带规则的新文件夹。",
    "Write the JSON Schema of every rule file, so that editors complete and check them.": (
        "写出各规则文件的 JSON Schema，供编辑器补全和检查。"
    ),
    "Folder that receives one JSON Schema per rule file.": "存放 JSON Schema 的文件夹，每个规则文件一个。",
    # tier show, runs
    "A run folder, such as out/2015Q4: official, provisional, or of a month.": "季度结果文件夹，如 out/2015Q4；季末、季中、月度均可。",
    "Show the summary of a published run once more, as `vip tier compute` printed it; nothing is computed.": (
        "再次显示已有结果的摘要，与 `vip tier compute` 当时显示的相同。不重新计算。"
    ),
    "See which runs a folder holds, and what differs between two. `vip runs OUT` is enough.": (
        "查看文件夹里有哪些结果，以及两份结果的差异。直接输入 `vip runs OUT` 即可。"
    ),
    "List all runs in a folder, replaced ones too: up to which day, customers, who moved, status, and whether each is intact.": (
        "列出文件夹里的全部结果，含被替换的：截至日期、客户数、升降、状态和是否完好。"
    ),
    "The folder that holds the runs, such as out.": "存放各季结果的文件夹，如 out。",
    "Print the runs as one JSON document.": "以 JSON 输出各份结果，供程序读取。",
    "Show what differs between two runs: extracts, rules, options, version; customers by tier, and the sums of their averages.": (
        "比较两份结果：余额文件、规则、选项、版本，以及各层级的客户和日均合计。"
    ),
    "A run folder, such as out/.superseded/2015Q4-1.": "季度结果文件夹，如 out/.superseded/2015Q4-1。",
    "The run it is compared with, such as out/2015Q4.": "与之比较的结果，如 out/2015Q4。",
    # report
    "Show a quarter on one page: tiers, who moved, who is about to, day by day, by branch and manager.\n\n"
    "Without --out and --xlsx the terminal shows the first screen of it.": (
        "把一个季度写成一页：各层级、谁变动了、谁将变动、逐日资产、各支行和客户经理。\n\n不给 --out 和 --xlsx 时，在屏幕上显示摘要。"
    ),
    "Folder of the exports: lists and what came of them.": "名单文件夹：名单及联系结果。",
    "Page that receives the report: report.html.": "报告网页，如 report.html。",
    "Workbook that receives the report: report.xlsx.": "报告工作簿，如 report.xlsx。",
    "Print all figures as one JSON document.": "以 JSON 输出全部数据，供程序读取。",
}
