//! What went wrong, in words: what happened, whether anything is lost, what to do.

use domain::problem::Code;

use crate::api::ApiError;

pub struct ProblemText {
    pub offline: &'static str,
    pub not_ours: &'static str,
    /// Why a password is not taken, by the end of the field that says so.
    pub password: fn(&str) -> &'static str,
    /// The code of the second factor is wrong.
    #[cfg(feature = "desk")]
    pub wrong_code: &'static str,
    #[cfg(feature = "desk")]
    pub wrong_field: fn(&str) -> String,
    /// What is there already, by the field that says so.
    #[cfg(feature = "desk")]
    pub taken: fn(&str) -> &'static str,
    pub no_campaign: &'static str,
    pub code: fn(Code) -> &'static str,
    pub reference: fn(&str) -> String,
}

/// One sentence for a failed request.
pub fn words(error: &ApiError) -> String {
    let text = super::text().problem;
    match error {
        ApiError::Offline => text.offline.to_owned(),
        ApiError::NotOurs => text.not_ours.to_owned(),
        ApiError::Problem(problem) => {
            let no_campaign = problem.code == Code::NotFound && problem.field.as_deref() == Some("campaign");
            let sentence = if no_campaign { text.no_campaign } else { (text.code)(problem.code) };
            match &problem.reference {
                None => sentence.to_owned(),
                Some(reference) => format!("{sentence}{}", (text.reference)(reference)),
            }
        }
    }
}

/// What is wrong with a form, naming the field. The only form of a phone that can be wrong is that of the password.
#[cfg(not(feature = "desk"))]
pub fn form_words(cause: &ApiError) -> String {
    match cause {
        ApiError::Problem(it) if it.code == Code::Invalid => {
            (super::text().problem.password)(it.field.as_deref().unwrap_or_default()).to_owned()
        }
        other => words(other),
    }
}

/// What is wrong with a form, naming the field.
#[cfg(feature = "desk")]
pub fn form_words(cause: &ApiError) -> String {
    let text = super::text().problem;
    let ApiError::Problem(problem) = cause else { return words(cause) };
    let field = problem.field.as_deref().unwrap_or_default();
    match problem.code {
        Code::Invalid if field.starts_with("new") || field.contains("password") => {
            (text.password)(field).to_owned()
        }
        Code::Invalid => (text.wrong_field)(field),
        #[cfg(feature = "desk")]
        Code::Taken => (text.taken)(field).to_owned(),
        Code::WrongPassword if field == "code" => text.wrong_code.to_owned(),
        _ => words(cause),
    }
}

