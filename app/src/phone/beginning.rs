//! How a draft begins: with a respondent of the list, one entered on the spot, or without a name.

use domain::{
    changes::Assignment,
    draft::{Beginning, Draft},
    id::RecordId,
    respondent::{Identity, Respondent, RespondentKind},
    role::Role,
    visit::Entered,
};

use crate::{
    clock, ids,
    local::{LocalError, Table, Write},
    phone::{Phone, visits},
    place,
};

/// Whom a visit is to.
#[derive(Clone, Debug, PartialEq)]
pub enum Whom {
    Listed {
        respondent: Respondent,
        assignment: Option<Assignment>,
    },
    /// 现场登记
    OnTheSpot,
    /// 不留名
    Unnamed,
}

/// Why a visit cannot begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoBeginning {
    /// The office has not set a campaign up, or it has not reached this phone.
    NoCampaign,
    /// The account belongs to no unit.
    NoUnit,
    /// What is recorded here may vanish.
    NotHere,
    Local(LocalError),
}

/// Begins a draft, keeps it, and answers its id.
///
/// # Errors
///
/// [`NoBeginning`], to put into words; then nothing was begun.
pub async fn begin(phone: Phone, whom: Whom) -> Result<RecordId, NoBeginning> {
    if place::refusal().is_some() {
        return Err(NoBeginning::NotHere);
    }
    let account = phone.account().ok_or(NoBeginning::NoUnit)?;
    let campaign = phone.pulled.with_untracked(|it| it.campaign.clone()).ok_or(NoBeginning::NoCampaign)?;
    let unit = account.unit.ok_or(NoBeginning::NoUnit)?;
    let id = RecordId(ids::new_id());
    let (respondent_kind, place, identity) = match whom {
        Whom::Listed { respondent, assignment } => {
            let identity = Identity {
                respondent: Some(respondent.id),
                assignment: assignment.map(|it| it.id),
                name: respondent.name,
                organisation: respondent.organisation,
                telephone: respondent.telephone,
                address: respondent.address,
                id_number: String::new(),
            };
            (respondent.kind, respondent.place, Some(identity))
        }
        Whom::OnTheSpot => (RespondentKind::Household, String::new(), Some(Identity::default())),
        Whom::Unnamed => (RespondentKind::Household, String::new(), None),
    };
    let entered = if account.role == Role::Office { Entered::AtDesk } else { Entered::OnTheSpot };
    let beginning = Beginning {
        id,
        campaign: campaign.id,
        unit: unit.id,
        account: account.id,
        name: account.name,
        respondent_kind,
        place,
        identity: identity.map(|it| (RecordId(ids::new_id()), it)),
        entered,
    };
    let mut draft = Draft::begin(beginning, clock::now());
    draft.visit.value.consent.told = campaign.notice_version;
    let write = Write::json(Table::Draft, visits::key(id), &draft);
    phone.keep(&[write]).await.map_err(NoBeginning::Local)?;
    phone.read_all().await;
    Ok(id)
}

/// Opens what was sent for an amendment; answers whether there is such a visit.
///
/// # Errors
///
/// When the store cannot be read or written.
pub async fn amend(phone: Phone, visit: RecordId) -> Result<bool, LocalError> {
    if visits::draft(phone, visit).await?.is_some() {
        return Ok(true);
    }
    let Some(sent) = visits::sent(phone, visit).await? else { return Ok(false) };
    phone.keep(&[Write::json(Table::Draft, visits::key(visit), &sent)]).await?;
    phone.read_all().await;
    Ok(true)
}
