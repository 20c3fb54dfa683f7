//! Every word the app shows. A language is a value of [`Text`], so a missing translation does not
//! compile and an unused one is a warning.
//!
//! Each area has a file of its own: a struct, and one static per language.

#[cfg(feature = "desk")]
pub mod access;
#[cfg(feature = "desk")]
pub mod branch;
#[cfg(feature = "desk")]
pub mod clues;
pub mod common;
#[cfg(feature = "desk")]
pub mod door;
#[cfg(feature = "desk")]
pub mod editor;
#[cfg(feature = "desk")]
pub mod handovers;
pub mod lock;
#[cfg(feature = "desk")]
pub mod matters;
#[cfg(feature = "desk")]
pub mod office;
#[cfg(feature = "desk")]
pub mod official;
#[cfg(feature = "desk")]
pub mod paper;
#[cfg(feature = "desk")]
pub mod persons;
pub mod problem;
#[cfg(feature = "desk")]
pub mod questionnaires;
#[cfg(feature = "desk")]
pub mod records;
#[cfg(feature = "desk")]
pub mod rising;
#[cfg(feature = "desk")]
pub mod rules;
#[cfg(feature = "desk")]
pub mod setup;
#[cfg(feature = "desk")]
pub mod sign_off;
#[cfg(feature = "desk")]
pub mod suggestions;
#[cfg(feature = "desk")]
pub mod taxonomy;
#[cfg(feature = "desk")]
pub mod transcripts;
pub mod visitor;

use std::cell::Cell;

use crate::{choices, prelude::*};

/// All words, by area.
pub struct Text {
    pub common: &'static common::CommonText,
    pub lock: &'static lock::LockText,
    pub problem: &'static problem::ProblemText,
    pub visitor: &'static visitor::VisitorText,
    #[cfg(feature = "desk")]
    pub access: &'static access::AccessText,
    #[cfg(feature = "desk")]
    pub office: &'static office::OfficeText,
    #[cfg(feature = "desk")]
    pub branch: &'static branch::BranchText,
    #[cfg(feature = "desk")]
    pub clues: &'static clues::CluesText,
    #[cfg(feature = "desk")]
    pub rising: &'static rising::RisingText,
    #[cfg(feature = "desk")]
    pub setup: &'static setup::SetupText,
    #[cfg(feature = "desk")]
    pub handovers: &'static handovers::HandoversText,
    #[cfg(feature = "desk")]
    pub sign_off: &'static sign_off::SignOffText,
    #[cfg(feature = "desk")]
    pub suggestions: &'static suggestions::SuggestionsText,
    #[cfg(feature = "desk")]
    pub official: &'static official::OfficialText,
    #[cfg(feature = "desk")]
    pub taxonomy: &'static taxonomy::TaxonomyText,
    #[cfg(feature = "desk")]
    pub rules: &'static rules::RulesText,
    #[cfg(feature = "desk")]
    pub transcripts: &'static transcripts::TranscriptsText,
    #[cfg(feature = "desk")]
    pub matters: &'static matters::MattersText,
    #[cfg(feature = "desk")]
    pub paper: &'static paper::PaperText,
    #[cfg(feature = "desk")]
    pub persons: &'static persons::PersonsText,
    #[cfg(feature = "desk")]
    pub door: &'static door::DoorText,
    #[cfg(feature = "desk")]
    pub editor: &'static editor::EditorText,
    #[cfg(feature = "desk")]
    pub questionnaires: &'static questionnaires::QuestionnairesText,
    #[cfg(feature = "desk")]
    pub records: &'static records::RecordsText,
}

