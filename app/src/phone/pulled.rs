//! What was pulled: the campaign, colleagues, the directory, assignments, what became of visits.

use domain::{
    campaign::{Campaign, Colleague},
    changes::{Assignment, Change, Changes, VisitProgress},
    respondent::Respondent,
    sending::History,
};
use serde::{Deserialize, Serialize};

use crate::{
    local::{Database, LocalError, Table, Write},
    phone::shelf::Shelf,
};

/// Everything but the directory.
const REST: &str = "rest";
/// The directory, which is large and changes rarely.
const DIRECTORY: &str = "directory";

/// The directory is written whole: in a long pull only with every so many pages.
const PAGES_AT_ONCE: u32 = 10;

/// What the phone has learned, as of its cursor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pulled {
    rest: Rest,
    pub directory: Shelf<Respondent>,
    /// Pages that are not written yet; after a crash they are pulled again.
    unwritten_n: u32,
    directory_changed: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rest {
    pub cursor: Option<String>,
    /// The server's history that receipts and cursor speak of.
    #[serde(rename = "epoch")]
    pub history: History,
    pub campaign: Option<Campaign>,
    pub colleagues: Shelf<Colleague>,
    pub assignments: Shelf<Assignment>,
    pub progress: Shelf<VisitProgress>,
}

impl std::ops::Deref for Pulled {
    type Target = Rest;

    fn deref(&self) -> &Rest {
        &self.rest
    }
}

impl Pulled {
    /// Whether nothing was pulled yet.
    pub fn is_empty(&self) -> bool {
        self.rest.cursor.is_none() && self.rest.campaign.is_none()
    }

    /// The campaign that signing in told, until a pull tells more.
    pub fn set_campaign(&mut self, campaign: Option<Campaign>) {
        if campaign.is_some() {
            self.rest.campaign = campaign;
        }
    }

    /// Takes a page of changes in; answers what is to be kept, which may be nothing before the last page.
    pub fn take(&mut self, page: Changes) -> Vec<Write> {
        self.directory_changed |= page.restart;
        if page.restart {
            // Superseded by what follows; what the phone recorded itself lies elsewhere.
            self.directory = Shelf::default();
            let history = std::mem::take(&mut self.rest.history);
            self.rest = Rest { campaign: self.rest.campaign.take(), history, ..Rest::default() };
        }
        for change in page.changes {
            match change {
                Change::Respondent { respondent } => {
                    self.directory_changed = true;
                    self.directory.put(respondent.id.0, respondent);
                }
                Change::RespondentGone { id } => {
                    self.directory_changed = true;
                    self.directory.take_out(id.0);
                }
                other => self.rest.take(other),
            }
        }
        self.rest.cursor = Some(page.cursor);
        self.unwritten_n += 1;
        if page.more && self.unwritten_n < PAGES_AT_ONCE {
            return Vec::new();
        }
        self.know(&page.epoch, None)
    }
}

impl Pulled {
    /// Notes the server's history and how far it reached; answers what is to be kept: with the cursor always what it
    /// stands for.
    pub fn know(&mut self, epoch: &str, mark: Option<&str>) -> Vec<Write> {
        self.rest.history.know(epoch, mark);
        self.unwritten_n = 0;
        let mut writes = vec![Write::json(Table::Pulled, REST, &self.rest)];
        if std::mem::take(&mut self.directory_changed) {
            let entries: Vec<&Respondent> = self.directory.things().collect();
            writes.push(Write::json(Table::Pulled, DIRECTORY, &entries));
        }
        writes
    }
}

impl Rest {
    fn take(&mut self, change: Change) {
        match change {
            Change::Campaign { campaign } => self.campaign = Some(campaign),
            Change::Colleague { colleague } => self.colleagues.put(colleague.id.0, colleague),
            Change::ColleagueGone { id } => self.colleagues.take_out(id.0),
            Change::Assignment { assignment } => self.assignments.put(assignment.id.0, assignment),
            Change::AssignmentGone { id } => self.assignments.take_out(id.0),
            Change::VisitProgress { progress } => self.progress.put(progress.visit.0, progress),
            Change::Respondent { .. } | Change::RespondentGone { .. } => {}
        }
    }
}

/// Reads what was pulled before.
///
/// # Errors
///
/// When the store cannot be read. What cannot be understood is pulled anew.
pub async fn read(database: &Database) -> Result<Pulled, LocalError> {
    let rest = database.get(Table::Pulled, REST).await?;
    let directory = database.get(Table::Pulled, DIRECTORY).await?;
    let Some(mut rest) = rest.and_then(|it| crate::json::read::<Rest>(&it).ok()) else {
        return Ok(Pulled::default());
    };
    let entries: Vec<Respondent> =
        directory.and_then(|it| crate::json::read(&it).ok()).unwrap_or_else(|| {
            // Nothing is known of it any more: all is asked for again.
            rest.cursor = None;
            Vec::new()
        });
    let mut directory = Shelf::default();
    for respondent in entries {
        directory.put(respondent.id.0, respondent);
    }
    Ok(Pulled { rest, directory, ..Pulled::default() })
}
