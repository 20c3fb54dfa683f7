//! Words of what has risen over the months before.

pub struct RisingText {
    pub title: &'static str,
    pub hint: &'static str,
    pub none: &'static str,
    pub too_few: &'static str,
    pub all_units: &'static str,
    /// Of this month: statements, households, visits.
    pub now: fn(month: &str, n: u32, households: u32, visits: u32) -> String,
    /// What was to be expected, as digits.
    pub expected: fn(&str) -> String,
    pub before: fn(month: &str, n: u32, visits: u32) -> String,
    pub look: &'static str,
    pub month: &'static str,
}

fn number_of(month: &str) -> &str {
    month.get(5..).unwrap_or_default().trim_start_matches('0')
}

pub static ZH: RisingText = RisingText {
    title: "比前几个月多的",
    hint: "同一类型，按每次走访折算，比前六个月（没有六个月的按有的）多出很多、不像是碰巧的，列在这里。至少 5 条、3 户；只算办公室确认过的类型。只提醒，不下结论。",
    none: "这个月没有比前几个月明显多的。",
    too_few: "前几个月走访还不到 20 次，没有可比的。",
    all_units: "全部单位",
    now: |month, n, households, visits| {
        format!("{}月 {n} 条，{households} 户（走访 {visits} 次）", number_of(month))
    },
    expected: |digits| format!("照前几个月的样子，约 {digits} 条"),
    before: |month, n, visits| format!("{}月 {n} 条（{visits} 次）", number_of(month)),
    look: "看这些意见",
    month: "月份",
};

pub static EN: RisingText = RisingText {
    title: "More than in the months before",
    hint: "A type that was said, visit for visit, far more often than in up to six months before, more than by chance. At least 5 statements and 3 households; confirmed types only. A pointer, not a verdict.",
    none: "Nothing stands out over the months before.",
    too_few: "There were fewer than 20 visits in the months before: nothing to compare with.",
    all_units: "All units",
    now: |month, n, households, visits| {
        format!("{month}: {n} statements, {households} households ({visits} visits)")
    },
    expected: |digits| format!("about {digits} as the months before were"),
    before: |month, n, visits| format!("{month}: {n} ({visits} visits)"),
    look: "See these statements",
    month: "Month",
};
