//! What can be wrong with an expression, and where.

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{kind}")]
pub struct ExpressionError {
    /// Characters of the expression before the place, from 0.
    pub at: usize,
    pub kind: ErrorKind,
}

/// What is wrong. `Display` says it in English, [`ErrorKind::in_chinese`] in Chinese.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ErrorKind {
    #[error("longer than {chars_max} characters")]
    TooLong { chars_max: usize },
    #[error("more than {depth_max} parentheses within each other")]
    TooDeep { depth_max: usize },
    #[error("takes too many steps")]
    TooMuchWork,
    #[error("there is no expression")]
    Empty,
    #[error("ends too early")]
    UnexpectedEnd,
    #[error("\"{found}\" is not expected here")]
    Unexpected { found: String },
    #[error("a text has no closing quotation mark")]
    UnclosedText,
    #[error("\"${{\" is not followed by a name and \"}}\"")]
    BadName,
    #[error("there is no function {name}")]
    UnknownFunction { name: String },
    #[error("{function} takes {}, not {given}", arguments(*min, *max))]
    WrongArguments { function: &'static str, min: usize, max: usize, given: usize },
    #[error("the axis {axis} is not supported; child, parent and self are")]
    UnsupportedAxis { axis: String },
    #[error("{what} is not supported")]
    Unsupported { what: &'static str },
    #[error("there is no question {name}")]
    UnknownName { name: String },
    #[error("paths need a questionnaire")]
    NoContext,
    #[error("{function} needs nodes as argument {argument}")]
    NotNodes { function: &'static str, argument: usize },
    #[error("not a date")]
    NotADate,
    #[error("not a pattern that can be read")]
    BadPattern,
    #[error("there is no table {name}")]
    UnknownTable { name: String },
    #[error("digest knows MD5, SHA-1, SHA-256, SHA-384 and SHA-512 as base64 or hex")]
    UnknownDigest,
    #[error("%{escape} is not known in a date format")]
    BadFormat { escape: String },
    #[error("weights come in pairs with answers")]
    UnpairedWeight,
}

fn arguments(min: usize, max: usize) -> String {
    match (min, max) {
        (0, 0) => "no arguments".to_owned(),
        (1, 1) => "1 argument".to_owned(),
        _ if min == max => format!("{min} arguments"),
        (_, usize::MAX) => format!("{min} arguments or more"),
        _ => format!("{min} to {max} arguments"),
    }
}

impl ErrorKind {
    /// A word for machines; never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::TooDeep { .. } => "too_deep",
            Self::TooMuchWork => "too_much_work",
            Self::Empty => "empty",
            Self::UnexpectedEnd => "unexpected_end",
            Self::Unexpected { .. } => "unexpected",
            Self::UnclosedText => "unclosed_text",
            Self::BadName => "bad_name",
            Self::UnknownFunction { .. } => "unknown_function",
            Self::WrongArguments { .. } => "wrong_arguments",
            Self::UnsupportedAxis { .. } => "unsupported_axis",
            Self::Unsupported { .. } => "unsupported",
            Self::UnknownName { .. } => "unknown_name",
            Self::NoContext => "no_context",
            Self::NotNodes { .. } => "not_nodes",
            Self::NotADate => "not_a_date",
            Self::BadPattern => "bad_pattern",
            Self::UnknownTable { .. } => "unknown_table",
            Self::UnknownDigest => "unknown_digest",
            Self::BadFormat { .. } => "bad_format",
            Self::UnpairedWeight => "unpaired_weight",
        }
    }

    /// The same in Chinese.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::TooLong { chars_max } => format!("表达式超过 {chars_max} 个字符"),
            Self::TooDeep { depth_max } => format!("括号嵌套超过 {depth_max} 层"),
            Self::TooMuchWork => "表达式计算量过大".to_owned(),
            Self::Empty => "表达式是空的".to_owned(),
            Self::UnexpectedEnd => "表达式没有写完".to_owned(),
            Self::Unexpected { found } => format!("此处不应出现“{found}”"),
            Self::UnclosedText => "文字缺少结尾的引号".to_owned(),
            Self::BadName => "“${”后面应是题目名称和“}”".to_owned(),
            Self::UnknownFunction { name } => format!("没有函数 {name}"),
            Self::WrongArguments { function, min, max, given } => match (min, max) {
                _ if min == max => format!("函数 {function} 需要 {min} 个参数，写了 {given} 个"),
                (_, &usize::MAX) => format!("函数 {function} 至少需要 {min} 个参数，写了 {given} 个"),
                _ => format!("函数 {function} 需要 {min} 至 {max} 个参数，写了 {given} 个"),
            },
            Self::UnsupportedAxis { axis } => format!("不支持轴 {axis}，只支持 child、parent、self"),
            Self::Unsupported { what } => format!("不支持 {what}"),
            Self::UnknownName { name } => format!("没有名为 {name} 的题目"),
            Self::NoContext => "路径只能在问卷中使用".to_owned(),
            Self::NotNodes { function, argument } => {
                format!("函数 {function} 的第 {argument} 个参数应是题目或路径")
            }
            Self::NotADate => "不是日期".to_owned(),
            Self::BadPattern => "正则表达式无法识别".to_owned(),
            Self::UnknownTable { name } => format!("没有名为 {name} 的数据表"),
            Self::UnknownDigest => {
                "digest 只支持 MD5、SHA-1、SHA-256、SHA-384、SHA-512，以及 base64 或 hex".to_owned()
            }
            Self::BadFormat { escape } => format!("日期格式中没有 %{escape}"),
            Self::UnpairedWeight => "选项与权重应成对出现".to_owned(),
        }
    }

    pub(super) fn at(self, at: usize) -> ExpressionError {
        ExpressionError { at, kind: self }
    }
}