pub static ZH: ProblemText = ProblemText {
    offline: "没有连上服务器。请看看网络，稍后再试。",
    not_ours: "连上的不是走访服务器，可能是公共无线网络要先登录。请换个网络，或在浏览器里先登录那个网络。",
    password: |field| match field.rsplit('.').next() {
        Some("login") => "密码不能和账号一样，请换一个。",
        Some("well_known") => "这个密码太常见，别人一猜就中，请换一个。一句话最好记。",
        Some("classes") => "大写字母、小写字母、数字、其他字符，至少要有三种。",
        Some("used_before") => "最近五次用过的密码不能再用，请换一个。",
        _ => "密码要有 8 到 200 个字符。",
    },
    #[cfg(feature = "desk")]
    wrong_code: "验证码不对，或者已经用过。请等验证器换出下一个再填。",
    #[cfg(feature = "desk")]
    wrong_field: |field| match field {
        "name" => "名称没有写，或者太长。".to_owned(),
        "title" => "问题没有写，或者太长（最多 300 字）。".to_owned(),
        "meeting_title" => "会议名称没有写，或者太长（最多 300 字）。".to_owned(),
        "held_on" => "请写会议日期。".to_owned(),
        "due_n" | "present_n" | "excused_n" => "人数太大，请检查。".to_owned(),
        "what" => "有一条措施太长，或者没写做什么。".to_owned(),
        "speaker" => "发言人只写姓，一到两个字。".to_owned(),
        "wording" => "表述没有写，或者太长（最多 2 万字）。".to_owned(),
        "category" => "问题要有类型，请选一个。".to_owned(),
        "comment" => "请写要补充什么；太长的请分开写。".to_owned(),
        "to" => "请写转给谁，不要太长。".to_owned(),
        "answer_by" => "请写何时答复。".to_owned(),
        "note" => "说明太长了。".to_owned(),
        "answer" => "答复太长了。".to_owned(),
        "reason" => "请写明理由，不要太长。".to_owned(),
        "despite_few" => "请写明人数少仍要发的理由。".to_owned(),
        "units" => "请选要发给的支部或行业。".to_owned(),
        "group" => "现在反映的人太少，不能签发。".to_owned(),
        "statements" => "要移交的已经移出，或者一次太多（最多 50 条）。".to_owned(),
        "keys" => {
            "纪检监察组没有人能打开：要么还没有人生成密钥（请他们在“线索”里生成），要么有密钥的都要回避。"
                .to_owned()
        }
        "left_out" => "勾选以后没有人能打开了，至少留一位。".to_owned(),
        "attachments" => {
            "有录音或照片还没有传到，请等传完再签发；都传到了的，是合起来太大，请退回后分几次移交。"
                .to_owned()
        }
        "releases" => "这个问题已经发给支部或行业，请先收回。".to_owned(),
        "paper" => "本单位线索不上网，请按纸面程序移交。".to_owned(),
        "login" => "账号只能用字母、数字、汉字、点和横线。".to_owned(),
        "ends_on" => "起止日期不对：结束不能早于开始。".to_owned(),
        "phases" => "有的阶段没写名称，或者日期不对。".to_owned(),
        "unit" => "这个角色要归到一个单位，请选单位。".to_owned(),
        "due_on" => "请写明什么时候前。".to_owned(),
        "campaign" => "先设好活动，才能放名单。".to_owned(),
        "header" => "没有找到表头。请在前 10 行里放一行列名，至少有“姓名”或“单位”。".to_owned(),
        "administrators" => "系统、安全、审计三个管理员要由三个人担任，这个人已经是其中一个。".to_owned(),
        other if other.ends_with("login") => {
            "账号只能用字母、数字、汉字、点和横线，两个账号不能一样。".to_owned()
        }
        other if other.ends_with("name") || other == "office_unit" => "请写名称。".to_owned(),
        _ => "有一处没有写对，请检查。".to_owned(),
    },
    #[cfg(feature = "desk")]
    taken: |field| match field {
        "retired" => "停用的单位里有这个名字，可以在下面恢复它。",
        "household" => "这一户（家）已经在名单里。",
        "units" => "有的单位已经发过这个问题。",
        _ => "这个名字已经有人用了，请换一个。",
    },
    no_campaign: "还没有设好活动，请先在“活动”里设好。",
    code: |code| match code {
        #[cfg(feature = "desk")]
        Code::Malformed => "服务器没有读懂这次请求。请刷新页面再试。",
        Code::Invalid => "有一项填得不合要求，请改正后再保存。",
        Code::SignedOut => "登录已过期，请重新登录。已经记下的内容都在。",
        Code::WrongPassword => "账号或密码不对。",
        #[cfg(feature = "desk")]
        Code::ConfirmFirst => "请先确认是本人。",
        // What a phone's own requests do not meet.
        #[cfg(not(feature = "desk"))]
        Code::Malformed
        | Code::ConfirmFirst
        | Code::MethodNotAllowed
        | Code::Conflict
        | Code::Taken
        | Code::UnsupportedMedia => "服务器没有接受这次请求。请更新应用再试。",
        Code::Forbidden => "这个账号不能做这件事。需要的话，请找系统管理员或综合办公室。",
        Code::NotFound => "没有找到，可能已被移走，或不归这个账号看。",
        #[cfg(feature = "desk")]
        Code::MethodNotAllowed => "服务器不接受这个做法。请刷新页面再试。",
        #[cfg(feature = "desk")]
        Code::Conflict => "别人先改过了。请看看现在的内容，再决定怎么改。",
        #[cfg(feature = "desk")]
        Code::Taken => "这个名字已经有人用了，请换一个。",
        Code::Gone => "这里已经结束或已经用过。",
        Code::TooLarge => "内容超过了上限，请分成几份。",
        #[cfg(feature = "desk")]
        Code::UnsupportedMedia => "不支持这种文件。",
        Code::WrongTusVersion => "应用的版本太旧，请更新后再传。",
        Code::WrongOffset | Code::WrongChecksum => "传的时候有一段没接上，会自动重传。",
        Code::SlowDown => "试得太多了，请过一会儿再试。",
        Code::Internal => "服务器出了问题，没有保存这次修改。请稍后再试。",
        Code::Busy => "服务器正忙，请稍等再试。",
        Code::DiskFull => "服务器的磁盘满了，这次没有存上。请告诉系统管理员。",
    },
    reference: |reference| format!("（编号 {reference}）"),
};

