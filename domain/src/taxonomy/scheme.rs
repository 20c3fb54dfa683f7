//! The scheme: the taxonomy as an installation uses it, with the types that it no longer offers.
//!
//! What was decided keeps the code it was decided with. A retired type keeps its name and its counts; one that was merged is
//! counted as its successor. Neither is offered any more.

use serde::{Deserialize, Serialize};

use super::{Category, Taxonomy, table, table::TableFault};
use crate::{
    categorize::{Categorization, EVIDENCE_MAX, Suggestion},
    text::check_line,
};

/// Longest code, in letters.
pub const CODE_CHARS_MAX: usize = 12;

/// A type that is no longer offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Past {
    /// As it was last.
    pub category: Category,
    /// The type that it is counted as; absent where it was retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
}

/// What is offered, and what was once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scheme {
    pub taxonomy: Taxonomy,
    pub past: Vec<Past>,
}

/// What the office does with the taxonomy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum TaxonomyChange {
    /// 新增: a type of a group, or a group.
    Add { category: Category },
    /// 修改: other words, another degree of attention, another group.
    Edit { category: Category },
    /// 次序: behind another type of its group, or another group; behind none: first.
    Place { code: String, after: String },
    /// 合并: counted as another type from now on.
    Merge { code: String, into: String },
    /// 停用
    Retire { code: String },
    /// 恢复使用
    Restore { code: String },
    /// 导入: all types as CSV.
    Table { csv: String },
    /// 回到: what an earlier version offered.
    GoBack { version: i64 },
}

impl TaxonomyChange {
    /// The word in the database, and the code that it is about.
    pub fn about(&self) -> (&'static str, &str) {
        match self {
            Self::Add { category } => ("add", &category.code),
            Self::Edit { category } => ("edit", &category.code),
            Self::Place { code, .. } => ("place", code),
            Self::Merge { code, .. } => ("merge", code),
            Self::Retire { code } => ("retire", code),
            Self::Restore { code } => ("restore", code),
            Self::Table { .. } => ("table", ""),
            Self::GoBack { .. } => ("go_back", ""),
        }
    }
}

/// Why a change cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeError {
    /// The name of the field that does not keep its rule.
    Field(&'static str),
    /// The table cannot be read.
    Table(Vec<TableFault>),
}

/// What becomes of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum What {
    Added,
    /// Other names.
    Renamed,
    /// Another group.
    Moved,
    /// Another degree of attention, source or name in English.
    Changed,
    Merged,
    Retired,
    Restored,
    /// It has members from now on, and is no type itself any more.
    BecomesGroup,
}

/// A type that is not in both of two schemes as it is in one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Difference {
    pub what: What,
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Category>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Category>,
    /// What it is counted as from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
}

impl Scheme {
    /// The taxonomy that ships, of which nothing was retired.
    pub fn shipped() -> Self {
        Self { taxonomy: Taxonomy::shipped(), past: Vec::new() }
    }

    /// The type or group of a code, offered or not.
    pub fn get(&self, code: &str) -> Option<&Category> {
        self.taxonomy.get(code).or_else(|| self.past(code).map(|it| &it.category))
    }

    /// The type of a code that is no longer offered.
    pub fn past(&self, code: &str) -> Option<&Past> {
        self.past.iter().find(|it| it.category.code == code)
    }

    /// All types with those that are no longer offered, for which there may be rules still.
    pub fn with_past(&self) -> Taxonomy {
        let past = self.past.iter().map(|it| it.category.clone());
        Taxonomy { categories: self.taxonomy.categories.iter().cloned().chain(past).collect() }
    }

    /// The code that `code` is counted as: its successor's where it was merged, else itself.
    pub fn successor<'a>(&'a self, code: &'a str) -> &'a str {
        let mut at = code;
        // Each step leads to another type that is past; more of them than there are would be a circle.
        for _ in &self.past {
            match self.past(at).and_then(|it| it.into.as_deref()) {
                Some(into) => at = into,
                None => break,
            }
        }
        at
    }

    /// The type that is offered in the place of `code`; `None` where it was retired or is unknown.
    pub fn offered<'a>(&'a self, code: &'a str) -> Option<&'a str> {
        Some(self.successor(code)).filter(|it| self.taxonomy.is_leaf(it))
    }

