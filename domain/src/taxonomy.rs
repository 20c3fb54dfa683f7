//! The taxonomy: the bureau's problem types, as data with official wording.

mod placing;
pub mod scheme;
pub mod table;
pub mod versions;

use serde::{Deserialize, Serialize};

/// The taxonomy that ships: from the bureau's plan, completed where `source` says so.
pub const SHIPPED: &str = include_str!("../data/taxonomy.csv");

/// One type of problem, or a group of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Category {
    /// E.g. `GL2`; a group has letters only.
    pub code: String,
    /// The group's code; empty for a group.
    pub parent: String,
    pub short_zh: String,
    pub name_zh: String,
    pub name_en: String,
    /// 0 一般, 1 提示研判, 2 建议移交.
    pub attention: u8,
    /// Where the wording comes from.
    pub source: String,
}

/// All types, groups before their members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Taxonomy {
    categories: Vec<Category>,
}

impl Taxonomy {
    /// The taxonomy that ships.
    ///
    /// # Panics
    ///
    /// Never: a test reads the file that ships.
    pub fn shipped() -> Self {
        table::read(SHIPPED).expect("the shipped taxonomy is read by a test")
    }

    /// All types and groups, in order.
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// The type or group of a code.
    pub fn get(&self, code: &str) -> Option<&Category> {
        self.categories.iter().find(|it| it.code == code)
    }

    /// Whether statements can be confirmed as `code`: it has no members.
    pub fn is_leaf(&self, code: &str) -> bool {
        self.get(code).is_some() && !self.categories.iter().any(|it| it.parent == code)
    }

    /// The types that statements are confirmed as, in order.
    pub fn leaves(&self) -> impl Iterator<Item = &Category> {
        self.categories.iter().filter(|it| self.is_leaf(&it.code))
    }

    /// Group and type in words, such as `官僚主义 · 慢作为`; the code itself when unknown.
    pub fn path_zh(&self, code: &str) -> String {
        let Some(category) = self.get(code) else { return code.to_owned() };
        match self.get(&category.parent) {
            Some(parent) => format!("{} · {}", parent.short_zh, category.short_zh),
            None => category.short_zh.clone(),
        }
    }
}

/// One line of CSV; quotes around a column may hold commas and doubled quotes.
pub(crate) fn columns(line: &str) -> Vec<String> {
    let mut columns = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.trim_end_matches('\r').chars().peekable();
    while let Some(letter) = letters.next() {
        let last = columns.len() - 1;
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                columns[last].push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => columns.push(String::new()),
            other => columns[last].push(other),
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_taxonomy_reads() {
        let taxonomy = Taxonomy::shipped();
        assert_eq!(taxonomy.categories().len(), SHIPPED.lines().count() - 1);
        assert!(taxonomy.leaves().count() > 50);
    }

    #[test]
    fn a_path_names_group_and_type() {
        let taxonomy = Taxonomy::shipped();
        assert_eq!(taxonomy.path_zh("GL2"), "官僚主义 · 慢作为");
        assert_eq!(taxonomy.path_zh("QT"), "其他");
        assert!(taxonomy.is_leaf("QT") && taxonomy.is_leaf("GL2") && !taxonomy.is_leaf("GL"));
    }

    #[test]
    fn quotes_hold_commas() {
        assert_eq!(columns(r#"a,"b, ""c""",d"#), ["a", "b, \"c\"", "d"]);
    }
}
