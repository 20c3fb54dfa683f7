//! Words of questionnaires: taking a file in, looking at it, publishing it, what was answered.

use domain::{answers::FlagKind, publishing::FormFault, questionnaire::layout::Change};

pub struct QuestionnairesText {
    pub title: &'static str,
    pub hint: &'static str,
    pub take: &'static str,
    pub ready: &'static str,
    pub take_ready: &'static str,
    /// Forms that come with the program, by their names.
    pub ready_forms: [(&'static str, &'static str); 4],
    pub not_a_form: &'static str,
    pub not_taken: &'static str,
    /// What stands, who wrote it last (empty where that is not known) and when.
    pub stands: fn(&str, &str, &str) -> String,
    pub put_in_its_place: &'static str,
    pub leave_it: &'static str,
    pub fault: fn(&FormFault) -> String,
    pub where_it_is: fn(&FormFault) -> String,
    pub none: &'static str,
    pub draft: &'static str,
    pub open: &'static str,
    pub closed: &'static str,
    pub answers_n: fn(u32) -> String,
    pub flagged_n: fn(u32) -> String,
    pub version_n: fn(u32) -> String,
    pub unknown_version: &'static str,
    pub waits: &'static str,
    pub close: &'static str,
    pub reopen: &'static str,
    pub workbook: &'static str,
    pub export: &'static str,
    pub export_hint: &'static str,
    pub as_what: &'static str,
    pub as_zip: &'static str,
    pub as_workbook: &'static str,
    pub several: &'static str,
    pub several_both: &'static str,
    pub several_joined: &'static str,
    pub several_split: &'static str,
    pub with_labels: &'static str,
    pub language: &'static str,
    pub with_groups: &'static str,
    pub with_media: &'static str,
    pub why_media: &'static str,
    pub take_out: &'static str,
    pub no_book: &'static str,
    pub choices_file: &'static str,
    pub media: &'static str,
    pub media_hint: &'static str,
    pub not_attached: &'static str,
    pub add_media: &'static str,
    /// Names the file.
    pub medium_too_large: fn(&str) -> String,
    pub medium_of_no_kind: fn(&str) -> String,
    pub bytes: fn(u64) -> String,
    pub publish: &'static str,
    pub publish_hint: &'static str,
    pub published: &'static str,
    pub for_whom: &'static str,
    pub for_all: &'static str,
    pub changes: &'static str,
    pub change: fn(&Change) -> &'static str,
    pub questions: &'static str,
    pub required: &'static str,
    pub asked_when: fn(&str) -> String,
    pub more_choices: fn(u32) -> String,
    pub unfinished: &'static str,
    pub not_checked: &'static str,
    pub flag: fn(FlagKind) -> &'static str,
}

fn kilobytes(bytes_n: u64) -> String {
    format!("{} KB", bytes_n.div_ceil(1_000))
}

fn place(sheet: &str, row: u32, column: &str, words: [&str; 2]) -> String {
    let mut place = sheet.to_owned();
    if row > 0 {
        place += &words[0].replace('#', &row.to_string());
    }
    if !column.is_empty() {
        place += &words[1].replace('#', column);
    }
    place
}