    /// A code with all that are counted as it.
    pub fn with_merged(&self, code: &str) -> Vec<String> {
        let merged = self.past.iter().map(|it| it.category.code.as_str());
        let merged = merged.filter(|it| *it != code && self.successor(it) == code);
        std::iter::once(code).chain(merged).map(str::to_owned).collect()
    }

    /// Types that are no longer offered, in the order in which they went; groups are left out.
    pub fn past_leaves(&self) -> impl Iterator<Item = &Category> {
        let all = || self.taxonomy.categories().iter().chain(self.past.iter().map(|it| &it.category));
        self.past.iter().map(|it| &it.category).filter(move |it| !all().any(|other| other.parent == it.code))
    }

    /// Group and type in words, such as `官僚主义 · 慢作为`; the code itself when unknown.
    pub fn path_zh(&self, code: &str) -> String {
        let Some(category) = self.get(code) else { return code.to_owned() };
        let path = match self.get(&category.parent) {
            Some(parent) => format!("{} · {}", parent.short_zh, category.short_zh),
            None => category.short_zh.clone(),
        };
        match self.get(self.successor(code)).filter(|it| it.code != code) {
            Some(into) => format!("{path}（并入{}）", into.short_zh),
            None => path,
        }
    }

    /// What is suggested, in types that are offered: what was merged speaks for its successor, what was retired for nothing.
    #[must_use]
    pub fn adapt(&self, made: Categorization) -> Categorization {
        let mut suggestions: Vec<Suggestion> = Vec::with_capacity(made.suggestions.len());
        for mut it in made.suggestions {
            let Some(code) = self.offered(&it.code).map(str::to_owned) else { continue };
            match suggestions.iter_mut().find(|known| known.code == code) {
                // Likelihoods of what is one type add up.
                Some(known) => {
                    known.confidence =
                        ((known.confidence + it.confidence).min(1.0) * 1_000.0).round() / 1_000.0;
                    known.evidence.append(&mut it.evidence);
                    known.evidence.sort_by_key(|it| (it.start, it.end));
                    known.evidence.dedup();
                    known.evidence.truncate(EVIDENCE_MAX);
                }
                None => {
                    it.code = code;
                    suggestions.push(it);
                }
            }
        }
        Categorization { kind: made.kind, suggestions }
    }

    /// This with a change made. Going back is [`Scheme::back_to`]'s.
    ///
    /// # Errors
    ///
    /// [`ChangeError`]: what is to be mended first.
    pub fn with(&self, change: &TaxonomyChange) -> Result<Self, ChangeError> {
        let mut new = self.clone();
        match change {
            TaxonomyChange::Add { category } => new.add(category.clone())?,
            TaxonomyChange::Edit { category } => new.edit(category)?,
            TaxonomyChange::Place { code, after } => new.place(code, after)?,
            TaxonomyChange::Merge { code, into } => {
                if code == into || !self.taxonomy.is_leaf(into) {
                    return Err(ChangeError::Field("into"));
                }
                new.end(code, Some(into.clone()))?;
            }
            TaxonomyChange::Retire { code } => new.end(code, None)?,
            TaxonomyChange::Restore { code } => {
                let at = new.past.iter().position(|it| it.category.code == *code);
                let past = new.past.remove(at.ok_or(ChangeError::Field("code"))?);
                new.add(past.category)?;
            }
            TaxonomyChange::Table { csv } => new.take(table::read(csv).map_err(ChangeError::Table)?),
            TaxonomyChange::GoBack { .. } => return Err(ChangeError::Field("version")),
        }
        Ok(new)
    }

    /// What an earlier version offered. What came since is no longer offered, and keeps its names.
    #[must_use]
    pub fn back_to(&self, earlier: &Self) -> Self {
        let mut new = earlier.clone();
        let now = self.taxonomy.categories().iter().map(|it| Past { category: it.clone(), into: None });
        for it in self.past.iter().cloned().chain(now) {
            if new.get(&it.category.code).is_none() {
                new.past.push(it);
            }
        }
        new
    }

