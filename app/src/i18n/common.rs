//! Words of the frame, of signing in, of the choices and of what all areas share.

use chrono::Weekday;
use domain::role::Role;

pub struct CommonText {
    pub app: &'static str,
    pub app_motto: &'static str,
    pub today: &'static str,
    pub back: &'static str,
    pub close: &'static str,
    pub cancel: &'static str,
    pub save: &'static str,
    pub undo: &'static str,
    pub retry: &'static str,
    pub opening: &'static str,
    pub required: &'static str,
    #[cfg(feature = "desk")]
    pub main_navigation: &'static str,
    #[cfg(feature = "desk")]
    pub skip_to_content: &'static str,

    pub sign_in: &'static str,
    pub sign_out: &'static str,
    pub login: &'static str,
    pub password: &'static str,
    pub signing_in: &'static str,
    pub sign_in_hint: &'static str,
    pub by_provider: &'static str,
    pub fill_in_both: &'static str,

    pub settings: &'static str,
    pub access: &'static str,
    pub language: &'static str,
    pub theme: &'static str,
    pub theme_auto: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub size: &'static str,
    pub size_normal: &'static str,
    pub size_large: &'static str,

    pub change_password: &'static str,
    pub must_change: &'static str,
    pub current_password: &'static str,
    pub new_password: &'static str,
    pub password_hint: &'static str,
    pub password_changed: &'static str,

    pub offline: &'static str,
    pub sending: &'static str,
    pub n_waiting: fn(n: usize) -> String,
    pub offline_n_waiting: fn(n: usize) -> String,
    pub portal: &'static str,
    pub left: fn(n: u32) -> String,
    pub n_aside: fn(n: usize) -> String,
    pub oldest: fn(since: &str) -> String,
    pub minutes: fn(n: i64) -> String,
    pub hours: fn(n: i64) -> String,
    pub days: fn(n: i64) -> String,

    pub stored: &'static str,
    pub uploaded: &'static str,
    pub sorted: &'static str,

    pub unreachable_title: &'static str,
    pub unreachable: &'static str,
    pub not_found_title: &'static str,
    pub not_found: &'static str,
    pub to_start: &'static str,
    #[cfg(feature = "desk")]
    pub nothing_for_role: &'static str,

    pub update_ready: &'static str,
    pub update_after_draft: &'static str,
    pub update_now: &'static str,

    pub install: &'static str,
    pub install_why: &'static str,
    pub install_android: &'static str,
    pub install_android_steps: &'static [&'static str],
    pub install_ios: &'static str,
    pub install_ios_steps: &'static [&'static str],
    pub install_wechat: &'static str,
    pub install_wechat_steps: &'static [&'static str],

    pub month_day: fn(month: u32, day: u32) -> String,
    pub weekday: fn(Weekday) -> &'static str,
    pub role: fn(Role) -> &'static str,
}

