//! Roles, and the one table of what each may do: role × action, narrowed by what a thing has come to.

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
    /// Play a voice or see a photo, which give away whom they are of; with a reason, and on record.
    OpenAttachment,
    /// Work the queue: confirm, change, join, pass on, send back.
    Sort,
    /// See issues with what they are made of.
    ReadIssues,
    /// Make, name and join issues.
    EditIssues,
    /// Propose the wording in which an issue goes to a branch, and take it back.
    Release,
    /// Approve or return what someone else proposed to release.
    Approve,
    /// See what was released, in its released wording.
    ReadReleases,
    /// See meetings with what was noted, and their minutes.
    ReadMeetings,
    /// Hold meetings, record points, agree on measures and see them through.
    Discuss,
    /// See measures and how far they are.
    ReadMeasures,
    /// See figures.
    ReadFigures,
    /// Export without identities.
    Export,
    /// Export with identities; with a reason, and on record.
    ExportIdentity,
    /// Take questionnaires in, publish and close them.
    KeepQuestionnaires,
    /// Change the taxonomy and the rules by which types are suggested.
    KeepTaxonomy,
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
    /// See who opened names, voices and photos on a day, without whose.
    ReadLooks,
    /// See what is kept for how long, and how many of it went when.
    ReadRemovals,
    /// Find everything of one person, hand it out, and propose to destroy it; with a reason, and on record.
    KeepPersons,
    /// Approve or return what someone else proposed to destroy.
    SignOffErasure,
    /// Propose to hand what was said over to the discipline group.
    HandOver,
    /// Sign off or return what someone else proposed to hand over.
    SignOffHandover,
    /// Seal what was said to the discipline group; nothing of it can be read afterwards.
    SealClue,
    /// Read clues, as far as they were sealed to the own key, and keep their ledger.
    ReadClues,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 33] = [
        Self::Record,
        Self::ReadVisits,
        Self::ReadIdentity,
        Self::OpenAttachment,
        Self::Sort,
        Self::ReadIssues,
        Self::EditIssues,
        Self::Release,
        Self::Approve,
        Self::ReadReleases,
        Self::ReadMeetings,
        Self::Discuss,
        Self::ReadMeasures,
        Self::ReadFigures,
        Self::Export,
        Self::ExportIdentity,
        Self::KeepQuestionnaires,
        Self::KeepTaxonomy,
        Self::Assign,
        Self::KeepCampaign,
        Self::KeepUnits,
        Self::KeepAccounts,
        Self::EndSessions,
        Self::ResetSecondFactors,
        Self::ReadAudit,
        Self::ReadLooks,
        Self::ReadRemovals,
        Self::KeepPersons,
        Self::SignOffErasure,
        Self::HandOver,
        Self::SignOffHandover,
        Self::SealClue,
        Self::ReadClues,
    ];
}

/// What a thing has come to, as far as that decides who may do what with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// A revision that was set aside: whose it is and of which unit is only what it says of itself.
    Parked,
    /// A meeting that is being held or prepared.
    Open,
    /// A meeting whose minutes change no more.
    Closed,
    /// A measure that is being talked about.
    Discussed,
    /// A measure that was agreed on.
    Agreed,
    /// A release that waits for a second person.
    Proposed,
    /// A release that a second person approved.
    Approved,
    /// A release that a second person returned.
    Returned,
    /// A release that was taken back.
    TakenBack,
}

