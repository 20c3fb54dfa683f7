//! Roles, and the one table of what each may do.

use serde::{Deserialize, Serialize};

/// What a person is to the system. One person has one role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 走访人员
    Visitor,
    /// 股室站所负责人
    Section,
    /// 综合办公室
    Office,
    /// 签发
    Approver,
    /// 党支部、行业部门
    Branch,
    /// 驻县检察院纪检监察组
    Discipline,
    /// 领导小组
    Leader,
    /// 系统管理员
    Sysadmin,
    /// 安全管理员
    Secadmin,
    /// 审计管理员
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 10] = [
        Self::Visitor,
        Self::Section,
        Self::Office,
        Self::Approver,
        Self::Branch,
        Self::Discipline,
        Self::Leader,
        Self::Sysadmin,
        Self::Secadmin,
        Self::Auditor,
    ];

    /// The word in JSON, in the database and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Section => "section",
            Self::Office => "office",
            Self::Approver => "approver",
            Self::Branch => "branch",
            Self::Discipline => "discipline",
            Self::Leader => "leader",
            Self::Sysadmin => "sysadmin",
            Self::Secadmin => "secadmin",
            Self::Auditor => "auditor",
        }
    }

    /// Whether it is one of the three who keep the server, of which nobody may be two (GB/T 22239-2019).
    pub fn administers(self) -> bool {
        matches!(self, Self::Sysadmin | Self::Secadmin | Self::Auditor)
    }

    /// Whether one person must not have both roles, or have one after the other.
    pub fn excludes(self, other: Self) -> bool {
        self != other && self.administers() && other.administers()
    }

    /// Whether a second factor can be set up for it. A visitor's phone has a key of its own, and is often without a
    /// network.
    pub fn has_second_factor(self) -> bool {
        self != Self::Visitor
    }

    /// The role of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What a route does, in the words of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Record, amend and withdraw visits, and pull what recording needs.
    Record,
    /// See visits, statements and attachments, without identities.
    ReadVisits,
    /// See who was visited; with a reason, and on record.
    ReadIdentity,
    /// Play a voice, which gives its speaker away; with a reason, and on record.
    PlayVoice,
    /// Work the queue: confirm, change, join, pass on, send back.
    Sort,
    /// See issues with what they are made of.
    ReadIssues,
    /// Make, name and join issues.
    EditIssues,
    /// Release an issue to a branch in approved wording.
    Release,
    /// See what was released, in its released wording.
    ReadReleases,
    /// Hold meetings, record points and agree on measures.
    Discuss,
    /// See measures and how far they are.
    ReadMeasures,
    /// See figures.
    ReadFigures,
    /// Export without identities.
    Export,
    /// Export with identities; with a reason, and on record.
    ExportIdentity,
    /// Keep the directory of respondents and hand out assignments.
    Assign,
    /// Name the campaign, its dates and phases.
    KeepCampaign,
    /// Keep units.
    KeepUnits,
    /// Keep accounts.
    KeepAccounts,
    /// End the sessions of others and disable their devices, seeing nothing of these.
    EndSessions,
    /// Take a second factor away from whoever has lost it.
    ResetSecondFactors,
    /// Read the audit log.
    ReadAudit,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 21] = [
        Self::Record,
        Self::ReadVisits,
        Self::ReadIdentity,
        Self::PlayVoice,
        Self::Sort,
        Self::ReadIssues,
        Self::EditIssues,
        Self::Release,
        Self::ReadReleases,
        Self::Discuss,
        Self::ReadMeasures,
        Self::ReadFigures,
        Self::Export,
        Self::ExportIdentity,
        Self::Assign,
        Self::KeepCampaign,
        Self::KeepUnits,
        Self::KeepAccounts,
        Self::EndSessions,
        Self::ResetSecondFactors,
        Self::ReadAudit,
    ];
}

/// How far a permission reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Not at all: answered as if the thing did not exist.
    Nothing,
    /// What the person recorded.
    Own,
    /// What belongs to the person's unit.
    Unit,
    /// The whole campaign.
    Campaign,
}

/// The table: how far `role` may do `action`.
pub fn scope(role: Role, action: Action) -> Scope {
    use Action as A;
    use Scope::{Campaign, Nothing, Own, Unit};
    match role {
        Role::Visitor => match action {
            A::Record | A::ReadVisits | A::ReadIdentity | A::PlayVoice => Own,
            _ => Nothing,
        },
        Role::Section => match action {
            A::Record => Own,
            A::ReadVisits | A::ReadMeasures | A::ReadFigures => Unit,
            _ => Nothing,
        },
        Role::Office => match action {
            A::KeepUnits
            | A::KeepAccounts
            | A::EndSessions
            | A::ResetSecondFactors
            | A::ReadAudit
            | A::Discuss => Nothing,
            _ => Campaign,
        },
        Role::Approver => match action {
            A::ReadVisits
            | A::ReadIssues
            | A::Release
            | A::ReadReleases
            | A::ReadMeasures
            | A::ReadFigures
            | A::Export => Campaign,
            _ => Nothing,
        },
        Role::Branch => match action {
            A::ReadReleases | A::Discuss | A::ReadMeasures => Unit,
            _ => Nothing,
        },
        Role::Discipline => match action {
            A::ReadMeasures => Campaign,
            _ => Nothing,
        },
        Role::Leader => match action {
            A::ReadIssues | A::ReadReleases | A::ReadMeasures | A::ReadFigures => Campaign,
            _ => Nothing,
        },
        Role::Sysadmin => match action {
            A::KeepUnits | A::KeepAccounts | A::EndSessions | A::ResetSecondFactors => Campaign,
            _ => Nothing,
        },
        Role::Secadmin => match action {
            A::ResetSecondFactors => Campaign,
            _ => Nothing,
        },
        Role::Auditor => match action {
            A::ReadAudit => Campaign,
            _ => Nothing,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_administrator_reads_what_was_said() {
        let said = [
            Action::ReadVisits,
            Action::ReadIdentity,
            Action::PlayVoice,
            Action::Sort,
            Action::ReadIssues,
            Action::Export,
            Action::ExportIdentity,
        ];
        for role in [Role::Sysadmin, Role::Secadmin, Role::Auditor] {
            for action in said {
                assert_eq!(scope(role, action), Scope::Nothing, "{role:?} {action:?}");
            }
        }
    }

    #[test]
    fn a_branch_sees_no_visit_and_no_issue_but_what_was_released() {
        for action in Action::ALL {
            let expected = matches!(action, Action::ReadReleases | Action::Discuss | Action::ReadMeasures);
            assert_eq!(scope(Role::Branch, action) != Scope::Nothing, expected, "{action:?}");
        }
    }

    #[test]
    fn a_visitor_sees_only_the_own() {
        for action in Action::ALL {
            assert!(scope(Role::Visitor, action) <= Scope::Own, "{action:?}");
        }
    }

    #[test]
    fn nobody_is_two_of_the_three_administrators() {
        let three = [Role::Sysadmin, Role::Secadmin, Role::Auditor];
        for one in Role::ALL {
            for other in Role::ALL {
                let expected = one != other && three.contains(&one) && three.contains(&other);
                assert_eq!(one.excludes(other), expected, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn every_role_reads_back_from_its_word() {
        for role in Role::ALL {
            assert_eq!(Role::from_word(role.as_str()), Some(role));
        }
    }
}