pub static ZH: QuestionnairesText = QuestionnairesText {
    title: "问卷",
    hint: "在这里写问卷，或把用 Excel 按 XLSForm 格式写好的收进来，看过再发布。发布的版本不再改变；要改，就改好再发布一版。",
    take: "收进问卷文件（.xlsx、.xls、.csv）",
    ready: "或从现成的问卷开始",
    take_ready: "收进",
    ready_forms: [
        ("firm", "经营业主"),
        ("household", "脱贫户"),
        ("retired_cadre", "老干部职工"),
        ("library", "题库"),
    ],
    not_a_form: "这个文件不是可以读的表格。请用 .xlsx、.xls 或 .csv 文件。",
    stands: |title, by, at| {
        let by = if by.is_empty() { String::new() } else { format!("{by} ") };
        format!("这个编号已有未发布的“{title}”，{by}{at} 写的。还没有收进。")
    },
    put_in_its_place: "换成这一份（原来未发布的不再保留）",
    leave_it: "不换",
    not_taken: "问卷有错，没有收进。请照下面改好文件，再收一次。",
    fault: |it| it.chinese.clone(),
    where_it_is: |it| place(&it.sheet, it.row, &it.column, [" 第 # 行", " # 列"]),
    none: "还没有问卷。",
    draft: "待发布",
    open: "使用中",
    closed: "已停用",
    answers_n: |n| format!("{n} 份答卷"),
    flagged_n: |n| format!("{n} 份要看"),
    version_n: |n| format!("第 {n} 版"),
    unknown_version: "这一版问卷这里还没有",
    waits: "有未发布的内容",
    close: "停用",
    reopen: "重新启用",
    workbook: "下载问卷（.xlsx）",
    export: "导出答卷",
    export_hint: "各版的答卷合在一起，列的位置从不变动；重复的内容另成一张表，用 KEY 对上。附有说明各列的 codebook。",
    as_what: "存成",
    as_zip: "CSV（ZIP 压缩包）",
    as_workbook: "Excel 工作簿",
    several: "多选题",
    several_both: "两样都要",
    several_joined: "合在一列",
    several_split: "每个选项一列",
    with_labels: "表头和选项写题目上的字，不写代号",
    language: "用哪种语言",
    with_groups: "表头前面带上分组",
    with_media: "连同照片、录音和文件",
    why_media: "为什么要带上（声音和笔迹能认出人，要留记录，算当天打开过一次）",
    take_out: "导出",
    no_book: "答卷太多，一个工作簿装不下。请改存成 CSV。",
    media: "图片、声音和影片",
    media_hint: "题目和选项里写到的文件。手机联网时随问卷下载，没有网络也看得到、听得到；没有附上的，手机上只显示文字。",
    not_attached: "没有附上",
    add_media: "附上文件（可一次选几个，文件名与问卷中的一致；每个不超过 2 MB，一份问卷共不超过 20 MB）",
    medium_too_large: |file| {
        format!("{file} 没有收下：每个文件不超过 2 MB，一份问卷共不超过 20 MB。请压缩后再选。")
    },
    medium_of_no_kind: |file| {
        format!(
            "{file} 没有收下：不是问卷里写到的文件，或不是 PNG、JPEG、WebP、GIF 图片，MP3、OGG、M4A、WAV 声音，MP4、WebM 影片。"
        )
    },
    bytes: kilobytes,
    choices_file: "附上选项文件（.csv，文件名与问卷中的一致）",
    publish: "发布",
    publish_hint: "发布后，走访人员的手机联网时就会收到。",
    published: "已发布",
    for_whom: "问哪些人",
    for_all: "一个都不勾，就是谁都可以问。",
    changes: "发布后，导出的表有这些变化",
    change: |it| match it {
        Change::Added => "新增一列，排在最后",
        Change::Ended => "不再问；这一列和以前的回答都留着",
        Change::Resumed => "重新问，仍在原来的列",
        Change::Retyped => "题型变了，同一列里会有两种回答",
    },
    questions: "题目",
    required: "必答",
    asked_when: |it| format!("满足 {it} 时才问"),
    more_choices: |n| format!("共 {n} 个选项"),
    unfinished: "没有答完",
    not_checked: "还没有核对",
    flag: |it| match it {
        FlagKind::Missing => "必答而没有答",
        FlagKind::Refused => "不合问卷的要求",
        FlagKind::WrongKind => "不是这种题的回答",
        FlagKind::Different => "与这里算出的不一样",
        FlagKind::NotAsked => "不该问而有回答",
        FlagKind::Unknown => "问卷里没有这道题",
        FlagKind::Failed => "算式算不出来",
        FlagKind::OtherTable => "用的选项文件不是这一版的",
        FlagKind::NoAttachment => "这次走访里没有这个文件",
    },
};

