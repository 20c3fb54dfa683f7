//! What the parameters column may say of each type: the keys of xlsform.org, and what stands for them.

use super::{Kind, Metadatum};
use crate::expression::number_from_text;

/// What a parameter can be.
#[derive(Clone, Copy)]
enum Said {
    Any,
    Number,
    Truth,
    /// One of these words, parted by blanks.
    Of(&'static str),
}

type Known = (&'static str, Said);

const ACCURACY: [Known; 2] = [("allow-mock-accuracy", Said::Truth), ("reference-geometry", Said::Any)];
const CHOICES: [Known; 4] =
    [("randomize", Said::Truth), ("seed", Said::Any), ("value", Said::Any), ("label", Said::Any)];
const RANGE: [Known; 6] = [
    ("start", Said::Number),
    ("end", Said::Number),
    ("step", Said::Number),
    ("tick_interval", Said::Number),
    ("placeholder", Said::Number),
    ("tick_labelset", Said::Any),
];
const AUDIT: [Known; 6] = [
    ("location-priority", Said::Of("no-power low-power balanced high-accuracy")),
    ("location-min-interval", Said::Number),
    ("location-max-age", Said::Number),
    ("track-changes", Said::Truth),
    ("track-changes-reasons", Said::Of("on-form-edit")),
    ("identify-user", Said::Truth),
];

/// The keys that a type has, some of them in a second list, and what one could write. `None` where any key may be.
fn known(kind: &Kind) -> Option<(&'static [Known], &'static [Known], &'static str)> {
    Some(match kind {
        Kind::Range(_) => (&RANGE, &[], "start=1 end=10 step=1"),
        Kind::SelectOne(_) | Kind::SelectMultiple(_) | Kind::Rank(_) => {
            (&CHOICES, &[], "randomize=true seed=42; value=name label=label")
        }
        Kind::Text => (&[("rows", Said::Number)], &[], "rows=3"),
        Kind::Image => (&[("max-pixels", Said::Number), ("app", Said::Any)], &[], "max-pixels=1024"),
        Kind::Audio | Kind::Metadata(Metadatum::BackgroundAudio) => {
            const WORDS: &str = "voice-only low normal external";
            (&[("quality", Said::Of(WORDS))], &[], "quality=voice-only, low, normal, external")
        }
        Kind::Geopoint => (
            &[("capture-accuracy", Said::Number), ("warning-accuracy", Said::Number)],
            &ACCURACY,
            "capture-accuracy=5 warning-accuracy=100",
        ),
        Kind::Geotrace | Kind::Geoshape => {
            (&[("incremental", Said::Truth)], &ACCURACY, "incremental=true allow-mock-accuracy=false")
        }
        Kind::Metadata(Metadatum::Audit) => {
            (&AUDIT, &[], "location-priority=balanced location-min-interval=60 location-max-age=120")
        }
        _ => return None,
    })
}

/// What one could write instead, where a type cannot have this parameter, or not with this value.
pub(super) fn instead_of(kind: &Kind, key: &str, value: &str) -> Option<&'static str> {
    let (some, more, example) = known(kind)?;
    let Some((_, said)) = some.iter().chain(more).find(|(it, _)| *it == key) else { return Some(example) };
    let fits = match said {
        Said::Any => true,
        Said::Number => number_from_text(value).is_finite(),
        Said::Truth => matches!(value, "true" | "false" | "yes" | "no"),
        Said::Of(words) => words.split(' ').any(|it| it == value),
    };
    (!fits).then_some(example)
}
