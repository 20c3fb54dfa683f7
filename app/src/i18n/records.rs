//! Words of what was set aside, and of exports with identities.

use domain::sync::ParkReason;

pub struct RecordsText {
    pub parked: &'static str,
    pub parked_n: fn(n: u32) -> String,
    pub parked_hint: &'static str,
    pub none_parked: &'static str,
    pub judge_again: &'static str,
    pub judged: fn(taken_n: u32, parked_n: u32) -> String,
    /// Why it is set aside, and what the office can do.
    pub why: fn(ParkReason) -> &'static str,
    pub unknown_unit: &'static str,
    pub identity_hidden: &'static str,
    pub unreadable: &'static str,
    pub open_visit: &'static str,
    pub earlier: &'static str,
    pub export_identities: &'static str,

    pub current: &'static str,
    pub before: &'static str,
    pub times: &'static str,
}

pub static ZH: RecordsText = RecordsText {
    parked: "搁置的记录",
    parked_n: |n| format!("搁置 {n} 条"),
    parked_hint: "手机送来、暂时没有计入的记录都在这里，一字不少。原因消除以后再判一次，能收的就收。",
    none_parked: "没有搁置的记录。手机送来的都已收下。",
    judge_again: "再判一次",
    judged: |taken_n, parked_n| format!("收下 {taken_n} 条，仍搁置 {parked_n} 条"),
    why: |reason| match reason {
        ParkReason::WordsChanged => "受访人原话与先前送来的不同。先前的仍算数，这一份只留底。",
        ParkReason::SameIdOtherContent => "同一编号已有内容不同的一份。先到的算数，这一份只留底。",
        ParkReason::MovedElsewhere => "这一版改了所属的单位或走访。先前的仍算数，这一份只留底。",
        ParkReason::Unreadable => "写它的手机版本比服务器新，服务器升级后自动收下。",
        ParkReason::Invalid => "有一处不合规定，例如超过字数。请走访人员改好再送。",
        ParkReason::NotYourUnit => "送的人不属于记录上的单位。请系统管理员核对账号的单位，再判一次。",
        ParkReason::UnknownCampaign => "服务器上没有这个活动，可能来自别的服务器。",
        ParkReason::NotYourRecord => "记录是别人建的，送的人无权改。先前的仍算数，这一份只留底。",
    },
    unknown_unit: "没有这个单位",
    identity_hidden: "受访人身份，不在这里显示。",
    unreadable: "内容读不出，字节已原样留底。",
    open_visit: "看这次走访",
    earlier: "更早的",
    export_identities: "带身份导出",

    current: "现在的",
    before: "先前的",
    times: "起止时间（按手机）",
};

pub static EN: RecordsText = RecordsText {
    parked: "Set aside",
    parked_n: |n| format!("{n} set aside"),
    parked_hint: "What phones sent and is not counted yet, word for word. Once the cause is gone, judge again: what may come in does.",
    none_parked: "Nothing is set aside. All that phones sent came in.",
    judge_again: "Judge again",
    judged: |taken_n, parked_n| format!("{taken_n} came in, {parked_n} stay set aside"),
    why: |reason| match reason {
        ParkReason::WordsChanged => {
            "The respondent's words differ from those sent before. Those stand; these are kept."
        }
        ParkReason::SameIdOtherContent => {
            "Another record of this number is here. The first stands; this one is kept."
        }
        ParkReason::MovedElsewhere => "It changes its unit or visit. The earlier one stands; this is kept.",
        ParkReason::Unreadable => {
            "The phone is newer than the server. It comes in once the server is updated."
        }
        ParkReason::Invalid => "It breaks a rule, such as a length. The visitor must correct and send it.",
        ParkReason::NotYourUnit => {
            "Its sender does not belong to its unit. Have the account's unit checked, then judge again."
        }
        ParkReason::UnknownCampaign => "There is no such campaign here; it may be another server's.",
        ParkReason::NotYourRecord => "Someone else made this record. The earlier one stands; this is kept.",
    },
    unknown_unit: "No such unit",
    identity_hidden: "Who was visited; not shown here.",
    unreadable: "Cannot be read; its bytes are kept as they came.",
    open_visit: "See this visit",
    earlier: "Earlier",
    export_identities: "Export with identities",

    current: "As it stands",
    before: "As it was",
    times: "From and to, by the phone",
};