pub static ZH: Text = Text {
    common: &common::ZH,
    lock: &lock::ZH,
    problem: &problem::ZH,
    visitor: &visitor::ZH,
    #[cfg(feature = "desk")]
    access: &access::ZH,
    #[cfg(feature = "desk")]
    office: &office::ZH,
    #[cfg(feature = "desk")]
    branch: &branch::ZH,
    #[cfg(feature = "desk")]
    clues: &clues::ZH,
    #[cfg(feature = "desk")]
    rising: &rising::ZH,
    #[cfg(feature = "desk")]
    setup: &setup::ZH,
    #[cfg(feature = "desk")]
    door: &door::ZH,
    #[cfg(feature = "desk")]
    editor: &editor::ZH,
    #[cfg(feature = "desk")]
    questionnaires: &questionnaires::ZH,
    #[cfg(feature = "desk")]
    records: &records::ZH,
    #[cfg(feature = "desk")]
    handovers: &handovers::ZH,
    #[cfg(feature = "desk")]
    sign_off: &sign_off::ZH,
    #[cfg(feature = "desk")]
    suggestions: &suggestions::ZH,
    #[cfg(feature = "desk")]
    official: &official::ZH,
    #[cfg(feature = "desk")]
    taxonomy: &taxonomy::ZH,
    #[cfg(feature = "desk")]
    rules: &rules::ZH,
    #[cfg(feature = "desk")]
    transcripts: &transcripts::ZH,
    #[cfg(feature = "desk")]
    matters: &matters::ZH,
    #[cfg(feature = "desk")]
    paper: &paper::ZH,
    #[cfg(feature = "desk")]
    persons: &persons::ZH,
};

pub static EN: Text = Text {
    common: &common::EN,
    lock: &lock::EN,
    problem: &problem::EN,
    visitor: &visitor::EN,
    #[cfg(feature = "desk")]
    access: &access::EN,
    #[cfg(feature = "desk")]
    office: &office::EN,
    #[cfg(feature = "desk")]
    branch: &branch::EN,
    #[cfg(feature = "desk")]
    clues: &clues::EN,
    #[cfg(feature = "desk")]
    rising: &rising::EN,
    #[cfg(feature = "desk")]
    setup: &setup::EN,
    #[cfg(feature = "desk")]
    door: &door::EN,
    #[cfg(feature = "desk")]
    editor: &editor::EN,
    #[cfg(feature = "desk")]
    questionnaires: &questionnaires::EN,
    #[cfg(feature = "desk")]
    records: &records::EN,
    #[cfg(feature = "desk")]
    handovers: &handovers::EN,
    #[cfg(feature = "desk")]
    sign_off: &sign_off::EN,
    #[cfg(feature = "desk")]
    suggestions: &suggestions::EN,
    #[cfg(feature = "desk")]
    official: &official::EN,
    #[cfg(feature = "desk")]
    taxonomy: &taxonomy::EN,
    #[cfg(feature = "desk")]
    rules: &rules::EN,
    #[cfg(feature = "desk")]
    transcripts: &transcripts::EN,
    #[cfg(feature = "desk")]
    matters: &matters::EN,
    #[cfg(feature = "desk")]
    paper: &paper::EN,
    #[cfg(feature = "desk")]
    persons: &persons::EN,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    Zh,
    En,
}

/// The context that holds the reader's language.
#[derive(Clone, Copy)]
pub struct Language(RwSignal<Lang>);

impl Language {
    /// What was chosen on this device; Chinese where nothing was.
    pub fn chosen() -> Self {
        let english = choices::kept("language").is_some_and(|it| it == "en");
        let language = Self(RwSignal::new(if english { Lang::En } else { Lang::Zh }));
        CHOSEN.set(Some(language));
        language
    }

    pub fn get(self) -> Lang {
        self.0.get()
    }

    /// Changes the language of everything on the screen, and for the next time.
    pub fn set(self, lang: Lang) {
        let (kept, tag) = match lang {
            Lang::Zh => ("zh", "zh-CN"),
            Lang::En => ("en", "en"),
        };
        choices::keep("language", kept);
        if let Some(page) = document().document_element() {
            // Setting an attribute of a valid name cannot fail.
            let _ = page.set_attribute("lang", tag);
        }
        self.0.set(lang);
    }
}

thread_local! {
    /// Beside the context, for work that outlives the screen which began it.
    static CHOSEN: Cell<Option<Language>> = const { Cell::new(None) };
}

/// The words in the reader's language; call it inside a closure, so that a change redraws them.
pub fn text() -> &'static Text {
    match CHOSEN.get().map_or(Lang::Zh, Language::get) {
        Lang::Zh => &ZH,
        Lang::En => &EN,
    }
}