pub static ZH: CommonText = CommonText {
    app: "走访",
    app_motto: "听得到，记得准，有回音",
    today: "今天",
    back: "返回",
    close: "关闭",
    cancel: "取消",
    save: "保存",
    undo: "撤销",
    retry: "再试一次",
    opening: "正在打开……",
    required: "必填",
    #[cfg(feature = "desk")]
    main_navigation: "主导航",
    #[cfg(feature = "desk")]
    skip_to_content: "跳到正文",

    sign_in: "登录",
    sign_out: "退出登录",
    login: "账号",
    password: "密码",
    signing_in: "正在登录……",
    sign_in_hint: "联网登录一次，以后没有网络也能打开、能记录。账号由本单位管理员开通。",
    by_provider: "用统一身份认证登录",
    fill_in_both: "请填写账号和密码。",

    settings: "设置",
    access: "登录与设备",
    language: "语言",
    theme: "深浅",
    theme_auto: "随系统",
    theme_light: "浅色",
    theme_dark: "深色",
    size: "字号",
    size_normal: "标准",
    size_large: "长辈版",

    change_password: "改密码",
    must_change: "这个密码是别人给的，请先改成自己的。",
    current_password: "现在的密码",
    new_password: "新密码",
    password_hint: "至少 8 个字符，一句话最好记",
    password_changed: "密码已改",

    offline: "没有网络 · 照常记录",
    sending: "正在上传",
    n_waiting: |n| format!("{n} 条等待上传"),
    offline_n_waiting: |n| format!("没有网络 · 照常记录，{n} 条等待上传"),
    portal: "网络需要登录 · 照常记录。请在浏览器里先登录这个网络，或换个网络",
    left: |n| format!("正在取名单 · 还有 {n} 条"),
    n_aside: |n| format!("{n} 份有内容放在一边，点开“全部送出”看原因"),
    oldest: |since| format!("最早 {since}前"),
    minutes: |n| format!("{n} 分钟"),
    hours: |n| format!("{n} 小时"),
    days: |n| format!("{n} 天"),

    stored: "已存本机",
    uploaded: "已上传",
    sorted: "已归类",

    unreachable_title: "连不上服务器",
    unreachable: "这台设备还没有登录过，第一次登录需要网络。请连上网络再试；已经记下的内容都在本机，没有丢。",
    not_found_title: "没有这个页面",
    not_found: "网址可能写错了，或者这一页已经不在了。",
    to_start: "回到首页",
    #[cfg(feature = "desk")]
    nothing_for_role: "这里还没有内容。",

    update_ready: "有新版本",
    update_after_draft: "有新版本，写完再更新",
    update_now: "现在更新",

    install: "装到手机上",
    install_why: "装好以后像应用一样打开，没有网络也能记录，记下的内容不会被浏览器清掉。第一次走访前请先装好。",
    install_android: "安卓手机",
    install_android_steps: &[
        "用系统浏览器或 Chrome 打开本页。",
        "点右上角菜单，选“安装应用”或“添加到主屏幕”。",
        "从桌面上的“走访”图标打开，登录一次。",
    ],
    install_ios: "苹果手机",
    install_ios_steps: &[
        "用 Safari 打开本页。",
        "点底部的分享按钮，选“添加到主屏幕”。",
        "从主屏幕的“走访”图标打开，登录一次。网页标签里记的内容可能被系统清掉，请只在图标里记录。",
    ],
    install_wechat: "在微信里打开的",
    install_wechat_steps: &["点右上角“···”。", "选“在浏览器打开”，再在浏览器里按提示装到桌面。"],

    month_day: |month, day| format!("{month}月{day}日"),
    weekday: |day| match day {
        Weekday::Mon => "周一",
        Weekday::Tue => "周二",
        Weekday::Wed => "周三",
        Weekday::Thu => "周四",
        Weekday::Fri => "周五",
        Weekday::Sat => "周六",
        Weekday::Sun => "周日",
    },
    role: |role| match role {
        Role::Visitor => "走访人员",
        Role::Section => "股室站所负责人",
        Role::Office => "综合办公室",
        Role::Approver => "签发",
        Role::Branch => "党支部、行业部门",
        Role::Discipline => "驻县检察院纪检监察组",
        Role::Leader => "领导小组",
        Role::Sysadmin => "系统管理员",
        Role::Secadmin => "安全管理员",
        Role::Auditor => "审计管理员",
    },
};