pub static EN: ProblemText = ProblemText {
    offline: "The server cannot be reached. Please check the network and try again.",
    not_ours: "Something other than our server answered; a public network may want you to sign in to it first.",
    password: |field| match field.rsplit('.').next() {
        Some("login") => "The password must not be the account. Please choose another.",
        Some("well_known") => {
            "Everybody tries this password first. Please choose another; a sentence is best."
        }
        Some("classes") => "It needs three of: small letters, capitals, digits, other characters.",
        Some("used_before") => "It is one of your last five. Please choose another.",
        _ => "A password has 8 to 200 characters.",
    },
    #[cfg(feature = "desk")]
    wrong_code: "The code is wrong or was used. Please wait for the next one.",
    #[cfg(feature = "desk")]
    wrong_field: |field| {
        match field {
        "name" => "The name is missing or too long.".to_owned(),
        "title" => "The issue is missing or too long.".to_owned(),
        "meeting_title" => "The title is missing or too long.".to_owned(),
        "held_on" => "Please say on which day it is held.".to_owned(),
        "due_n" | "present_n" | "excused_n" => "A head count is too large; please check.".to_owned(),
        "what" => "A measure is too long or does not say what will be done.".to_owned(),
        "speaker" => "A speaker is a surname of one or two characters.".to_owned(),
        "wording" => "The wording is missing or too long.".to_owned(),
        "category" => "A problem needs a type; please choose one.".to_owned(),
        "comment" => "Please say what is to be added; split what is too long.".to_owned(),
        "to" => "Please say to whom, in few words.".to_owned(),
        "answer_by" => "Please say by when.".to_owned(),
        "note" => "The note is too long.".to_owned(),
        "answer" => "The answer is too long.".to_owned(),
        "reason" => "Please give a reason, in few words.".to_owned(),
        "despite_few" => "Please say why it is released although few said it.".to_owned(),
        "units" => "Please choose to whom it is released.".to_owned(),
        "group" => "By now too few stand behind it; it cannot be approved.".to_owned(),
        "statements" => "It has left already, or it is too much at once (50 at most).".to_owned(),
        "keys" => {
            "Nobody of the discipline group could open it: no one has a key yet (they make one under “Clues”), or all who have one are left out.".to_owned()
        }
        "left_out" => "Then nobody could open it; leave at least one.".to_owned(),
        "attachments" => {
            "A recording or photo is still on its way: sign off once it is here. If all are here, they are too \
             large together: return it, and hand over in parts.".to_owned()
        }
        "releases" => "A branch has this issue; take it back first.".to_owned(),
        "paper" => "Clues stay on paper here; hand it over on paper.".to_owned(),
        "login" => "A login is made of letters, digits, dots and dashes.".to_owned(),
        "ends_on" => "The dates are wrong: the end comes before the start.".to_owned(),
        "phases" => "A phase has no name or wrong dates.".to_owned(),
        "unit" => "This role needs a unit; please choose one.".to_owned(),
        "due_on" => "Please say by when.".to_owned(),
        "campaign" => "Set the campaign up first.".to_owned(),
        "header" => {
            "No header was found in the first 10 rows; it needs at least a name or organisation column."
                .to_owned()
        }
        "administrators" => {
            "System, security and audit are administered by three people; this one is one of them already."
                .to_owned()
        }
        _ => "Something is not filled in right; please check.".to_owned(),
    }
    },
    #[cfg(feature = "desk")]
    taken: |field| match field {
        "retired" => "A retired unit has this name; it can be restored below.",
        "household" => "This household is on the list already.",
        "units" => "A unit has this issue already.",
        _ => "This name is taken. Please choose another.",
    },
    no_campaign: "No campaign is set up yet; please set it up first.",
    code: |code| match code {
        #[cfg(feature = "desk")]
        Code::Malformed => "The server could not read this request. Please reload the page and try again.",
        Code::Invalid => "A field does not keep its rule. Please correct it and save again.",
        Code::SignedOut => "Your sign-in has expired. Please sign in again; what you recorded is still here.",
        Code::WrongPassword => "Account or password is wrong.",
        #[cfg(feature = "desk")]
        Code::ConfirmFirst => "Please confirm first that it is you.",
        // What a phone's own requests do not meet.
        #[cfg(not(feature = "desk"))]
        Code::Malformed
        | Code::ConfirmFirst
        | Code::MethodNotAllowed
        | Code::Conflict
        | Code::Taken
        | Code::UnsupportedMedia => "The server did not take this. Please update the app and try again.",
        Code::Forbidden => "This account may not do this. If it should, ask the administrator or the office.",
        Code::NotFound => "Not found: it may have moved, or is not for this account to see.",
        #[cfg(feature = "desk")]
        Code::MethodNotAllowed => "The server does not take this. Please reload the page and try again.",
        #[cfg(feature = "desk")]
        Code::Conflict => "Someone else changed it first. Please look at it as it is, then decide.",
        #[cfg(feature = "desk")]
        Code::Taken => "This name is taken. Please choose another.",
        Code::Gone => "This has ended or been used.",
        Code::TooLarge => "This is more than the limit. Please split it.",
        #[cfg(feature = "desk")]
        Code::UnsupportedMedia => "This kind of file is not taken here.",
        Code::WrongTusVersion => "This version of the app is too old. Please update it.",
        Code::WrongOffset | Code::WrongChecksum => "A part did not arrive whole and will be sent again.",
        Code::SlowDown => "Too many tries. Please wait a little.",
        Code::Internal => {
            "Something went wrong on the server; this change was not saved. Please try again later."
        }
        Code::Busy => "The server is busy. Please try again shortly.",
        Code::DiskFull => "The server's disk is full and this was not saved. Please tell the administrator.",
    },
    reference: |reference| format!(" (reference {reference})"),
};
