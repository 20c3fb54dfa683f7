//! Words of what was set aside, of exports with identities, and of the audit log.

use domain::{sealed_file::TakenIn, sync::ParkReason};

pub struct RecordsText {
    pub parked: &'static str,
    pub parked_n: fn(n: u32) -> String,
    pub parked_hint: &'static str,
    pub take_in_file: &'static str,
    pub taken_in: fn(&TakenIn) -> String,
    pub none_parked: &'static str,
    pub judge_again: &'static str,
    /// Takes in what one person's phone sent while they were signed out.
    pub take_in: fn(&str) -> String,
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
    pub entered: &'static str,
    pub notice: &'static str,
    pub notice_words: &'static str,
    pub call_back: &'static str,
    pub yes: &'static str,
    pub where_exactly: &'static str,
    pub position: fn(latitude: f64, longitude: f64, accuracy_m: f64) -> String,

    pub audit: &'static str,
    pub audit_hint: &'static str,
    pub checkpoints: &'static str,
    pub checkpoints_hint: &'static str,
    pub no_checkpoint: &'static str,
    /// Of how many entries are linked, and how many wait.
    pub linked: fn(i64, i64) -> String,
    pub signed_by: &'static str,
    pub place_in_log: &'static str,
    pub hash: &'static str,
    pub looks_only: &'static str,
    pub looks: &'static str,
    /// How many one person may open a day.
    pub looks_hint: fn(u32) -> String,
    pub looks_day: &'static str,
    pub nothing_noted: &'static str,
    pub latest: &'static str,
    pub at: &'static str,
    pub who: &'static str,
    pub act: &'static str,
    pub object: &'static str,
    pub command_line: &'static str,
    /// The word of a kind of thing, where it has one.
    pub thing: fn(&str) -> Option<&'static str>,
    /// The words of an act, where it has some.
    pub act_word: fn(&str) -> Option<&'static str>,
}