pub static EN: CommonText = CommonText {
    app: "Zoufang",
    app_motto: "Heard, written down, answered",
    today: "Today",
    back: "Back",
    close: "Close",
    cancel: "Cancel",
    save: "Save",
    undo: "Undo",
    retry: "Try again",
    opening: "Opening…",
    required: "required",
    #[cfg(feature = "desk")]
    main_navigation: "Main",
    #[cfg(feature = "desk")]
    skip_to_content: "Skip to content",

    sign_in: "Sign in",
    sign_out: "Sign out",
    login: "Account",
    password: "Password",
    signing_in: "Signing in…",
    sign_in_hint: "Sign in once with a network; after that the app opens and records without one. \
                   Your unit's administrator makes accounts.",
    by_provider: "Sign in by the identity provider",
    fill_in_both: "Please fill in account and password.",

    settings: "Settings",
    access: "Sign-ins and devices",
    language: "Language",
    theme: "Light or dark",
    theme_auto: "As the device",
    theme_light: "Light",
    theme_dark: "Dark",
    size: "Text size",
    size_normal: "Normal",
    size_large: "Large",

    change_password: "Change password",
    must_change: "Someone else set this password; please choose your own first.",
    current_password: "Current password",
    new_password: "New password",
    password_hint: "At least 8 characters; a sentence is best",
    password_changed: "Password changed",

    offline: "No network · keep recording",
    sending: "Sending",
    n_waiting: |n| format!("{n} waiting to be sent"),
    offline_n_waiting: |n| format!("No network · keep recording, {n} waiting to be sent"),
    portal: "This network wants a sign-in · keep recording. Sign in to it in the browser, or use another",
    left: |n| format!("Fetching the list · {n} left"),
    n_aside: |n| format!("{n} with something set aside; the list of sent visits says why"),
    oldest: |since| format!("oldest {since} ago"),
    minutes: |n| format!("{n} min"),
    hours: |n| format!("{n} h"),
    days: |n| if n == 1 { "1 day".to_owned() } else { format!("{n} days") },

    stored: "On this device",
    uploaded: "Sent",
    sorted: "Sorted",

    unreachable_title: "The server cannot be reached",
    unreachable: "Nobody has signed in on this device yet, and the first time needs a network. \
                  Please connect and try again; what was recorded is still on this device.",
    not_found_title: "No such page",
    not_found: "The address may be mistyped, or the page is gone.",
    to_start: "To the start",
    #[cfg(feature = "desk")]
    nothing_for_role: "There is nothing here yet.",

    update_ready: "A new version is ready",
    update_after_draft: "A new version is ready; finish writing first",
    update_now: "Update now",

    install: "Install on your phone",
    install_why: "Installed, it opens like an app, records without a network, and the browser does not clear what \
                  you recorded. Please install it before the first visit.",
    install_android: "Android",
    install_android_steps: &[
        "Open this page in the system browser or Chrome.",
        "In the menu, choose “Install app” or “Add to home screen”.",
        "Open it from the icon on the home screen and sign in once.",
    ],
    install_ios: "iPhone",
    install_ios_steps: &[
        "Open this page in Safari.",
        "Tap the share button and choose “Add to Home Screen”.",
        "Open it from the icon and sign in once. What is recorded in a browser tab may be cleared by the system: \
         please record from the icon only.",
    ],
    install_wechat: "Opened inside WeChat",
    install_wechat_steps: &[
        "Tap “···” at the top right.",
        "Choose “Open in browser”, then install it from there.",
    ],

    month_day: |month, day| {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let month = usize::try_from(month).ok().and_then(|it| MONTHS.get(it.wrapping_sub(1)));
        format!("{day} {}", month.unwrap_or(&""))
    },
    weekday: |day| match day {
        Weekday::Mon => "Mon",
        Weekday::Tue => "Tue",
        Weekday::Wed => "Wed",
        Weekday::Thu => "Thu",
        Weekday::Fri => "Fri",
        Weekday::Sat => "Sat",
        Weekday::Sun => "Sun",
    },
    role: |role| match role {
        Role::Visitor => "Visiting staff",
        Role::Section => "Section head",
        Role::Office => "Office",
        Role::Approver => "Approver",
        Role::Branch => "Party branch or trade",
        Role::Discipline => "Discipline group",
        Role::Leader => "Leading group",
        Role::Sysadmin => "System administrator",
        Role::Secadmin => "Security administrator",
        Role::Auditor => "Auditor",
    },
};
