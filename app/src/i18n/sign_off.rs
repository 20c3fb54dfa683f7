//! Words of what one person proposes and another decides about.

pub struct SignOffText {
    /// It was proposed just now.
    pub proposed: &'static str,
    pub state_proposed: &'static str,
    pub state_returned: &'static str,
    /// Of a name and a time.
    pub proposed_by: fn(&str, &str) -> String,
    pub decided_by: fn(&str, &str) -> String,
    /// Of a day.
    pub backups_until: fn(&str) -> String,
    pub why_back: &'static str,
    pub send_back: &'static str,
}

pub static ZH: SignOffText = SignOffText {
    proposed: "已提请，等另一人签发",
    state_proposed: "待签发",
    state_returned: "已退回",
    proposed_by: |name, at| format!("{name} {at} 提请"),
    decided_by: |name, at| format!("{name} {at} 决定"),
    backups_until: |day| format!("以前的定时备份里还有，最晚到{day}过期。另外手工做的备份，请自行销毁。"),
    why_back: "退回的理由",
    send_back: "退回",
};

pub static EN: SignOffText = SignOffText {
    proposed: "Proposed; another person decides",
    state_proposed: "to be signed off",
    state_returned: "returned",
    proposed_by: |name, at| format!("Proposed by {name}, {at}"),
    decided_by: |name, at| format!("Decided by {name}, {at}"),
    backups_until: |day| {
        format!(
            "Older scheduled backups hold it until {day} at the latest. Backups made by hand are yours to destroy."
        )
    },
    why_back: "Why it is returned",
    send_back: "Return",
};