    /// What differs in `new`, in the order of its types.
    pub fn differences(&self, new: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        for before in self.taxonomy.categories() {
            let mut say = |what, after: Option<&Category>, into: Option<String>| {
                let (code, before) = (before.code.clone(), Some(before.clone()));
                found.push(Difference { what, code, before, after: after.cloned(), into });
            };
            let Some(after) = new.taxonomy.get(&before.code) else {
                let into = new.past(&before.code).and_then(|it| it.into.clone());
                say(if into.is_some() { What::Merged } else { What::Retired }, None, into);
                continue;
            };
            if (&before.short_zh, &before.name_zh) != (&after.short_zh, &after.name_zh) {
                say(What::Renamed, Some(after), None);
            }
            if before.parent != after.parent {
                say(What::Moved, Some(after), None);
            }
            let rest = |it: &Category| (it.attention, it.name_en.clone(), it.source.clone());
            if rest(before) != rest(after) {
                say(What::Changed, Some(after), None);
            }
            if self.taxonomy.is_leaf(&before.code) && !new.taxonomy.is_leaf(&before.code) {
                say(What::BecomesGroup, Some(after), None);
            }
        }
        for after in new.taxonomy.categories().iter().filter(|it| self.taxonomy.get(&it.code).is_none()) {
            let before = self.past(&after.code).map(|it| it.category.clone());
            let what = if before.is_some() { What::Restored } else { What::Added };
            found.push(Difference {
                what,
                code: after.code.clone(),
                before,
                after: Some(after.clone()),
                into: None,
            });
        }
        found
    }

    /// Whether types that both offer stand in another order in `new`.
    pub fn is_reordered(&self, new: &Self) -> bool {
        let common = |one: &Self, other: &Self| {
            let all = one.taxonomy.categories().iter().map(|it| it.code.clone());
            all.filter(|it| other.taxonomy.get(it).is_some()).collect::<Vec<_>>()
        };
        common(self, new) != common(new, self)
    }

    /// Whether another scheme suggests other types of the same text.
    pub fn offers_the_same(&self, other: &Self) -> bool {
        let offers = |one: &Self| {
            let codes = one.taxonomy.categories().iter().chain(one.past.iter().map(|it| &it.category));
            let mut all: Vec<(String, Option<String>)> =
                codes.map(|it| (it.code.clone(), one.offered(&it.code).map(str::to_owned))).collect();
            all.retain(|it| it.1.is_some());
            all.sort();
            all
        };
        offers(self) == offers(other)
    }

    fn add(&mut self, category: Category) -> Result<(), ChangeError> {
        check(&category)?;
        if self.get(&category.code).is_some() {
            return Err(ChangeError::Field("code"));
        }
        self.check_parent(&category)?;
        let at = self.end_of(&category.parent);
        self.taxonomy.categories.insert(at, category);
        Ok(())
    }

    fn edit(&mut self, category: &Category) -> Result<(), ChangeError> {
        check(category)?;
        let at = self.taxonomy.categories.iter().position(|it| it.code == category.code);
        let at = at.ok_or(ChangeError::Field("code"))?;
        if self.taxonomy.categories[at].parent == category.parent {
            self.taxonomy.categories[at] = category.clone();
            return Ok(());
        }
        if self.taxonomy.categories.iter().any(|it| it.parent == category.code) {
            return Err(ChangeError::Field("parent"));
        }
        self.check_parent(category)?;
        self.taxonomy.categories.remove(at);
        let at = self.end_of(&category.parent);
        self.taxonomy.categories.insert(at, category.clone());
        Ok(())
    }

    /// A group is of no group itself.
    fn check_parent(&self, category: &Category) -> Result<(), ChangeError> {
        let is_group = |it: &Category| it.parent.is_empty() && it.code != category.code;
        let fits = category.parent.is_empty() || self.taxonomy.get(&category.parent).is_some_and(is_group);
        if fits { Ok(()) } else { Err(ChangeError::Field("parent")) }
    }

    /// Behind the last member of a group; behind all for none.
    fn end_of(&self, group: &str) -> usize {
        let of_group = |it: &Category| group.is_empty() || it.parent == group || it.code == group;
        self.taxonomy.categories.iter().rposition(of_group).map_or(0, |it| it + 1)
    }

    fn end(&mut self, code: &str, into: Option<String>) -> Result<(), ChangeError> {
        if !self.taxonomy.is_leaf(code) {
            return Err(ChangeError::Field("code"));
        }
        let at = self.taxonomy.categories.iter().position(|it| it.code == code);
        let category = self.taxonomy.categories.remove(at.ok_or(ChangeError::Field("code"))?);
        self.past.push(Past { category, into });
        Ok(())
    }

