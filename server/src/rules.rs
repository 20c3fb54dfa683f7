//! The rules that an office changes: trying them on what was said, keeping them as versions.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    categorize::Categorizer,
    id::AccountId,
    problem::Code,
    rules::{
        LineCount, Rules, RulesChange, RulesRequest, SAMPLES_MAX, SYNONYMS, Sample, Sentence, TRIED_MAX,
        Trial, Tried, TypeRules, is_kind,
    },
    suggesting::Ruled,
    taxonomy::scheme::Scheme,
};

use crate::{
    App,
    error::Error,
    store::{self, Connection},
    suggester, taxonomy,
};

/// A trial takes no longer.
const TRIAL_MAX: Duration = Duration::from_millis(500);

/// The rules of a version.
///
/// # Errors
///
/// `invalid` without such a version; the database's.
pub async fn of_version(db: &mut Connection, number: i64) -> Result<Rules, Error> {
    match store::rules::body(db, number).await? {
        Some(body) => Ok(Rules::of_text(&body)),
        // Nothing was changed yet.
        None if number == 1 => Ok(Rules::shipped()),
        None => Err(Error::invalid("version")),
    }
}

/// Makes rules ready, off the serving threads. What is about a type that nobody knows here is passed over.
async fn ready(rules: Rules, scheme: Arc<Scheme>) -> Result<Arc<Ruled>, Error> {
    let make = move || Ruled::new(&rules, &scheme.with_past()).map(Arc::new);
    let made = tokio::task::spawn_blocking(make).await.map_err(|_| Error::from(Code::Internal))?;
    made.map_err(|_| Error::Damaged("rules"))
}

/// Sees that rules can be kept for a target.
fn check_target(scheme: &Scheme, target: &str) -> Result<(), Error> {
    let is_known = scheme.taxonomy.is_leaf(target) || is_kind(target) || target == SYNONYMS;
    if is_known { Ok(()) } else { Err(Error::invalid("target")) }
}

/// What the lines of a type would match in the latest statements, off the serving threads and for half a second at most.
///
/// # Errors
///
/// `invalid` without such a type; the database's.
pub async fn try_on_statements(app: &App, of_type: TypeRules) -> Result<Trial, Error> {
    let mut db = app.db.read().await?;
    let scheme = taxonomy::in_use(app, &mut db).await?;
    check_target(&scheme, &of_type.target)?;
    let number = store::rules::latest(&mut db).await?;
    let kept = of_version(&mut db, number).await?;
    let lines = match kept.alone(&of_type) {
        Ok(lines) => lines,
        Err(faults) => return Ok(Trial { faults, ..Trial::default() }),
    };
    let said = store::rules::said(&mut db, TRIED_MAX).await?;
    drop(db);
    let rules = alone(&lines, &scheme)?;
    let typed = of_type.text.lines().enumerate().filter(|(_, it)| !it.trim().is_empty());
    let lines = typed.map(|(n, _)| LineCount { line: n + 1, matched_n: 0 }).collect();
    let look = move || {
        let more = said.len() == TRIED_MAX as usize;
        let (began, mut trial) = (Instant::now(), Trial { more, lines, ..Trial::default() });
        for text in &said {
            if began.elapsed() > TRIAL_MAX {
                trial.more = true;
                break;
            }
            trial.looked_at_n += 1;
            let found = rules.lines_said(text);
            trial.matched_n += u32::from(!found.is_empty());
            for line in found {
                trial.lines[line - 1].matched_n += 1;
            }
            if trial.samples.len() < SAMPLES_MAX {
                trial.samples.extend(samples(&rules, text).into_iter().next());
            }
        }
        trial
    };
    tokio::task::spawn_blocking(look).await.map_err(|_| Code::Internal.into())
}

/// The lines of one type made ready by themselves; blank ones do not count.
fn alone(lines: &Rules, scheme: &Scheme) -> Result<Categorizer, Error> {
    Categorizer::new(&scheme.with_past(), &lines.to_text(|_| true)).map_err(|_| Error::invalid("text"))
}

fn samples(rules: &Categorizer, text: &str) -> Vec<Sample> {
    let letters: Vec<char> = text.chars().collect();
    rules.matches(text).into_iter().map(|it| Sample::of(&letters, it.start, it.end, it.denied)).collect()
}

/// What the lines of a type match in a sentence, and what would be suggested of it with them.
///
/// # Errors
///
/// `invalid` without such a type; the database's.
pub async fn try_on_sentence(app: &App, request: Sentence) -> Result<Tried, Error> {
    domain::text::check_text(&request.sentence).map_err(|_| Error::invalid("sentence"))?;
    let now = suggester::in_use(app).await?;
    let mut db = app.db.read().await?;
    let scheme = Arc::clone(&now.scheme);
    check_target(&scheme, &request.rules.target)?;
    let number = store::rules::latest(&mut db).await?;
    let kept = of_version(&mut db, number).await?;
    drop(db);
    let (all, lines) = match kept.with(&request.rules).and_then(|all| Ok((all, kept.alone(&request.rules)?)))
    {
        Ok(both) => both,
        Err(faults) => return Ok(Tried { faults, matches: Vec::new(), made: None }),
    };
    let own = alone(&lines, &scheme)?;
    let all = ready(all, Arc::clone(&scheme)).await?;
    let made = scheme.adapt(now.suggester.with_rules(all).suggest(&request.sentence));
    Ok(Tried { faults: Vec::new(), matches: samples(&own, &request.sentence), made: Some(made) })
}

/// Makes a version, in use from now on; what nobody decided on yet is suggested anew.
///
/// # Errors
///
/// `conflict` when it was decided upon another version; `invalid`; the database's.
pub async fn change(app: &App, request: &RulesRequest, by: AccountId) -> Result<(), Error> {
    let at = app.now();
    let mut db = app.db.write().await?;
    let number = store::rules::latest(&mut db).await?;
    if number != request.version {
        return Err(Code::Conflict.into());
    }
    let old = of_version(&mut db, number).await?;
    let (new, target) = match &request.change {
        RulesChange::Save { rules } => {
            let scheme = taxonomy::in_use(app, &mut db).await?;
            check_target(&scheme, &rules.target)?;
            (old.with(rules).map_err(|_| Error::invalid("text"))?, rules.target.as_str())
        }
        RulesChange::GoBack { version } => (of_version(&mut db, *version).await?, ""),
    };
    if new == old {
        return Err(Error::invalid("change"));
    }
    if number == 1 {
        // As they were shipped then: a later program may ship others.
        store::rules::add(&mut db, number, None, "", &old.to_text(|_| true)).await?;
    }
    store::rules::add(&mut db, number + 1, Some((at, by)), target, &new.to_text(|_| true)).await?;
    let object = format!("rules_version {}", number + 1);
    store::audit::note(&mut db, at, Some(by), "change_rules", &object, target).await?;
    store::suggestions::look_at_undecided(&mut db).await?;
    db.commit().await?;
    app.arrived.notify_one();
    Ok(())
}
