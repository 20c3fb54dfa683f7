//! The taxonomy in use: read once by each server, and anew once another version is there.

use std::sync::{Arc, Mutex, PoisonError};

use domain::{
    id::AccountId,
    problem::{Code, Problem},
    taxonomy::{
        scheme::{ChangeError, Scheme, TaxonomyChange, What},
        versions::{ChangeRequest, CodeUses, Effect, EffectLine},
    },
};

use crate::{
    App,
    error::Error,
    store::{self, Connection, taxonomy::NewVersion},
};

/// The version that was read last, and what it offers.
#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<Option<InUse>>>);

/// A version, and what it offers.
type InUse = (i64, Arc<Scheme>);

/// The version in use and what it offers, as of `db`'s transaction: a count of rows, and no more while it is the same.
///
/// # Errors
///
/// The database's.
pub async fn version_in_use(app: &App, db: &mut Connection) -> Result<InUse, Error> {
    let number = store::taxonomy::latest(db).await?;
    let known = app.taxonomy.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(known) = known.filter(|it| it.0 == number) {
        return Ok(known);
    }
    let scheme = store::taxonomy::scheme(db, number).await?.ok_or(Error::Damaged("taxonomy"))?;
    let read = (number, Arc::new(scheme));
    *app.taxonomy.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(read.clone());
    Ok(read)
}

/// The same without its number.
///
/// # Errors
///
/// The database's.
pub async fn in_use(app: &App, db: &mut Connection) -> Result<Arc<Scheme>, Error> {
    Ok(version_in_use(app, db).await?.1)
}

/// What a change comes to.
struct Changed {
    new: Scheme,
    effect: Effect,
}

/// What a change would do.
///
/// # Errors
///
/// `conflict` when it was decided upon another version; `invalid`; the database's.
pub async fn effect_of(app: &App, request: &ChangeRequest) -> Result<Effect, Error> {
    let mut db = app.db.read().await?;
    let (number, old) = version_in_use(app, &mut db).await?;
    if number != request.version {
        return Err(Code::Conflict.into());
    }
    Ok(changed(&mut db, &old, &request.change).await?.effect)
}

async fn changed(db: &mut Connection, old: &Scheme, change: &TaxonomyChange) -> Result<Changed, Error> {
    let new = match change {
        TaxonomyChange::GoBack { version } => {
            let earlier = store::taxonomy::scheme(db, *version).await?;
            old.back_to(&earlier.ok_or_else(|| Error::invalid("version"))?)
        }
        change => match old.with(change) {
            Ok(new) => new,
            Err(ChangeError::Field(field)) => return Err(Error::invalid(field)),
            Err(ChangeError::Table(faults)) => {
                return Ok(Changed { new: old.clone(), effect: Effect { faults, ..Effect::default() } });
            }
        },
    };
    let uses = store::taxonomy::uses(db).await?;
    let of = |code: &str| uses.get(code).copied().unwrap_or_default();
    let mut effect = Effect { reordered: old.is_reordered(&new), ..Effect::default() };
    for difference in old.differences(&new) {
        let uses = of(&difference.code);
        // What people decided is neither left without a type nor without its name.
        let lost = matches!(change, TaxonomyChange::GoBack { .. }) && difference.what == What::Retired;
        if uses.is_decided() && (lost || difference.what == What::BecomesGroup) {
            effect.against.push(CodeUses { code: difference.code.clone(), uses });
        }
        let issues = store::taxonomy::issues_of(db, &difference.code).await?;
        let releases = store::taxonomy::releases_of(db, &difference.code).await?;
        effect.lines.push(EffectLine { difference, uses, issues, releases });
    }
    if !old.offers_the_same(&new) {
        effect.suggested_anew_n = store::taxonomy::waiting_n(db).await?;
    }
    Ok(Changed { new, effect })
}

/// Makes a change: a new version, in use from now on.
///
/// # Errors
///
/// `conflict` when it was decided upon another version; `invalid`, naming what is against it; the database's.
pub async fn change(app: &App, request: &ChangeRequest, by: AccountId) -> Result<(), Error> {
    let at = app.now();
    let mut db = app.db.write().await?;
    let (number, old) = version_in_use(app, &mut db).await?;
    if number != request.version {
        return Err(Code::Conflict.into());
    }
    let Changed { new, effect } = changed(&mut db, &old, &request.change).await?;
    if !effect.is_possible() {
        return Err(Error::Problem(Box::new(Problem {
            field: Some("change".to_owned()),
            current: serde_json::to_value(&effect).ok(),
            ..Problem::new(Code::Invalid)
        })));
    }
    if number == 1 {
        // As it was shipped then: a later program may ship another.
        let shipped = NewVersion { number, made: None, act: "shipped", code: "", scheme: &old };
        store::taxonomy::add(&mut db, &shipped).await?;
    }
    let (act, code) = request.change.about();
    let next = NewVersion { number: number + 1, made: Some((at, by)), act, code, scheme: &new };
    store::taxonomy::add(&mut db, &next).await?;
    let object = format!("taxonomy_version {}", next.number);
    store::audit::note(&mut db, at, Some(by), "change_taxonomy", &object, act).await?;
    if !old.offers_the_same(&new) {
        store::suggestions::look_at_undecided(&mut db).await?;
    }
    db.commit().await?;
    app.arrived.notify_one();
    Ok(())
}
