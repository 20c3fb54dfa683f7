//! A questionnaire on paper: what is printed, in order, with room to write.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Kind, Question, Questionnaire, Scale, Texts, text_in};
use crate::{
    envelope::Hash,
    expression::{Comparing, Comparison, Expression, text_from_number},
};

/// How often what repeats is printed; within another repeat once, so that a page is not all blanks.
pub const TURNS_PRINTED: u32 = 3;
/// Most choices that are printed, each with a box; of more one is written down.
const CHOICES_PRINTED_MAX: usize = 40;
/// Most numbers of a scale that are printed to be ticked.
const SCALE_PRINTED_MAX: f64 = 11.0;
/// Lines for a text, and for a longer one.
const LINES: u32 = 2;
const LINES_MANY: u32 = 5;

/// What stands on the pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PrintedQuestionnaire {
    pub id: String,
    pub title: String,
    /// Which version it is, from 1; absent of what is not published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// Names the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Hash>,
    pub lines: Vec<PrintedLine>,
}

/// A question, a heading or a note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PrintedLine {
    /// From 1, the same in each turn; 0 for what is no question.
    pub number: u32,
    /// How many groups it is in.
    pub depth: u32,
    /// What a person reads; `[3]` stands for the answer to the third question.
    pub label: String,
    pub hint: String,
    pub required: bool,
    /// When it is to be filled in; absent for always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// The picture that belongs to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Hash>,
    pub space: Space,
}

/// A choice that is printed with a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PrintedChoice {
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Hash>,
}

/// A condition: of `conditions` all hold, or any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct When {
    pub any: bool,
    /// Empty for what cannot be said so.
    pub conditions: Vec<Condition>,
    /// As the form has it, with `[3]` for the third question.
    pub expression: String,
}

/// What one answer must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Condition {
    pub number: u32,
    pub must: Must,
    /// Choices by their labels.
    pub with: String,
}

/// How an answer is to compare with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Must {
    BeAnswered,
    NotBeAnswered,
    BeChosen,
    NotBeChosen,
    Be,
    NotBe,
    BeLess,
    BeAtMost,
    BeMore,
    BeAtLeast,
}

/// The room below a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Space {
    /// The heading of a group.
    Heading,
    /// The heading of a turn of what repeats, from 1.
    Turn {
        n: u32,
    },
    /// Words alone.
    Note,
    /// Boxes to tick: one, several, or numbers in order; `other` with a line behind the last.
    Choices {
        several: bool,
        ordered: bool,
        other: bool,
        choices: Vec<PrintedChoice>,
    },
    /// One of so many choices, written down.
    OneOf {
        choices_n: u32,
    },
    Lines {
        n: u32,
    },
    Number,
    Day,
    Clock,
    DayAndClock,
    Place,
    /// A picture, a voice or a file: said to be there, and kept apart.
    Apart,
    /// One box.
    Tick,
}

/// What is printed of a form, in its first language.
pub fn printed(form: &Questionnaire) -> Vec<PrintedLine> {
    let numbers: BTreeMap<u32, u32> =
        form.numbers().skip(1).filter(|it| is_asked(form.question(*it))).zip(1..).collect();
    let mut printer = Printer { form, numbers, lines: Vec::new() };
    printer.group(0, false);
    printer.lines
}

/// Whether it is for a person to answer.
fn is_asked(question: &Question) -> bool {
    let computed = question.logic.calculation.is_some() || !question.triggers.is_empty();
    let silent = question.kind.is_silent() || question.kind.is_group() || question.kind == Kind::Note;
    !(silent || question.implied || computed)
}

struct Printer<'q> {
    form: &'q Questionnaire,
    /// By question, the number that is printed.
    numbers: BTreeMap<u32, u32>,
    lines: Vec<PrintedLine>,
}

