//! Words of setting up: first accounts, campaign, units, accounts, respondents, assignments.

use domain::{
    campaign::UnitKind,
    import::{BadReason, Column},
};

pub struct SetupText {
    pub next_step: &'static str,
    pub restored_server: fn(when: &str) -> String,
    pub backup_failed: fn(when: &str) -> String,
    /// Recordings and photos that are removed within a week.
    pub due: fn(voices_n: u32, photos_n: u32) -> String,
    pub backup_made: fn(when: &str) -> String,
    pub go: &'static str,
    pub all_set: &'static str,
    pub next_campaign: &'static str,
    pub next_units: &'static str,
    pub next_accounts: &'static str,
    pub next_respondents: &'static str,
    pub next_assignments: &'static str,

    pub first_title: &'static str,
    pub first_hint: &'static str,
    pub first_used: &'static str,
    pub sysadmin: &'static str,
    pub office: &'static str,
    pub office_unit: &'static str,
    pub name: &'static str,
    pub make: &'static str,

    pub campaign: &'static str,
    pub campaign_name: &'static str,
    pub starts_on: &'static str,
    pub ends_on: &'static str,
    pub notice: &'static str,
    pub notice_hint: &'static str,
    pub phases: &'static str,
    pub add_phase: &'static str,
    pub remove: &'static str,
    pub saved: &'static str,

    pub units: &'static str,
    pub unit_name: &'static str,
    pub unit_kind: &'static str,
    pub unit_kinds: fn(UnitKind) -> &'static str,
    pub add: &'static str,
    pub retire: &'static str,
    pub retired: &'static str,
    pub retired_units: &'static str,
    pub restore: &'static str,
    pub restored: &'static str,

    pub accounts: &'static str,
    pub role: &'static str,
    pub unit: &'static str,
    pub no_unit: &'static str,
    pub disable: &'static str,
    pub enable: &'static str,
    pub disabled: &'static str,
    pub reset: &'static str,
    pub once_password: fn(&str, &str) -> String,
    pub change: &'static str,

    pub respondents: &'static str,
    pub find: &'static str,
    pub n_respondents: fn(n: u64) -> String,
    pub no_respondents: &'static str,
    pub import: &'static str,
    pub import_hint: &'static str,
    pub kind_of_rows: &'static str,
    pub kind_in_column: &'static str,
    pub column_is: fn(Column) -> &'static str,
    pub good_n: fn(n: usize) -> String,
    pub known_n: fn(n: usize) -> String,
    pub repeated_n: fn(n: usize) -> String,
    pub repeated_row: fn(line: usize, first: usize) -> String,
    pub bad_n: fn(n: usize) -> String,
    pub bad_row: fn(line: usize, column: usize, reason: BadReason) -> String,
    pub take: fn(n: usize) -> String,
    pub taken_n: fn(n: usize) -> String,
    pub no_header: &'static str,
    pub not_a_list: &'static str,
    pub add_one: &'static str,
    pub any_unit: &'static str,
    pub visited_n: fn(n: u32) -> String,
    pub selected_n: fn(n: usize) -> String,
    pub select_page: &'static str,
    pub assign: &'static str,
    pub assign_to: &'static str,
    pub due_on: &'static str,
    pub assigned: fn(n: u32, open_already_n: u32) -> String,
    pub select_none: &'static str,
    pub choose_unit: &'static str,
    pub correct: &'static str,
    pub unvisited_only: &'static str,
    pub no_such_respondents: &'static str,
    pub removed: &'static str,
    pub previous: &'static str,
    pub next: &'static str,

    pub assignments: &'static str,
    pub no_assignments: &'static str,
    pub done: &'static str,
    pub overdue: &'static str,
    pub cancel: &'static str,
    pub note: &'static str,
}