pub static ZH: RecordsText = RecordsText {
    parked: "搁置的记录",
    parked_n: |n| format!("搁置 {n} 条"),
    parked_hint: "手机送来、暂时没有计入的记录都在这里，一字不少。原因消除以后再判一次，能收的就收。",
    take_in_file: "收下手机存的加密文件",
    taken_in: |it| {
        let mut words = format!("收下 {} 条，录音照片 {} 个", it.records_n, it.attachments_n);
        if it.parked_n > 0 {
            words += &format!("；{} 条先放在一边，看过以后点“收下”", it.parked_n);
        }
        if it.begun_n + it.unreadable_n > 0 {
            words += &format!("；{} 处没有收全或读不出来，文件请留着", it.begun_n + it.unreadable_n);
        }
        words + "。"
    },
    none_parked: "没有搁置的记录。手机送来的都已收下。",
    judge_again: "再判一次",
    take_in: |name| format!("已核对，收下{name}的"),
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
        ParkReason::SignedOut => {
            "送来时本人没有登录：登录过期、账号或手机停用、同事代传，或者从文件收下。本人重新登录后自动收下；本人不能登录的，请核对后收下。"
        }
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
    entered: "录入",
    notice: "告知内容的版本",
    notice_words: "当时告知的原文",
    call_back: "希望有回音",
    yes: "是",
    where_exactly: "位置",
    position: |latitude, longitude, accuracy_m| {
        format!("北纬 {latitude:.5}，东经 {longitude:.5}，误差约 {accuracy_m:.0} 米")
    },

    audit: "审计记录",
    audit_hint: "谁在什么时候看了什么、改了什么、为什么。只增不改，不含受访人姓名。",
    checkpoints: "审计存档点",
    checkpoints_hint: "审计记录一条接一条，每小时记下接到第几条和那时的校验值。打印出来存档，以后拿它和库里核对，改过、删过都看得出。",
    no_checkpoint: "还没有存档点，有了记录一小时内会有第一个。",
    linked: |n, waiting| match waiting {
        0 => format!("到现在接上 {n} 条，没有等着的。"),
        _ => format!("到现在接上 {n} 条，还有 {waiting} 条等着接。"),
    },
    signed_by: "签名的公钥：",
    place_in_log: "接到第几条",
    hash: "校验值（SHA-256）",
    looks_only: "只看查身份、听录音、看照片和导出",
    looks: "打开记录",
    looks_hint: |n| {
        format!(
            "这一天谁打开了能认出受访人的内容：身份、录音、照片。每人每天最多 {n} 份；不列受访人姓名和理由，理由在审计记录里。"
        )
    },
    looks_day: "哪一天",
    nothing_noted: "还没有这样的记录。",
    latest: "最近的",
    at: "时间",
    who: "谁",
    act: "做了什么",
    object: "对象",
    command_line: "服务器命令行",
    thing: |kind| match kind {
        "statement" => Some("意见"),
        "issue" => Some("问题"),
        "visit" => Some("走访"),
        "attachment" => Some("附件"),
        "release" => Some("发出的问题"),
        "meeting" => Some("讨论会"),
        "referral" => Some("转办"),
        "respondent" | "respondents" => Some("受访对象"),
        "assignment" | "assignments" => Some("走访任务"),
        "campaign" => Some("活动"),
        "unit" => Some("单位"),
        "account" => Some("账号"),
        "parked" => Some("搁置的记录"),
        _ => None,
    },
    act_word: |act| match act {
        "read_identity" => Some("看受访人身份"),
        "play_voice" => Some("听录音"),
        "open_original" => Some("取附件原件"),
        "see_photo" => Some("看照片"),
        "export" => Some("导出"),
        "sort" => Some("归类"),
        "join" => Some("并入问题"),
        "make_issue" => Some("立为问题"),
        "leave" => Some("拆出"),
        "refer" => Some("转办"),
        "send_back" => Some("退回补充"),
        "undo" => Some("撤销"),
        "judge_parked" => Some("再判搁置的记录"),
        "release" => Some("发给支部或行业"),
        "propose_release" => Some("报签发"),
        "erase" => Some("保存期限到，删除"),
        "approve_release" => Some("签发"),
        "return_release" => Some("退回"),
        "withdraw_release" => Some("收回"),
        "close_meeting" => Some("结束会议"),
        "add_issue" => Some("录入问题"),
        "change_issue" => Some("改问题"),
        "change_referral" => Some("改转办"),
        "import_respondents" => Some("导入名单"),
        "add_respondent" => Some("添加受访对象"),
        "change_respondent" => Some("更正受访对象"),
        "remove_respondent" => Some("删去受访对象"),
        "assign" => Some("分给单位"),
        "cancel_assignment" => Some("收回走访任务"),
        "keep_campaign" => Some("改活动"),
        "add_unit" => Some("添加单位"),
        "change_unit" => Some("改单位"),
        "retire_unit" => Some("停用单位"),
        "restore_unit" => Some("恢复单位"),
        "add_account" => Some("添加账号"),
        "change_account" => Some("改账号"),
        "reset_password" => Some("重设密码"),
        "invite_again" => Some("收回密码，给新链接"),
        "set_password" => Some("凭链接设自己的密码"),
        "confirm" => Some("确认是本人"),
        "end_session" => Some("结束自己的一处登录"),
        "end_sessions" => Some("结束登录"),
        "disable_device" => Some("停用自己的设备"),
        "disable_devices" => Some("停用设备"),
        "restore_device" => Some("恢复自己的设备"),
        "set_up_second_factor" => Some("设第二道验证"),
        "remove_second_factor" => Some("取消自己的第二道验证"),
        "reset_second_factor" => Some("取消第二道验证"),
        "new_recovery_codes" => Some("换备用码"),
        "use_recovery_code" => Some("用备用码登录"),
        "make_token" => Some("给脚本令牌"),
        "make_confirmed_token" => Some("给脚本令牌，可看身份、管账号"),
        "disable_account" => Some("停用账号"),
        "take_in_sealed" => Some("收下密封的记录"),
        "open_phone_key" => Some("用登录密码重设手机解锁口令"),
        "change_password" => Some("改自己的密码"),
        "make_first_accounts" => Some("建第一批账号"),
        _ => None,
    },
};

