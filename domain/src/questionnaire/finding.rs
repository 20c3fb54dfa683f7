//! What is wrong with a form, where in the workbook, and what to write instead.

use crate::expression::ExpressionError;

/// Something that is wrong with a form, or may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub sheet: String,
    /// Row of the sheet, from 1; 0 is the sheet as a whole.
    pub row: usize,
    /// The column's header as it is written; empty for the row as a whole.
    pub column: String,
    pub fault: Fault,
}

/// Whether a form can be used in spite of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// What is wrong. `Display` says it in English, [`Fault::in_chinese`] in Chinese.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    #[error("there is no sheet named survey; name the sheet with the questions so")]
    NoSurvey,
    #[error("the column {column} is missing; add it to the first row")]
    NoColumn { column: &'static str },
    #[error("the column {column} is there twice; keep one")]
    SameColumn { column: String },
    #[error("there are no questions")]
    NoQuestions,
    #[error("there is no type {word}; did you mean {instead}?")]
    UnknownType { word: String, instead: String },
    #[error("a row has a name and no type; write text, integer or another type")]
    NoType,
    #[error("the question has no name; write one of letters, digits and _")]
    NoName,
    #[error(
        "{name} cannot be a name; begin with a letter or _, then letters, digits, _, - and ., without spaces"
    )]
    BadName { name: String },
    #[error("{name} is what is noted about a record; give the question another name")]
    ReservedName { name: String },
    #[error("{name} is the name of row {row}, too; give one of them another")]
    SameName { name: String, row: usize },
    #[error("{begun} is not ended; add a row {end}")]
    NotEnded { begun: String, end: &'static str },
    #[error("nothing is begun that {end} could end; take the row out")]
    NotBegun { end: &'static str },
    #[error("{end} ends what was begun as {begun} in row {row}; write the other")]
    WrongEnd { end: &'static str, begun: &'static str, row: usize },
    #[error("the type names no list of choices; write select_one and the list's name")]
    NoList,
    #[error("there is no list {list} on the sheet choices")]
    UnknownList { list: String },
    #[error("the choice has no name")]
    NoChoiceName,
    #[error("the list {list} has the choice {name} twice; give one another name")]
    SameChoice { list: String, name: String },
    #[error("the choice {name} has a space in its name, where several can be chosen; write _ instead")]
    SpaceInChoice { name: String },
    #[error("{error}, at character {}", error.at + 1)]
    BadExpression { error: ExpressionError },
    #[error("there is no question {name}; look at how the name is written")]
    UnknownReference { name: String },
    #[error("there are several questions {name}, in rows {rows}; give each another name")]
    AmbiguousReference { name: String, rows: String },
    #[error(
        "questions hang on each other in a circle: {names}; take one of them out of the logic of another"
    )]
    Cycle { names: String },
    #[error("{parameter} is no parameter that can be read here; write {instead}")]
    BadParameter { parameter: String, instead: &'static str },
    #[error("a calculation is missing; write it in the column calculation")]
    NoCalculation,
    #[error("entities are not supported; take the sheet entities out")]
    EntitiesNotSupported,
    #[error("{id} cannot be the id of a form; at most 64 characters")]
    BadFormId { id: String },
    #[error("the id of the form has a blank; it is taken as {id}")]
    SpacedFormId { id: String },
    #[error("more than {n_max} {what}")]
    TooMany { what: &'static str, n_max: usize },
    #[error("the column {column} is not known and is passed over")]
    UnknownColumn { column: String },
    #[error("the question has no label, so that nobody sees what is asked")]
    NoLabel,
    #[error("there is no text in {language}")]
    NoTranslation { language: String },
    #[error("the default language {language} is in no column")]
    UnknownLanguage { language: String },
    #[error("the file {file} is not attached; its choices are not known")]
    NoFile { file: String },
    #[error("the file {file} cannot hold choices; attach a table that ends in .csv")]
    OddFile { file: String },
    #[error("{said} names no question; write ${{name}}")]
    BadTrigger { said: String },
    #[error("the file {file} is not attached; the label stands without it")]
    NoMedium { file: String },
    #[error(
        "the file {file} is not what this column shows: pictures under image, sounds and films under audio and video"
    )]
    OddMedium { file: String },
    #[error("the group is empty")]
    EmptyGroup,
    #[error("it may always be left out, so nobody is told that it is required")]
    RequiredApart,
}

impl Fault {
    /// Whether this file is named as something to show or play, and is not attached or does not fit.
    pub fn lacks_medium(&self, name: &str) -> bool {
        matches!(self, Self::NoMedium { file } | Self::OddMedium { file } if file == name)
    }