pub static ZH: SetupText = SetupText {
    next_step: "下一步",
    restored_server: |when| {
        format!(
            "{when} 发现服务器的数据是从备份恢复的。手机正在把备份以后的记录再送一遍，请通知走访人员联网打开“走访”。"
        )
    },
    backup_failed: |when| format!("{when} 的自动备份没有成功，请系统管理员看服务器的日志。"),
    due: |voices, photos| {
        format!("一周内保存期限到、将删除：录音 {voices} 段，照片 {photos} 张。要留的请先办理。")
    },
    backup_made: |when| format!("上次自动备份：{when}"),
    go: "去设置",
    all_set: "都设好了。新来的人在“账号”里开通。",
    next_campaign: "先写好活动的名称、起止日期，和走访时先告诉对方的话。",
    next_units: "把股室站所和党支部建起来。",
    next_accounts: "给走访人员和其他人开通账号。",
    next_respondents: "导入受访对象名单（Excel 或 CSV），手机上就能找到人。",
    next_assignments: "把名单分给各单位，写明什么时候前走访到。",

    first_title: "设置第一批账号",
    first_hint: "这个链接只能用一次。系统管理员管账号，看不到群众说的话；综合办公室管走访的事。两个账号请由两个人保管。",
    first_used: "这个链接已经用过，或者不完整。请看服务器启动时打印的链接，或直接登录。",
    sysadmin: "系统管理员",
    office: "综合办公室",
    office_unit: "办公室名称",
    name: "姓名",
    make: "建好账号",

    campaign: "活动",
    campaign_name: "活动名称",
    starts_on: "开始",
    ends_on: "结束",
    notice: "走访时先告诉对方",
    notice_hint: "说清是谁、来做什么、记什么、可以不留名、录音先问。改动后手机上会换成新的。",
    phases: "阶段",
    add_phase: "加一个阶段",
    remove: "删去",
    saved: "已保存",

    units: "单位",
    unit_name: "单位名称",
    unit_kind: "类别",
    unit_kinds: |it| match it {
        UnitKind::Section => "股室站所",
        UnitKind::Branch => "党支部",
        UnitKind::Trade => "行业部门",
    },
    add: "添加",
    retire: "停用",
    retired: "已停用，原有记录都在",
    retired_units: "停用的单位",
    restore: "恢复",
    restored: "已恢复",

    accounts: "账号",
    role: "角色",
    unit: "单位",
    no_unit: "不归单位",
    disable: "停用",
    enable: "恢复",
    disabled: "已停用",
    reset: "重设密码",
    once_password: |login, password| {
        format!("账号 {login} 的一次性密码：{password}（只显示这一次，请交给本人，登录后要改）")
    },
    change: "修改",

    respondents: "受访对象",
    find: "姓名、村、单位、电话",
    n_respondents: |n| format!("{n} 个"),
    no_respondents: "名单是空的。可以导入 Excel 或 CSV，也可以一个一个添加。",
    import: "导入名单",
    import_hint: "选 .xlsx 或 .csv（UTF-8、GB18030 都行）。先看一遍，确认了才放进来；同一户不会放两次。",
    kind_of_rows: "表里都是",
    kind_in_column: "看类别列",
    column_is: |it| match it {
        Column::Kind => "类别",
        Column::Name => "姓名",
        Column::Place => "村或街道",
        Column::Organisation => "单位或店名",
        Column::Telephone => "电话",
        Column::Address => "住址",
        Column::IdNumber => "身份证号",
        Column::Unit => "走访单位",
        Column::Ignored => "不用",
    },
    good_n: |n| format!("可以放进来 {n} 个"),
    known_n: |n| format!("名单里已有 {n} 个"),
    repeated_n: |n| format!("表里重复 {n} 行"),
    repeated_row: |line, first| format!("第 {line} 行：与第 {first} 行是同一户，只放一次"),
    bad_n: |n| format!("有问题 {n} 行"),
    bad_row: |line, column, reason| {
        let place =
            if column == 0 { format!("第 {line} 行") } else { format!("第 {line} 行第 {column} 列") };
        let why = match reason {
            BadReason::NoName => "没有姓名，也没有单位",
            BadReason::UnknownKind => "看不出是经营业主、脱贫户还是老干部",
            BadReason::UnknownUnit => "没有这个走访单位",
            BadReason::LostDigits => {
                "号码被 Excel 变成了 4.3E+17 的样子，末尾数字已丢，请在 Excel 里把这一列设为文本后重填"
            }
            BadReason::TooLong => "太长",
        };
        format!("{place}：{why}")
    },
    take: |n| format!("放进 {n} 个"),
    taken_n: |n| format!("已放进 {n} 个"),
    no_header: "没有找到表头。请在前 10 行里放一行列名，至少有“姓名”或“单位”。",
    not_a_list: "这个文件读不了。请用 Excel 另存为 .xlsx 或 .csv 再试。",
    add_one: "添加一个",
    any_unit: "任何单位都可走访",
    visited_n: |n| format!("走访过 {n} 次"),
    selected_n: |n| format!("选了 {n} 个"),
    select_page: "全选这一页",
    assign: "分给单位",
    assign_to: "哪个单位走访",
    due_on: "什么时候前",
    assigned: |n, open_already_n| match (n, open_already_n) {
        (n, 0) => format!("已分下去 {n} 个，手机联网后就能看到"),
        (0, open) => format!("这 {open} 个已经分给这个单位，还没走访，没有再分"),
        (n, open) => format!("已分下去 {n} 个；另有 {open} 个已经分过，没有再分"),
    },
    select_none: "都不选",
    choose_unit: "请选分给哪个单位。",
    correct: "更正",
    unvisited_only: "只看还没走访到的",
    no_such_respondents: "没有符合条件的受访对象。",
    removed: "已从名单移去，走访记录都在",
    previous: "上一页",
    next: "下一页",

    assignments: "走访任务",
    no_assignments: "还没有分任务。在“受访对象”里选人，分给单位。",
    done: "已走访",
    overdue: "超期",
    cancel: "收回",
    note: "说明",
};