pub static EN: RecordsText = RecordsText {
    parked: "Set aside",
    parked_n: |n| format!("{n} set aside"),
    parked_hint: "What phones sent and is not counted yet, word for word. Once the cause is gone, judge again: what may come in does.",
    take_in_file: "Take in a file that a phone saved",
    taken_in: |it| {
        let mut words =
            format!("Taken in: {} records, {} recordings and photos", it.records_n, it.attachments_n);
        if it.parked_n > 0 {
            words += &format!("; {} are set aside until someone has looked", it.parked_n);
        }
        if it.begun_n + it.unreadable_n > 0 {
            words += &format!("; {} not whole or not readable: keep the file", it.begun_n + it.unreadable_n);
        }
        words + "."
    },
    none_parked: "Nothing is set aside. All that phones sent came in.",
    judge_again: "Judge again",
    take_in: |name| format!("Take in what {name} sent"),
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
        ParkReason::SignedOut => {
            "Sent while they were not signed in: it had expired, the account or phone was disabled, a colleague carried it, or it comes from a file. It is taken in when they sign in again. If they cannot, look at it and take it in."
        }
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
    entered: "Entered",
    notice: "Version of what was told",
    notice_words: "What was told, in its words",
    call_back: "Wants to hear back",
    yes: "Yes",
    where_exactly: "Position",
    position: |latitude, longitude, accuracy_m| {
        format!("{latitude:.5} N, {longitude:.5} E, about {accuracy_m:.0} m")
    },

    audit: "Audit log",
    audit_hint: "Who looked at or changed what, when and why. Only added to; holds no respondent's name.",
    checkpoints: "Checkpoints of the audit log",
    checkpoints_hint: "Each entry is linked to the one before; each hour the place and the hash are noted and signed. Print them for the archive: compared with the log later, they show whatever was changed or removed.",
    no_checkpoint: "No checkpoint yet; the first comes within an hour of an entry.",
    linked: |n, waiting| match waiting {
        0 => format!("{n} entries are linked so far; none waits."),
        _ => format!("{n} entries are linked so far; {waiting} wait."),
    },
    signed_by: "Public key of the signatures:",
    place_in_log: "Entries",
    hash: "Hash (SHA-256)",
    looks_only: "Only identities, voices and exports",
    looks: "Openings",
    looks_hint: |n| {
        format!(
            "Who opened what gives people away on this day: names, voices, photos. {n} a person and day at most. Neither whose nor why is listed; the reasons are in the audit log."
        )
    },
    looks_day: "Day",
    nothing_noted: "Nothing of the kind is on record.",
    latest: "Latest",
    at: "When",
    who: "Who",
    act: "What",
    object: "Of what",
    command_line: "Command line of the server",
    thing: |kind| match kind {
        "statement" => Some("statement"),
        "issue" => Some("issue"),
        "visit" => Some("visit"),
        "attachment" => Some("attachment"),
        "release" => Some("release"),
        "meeting" => Some("meeting"),
        "referral" => Some("referral"),
        "respondent" | "respondents" => Some("respondents"),
        "assignment" | "assignments" => Some("assignments"),
        "campaign" => Some("campaign"),
        "unit" => Some("unit"),
        "account" => Some("account"),
        "parked" => Some("what was set aside"),
        _ => None,
    },
    act_word: |act| match act {
        "read_identity" => Some("saw who was visited"),
        "play_voice" => Some("played a voice"),
        "open_original" => Some("took out an attachment as it came"),
        "see_photo" => Some("saw a photo"),
        "export" => Some("exported"),
        "sort" => Some("sorted"),
        "join" => Some("joined to an issue"),
        "make_issue" => Some("made an issue"),
        "leave" => Some("took out of an issue"),
        "refer" => Some("passed on"),
        "send_back" => Some("sent back"),
        "undo" => Some("undid"),
        "judge_parked" => Some("judged what was set aside"),
        "release" => Some("released"),
        "propose_release" => Some("proposed a release"),
        "erase" => Some("removed as its time was over"),
        "approve_release" => Some("approved a release"),
        "return_release" => Some("returned a release"),
        "withdraw_release" => Some("took a release back"),
        "close_meeting" => Some("closed a meeting"),
        "add_issue" => Some("entered an issue"),
        "change_issue" => Some("changed an issue"),
        "change_referral" => Some("changed a referral"),
        "import_respondents" => Some("imported respondents"),
        "add_respondent" => Some("added a respondent"),
        "change_respondent" => Some("changed a respondent"),
        "remove_respondent" => Some("removed a respondent"),
        "assign" => Some("assigned visits"),
        "cancel_assignment" => Some("cancelled an assignment"),
        "keep_campaign" => Some("changed the campaign"),
        "add_unit" => Some("added a unit"),
        "change_unit" => Some("changed a unit"),
        "retire_unit" => Some("retired a unit"),
        "restore_unit" => Some("restored a unit"),
        "add_account" => Some("added an account"),
        "change_account" => Some("changed an account"),
        "reset_password" => Some("reset a password"),
        "invite_again" => Some("took a password away and gave a link"),
        "set_password" => Some("set the own password by a link"),
        "confirm" => Some("confirmed who they are"),
        "end_session" => Some("ended an own session"),
        "end_sessions" => Some("ended sessions"),
        "disable_device" => Some("disabled an own device"),
        "disable_devices" => Some("disabled devices"),
        "restore_device" => Some("restored an own device"),
        "set_up_second_factor" => Some("set up a second factor"),
        "remove_second_factor" => Some("removed the own second factor"),
        "reset_second_factor" => Some("removed a second factor"),
        "new_recovery_codes" => Some("made other recovery codes"),
        "use_recovery_code" => Some("used a recovery code"),
        "make_token" => Some("made a token for a script"),
        "make_confirmed_token" => Some("made a token that sees identities and keeps accounts"),
        "disable_account" => Some("disabled an account"),
        "take_in_sealed" => Some("took in sealed records"),
        "open_phone_key" => Some("set a new PIN for their phone by password"),
        "change_password" => Some("changed the own password"),
        "make_first_accounts" => Some("made the first accounts"),
        _ => None,
    },
};
