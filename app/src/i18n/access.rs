//! Words of how an account is opened: sessions, devices, the second factor, confirmations, one-time links.

use domain::oidc::Trouble;

pub struct AccessText {
    pub sessions: &'static str,
    pub sessions_hint: &'static str,
    pub this_one: &'static str,
    pub script: fn(what: &str) -> String,
    pub unknown_place: &'static str,
    pub since: fn(begun: &str, seen: &str) -> String,
    pub end: &'static str,
    pub ended: &'static str,
    pub devices: &'static str,
    pub devices_hint: &'static str,
    pub phone: fn(added: &str) -> String,
    pub last_used: fn(when: &str) -> String,
    pub disable: &'static str,
    pub disabled: &'static str,
    pub restore: &'static str,
    pub restored: &'static str,

    pub second_factor: &'static str,
    pub second_factor_hint: &'static str,
    pub required: &'static str,
    pub is_active: fn(codes: u32) -> String,
    pub set_up: &'static str,
    pub scan: &'static str,
    pub secret: &'static str,
    pub qr: &'static str,
    pub first_code: &'static str,
    pub activate: &'static str,
    pub recovery_codes: &'static str,
    pub recovery_hint: &'static str,
    pub kept: &'static str,
    pub new_recovery_codes: &'static str,
    pub remove: &'static str,
    pub removed: &'static str,

    pub code: &'static str,
    pub code_hint: &'static str,
    pub confirm_title: &'static str,
    pub confirm_hint: &'static str,
    pub confirm: &'static str,

    pub link_of: fn(login: &str, until: &str) -> String,
    pub link: &'static str,
    pub by_provider_trouble: fn(Trouble) -> &'static str,
    pub by_password: &'static str,
    pub subject: &'static str,
    pub subject_hint: &'static str,
    pub bound: &'static str,
    pub unbound: &'static str,
    pub welcome: fn(name: &str) -> String,
    pub your_login: fn(login: &str) -> String,
    pub set_password: &'static str,
    pub link_gone: &'static str,
    pub other_server: &'static str,

    pub new_link: &'static str,
    pub end_sessions: &'static str,
    pub disable_devices: &'static str,
    pub devices_disabled: &'static str,
    pub reset_second_factor: &'static str,
    pub second_factor_reset: &'static str,
}

pub static ZH: AccessText = AccessText {
    sessions: "登录着的地方",
    sessions_hint: "不认识的，请马上结束，再改密码。",
    this_one: "就是这里",
    script: |what| if what.is_empty() { "脚本".to_owned() } else { format!("脚本 · {what}") },
    unknown_place: "不知名的浏览器",
    since: |begun, seen| format!("{begun} 登录，最近用过 {seen}"),
    end: "结束",
    ended: "已结束",
    devices: "记录用的设备",
    devices_hint: "停用以后，它再传来的记录会先搁置，由综合办公室看过才收。已经传上来的都在。",
    phone: |added| format!("{added} 起用的设备"),
    last_used: |when| format!("最近用过 {when}"),
    disable: "停用",
    disabled: "已停用",
    restore: "恢复",
    restored: "已恢复，它传来的记录照常收",

    second_factor: "第二道验证",
    second_factor_hint: "登录时除了密码，再填一个手机验证器上的六位数字。密码被人知道了，也进不来。",
    required: "本系统要求：先设好第二道验证，再做别的事。",
    is_active: |codes| format!("已设好。还剩 {codes} 个备用码。"),
    set_up: "设置",
    scan: "用手机上的验证器应用扫这个码。",
    secret: "不能扫码时，把这串字母数字输进去：",
    qr: "验证器要扫的二维码",
    first_code: "验证器上现在的六位数字",
    activate: "启用",
    recovery_codes: "备用码",
    recovery_hint: "手机不在身边时，一个备用码能代替一次验证码，用一次少一个。现在就打印或抄下来，收好；以后不再显示。",
    kept: "已收好",
    new_recovery_codes: "换一批备用码",
    remove: "取消第二道验证",
    removed: "第二道验证已取消",

    code: "验证码",
    code_hint: "手机验证器上的六位数字，或一个备用码",
    confirm_title: "确认是本人",
    confirm_hint: "这件事要先确认是本人在操作。十分钟内不再问。",
    confirm: "确认，继续",

    link_of: |login, until| {
        format!(
            "请把下面的链接或二维码交给 {login} 本人，由本人设密码。只能用一次，{until} 前有效，只显示这一次。"
        )
    },
    link: "一次性链接的二维码",
    by_provider_trouble: |it| match it {
        Trouble::Down => "统一身份认证没有应答。请稍后再试，或者用密码登录。",
        Trouble::Again => "这次统一身份认证没有完成，可能是放弃了、时间太长，或者用过了。请再来一次。",
        Trouble::Unknown => "统一身份认证认得您，但这里没有对应的、可用的账号。请找本单位管理员绑定。",
    },
    by_password: "用密码登录",
    subject: "统一身份标识",
    subject_hint: "认证平台给这个人的标识（sub），留空就是不绑定",
    bound: "已绑定，原来的登录已结束",
    unbound: "已解除绑定，原来的登录已结束",
    welcome: |name| format!("{name}，您好"),
    your_login: |login| format!("您的账号是 {login}。请设一个只有自己知道的密码。"),
    set_password: "设好密码，登录",
    link_gone: "这个链接已经用过、过期或被新的代替。请找系统管理员要一个新的。",
    other_server: "这个链接不是这台服务器给的，请不要在这里设密码。把这件事告诉系统管理员。",

    new_link: "重设密码",
    end_sessions: "结束登录",
    disable_devices: "停用设备",
    devices_disabled: "设备已停用，登录已结束",
    reset_second_factor: "取消第二道验证",
    second_factor_reset: "已取消，登录已结束",
};