impl Printer<'_> {
    fn group(&mut self, group: u32, within_repeat: bool) {
        let form = self.form;
        for number in form.question(group).children.iter().copied() {
            let question = form.question(number);
            match question.kind {
                Kind::Repeat => {
                    for n in 1..=if within_repeat { 1 } else { TURNS_PRINTED } {
                        self.line(number, Space::Turn { n });
                        self.group(number, true);
                    }
                }
                Kind::Group => {
                    let n_before = self.lines.len();
                    self.line(number, Space::Heading);
                    self.group(number, within_repeat);
                    // A group of what is computed alone has nothing to fill in.
                    let empty = self.lines.len() == n_before + 1;
                    self.lines.truncate(if empty { n_before } else { self.lines.len() });
                }
                Kind::Note if question.logic.calculation.is_none() => self.line(number, Space::Note),
                _ if is_asked(question) => self.line(number, self.space(number)),
                _ => {}
            }
        }
    }

    fn line(&mut self, number: u32, space: Space) {
        let question = self.form.question(number);
        let language = &self.form.default_language;
        let text = |texts| text_in(texts, language).unwrap_or_default();
        let label = match text(&question.label) {
            "" if question.kind.is_group() => "",
            "" => &question.name,
            label => label,
        };
        let line = PrintedLine {
            number: self.numbers.get(&number).copied().unwrap_or_default(),
            depth: u32::try_from(self.form.path(number).len().saturating_sub(2)).unwrap_or(u32::MAX),
            label: self.numbered(label),
            hint: self.numbered(text(&question.hint)),
            required: question.logic.required.is_some(),
            when: question.logic.relevant.as_ref().map(|it| self.when(it)),
            picture: self.picture(&question.media),
            space,
        };
        self.lines.push(line);
    }

    /// The picture to print: the larger one where there are two.
    fn picture(&self, media: &BTreeMap<String, Texts>) -> Option<Hash> {
        let of = |kind| self.form.medium(media, kind, &self.form.default_language);
        of("big-image").or_else(|| of("image")).filter(|it| it.media_type.is_picture()).map(|it| it.sha256)
    }

    /// The number that is printed of a question's name.
    fn number_of(&self, name: &str) -> Option<u32> {
        self.numbers.get(&self.form.named(name)?).copied()
    }

    /// A text with `[3]` for `${name}` of the third question.
    fn numbered(&self, text: &str) -> String {
        let mut pieces = text.split("${");
        let mut numbered = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            match piece.split_once('}').and_then(|(name, rest)| Some((self.number_of(name.trim())?, rest))) {
                Some((number, rest)) => numbered += &format!("[{number}]{rest}"),
                None => numbered += &format!("${{{piece}"),
            }
        }
        numbered
    }

    fn when(&self, relevant: &Expression) -> When {
        let said = relevant.comparisons();
        let any = said.as_ref().is_some_and(|it| it.any);
        let conditions = said.and_then(|it| it.each.iter().map(|it| self.condition(it)).collect());
        let expression = self.numbered(&relevant.to_string());
        When { any, conditions: conditions.unwrap_or_default(), expression }
    }

    /// `None` where it is about what is not printed.
    fn condition(&self, it: &Comparison) -> Option<Condition> {
        let question = self.form.named(&it.question)?;
        let number = self.numbers.get(&question).copied()?;
        let list = self.form.choices(question);
        let choice = list.and_then(|list| {
            text_in(&list.choices[list.place(&it.with)?].label, &self.form.default_language)
        });
        let must = match (it.comparing, choice.is_some()) {
            (Comparing::Equal, _) if it.with.is_empty() => Must::NotBeAnswered,
            (Comparing::Unequal, _) if it.with.is_empty() => Must::BeAnswered,
            (Comparing::Equal, true) | (Comparing::Chosen, _) => Must::BeChosen,
            (Comparing::Unequal, true) | (Comparing::NotChosen, _) => Must::NotBeChosen,
            (Comparing::Equal, false) => Must::Be,
            (Comparing::Unequal, false) => Must::NotBe,
            (Comparing::Less, _) => Must::BeLess,
            (Comparing::AtMost, _) => Must::BeAtMost,
            (Comparing::More, _) => Must::BeMore,
            (Comparing::AtLeast, _) => Must::BeAtLeast,
        };
        Some(Condition { number, must, with: choice.unwrap_or(&it.with).to_owned() })
    }

    fn space(&self, number: u32) -> Space {
        let question = self.form.question(number);
        let is = |word: &str| question.appearance.iter().any(|it| it == word);
        match &question.kind {
            Kind::SelectOne(_) => self.choices(number, false, false),
            Kind::SelectMultiple(_) => self.choices(number, true, false),
            Kind::Rank(_) => self.choices(number, true, true),
            Kind::Range(scale) => on_scale(*scale),
            Kind::Integer | Kind::Decimal => Space::Number,
            Kind::Date => Space::Day,
            Kind::Time => Space::Clock,
            Kind::DateTime => Space::DayAndClock,
            Kind::Geopoint | Kind::Geotrace | Kind::Geoshape => Space::Place,
            Kind::Image | Kind::Audio | Kind::Video | Kind::File => Space::Apart,
            Kind::Acknowledge => Space::Tick,
            Kind::Barcode => Space::Lines { n: 1 },
            Kind::Text if is("numbers") => Space::Number,
            Kind::Text if is("multiline") => Space::Lines { n: LINES_MANY },
            Kind::Text
            | Kind::Note
            | Kind::Form
            | Kind::Group
            | Kind::Repeat
            | Kind::Calculate
            | Kind::Hidden
            | Kind::Metadata(_) => Space::Lines { n: LINES },
        }
    }

    fn choices(&self, number: u32, several: bool, ordered: bool) -> Space {
        let all = self.form.choices(number).map_or(&[][..], |it| it.choices.as_slice());
        // Answers to another question are not known here.
        if all.is_empty() {
            return Space::Lines { n: LINES };
        }
        if all.len() > CHOICES_PRINTED_MAX {
            return Space::OneOf { choices_n: u32::try_from(all.len()).unwrap_or(u32::MAX) };
        }
        let language = &self.form.default_language;
        let printed = |it: &super::Choice| PrintedChoice {
            label: self.numbered(text_in(&it.label, language).unwrap_or(&it.name)),
            picture: self.picture(&it.media),
        };
        let other = self.form.question(number).kind.choices().is_some_and(|it| it.or_other);
        Space::Choices { several, ordered, other, choices: all.iter().map(printed).collect() }
    }
}