    pub fn severity(&self) -> Severity {
        match self {
            Self::UnknownColumn { .. }
            | Self::NoLabel
            | Self::NoTranslation { .. }
            | Self::UnknownLanguage { .. }
            | Self::NoFile { .. }
            | Self::NoMedium { .. }
            | Self::OddMedium { .. }
            | Self::EmptyGroup
            | Self::SpacedFormId { .. }
            | Self::RequiredApart => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// A word for machines; never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSurvey => "no_survey",
            Self::NoColumn { .. } => "no_column",
            Self::SameColumn { .. } => "same_column",
            Self::NoQuestions => "no_questions",
            Self::UnknownType { .. } => "unknown_type",
            Self::NoType => "no_type",
            Self::NoName => "no_name",
            Self::BadName { .. } => "bad_name",
            Self::ReservedName { .. } => "reserved_name",
            Self::SameName { .. } => "same_name",
            Self::NotEnded { .. } => "not_ended",
            Self::NotBegun { .. } => "not_begun",
            Self::WrongEnd { .. } => "wrong_end",
            Self::NoList => "no_list",
            Self::UnknownList { .. } => "unknown_list",
            Self::NoChoiceName => "no_choice_name",
            Self::SameChoice { .. } => "same_choice",
            Self::SpaceInChoice { .. } => "space_in_choice",
            Self::BadExpression { error } => error.kind.code(),
            Self::UnknownReference { .. } => "unknown_reference",
            Self::AmbiguousReference { .. } => "ambiguous_reference",
            Self::Cycle { .. } => "cycle",
            Self::BadParameter { .. } => "bad_parameter",
            Self::NoCalculation => "no_calculation",
            Self::EntitiesNotSupported => "entities_not_supported",
            Self::BadFormId { .. } => "bad_form_id",
            Self::SpacedFormId { .. } => "spaced_form_id",
            Self::TooMany { .. } => "too_many",
            Self::UnknownColumn { .. } => "unknown_column",
            Self::NoLabel => "no_label",
            Self::NoTranslation { .. } => "no_translation",
            Self::UnknownLanguage { .. } => "unknown_language",
            Self::NoFile { .. } => "no_file",
            Self::OddFile { .. } => "odd_file",
            Self::BadTrigger { .. } => "bad_trigger",
            Self::NoMedium { .. } => "no_medium",
            Self::OddMedium { .. } => "odd_medium",
            Self::EmptyGroup => "empty_group",
            Self::RequiredApart => "required_apart",
        }
    }

    /// The same in Chinese.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::NoSurvey => "没有名为 survey 的工作表；请把题目所在的工作表改名为 survey".to_owned(),
            Self::NoColumn { column } => format!("缺少 {column} 列；请在首行加上"),
            Self::SameColumn { column } => format!("{column} 列重复；请只保留一列"),
            Self::NoQuestions => "表中没有题目".to_owned(),
            Self::UnknownType { word, instead } => format!("没有题型 {word}；是否应为 {instead}？"),
            Self::NoType => "此行有名称而没有题型；请填写 text、integer 等题型".to_owned(),
            Self::NoName => "题目没有名称；请用字母、数字和 _ 填写".to_owned(),
            Self::BadName { name } => {
                format!("{name} 不能作名称；请以字母或 _ 开头，只用字母、数字、_、-、.，不含空格")
            }
            Self::ReservedName { name } => format!("{name} 留给记录本身的信息；请给题目另起一个名称"),
            Self::SameName { name, row } => format!("{name} 与第 {row} 行重名；请改其中一个"),
            Self::NotEnded { begun, end } => format!("{begun} 没有结束；请加一行 {end}"),
            Self::NotBegun { end } => format!("{end} 没有对应的开始；请删去此行"),
            Self::WrongEnd { end, begun, row } => format!("第 {row} 行是 {begun}，此处却是 {end}；请改正"),
            Self::NoList => "题型没有写选项列表；请写作 select_one 加列表名".to_owned(),
            Self::UnknownList { list } => format!("choices 工作表中没有列表 {list}"),
            Self::NoChoiceName => "选项没有名称".to_owned(),
            Self::SameChoice { list, name } => format!("列表 {list} 中选项 {name} 重复；请改其中一个"),
            Self::SpaceInChoice { name } => format!("多选题的选项名称 {name} 含有空格；请改用 _"),
            Self::BadExpression { error } => {
                format!("{}（第 {} 个字符）", error.kind.in_chinese(), error.at + 1)
            }
            Self::UnknownReference { name } => format!("没有名为 {name} 的题目；请检查写法"),
            Self::AmbiguousReference { name, rows } => {
                format!("第 {rows} 行都名为 {name}；请改用不同的名称")
            }
            Self::Cycle { names } => format!("题目互相依赖成环：{names}；请去掉其中一处引用"),
            Self::BadParameter { parameter, instead } => format!("参数 {parameter} 无法识别；请写 {instead}"),
            Self::NoCalculation => "没有计算式；请填写 calculation 列".to_owned(),
            Self::EntitiesNotSupported => "不支持实体（entities）；请删去该工作表".to_owned(),
            Self::BadFormId { id } => format!("{id} 不能作问卷编号；最多 64 个字符"),
            Self::SpacedFormId { id } => format!("问卷编号含有空格，按 {id} 收下"),
            Self::TooMany { what, n_max } => format!("超过 {n_max} 个（{what}）"),
            Self::UnknownColumn { column } => format!("不认识 {column} 列，已略过"),
            Self::NoLabel => "题目没有标签，填写的人看不到问题".to_owned(),
            Self::NoTranslation { language } => format!("缺少 {language} 的文字"),
            Self::UnknownLanguage { language } => format!("默认语言 {language} 没有对应的列"),
            Self::OddFile { file } => format!("文件 {file} 不能放选项；请附上 .csv 表"),
            Self::BadTrigger { said } => format!("{said} 没有写是哪道题；请写作 ${{名称}}"),
            Self::NoFile { file } => format!("没有附上文件 {file}，不知道其中的选项"),
            Self::NoMedium { file } => format!("没有附上文件 {file}，手机上只显示文字"),
            Self::OddMedium { file } => {
                format!("文件 {file} 和这一列对不上：image 列放图片，audio、video 列放声音、影片")
            }
            Self::EmptyGroup => "分组中没有题目".to_owned(),
            Self::RequiredApart => "这种内容随时可以不交，“必答”在这里不起作用".to_owned(),
        }
    }
}
