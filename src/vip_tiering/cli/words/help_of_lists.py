"""What `--help` says in Chinese of customer files, reports, playbooks and lists; in the form of `help`."""

from __future__ import annotations

from typing import Final

CUSTOMERS: Final[dict[str, str]] = {
    "Check the customer file before lists are made of it, and show what is known of a customer.": (
        "出名单前先检查客户资料，也可查看单户档案。"
    ),
    "Say what a customer file holds by the rules, and whether lists can be made of it; no customer's value is shown.": (
        "按规则查看客户资料的内容，以及能否据此出名单。不显示任何客户的具体内容。"
    ),
    "A run folder, such as out/2015Q4: how far it and the file know each other.": "季度结果文件夹，如 out/2015Q4：查看两边客户能对上多少。",
    "Show the record of a customer: tiers, products, contacts and what came of them, what lies ahead; or write those of a manager.\n\n"
    "With - as CUSTOMER the id does not stand in the history of the shell: vip customers file - out/2015Q4 --customers FILE": (
        "查看客户档案：层级、产品、联系及结果、后续事项。也可写出一位客户经理全部客户的档案。\n\n"
        "CUSTOMER 写作 - 时从标准输入读客户号，命令历史里不留客户号：vip customers file - out/2015Q4 --customers FILE"
    ),
    "The customer's id, also an old one, or - for standard input; and a run folder, such as out/2015Q4. With --manager the run alone.": (
        "客户号（旧客户号也可，- 表示从标准输入读取）和季度结果文件夹，如 out/2015Q4。用 --manager 时只写结果文件夹。"
    ),
    "Folder of the exports: contacts and what came of them.": "名单文件夹：联系及其结果。",
    "Day from which on events lie ahead, such as 2016-01-05, or today.": "从哪天起算后续事项，如 2016-01-05，或 today。",
    "A workbook of all customers of this manager, in place of CUSTOMER.": "代替 CUSTOMER：写出这位客户经理全部客户的工作簿。",
    "With --manager: receives DIR/MANAGER-DATE; private clients go to DIR.private.": (
        "与 --manager 同用：写入 DIR/客户经理-日期；私密客户写入 DIR.private。"
    ),
    "Move another workbook of the day to .superseded first.": "先把当日已有的工作簿移到 .superseded。",
}
CHANGES: Final[dict[str, str]] = {
    "Report who rose, fell, came or went.": "报告谁升、谁降、谁新来、谁离开。",
    "Export who changed tier, and who is about to, as workbooks and CSV: a summary, all rows, each branch, a file for each manager.": (
        "导出层级变动和即将变动的客户。有汇总、全部明细、各支行表，每位客户经理一份文件。"
    ),
    "A run folder, such as out/2015Q4; one inside a quarter too.": "季度结果文件夹，如 out/2015Q4；季中的也可。",
    "Customer file (CSV, .xlsx, Parquet): branches, managers.": "客户资料文件（CSV、.xlsx、Parquet），从中取支行和客户经理。",
    "Folder that receives the report as DIR/QUARTER.": "存放报告的文件夹，写入 DIR/季度。",
    "Contact log: when customers were contacted last.": "联系记录：客户上次何时联系过。",
    "Fee income of the quarter, for K-FEE (CSV, .xlsx, Parquet).": "本季中间业务收入，用于 K-FEE（CSV、.xlsx、Parquet）。",
    "Events in the branch hall in the quarter, for K-LOBBY.": "本季厅堂活动，用于 K-LOBBY。",
    "Move another report of the quarter to .superseded first.": "先把本季已有的报告移到 .superseded。",
}
PLAYBOOKS: Final[dict[str, str]] = {
    "Make the lists of a day, record what came of them, and show what is done for each tier.": "出当天名单，登记结果，查看各层级做什么。",
    "Show what is done for a tier: for whom, on which channel, how often, and by which clause.": (
        "查看某层级的维护措施：对象、渠道、频率和依据。"
    ),
    "Code or label of a tier, such as silver; default: all.": "层级的代码或名称，如 silver；默认全部。",
    "Show every id of the plan, the rule that covers it and the command that puts it out; one without both is exit code 3.": (
        "列出方案的每个编号，由哪条规则落实、哪个命令产出。有未落实的，退出码为 3。"
    ),
    "Plan the events in the branch hall for a year: when each takes place, by when it is prepared, what is handed out.": (
        "排出全年厅堂活动：何时举办、何时备妥、发放什么。"
    ),
    "Year of the plan, such as 2016.": "计划的年份，如 2016。",
    "Folder that receives YEAR/; default: print only.": "存放计划的文件夹，写入其下以年份为名的文件夹；默认只显示。",
    "Move another plan of the year to .superseded first.": "先把当年已有的计划移到 .superseded。",
    "Write the plan as a branch reads it, in Chinese: for each tier what is done, for whom, how, how often, when, in which words.": (
        "写出供支行阅读的维护手册。各层级做什么，对谁，用什么方式，多久一次，何时做，怎么说。"
    ),
    "Workbook that receives the plan: plan.xlsx.": "手册工作簿，如 plan.xlsx。",
    "The same as a page: plan.html.": "同样内容的网页，如 plan.html。",
    "Only this tier, by code or label; repeatable.": "只要这个层级（代码或名称）；可重复。",
    "The folder of the exports: with it the book says what was done.": "名单文件夹：给出后，手册会写明完成情况。",
    "Quarter of what was done; default: that of the newest export.": "完成情况所属季度；默认取最近一次名单的季度。",
    "Write the texts of messages into a workbook, and read it back, edited by a branch and signed by compliance.": (
        "把话术导出为工作簿，支行修改、合规签字后再导入。"
    ),
    "Write every text of the playbooks into a workbook: a row for each text and wording, with its length and who approved it.": (
        "把全部话术写入工作簿，每条一行，附长度和审核人。"
    ),
    "Workbook that receives the texts.": "存放话术的工作簿。",
    "Check an edited workbook of texts and write what changed into playbooks.yaml, where every other byte stays as it was.": (
        "检查改过的话术工作簿，把改动写回 playbooks.yaml。其余内容一字不动。"
    ),
    "The workbook of texts, edited and signed.": "已修改并签字的话术工作簿。",
}
LISTS: Final[dict[str, str]] = {
    "Export the lists of a day: SMS, calls, WeChat, appointments, invitations, visits; and who was left out for which reason.": (
        "导出一天的名单：短信、电话、微信、约见、邀约、拜访。未入名单的客户注明原因。"
    ),
    "Day of the lists, such as 2016-01-05, or today.": "名单日期，如 2016-01-05，或 today。",
    "Folder that receives the export as DIR/DATE.": "存放名单的文件夹，写入 DIR/日期。",
    "Only this; repeatable.": "只要这项措施、渠道或层级；可重复。",
    "Form of the lists for a system; repeatable.": "按某个系统的格式输出名单；可重复。",
    "Folder for what only managers may see; default: OUT.private.": "只供客户经理本人看的文件夹；默认 OUT.private。",
    "Go on although memory of earlier days is lost; the manifest says so.": "此前的联系记忆丢失仍继续；清单中会注明。",
    "Take a run of an older quarter; the manifest says so.": "使用更早季度的结果；清单中会注明。",
    "Move another export of the day to .superseded first.": "先把当日已有的名单移到 .superseded。",
    "Do nothing on a day off; for cron.": "休息日不出名单；供定时任务使用。",
    "Show the load ahead: how many contacts each manager has a day, who waits how long, and what never gets a turn.\n\n"
    "The lists of each day are made in memory, as if every contact of the days before was made and answered; nothing is written.": (
        "预估未来工作量：每位客户经理每天要联系多少，谁要等多久，哪些措施轮不到。\n\n"
        "每天的名单只在内存中生成，假定前几天的客户都已联系上；不写任何文件。"
    ),
    "Folder of the exports: they and their results are remembered.": "名单文件夹：以往名单及其结果都会计入。",
    "First day, such as 2016-01-05, or today.": "第一天，如 2016-01-05，或 today。",
    "How many working days to look ahead.": "预估多少个工作日。",
    "Check the written files of an export against the hard rules once more, by code that has no part in making them.": (
        "用另一套独立代码，按硬性规定再查一遍已写出的名单。"
    ),
    "The folder of an export, such as lists/2016-01-05.": "某天名单的文件夹，如 lists/2016-01-05。",
    "The run of the export: with --customers, who stands in the lists is judged too.": (
        "出名单所依据的季度结果：与 --customers 同用时，也核对名单上的人。"
    ),
    "The customer file of the export.": "出名单时的客户资料文件。",
    "The events of the export.": "出名单时的事件文件。",
    "The contact log of the export.": "出名单时的联系记录。",
    "The do-not-contact list of the export.": "出名单时的谢绝联系名单。",
    "Record what came of an export's lists: refusals and wrong numbers bind at once, and the next lists go by it.": (
        "登记名单的联系结果。拒绝和错号立即生效，下次名单据此筛选。"
    ),
    "The folder of the export, such as lists/2016-01-05.": "该次名单的文件夹，如 lists/2016-01-05。",
    "Its lists with results filled in, and receipts: CSV, .xlsx, Parquet.": "填好结果的名单和发送回执：CSV、.xlsx、Parquet。",
    "Day of contacts without a day of their own; default: that of the export.": "未注明日期的联系算在哪天；默认为名单日期。",
    "Count customers and contacts, what they were for and what came of them, by manager and action; write it as results.csv.": (
        "按客户经理和措施统计客户、联系、事由和结果。写入 results.csv。"
    ),
    "The folder of the exports, such as lists.": "存放各次名单的文件夹，如 lists。",
    "First day of the exports; default: the first there is.": "名单起始日；默认从最早一次起。",
    "Last day of the exports; default: the last there is.": "名单截止日；默认到最近一次。",
    "A run: with --customers, the products that each tier holds are counted too.": (
        "季度结果：与 --customers 同用时，也统计各层级持有的产品。"
    ),
    "Customer file with a column products_held.": "含 products_held 一列的客户资料文件。",
    "Compare customers who were contacted with the control group: balances and tiers, each difference with its 95 % interval.": (
        "比较联系组与对照组的余额和层级变化。每项差异附 95% 区间。"
    ),
    "The run before the contacts, such as out/2015Q4.": "联系之前的季度结果，如 out/2015Q4。",
    "A later run, such as out/2016Q1: exports between them count.": "之后的季度结果，如 out/2016Q1：统计两者之间的名单。",
    "Only this action; repeatable; default: all with a control group.": "只看这项措施，可重复；默认为所有设了对照组的措施。",
}
ROUTINE: Final[dict[str, str]] = {
    "Do what is due this morning: tiers, reports, lists of the day; nothing where nothing is due.\n\n"
    "What cron calls every day. Inside a quarter its tiers are computed up to the newest day, after it the official ones.": (
        "做完今天早上该做的事：计算层级、报告、当天名单；没有待办就什么都不做。\n\n供 cron 每天调用。季中算到最新一天，季末过后算正式结果。"
    ),
    "File of settings; default: ./vip.yaml.": "设置文件；默认 ./vip.yaml。",
    "The day that counts as today; default: today.": "以哪一天为今天；默认当天。",
    "Balance extracts: files, folders or globs; repeatable.": "余额文件：文件、文件夹或通配符；可多次给出。",
    "Folder of the runs.": "存放季度结果的文件夹。",
    "Customer file; reports and lists need it.": "客户资料文件；出报告和名单时需要。",
    "Folder of the reports; else none is made.": "存放报告的文件夹；不给就不出报告。",
    "Folder of the lists; else none are made.": "存放名单的文件夹；不给就不出名单。",
    "Folder of the rules; default: rules beside the file of settings, else the packaged ones.": (
        "规则文件夹；默认用设置文件旁的 rules，没有则用自带规则。"
    ),
    "Print each step as one JSON document on a line of its own.": "每一步以一行 JSON 输出，供程序读取。",
    "Say what is due and since when; nothing is computed or written.": "列出待办及其起始日；不计算，不写文件。",
    "Print what is due as one JSON document.": "以 JSON 输出待办，供程序读取。",
    "Write down once where files lie and where results go, and show what holds.": "一次写明文件在哪、结果放哪，并查看当前设置。",
    "Show every setting of vip run, and where it comes from: an option beats a variable, a variable the file.": (
        "显示 vip run 的各项设置及其来源：选项优先于环境变量，环境变量优先于设置文件。"
    ),
    "Print the settings as one JSON document.": "以 JSON 输出设置，供程序读取。",
    "Write a file of settings after three questions: where the extracts lie, which the customer file is, where results go.": (
        "回答三个问题，生成设置文件：余额文件在哪、客户资料是哪个、结果放哪。"
    ),
    "File that receives the settings.": "写入设置的文件。",
    "Write over the file where it stands already.": "文件已存在时覆盖。",
}