impl Stage {
    /// All stages.
    pub const ALL: [Self; 9] = [
        Self::Parked,
        Self::Open,
        Self::Closed,
        Self::Discussed,
        Self::Agreed,
        Self::Proposed,
        Self::Approved,
        Self::Returned,
        Self::TakenBack,
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
    /// The whole campaign, but what the person did themselves: a second person is needed.
    Others,
    /// The whole campaign.
    Campaign,
}

/// The table's stages: how far `role` may do `action` with a thing that has come to `stage`; never further than [`scope`].
pub fn scope_in(role: Role, action: Action, stage: Stage) -> Scope {
    let widest = scope(role, action);
    // What is not approved is read by those who may propose and take back.
    let proposes = action == Action::ReadReleases && scope(role, Action::Release) != Scope::Nothing;
    let within = match stage {
        Stage::Parked => action == Action::ReadVisits && widest == Scope::Campaign,
        Stage::Open => matches!(action, Action::ReadMeetings | Action::Discuss),
        Stage::Closed => action == Action::ReadMeetings,
        // What is only talked about is read in its meeting.
        Stage::Discussed => matches!(action, Action::ReadMeetings | Action::Discuss),
        Stage::Agreed => matches!(action, Action::ReadMeetings | Action::ReadMeasures | Action::Discuss),
        Stage::Proposed => proposes || matches!(action, Action::Release | Action::Approve),
        Stage::Approved => matches!(action, Action::ReadReleases | Action::Release),
        Stage::Returned | Stage::TakenBack => proposes,
    };
    if within { widest } else { Scope::Nothing }
}

/// The table: how far `role` may do `action`, whatever its thing has come to.
pub fn scope(role: Role, action: Action) -> Scope {
    use Action as A;
    use Scope::{Campaign, Nothing, Others, Own, Unit};
    match role {
        Role::Visitor => match action {
            A::Record | A::ReadVisits | A::ReadIdentity | A::OpenAttachment | A::SealClue => Own,
            _ => Nothing,
        },
        Role::Section => match action {
            A::Record | A::SealClue => Own,
            A::ReadVisits | A::ReadMeasures | A::ReadFigures => Unit,
            _ => Nothing,
        },
        Role::Office => match action {
            A::KeepUnits
            | A::KeepAccounts
            | A::EndSessions
            | A::ResetSecondFactors
            | A::ReadAudit
            | A::ReadLooks
            | A::Discuss
            | A::Approve
            | A::SignOffErasure
            | A::SignOffHandover
            | A::SealClue
            | A::ReadClues => Nothing,
            _ => Campaign,
        },
        Role::Approver => match action {
            A::ReadVisits
            | A::ReadIssues
            | A::Release
            | A::ReadReleases
            | A::ReadMeetings
            | A::ReadMeasures
            | A::ReadFigures
            | A::ReadLooks
            | A::Export => Campaign,
            A::Approve | A::SignOffErasure | A::SignOffHandover => Others,
            _ => Nothing,
        },
        Role::Branch => match action {
            A::ReadReleases | A::ReadMeetings | A::Discuss | A::ReadMeasures => Unit,
            _ => Nothing,
        },
        Role::Discipline => match action {
            A::ReadMeasures | A::ReadClues => Campaign,
            // Slips that a messenger brings.
            A::SealClue => Own,
            _ => Nothing,
        },
        Role::Leader => match action {
            A::ReadIssues | A::ReadReleases | A::ReadMeetings | A::ReadMeasures | A::ReadFigures => Campaign,
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
            A::ReadAudit | A::ReadLooks | A::ReadRemovals => Campaign,
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
            Action::OpenAttachment,
            Action::Sort,
            Action::ReadIssues,
            Action::Export,
            Action::ExportIdentity,
            Action::KeepPersons,
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
            let expected = matches!(
                action,
                Action::ReadReleases | Action::ReadMeetings | Action::Discuss | Action::ReadMeasures
            );
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
    fn a_section_is_told_nobodys_name() {
        for action in
            [Action::ReadIdentity, Action::OpenAttachment, Action::ExportIdentity, Action::KeepPersons]
        {
            assert_eq!(scope(Role::Section, action), Scope::Nothing, "{action:?}");
        }
        assert_eq!(scope(Role::Section, Action::ReadVisits), Scope::Unit);
    }

    #[test]
    fn what_was_set_aside_is_seen_by_those_who_see_the_whole_campaign() {
        let see = Role::ALL.map(|it| scope_in(it, Action::ReadVisits, Stage::Parked));
        let whole = Role::ALL.map(|it| matches!(it, Role::Office | Role::Approver));
        assert_eq!(see.map(|it| it != Scope::Nothing), whole);
    }

    #[test]
    fn clues_are_the_discipline_groups_alone() {
        for role in Role::ALL {
            let reads = scope(role, Action::ReadClues) != Scope::Nothing;
            assert_eq!(reads, role == Role::Discipline, "{role:?}");
        }
    }

    #[test]
    fn nobody_approves_what_they_proposed_and_only_what_is_approved_leaves() {
        for role in Role::ALL {
            assert!(scope(role, Action::Approve) <= Scope::Others, "{role:?}");
            let reads = |it| scope_in(role, Action::ReadReleases, it) != Scope::Nothing;
            let proposes = scope(role, Action::Release) != Scope::Nothing;
            let rest = [Stage::Proposed, Stage::Returned, Stage::TakenBack].map(reads);
            assert_eq!(rest, [proposes; 3], "{role:?}");
        }
        assert_eq!(scope_in(Role::Branch, Action::ReadReleases, Stage::Approved), Scope::Unit);
    }

    #[test]
    fn no_stage_gives_more_than_the_table() {
        for role in Role::ALL {
            for action in Action::ALL {
                for stage in Stage::ALL {
                    assert!(
                        scope_in(role, action, stage) <= scope(role, action),
                        "{role:?} {action:?} {stage:?}"
                    );
                }
            }
            assert_eq!(scope_in(role, Action::Discuss, Stage::Closed), Scope::Nothing, "{role:?}");
        }
    }

    #[test]
    fn every_role_reads_back_from_its_word() {
        for role in Role::ALL {
            assert_eq!(Role::from_word(role.as_str()), Some(role));
        }
    }
}