pub static EN: AccessText = AccessText {
    sessions: "Where you are signed in",
    sessions_hint: "End at once what you do not know, then change your password.",
    this_one: "here",
    script: |what| if what.is_empty() { "Script".to_owned() } else { format!("Script · {what}") },
    unknown_place: "Unknown browser",
    since: |begun, seen| format!("signed in {begun}, last used {seen}"),
    end: "End",
    ended: "Ended",
    devices: "Devices that record",
    devices_hint: "What a disabled device still sends is set aside until the office has seen it. What was sent before stays.",
    phone: |added| format!("Device in use since {added}"),
    last_used: |when| format!("last used {when}"),
    disable: "Disable",
    disabled: "disabled",
    restore: "Restore",
    restored: "Restored; what it sends is taken in again",

    second_factor: "Second factor",
    second_factor_hint: "Beside the password, signing in asks for six digits of an app on your telephone: who learns the password is still kept out.",
    required: "This server asks for it: set up the second factor first.",
    is_active: |codes| format!("It is set up. {codes} recovery codes are left."),
    set_up: "Set up",
    scan: "Scan this with the authenticator app on your telephone.",
    secret: "Where it cannot be scanned, type this:",
    qr: "QR code for the authenticator app",
    first_code: "The six digits that the app shows now",
    activate: "Activate",
    recovery_codes: "Recovery codes",
    recovery_hint: "Without your telephone one of these takes the place of a code, once. Print or write them down now; they are not shown again.",
    kept: "I have kept them",
    new_recovery_codes: "Other recovery codes",
    remove: "Remove the second factor",
    removed: "The second factor is removed",

    code: "Code",
    code_hint: "Six digits of the authenticator app, or a recovery code",
    confirm_title: "Confirm that it is you",
    confirm_hint: "This needs a confirmation. You are not asked again for ten minutes.",
    confirm: "Confirm and go on",

    link_of: |login, until| {
        format!(
            "Hand this link or QR code to {login}, who sets a password by it. It counts once, until {until}, and is shown once."
        )
    },
    link: "QR code of the one-time link",
    by_provider_trouble: |it| match it {
        Trouble::Down => {
            "The identity provider does not answer. Please try again later, or sign in with your password."
        }
        Trouble::Again => {
            "Signing in by the identity provider was not finished: given up, too slow, or used already. Please try once more."
        }
        Trouble::Unknown => {
            "The identity provider knows you, but no account that is open here is bound to you. Please ask your administrator to bind it."
        }
    },
    by_password: "Sign in with a password",
    subject: "Subject",
    subject_hint: "How the identity provider names this person (sub); empty binds to nobody",
    bound: "Bound; earlier sign-ins are ended",
    unbound: "No longer bound; earlier sign-ins are ended",
    welcome: |name| format!("Welcome, {name}"),
    your_login: |login| format!("Your account is {login}. Please choose a password that only you know."),
    set_password: "Set the password and sign in",
    link_gone: "This link was used, is too old, or was replaced. Please ask the administrator for another.",
    other_server: "This link is not of this server. Do not set a password here, and tell the administrator.",

    new_link: "Reset password",
    end_sessions: "End sign-ins",
    disable_devices: "Disable devices",
    devices_disabled: "Devices are disabled, sign-ins ended",
    reset_second_factor: "Remove second factor",
    second_factor_reset: "Removed, sign-ins ended",
};