pub static EN: QuestionnairesText = QuestionnairesText {
    title: "Questionnaires",
    hint: "Write a questionnaire here, or take one in that was written in Excel as an XLSForm, look at it, then publish it. A published version never changes: to change it, write on and publish another.",
    take: "Take a questionnaire in (.xlsx, .xls, .csv)",
    ready: "Or begin with one that is ready",
    take_ready: "Take it in",
    ready_forms: [
        ("firm", "Firms"),
        ("household", "Households"),
        ("retired_cadre", "Retired cadres"),
        ("library", "Library of questions"),
    ],
    not_a_form: "This file is no table that can be read. Use a .xlsx, .xls or .csv file.",
    stands: |title, by, at| {
        let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
        format!("“{title}” stands unpublished under this id, written{by}, {at}. Nothing was taken in.")
    },
    put_in_its_place: "Put this in its place (what was not published is gone)",
    leave_it: "Leave it",
    not_taken: "There are errors in it, and it was not taken in. Change the file as it says below, and take it in again.",
    fault: |it| it.english.clone(),
    where_it_is: |it| place(&it.sheet, it.row, &it.column, [" row #", " column #"]),
    none: "There is no questionnaire yet.",
    draft: "to be published",
    open: "in use",
    closed: "closed",
    answers_n: |n| format!("{n} answered"),
    flagged_n: |n| format!("{n} to look at"),
    version_n: |n| format!("version {n}"),
    unknown_version: "this version of it is not here yet",
    waits: "something is not published yet",
    close: "Close",
    reopen: "Open again",
    workbook: "Download the questionnaire (.xlsx)",
    export: "Export the answers",
    export_hint: "Answers to all versions together; columns never move. What repeats is a table of its own, joined by KEY. A codebook says what each column is.",
    as_what: "As",
    as_zip: "CSV (a ZIP)",
    as_workbook: "Excel workbook",
    several: "Several choices",
    several_both: "Both ways",
    several_joined: "In one column",
    several_split: "A column each",
    with_labels: "Words of the questions in headers and for choices, not names",
    language: "In which language",
    with_groups: "Groups in front of headers",
    with_media: "With photos, recordings and files",
    why_media: "Why they are wanted (a voice or a hand tells who it was; it is on record, and one of today’s openings)",
    take_out: "Export",
    no_book: "These are more answers than a workbook has room for. Please take them as CSV.",
    media: "Pictures, sounds and films",
    media_hint: "Files that questions and choices name. Phones get them with the questionnaire and have them without a network; where one is not attached, the words stand alone.",
    not_attached: "not attached",
    add_media: "Add files (several at once, named as in the questionnaire; at most 2 MB each, 20 MB together)",
    medium_too_large: |file| {
        format!(
            "{file} was not taken: a file has at most 2 MB, those of a questionnaire 20 MB together. Make it smaller and choose it again."
        )
    },
    medium_of_no_kind: |file| {
        format!(
            "{file} was not taken: the questionnaire does not name it, or it is no PNG, JPEG, WebP or GIF picture, no MP3, OGG, M4A or WAV sound, no MP4 or WebM film."
        )
    },
    bytes: kilobytes,
    choices_file: "Add a file of choices (.csv, named as in the questionnaire)",
    publish: "Publish",
    publish_hint: "Once it is published, visitors' phones get it when they are online.",
    published: "Published",
    for_whom: "Whom it is for",
    for_all: "With none of them ticked it is for everybody.",
    changes: "What publishing does to exported tables",
    change: |it| match it {
        Change::Added => "a new column, behind all others",
        Change::Ended => "asked no more; the column stays with what was answered",
        Change::Resumed => "asked again, in the column it had",
        Change::Retyped => "another type: answers of two kinds in one column",
    },
    questions: "Questions",
    required: "required",
    asked_when: |it| format!("asked when {it}"),
    more_choices: |n| format!("{n} choices in all"),
    unfinished: "not finished",
    not_checked: "not looked at yet",
    flag: |it| match it {
        FlagKind::Missing => "required and not answered",
        FlagKind::Refused => "breaks a rule of the questionnaire",
        FlagKind::WrongKind => "no answer of this kind",
        FlagKind::Different => "comes to something else here",
        FlagKind::NotAsked => "answered though it is not asked",
        FlagKind::Unknown => "no such question in the questionnaire",
        FlagKind::Failed => "could not be computed",
        FlagKind::OtherTable => "a file of choices of another version",
        FlagKind::NoAttachment => "the visit has no such file",
    },
};