/// The numbers of a scale to be ticked, where they are few.
fn on_scale(scale: Scale) -> Space {
    let steps = (scale.end - scale.start) / scale.step;
    if !(0.0..SCALE_PRINTED_MAX).contains(&steps) {
        return Space::Number;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most SCALE_PRINTED_MAX")]
    let n_steps = steps.floor() as u32;
    let number = |it| text_from_number(scale.start + f64::from(it) * scale.step);
    let choices = (0..=n_steps).map(|it| PrintedChoice { label: number(it), picture: None }).collect();
    Space::Choices { several: false, ordered: false, other: false, choices }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::form, *};

    fn household() -> Questionnaire {
        form(
            "# survey
            type | name | label | relevant | calculation | required | appearance
            start | start | | | | |
            note | hello | 您好 | | | |
            integer | people | 家里几口人 | | | yes |
            select_one yn or_other | helped | 有人帮过吗 | | | |
            text | who | 谁帮过 | ${helped} = 'yes' and ${people} > 1 | | | multiline
            calculate | twice | | | ${people} * 2 | |
            begin_group | more | 还有 | ${twice} > 4 | | |
            range | how | 多满意 | not(selected(${helped}, 'no')) | | |
            end_group | | | | | |
            begin_group | computed | 算出来的 | | | |
            calculate | thrice | | | ${people} * 3 | |
            end_group | | | | | |
            begin_repeat | person | 家里人 | ${who} != '' | | |
            text | called | 怎么称呼（共 ${people} 人） | | | |
            end_repeat | | | | | |
            # choices
            list_name | name | label
            yn | yes | 有
            yn | no | 没有",
        )
    }

    #[test]
    fn what_is_asked_is_numbered_and_has_room() {
        let form = household();
        let lines = printed(&form);
        let of = |number, label: &str| (number, label.to_owned());
        let told: Vec<(u32, String)> = lines.iter().map(|it| (it.number, it.label.clone())).collect();
        let mut expected = vec![
            of(0, "您好"),
            of(1, "家里几口人"),
            of(2, "有人帮过吗"),
            of(3, "谁帮过"),
            of(0, "还有"),
            of(4, "多满意"),
        ];
        for _ in 0..TURNS_PRINTED {
            expected.extend([of(0, "家里人"), of(5, "怎么称呼（共 [1] 人）")]);
        }
        assert_eq!(told, expected);
        assert_eq!(lines[0].space, Space::Note);
        assert_eq!((&lines[1].space, lines[1].required), (&Space::Number, true));
        let printed = |label: String| PrintedChoice { label, picture: None };
        let choices = ["有", "没有", "其他"].map(|it| printed(it.to_owned())).to_vec();
        assert_eq!(lines[2].space, Space::Choices { several: false, ordered: false, other: true, choices });
        assert_eq!(lines[3].space, Space::Lines { n: LINES_MANY });
        let numbers = (1..=10).map(|it| printed(it.to_string())).collect();
        assert_eq!(
            lines[5].space,
            Space::Choices { several: false, ordered: false, other: false, choices: numbers }
        );
        assert_eq!(lines.iter().filter(|it| matches!(it.space, Space::Turn { .. })).count(), 3);
    }

    #[test]
    fn conditions_are_said_by_numbers_and_labels_or_as_they_are() {
        let form = household();
        let lines = printed(&form);
        let of = |number, must, with: &str| Condition { number, must, with: with.to_owned() };
        let when = |n: usize| lines[n].when.clone().unwrap();
        assert_eq!(when(3).conditions, [of(2, Must::BeChosen, "有"), of(1, Must::BeMore, "1")]);
        assert!(!when(3).any);
        assert_eq!((when(4).conditions, when(4).expression.as_str()), (vec![], "${twice} > 4"));
        assert_eq!(when(5).conditions, [of(2, Must::NotBeChosen, "没有")]);
        assert_eq!(when(6).conditions, [of(3, Must::BeAnswered, "")]);
    }
}
