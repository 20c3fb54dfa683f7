//! The places that each role finds at the left of the desk.

use domain::role::Role;

use crate::i18n::text;

/// An entry of the navigation.
#[derive(Clone, Copy)]
pub struct Place {
    pub href: &'static str,
    pub name: fn() -> &'static str,
}

const TODAY: Place = Place { href: "/", name: || text().common.today };
const QUEUE: Place = Place { href: "/queue", name: || text().office.queue };
const ISSUES: Place = Place { href: "/issues", name: || text().office.issues };
const REFERRALS: Place = Place { href: "/referrals", name: || text().office.referrals };
const VISITS: Place = Place { href: "/visits", name: || text().office.visits };
const FIGURES: Place = Place { href: "/figures", name: || text().branch.figures };
const SUGGESTIONS: Place = Place { href: "/suggestions", name: || text().suggestions.title };
const TAXONOMY: Place = Place { href: "/taxonomy", name: || text().taxonomy.title };
const RULES: Place = Place { href: "/rules", name: || text().rules.title };
const QUESTIONNAIRES: Place = Place { href: "/questionnaires", name: || text().questionnaires.title };
const EXPORT: Place = Place { href: "/export", name: || text().office.export };
const MEETINGS: Place = Place { href: "/meetings", name: || text().branch.meetings };
const MEASURES: Place = Place { href: "/measures", name: || text().branch.our_measures };
const RESPONDENTS: Place = Place { href: "/respondents", name: || text().setup.respondents };
const ASSIGNMENTS: Place = Place { href: "/assignments", name: || text().setup.assignments };
const CAMPAIGN: Place = Place { href: "/campaign", name: || text().setup.campaign };
const UNITS: Place = Place { href: "/units", name: || text().setup.units };
const ACCOUNTS: Place = Place { href: "/accounts", name: || text().setup.accounts };
const AUDIT: Place = Place { href: "/audit", name: || text().records.audit };
const LOOKS: Place = Place { href: "/looks", name: || text().records.looks };
const HANDOVERS: Place = Place { href: "/handovers", name: || text().handovers.title };
const PERSONS: Place = Place { href: "/persons", name: || text().persons.title };
const REMOVALS: Place = Place { href: "/removals", name: || text().records.removals };
const CLUES: Place = Place { href: "/clues", name: || text().clues.clues };
const START: Place = Place { href: "/start", name: || text().office.desk_entry };

/// The places of a role, in the order of its day: what it does all day, what it looks up, what it sets up now and then. None
/// before signing in.
pub fn of(role: Option<Role>) -> &'static [&'static [Place]] {
    match role {
        None => &[],
        Some(Role::Office) => &[
            &[TODAY, QUEUE, ISSUES, REFERRALS, MEASURES, FIGURES],
            &[VISITS, RESPONDENTS, ASSIGNMENTS, QUESTIONNAIRES, START, EXPORT],
            &[CAMPAIGN, TAXONOMY, RULES, SUGGESTIONS],
            &[HANDOVERS, PERSONS, REMOVALS],
        ],
        Some(Role::Approver) => {
            &[&[TODAY, ISSUES, VISITS, MEETINGS, MEASURES, FIGURES, EXPORT], &[LOOKS, HANDOVERS, PERSONS]]
        }
        Some(Role::Branch) => &[&[TODAY, MEETINGS, MEASURES]],
        Some(Role::Section) => &[&[TODAY, VISITS, MEASURES, FIGURES]],
        Some(Role::Leader) => &[&[TODAY, ISSUES, MEETINGS, MEASURES, FIGURES]],
        Some(Role::Discipline) => &[&[CLUES, MEASURES]],
        Some(Role::Sysadmin) => &[&[TODAY, UNITS, ACCOUNTS]],
        Some(Role::Auditor) => &[&[TODAY, AUDIT, LOOKS, REMOVALS]],
        Some(Role::Secadmin) => &[&[TODAY, ACCOUNTS]],
        Some(Role::Visitor) => &[&[TODAY]],
    }
}