    /// Offers what a table has; what it lacks is retired.
    fn take(&mut self, taxonomy: Taxonomy) {
        let before = std::mem::replace(&mut self.taxonomy, taxonomy);
        self.past.retain(|it| self.taxonomy.get(&it.category.code).is_none());
        let lacking = before.categories.into_iter().filter(|it| self.taxonomy.get(&it.code).is_none());
        let lacking: Vec<Past> = lacking.map(|category| Past { category, into: None }).collect();
        self.past.extend(lacking);
    }
}

/// Whether a code is one: capital letters and digits, a letter first.
pub fn is_code(code: &str) -> bool {
    let letters = code.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit());
    letters && code.len() <= CODE_CHARS_MAX && code.starts_with(|it: char| it.is_ascii_uppercase())
}

fn check(category: &Category) -> Result<(), ChangeError> {
    let Category { code, short_zh, name_zh, name_en, attention, source, parent: _ } = category;
    if !is_code(code) {
        return Err(ChangeError::Field("code"));
    }
    for (field, text, must) in [
        ("short_zh", short_zh, true),
        ("name_zh", name_zh, true),
        ("name_en", name_en, false),
        ("source", source, false),
    ] {
        if check_line(text).is_err() || (must && text.trim().is_empty()) {
            return Err(ChangeError::Field(field));
        }
    }
    if *attention > 2 { Err(ChangeError::Field("attention")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        categorize::{Evidence, KindGuess},
        statement::Kind,
    };

    fn category(code: &str, parent: &str, name: &str) -> Category {
        let [code, parent, name_zh] = [code, parent, name].map(str::to_owned);
        Category {
            code,
            parent,
            short_zh: name_zh.clone(),
            name_zh,
            name_en: String::new(),
            attention: 0,
            source: String::new(),
        }
    }

    fn with(changes: &[TaxonomyChange]) -> Scheme {
        changes.iter().fold(Scheme::shipped(), |scheme, change| scheme.with(change).unwrap())
    }

    fn merge(code: &str, into: &str) -> TaxonomyChange {
        TaxonomyChange::Merge { code: code.to_owned(), into: into.to_owned() }
    }

    fn retire(code: &str) -> TaxonomyChange {
        TaxonomyChange::Retire { code: code.to_owned() }
    }

    fn refused(scheme: &Scheme, change: &TaxonomyChange) -> &'static str {
        match scheme.with(change) {
            Err(ChangeError::Field(field)) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_past_keeps_its_name_and_is_not_offered() {
        let scheme = with(&[retire("GL8"), merge("GL7", "GL2")]);
        assert_eq!(scheme.path_zh("GL8"), "官僚主义 · 碍事");
        assert_eq!((scheme.offered("GL8"), scheme.successor("GL8")), (None, "GL8"));
        assert_eq!((scheme.offered("GL7"), scheme.successor("GL7")), (Some("GL2"), "GL2"));
        assert!(scheme.path_zh("GL7").ends_with("（并入慢作为）"), "{}", scheme.path_zh("GL7"));
        assert_eq!(scheme.with_merged("GL2"), ["GL2", "GL7"]);
        assert_eq!(scheme.past_leaves().map(|it| it.code.as_str()).collect::<Vec<_>>(), ["GL8", "GL7"]);
        assert_eq!(scheme.path_zh("XX9"), "XX9");
    }

    #[test]
    fn merging_twice_leads_to_the_last() {
        let scheme = with(&[merge("GL7", "GL2"), merge("GL2", "GL1")]);
        assert_eq!(scheme.successor("GL7"), "GL1");
        let scheme = scheme.with(&retire("GL1")).unwrap();
        assert_eq!((scheme.successor("GL7"), scheme.offered("GL7")), ("GL1", None));
    }

    #[test]
    fn what_cannot_be_done_names_the_field() {
        let scheme = with(&[retire("GL8")]);
        let add = |code: &str, parent: &str, name: &str| TaxonomyChange::Add {
            category: category(code, parent, name),
        };
        assert_eq!(refused(&scheme, &add("GL1", "GL", "又一个")), "code");
        assert_eq!(
            refused(&scheme, &add("GL8", "GL", "又一个")),
            "code",
            "it is still read under its old name"
        );
        assert_eq!(refused(&scheme, &add("gl9", "GL", "小写")), "code");
        assert_eq!(refused(&scheme, &add("GL9", "GL1", "第三层")), "parent");
        assert_eq!(refused(&scheme, &add("GL9", "GL", " ")), "short_zh");
        assert_eq!(refused(&scheme, &retire("GL")), "code", "it has members");
        assert_eq!(refused(&scheme, &merge("GL1", "GL8")), "into");
        assert_eq!(refused(&scheme, &merge("GL1", "GL1")), "into");
        let group = TaxonomyChange::Edit { category: category("GL", "XS", "官僚主义") };
        assert_eq!(refused(&scheme, &group), "parent");
        assert_eq!(refused(&scheme, &TaxonomyChange::Restore { code: "GL1".to_owned() }), "code");
    }

    #[test]
    fn differences_say_what_becomes_of_each() {
        let before = with(&[retire("GL8")]);
        let mut renamed = before.get("GL2").unwrap().clone();
        renamed.short_zh = "拖延".to_owned();
        renamed.parent = "XS".to_owned();
        let mut after = before.with(&TaxonomyChange::Edit { category: renamed }).unwrap();
        for change in [
            merge("GL7", "GL1"),
            TaxonomyChange::Restore { code: "GL8".to_owned() },
            TaxonomyChange::Add { category: category("QT1", "QT", "别的") },
        ] {
            after = after.with(&change).unwrap();
        }
        let found = before.differences(&after);
        let found: Vec<_> = found.iter().map(|it| (it.code.as_str(), it.what)).collect();
        let expected = [
            ("GL2", What::Renamed),
            ("GL2", What::Moved),
            ("GL7", What::Merged),
            ("QT", What::BecomesGroup),
            ("GL8", What::Restored),
            ("QT1", What::Added),
        ];
        assert_eq!(found, expected);
        assert!(before.is_reordered(&after) && !before.is_reordered(&before));
    }

    #[test]
    fn a_table_retires_what_it_lacks_and_restores_what_it_has() {
        let before = with(&[retire("GL8")]);
        let csv = table::write(&Taxonomy::shipped()).replace("QT,", "QX,");
        let after = before.with(&TaxonomyChange::Table { csv }).unwrap();
        assert!(after.past("GL8").is_none() && after.past("QT").is_some());
        assert!(after.taxonomy.is_leaf("QX"));
    }

    #[test]
    fn going_back_keeps_the_names_of_what_came_since() {
        let early = Scheme::shipped();
        let late =
            with(&[TaxonomyChange::Add { category: category("GL9", "GL", "踢皮球") }, merge("GL7", "GL9")]);
        let back = late.back_to(&early);
        assert_eq!(back.taxonomy, early.taxonomy);
        assert_eq!(back.path_zh("GL9"), "官僚主义 · 踢皮球");
        assert_eq!(back.offered("GL7"), Some("GL7"));
        assert!(back.offers_the_same(&early) && !back.offers_the_same(&late));
    }

    #[test]
    fn suggestions_follow_the_scheme() {
        let made = |of: &[(&str, f64)]| Categorization {
            kind: KindGuess { value: Kind::Problem, confidence: 0.9 },
            suggestions: of
                .iter()
                .map(|(code, confidence)| {
                    let evidence = vec![Evidence { text: (*code).to_owned(), start: 0, end: 3 }];
                    Suggestion { code: (*code).to_owned(), confidence: *confidence, evidence }
                })
                .collect(),
        };
        let scheme = with(&[merge("GL7", "GL2"), retire("GL8")]);
        let adapted = scheme.adapt(made(&[("GL7", 0.4), ("GL2", 0.3)]));
        assert_eq!(adapted.suggestions.len(), 1);
        assert_eq!((adapted.suggestions[0].code.as_str(), adapted.suggestions[0].confidence), ("GL2", 0.7));
        assert_eq!(adapted.suggestions[0].evidence.len(), 2);
        assert_eq!(scheme.adapt(made(&[("GL8", 0.9), ("GL1", 0.1)])), made(&[("GL1", 0.1)]));
    }
}
