//! Words of one person's data: finding it, handing it out, destroying it.

pub struct PersonsText {
    pub title: &'static str,
    pub hint: &'static str,
    pub who: &'static str,
    pub search: &'static str,
    pub nobody: &'static str,
    pub which: &'static str,
    pub more: &'static str,
    pub on_the_list: &'static str,
    /// So many statements and attachments.
    pub holds: fn(u32, u32) -> String,
    pub set_aside: &'static str,
    pub in_answers: &'static str,
    pub copy: &'static str,
    pub propose: &'static str,
    pub words_too: &'static str,
    pub erase_hint: &'static str,
    pub erasures: &'static str,
    pub no_erasures: &'static str,
    pub state_approved: &'static str,
    /// So many respondents and visits, and whether the words go too.
    pub extent: fn(u32, u32, bool) -> String,
    pub for_good: &'static str,
    pub approve: &'static str,
}

pub static ZH: PersonsText = PersonsText {
    title: "本人的信息",
    hint: "有人来查阅、复制、更正或要求删除本人的信息时，在这里查找。先核实来人身份；查找、导出、删除都要写理由，并留下记录。更正：名单上的在“受访对象”里改，走访里的由走访人员补记。",
    who: "姓名、单位、电话、住址或证件号的一部分（至少两个字）",
    search: "查找",
    nobody: "没有找到这个人的信息。",
    which: "勾选属于本人的",
    more: "还有更多没有列出，请写得更全一些再找。",
    on_the_list: "名单",
    holds: |statements, attachments| format!("{statements} 条意见，{attachments} 个附件"),
    set_aside: "在搁置的记录里",
    in_answers: "答卷里写到，勾选“原话也删除”才会删掉",
    copy: "导出给本人（ZIP）",
    propose: "提请删除",
    words_too: "原话也删除（不勾选则原话保留，但认不出是谁说的）",
    erase_hint: "姓名、电话、证件号、住址、位置、录音、照片会被销毁，不能恢复。要另一人签发。",
    erasures: "删除记录",
    no_erasures: "还没有人要求删除。",
    state_approved: "已销毁",
    extent: |respondents, visits, words| {
        let words = if words { "，包括原话" } else { "" };
        format!("名单 {respondents} 条，走访 {visits} 次{words}")
    },
    for_good: "签发后立即销毁，不能恢复。",
    approve: "签发并销毁",
};

pub static EN: PersonsText = PersonsText {
    title: "One person's data",
    hint: "For whoever asks to see, copy, correct or delete what is kept of them. See who they are first; finding, handing out and deleting take a reason and leave a record. To correct: the list under “Respondents”; what a visit says, by its visitor.",
    who: "Part of a name, organisation, telephone, address or id number (two letters at least)",
    search: "Search",
    nobody: "Nothing of such a person was found.",
    which: "Tick what is theirs",
    more: "There is more than is listed: write more of it and search again.",
    on_the_list: "List",
    holds: |statements, attachments| format!("{statements} statements, {attachments} attachments"),
    set_aside: "among what was set aside",
    in_answers: "named in answers, which go only when the words go too",
    copy: "Hand out (ZIP)",
    propose: "Propose to delete",
    words_too: "The words too (otherwise they stay, and nobody can tell whose they are)",
    erase_hint: "Name, telephone, id number, address, position, recordings and photos are destroyed for good. Another person signs it off.",
    erasures: "Deletions",
    no_erasures: "Nobody has asked for one.",
    state_approved: "destroyed",
    extent: |respondents, visits, words| {
        let words = if words { ", with the words" } else { "" };
        format!("{respondents} on the list, {visits} visits{words}")
    },
    for_good: "Signing off destroys it at once, for good.",
    approve: "Sign off and destroy",
};
