//! The survey as people read it: a line a question, groups above what is in them.

use super::{Book, Column, Part, Ruled};
use crate::questionnaire::{
    Kind,
    kind::{RowKind, row_kind},
    xlsform::is_yes,
};

/// A row of the survey that says something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    pub key: u32,
    /// How many groups it is in.
    pub depth: u32,
    pub kind: LineKind,
    /// The word of the type column.
    pub word: String,
    pub name: String,
    /// In the first language of the form.
    pub label: String,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind {
    Question,
    Group,
    Repeat,
    /// The end of a group or repeat.
    End,
    /// Switched off: it is asked nowhere.
    Disabled,
}

/// Where rows of the survey belong.
pub(super) struct Spans {
    /// By place; of the header and the rows above, nothing.
    pub of: Vec<Span>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    /// The row says nothing: no type and no name.
    pub blank: bool,
    pub depth: u32,
    /// Where the group begins that it is in.
    pub parent: Option<usize>,
    /// Of a beginning, where it ends, if it does.
    pub end: Option<usize>,
    /// Of an end, where that begins, if it does.
    pub begin: Option<usize>,
}

impl Spans {
    pub fn of(ruled: &Ruled<'_>) -> Self {
        let mut spans = vec![Span { blank: true, ..Span::default() }; ruled.rows.len()];
        let columns = [ruled.plain(Column::Type), ruled.plain(Column::Name)];
        let off = ruled.plain(Column::Disabled);
        let mut open: Vec<usize> = Vec::new();
        for (place, row) in ruled.rows.iter().enumerate().skip(ruled.header + 1) {
            let word = row.cell(columns[0]);
            let span = &mut spans[place];
            span.blank = word.is_empty() && row.cell(columns[1]).is_empty();
            let kind = kind_of(word, row.cell(off));
            if kind == LineKind::End
                && let Some(begin) = open.pop()
            {
                (span.begin, span.depth) = (Some(begin), depth(&open));
                span.parent = open.last().copied();
                spans[begin].end = Some(place);
                continue;
            }
            (span.parent, span.depth) = (open.last().copied(), depth(&open));
            if matches!(kind, LineKind::Group | LineKind::Repeat) {
                open.push(place);
            }
        }
        Self { of: spans }
    }

    /// The rows of a question: of a group or repeat, all from its beginning to its end.
    pub fn block(&self, place: usize) -> std::ops::RangeInclusive<usize> {
        place..=self.of[place].end.unwrap_or(place)
    }
}

fn depth(open: &[usize]) -> u32 {
    u32::try_from(open.len()).unwrap_or(u32::MAX)
}

fn kind_of(word: &str, disabled: &str) -> LineKind {
    if is_yes(disabled) == Some(true) {
        return LineKind::Disabled;
    }
    match row_kind(word) {
        Ok(RowKind::Question(Kind::Group)) => LineKind::Group,
        Ok(RowKind::Question(Kind::Repeat)) => LineKind::Repeat,
        Ok(RowKind::End(_)) => LineKind::End,
        Ok(RowKind::Question(_) | RowKind::Attached(_)) | Err(_) => LineKind::Question,
    }
}

impl Book {
    /// The lines of the survey, in order; blank rows have none.
    pub fn lines(&self) -> Vec<Line> {
        let Some(ruled) = self.ruled(Part::Survey) else { return Vec::new() };
        let spans = Spans::of(&ruled);
        let (word, name) = (ruled.plain(Column::Type), ruled.plain(Column::Name));
        let (label, off) = (ruled.plain(Column::Label), ruled.plain(Column::Disabled));
        let line = |place: usize| {
            let (row, span) = (&ruled.rows[place], spans.of[place]);
            Line {
                key: row.key,
                depth: span.depth,
                kind: kind_of(row.cell(word), row.cell(off)),
                word: row.cell(word).to_owned(),
                name: row.cell(name).to_owned(),
                label: row.cell(label).to_owned(),
            }
        };
        (ruled.header + 1..ruled.rows.len()).filter(|it| !spans.of[*it].blank).map(line).collect()
    }

    /// The question that was added last.
    pub fn newest(&self) -> Option<u32> {
        let asked = self.lines().into_iter().filter(|it| it.kind != LineKind::End);
        asked.map(|it| it.key).max()
    }

    /// What a row asks for; `None` for an end, a type that nobody knows, and where there is no such row.
    pub fn kind(&self, key: u32) -> Option<Kind> {
        match row_kind(self.cell(Part::Survey, key, Column::Type, "")) {
            Ok(RowKind::Question(kind)) => Some(kind),
            Ok(RowKind::End(_) | RowKind::Attached(_)) | Err(_) => None,
        }
    }

    /// How many questions go with a row when it is taken out, itself included.
    pub fn questions_n(&self, key: u32) -> usize {
        let Some(ruled) = self.ruled(Part::Survey) else { return 0 };
        let Some(place) = ruled.at(key) else { return 0 };
        let spans = Spans::of(&ruled);
        let counts = |it: &usize| !spans.of[*it].blank && spans.of[*it].begin.is_none();
        spans.block(place).filter(counts).count()
    }
}