pub static EN: SetupText = SetupText {
    next_step: "Next",
    restored_server: |when| {
        format!(
            "{when}: the server's data turned out to come from a backup. Phones are sending again what was recorded since; please ask visitors to open Zoufang while online."
        )
    },
    backup_failed: |when| {
        format!(
            "The scheduled backup of {when} failed. The system administrator finds the reason in the server's log."
        )
    },
    due: |voices, photos| {
        format!("Removed within a week, as their time is over: {voices} recordings, {photos} photos.")
    },
    backup_made: |when| format!("Last scheduled backup: {when}"),
    go: "Go",
    all_set: "All set. New people get their accounts under “Accounts”.",
    next_campaign: "Name the campaign, its dates, and what visitors tell first.",
    next_units: "Add sections and party branches.",
    next_accounts: "Add accounts for visitors and everyone else.",
    next_respondents: "Import the list of respondents (Excel or CSV), so that phones find them.",
    next_assignments: "Hand the list out to units, with a day.",

    first_title: "First accounts",
    first_hint: "This link works once. The system administrator keeps accounts and cannot read what was said; the office \
                 runs the campaign. Two people should hold them.",
    first_used: "This link has been used or is incomplete. See what the server printed, or sign in.",
    sysadmin: "System administrator",
    office: "Office",
    office_unit: "Name of the office",
    name: "Name",
    make: "Make accounts",

    campaign: "Campaign",
    campaign_name: "Name of the campaign",
    starts_on: "Starts",
    ends_on: "Ends",
    notice: "What visitors tell first",
    notice_hint: "Who comes, why, what is noted, that no name is needed, that recording is asked for. Phones get the new text.",
    phases: "Phases",
    add_phase: "Add a phase",
    remove: "Remove",
    saved: "Saved",

    units: "Units",
    unit_name: "Name of the unit",
    unit_kind: "Kind",
    unit_kinds: |it| match it {
        UnitKind::Section => "Section",
        UnitKind::Branch => "Party branch",
        UnitKind::Trade => "Trade",
    },
    add: "Add",
    retire: "Retire",
    retired: "Retired; its records stay",
    retired_units: "Retired units",
    restore: "Restore",
    restored: "Restored",

    accounts: "Accounts",
    role: "Role",
    unit: "Unit",
    no_unit: "No unit",
    disable: "Disable",
    enable: "Enable",
    disabled: "Disabled",
    reset: "Reset password",
    once_password: |login, password| {
        format!(
            "One-time password of {login}: {password} (shown once; hand it over, it is changed at sign-in)"
        )
    },
    change: "Change",

    respondents: "Respondents",
    find: "Name, village, organisation, telephone",
    n_respondents: |n| format!("{n}"),
    no_respondents: "The list is empty. Import Excel or CSV, or add one by one.",
    import: "Import a list",
    import_hint: "Choose .xlsx or .csv (UTF-8 or GB18030). You see it first; the same household is not taken twice.",
    kind_of_rows: "All rows are",
    kind_in_column: "By the kind column",
    column_is: |it| match it {
        Column::Kind => "Kind",
        Column::Name => "Name",
        Column::Place => "Village or street",
        Column::Organisation => "Organisation",
        Column::Telephone => "Telephone",
        Column::Address => "Address",
        Column::IdNumber => "Id number",
        Column::Unit => "Visiting unit",
        Column::Ignored => "Not used",
    },
    good_n: |n| format!("{n} can be taken"),
    known_n: |n| format!("{n} known already"),
    repeated_n: |n| format!("{n} repeated in the file"),
    repeated_row: |line, first| format!("Line {line}: the same as line {first}, taken once"),
    bad_n: |n| format!("{n} bad"),
    bad_row: |line, column, reason| {
        let place =
            if column == 0 { format!("Line {line}") } else { format!("Line {line}, column {column}") };
        let why = match reason {
            BadReason::NoName => "neither a name nor an organisation",
            BadReason::UnknownKind => "no known kind of respondent",
            BadReason::UnknownUnit => "no such unit",
            BadReason::LostDigits => {
                "Excel turned the number into something like 4.3E+17 and its last digits are lost; make the column text and fill it in again"
            }
            BadReason::TooLong => "too long",
        };
        format!("{place}: {why}")
    },
    take: |n| format!("Take {n}"),
    taken_n: |n| format!("{n} taken"),
    no_header: "No header was found in the first 10 rows; it needs at least a name or organisation column.",
    not_a_list: "This file cannot be read. Save it as .xlsx or .csv and try again.",
    add_one: "Add one",
    any_unit: "Any unit may visit",
    visited_n: |n| format!("visited {n}×"),
    selected_n: |n| format!("{n} chosen"),
    select_page: "Choose this page",
    assign: "Assign",
    assign_to: "Which unit visits",
    due_on: "By when",
    assigned: |n, open_already_n| match (n, open_already_n) {
        (n, 0) => format!("{n} handed out; phones see it with a network"),
        (0, open) => format!("These {open} are this unit's already; nothing was handed out"),
        (n, open) => format!("{n} handed out; {open} were this unit's already"),
    },
    select_none: "Choose none",
    choose_unit: "Please choose the unit.",
    correct: "Correct",
    unvisited_only: "Only not visited yet",
    no_such_respondents: "No respondent fits.",
    removed: "Taken off the list; visits stay",
    previous: "Previous",
    next: "Next",

    assignments: "Assignments",
    no_assignments: "Nothing is assigned yet. Choose respondents and assign them to a unit.",
    done: "visited",
    overdue: "overdue",
    cancel: "Take back",
    note: "Note",
};
