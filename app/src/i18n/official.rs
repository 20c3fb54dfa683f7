//! Words of the official monthly table, and of what was established.

use domain::official::Level;

pub struct OfficialText {
    pub finding: &'static str,
    pub finding_hint: &'static str,
    pub established_on: &'static str,
    pub level: &'static str,
    pub levels: fn(Level) -> &'static str,
    pub handled_n: &'static str,
    pub disciplined_n: &'static str,
    pub no_longer: &'static str,
    pub wrong: fn(field: &str) -> &'static str,

    pub table: &'static str,
    pub table_hint: &'static str,
    pub month: &'static str,
    pub download: &'static str,
    pub mapping: &'static str,
    pub mapping_hint: &'static str,
    pub download_mapping: &'static str,
    pub take_mapping: &'static str,
    pub taken: &'static str,
}

pub static ZH: OfficialText = OfficialText {
    finding: "查处情况",
    finding_hint: "只有有权的机关查实、认定了的，才在这里记；群众反映、归成哪一类都不算。记了的进官方月报表，每次记的都留着。",
    established_on: "认定的日子",
    level: "级别",
    levels: Level::name_zh,
    handled_n: "批评教育和处理人数",
    disciplined_n: "党纪政务处分人数",
    no_longer: "不算查处的问题",
    wrong: |field| match field {
        "established_on" => "请写认定的日子，不能晚于今天。",
        "handled_n" => "人数不对。",
        _ => "处分人数不能比处理人数多。",
    },
    table: "官方月报表",
    table_hint: "全国查处违反中央八项规定精神问题统计表的各栏：本月和年初以来，查处问题数、批评教育和处理人数、党纪政务处分人数。只数问题页上记了“查处情况”的；别的不算。",
    month: "月份",
    download: "下载这个月的表",
    mapping: "哪一类填在哪一栏",
    mapping_hint: "每一行是表里的一栏，从哪一天起用（valid_from），我们的哪些代码算在里面，出处是什么。表改了版，就加上新日子的几行，以前的照旧。随程序带的第 3、4 栏的文字还没有同原表核对，出处里写明了；填报前请对照 ccdi.gov.cn 的原表。",
    download_mapping: "下载对照表",
    take_mapping: "收进对照表",
    taken: "对照表已换上",
};

pub static EN: OfficialText = OfficialText {
    finding: "Established",
    finding_hint: "Only what the body in charge has established is noted here; neither what was said nor how it was sorted counts. What is noted goes into the official monthly table, and every note is kept.",
    established_on: "Established on",
    level: "Level",
    levels: |it| match it {
        Level::Province => "Province or ministry",
        Level::Prefecture => "Prefecture",
        Level::County => "County",
        Level::Township => "Township and below",
    },
    handled_n: "People admonished or dealt with",
    disciplined_n: "People disciplined",
    no_longer: "Not established",
    wrong: |field| match field {
        "established_on" => "Write the day, not later than today.",
        "handled_n" => "That is no number of people.",
        _ => "No more are disciplined than were dealt with.",
    },
    table: "Official monthly table",
    table_hint: "The columns of the national table of problems under the eight-point rules: this month and since the year began, problems, people dealt with, people disciplined. Only issues noted as established are counted.",
    month: "Month",
    download: "Download the table of this month",
    mapping: "Which type counts in which column",
    mapping_hint: "Each line is a column of the table: from which day on (valid_from), which of our codes count in it, and the source. When the table changes, add lines of the new day; the earlier ones stay. The wording of the shipped columns 3 and 4 has yet to be checked against the original, as their source says: compare it with ccdi.gov.cn before you report.",
    download_mapping: "Download the mapping",
    take_mapping: "Take a mapping in",
    taken: "The mapping is in use",
};
