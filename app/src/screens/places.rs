//! The places that each role finds at the left of the desk.

use domain::role::Role;

use crate::i18n::text;

/// An entry of the navigation.
pub struct Place {
    pub href: &'static str,
    pub name: fn() -> &'static str,
}

/// The places of a role, in the order of its day; none before signing in.
pub fn of(role: Option<Role>) -> Vec<Place> {
    let today = Place { href: "/", name: || text().common.today };
    match role {
        None => Vec::new(),
        Some(
            Role::Visitor
            | Role::Section
            | Role::Office
            | Role::Approver
            | Role::Branch
            | Role::Discipline
            | Role::Leader
            | Role::Sysadmin
            | Role::Secadmin
            | Role::Auditor,
        ) => vec![today],
    }
}
