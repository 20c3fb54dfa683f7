//! The rules beside what was learned: all of them, and those that an office wrote itself.

use std::sync::{Arc, OnceLock};

use crate::{
    categorize::{Categorizer, RuleError, SHIPPED_RULES},
    model::likelihoods,
    rules::{Rules, is_kind},
    taxonomy::Taxonomy,
};

/// However many phrases of its own an office found, it is never said that nothing else is possible.
const SURE_MAX: f64 = 0.95;

/// Rules made ready.
pub struct Ruled {
    pub(super) all: Categorizer,
    /// Nothing was learned beside these, so they count by their own weight.
    pub(super) own: Categorizer,
}

impl Ruled {
    /// The rules that ship, made ready once.
    ///
    /// # Panics
    ///
    /// Never: a test reads the files that ship.
    pub fn shipped() -> Arc<Self> {
        static SHIPPED: OnceLock<Arc<Ruled>> = OnceLock::new();
        let make = || {
            let taxonomy = Taxonomy::shipped();
            let ready =
                |rules| Categorizer::new(&taxonomy, rules).expect("the shipped rules are read by a test");
            Arc::new(Self { all: ready(SHIPPED_RULES), own: ready("") })
        };
        Arc::clone(SHIPPED.get_or_init(make))
    }

    /// Makes rules ready. What is about a type that is not in `taxonomy` is passed over.
    ///
    /// # Errors
    ///
    /// [`RuleError`]: lines that do not keep the format.
    pub fn new(rules: &Rules, taxonomy: &Taxonomy) -> Result<Self, RuleError> {
        let rules = &rules.spelled_out();
        let ready = |rules: &Rules| {
            let text = rules.to_text(|it| taxonomy.is_leaf(it) || is_kind(it));
            Categorizer::new(taxonomy, &text)
        };
        Ok(Self { all: ready(rules)?, own: ready(&rules.own())? })
    }
}

/// Makes what stands at `at` at least as likely as `confidence`; the others share the rest as before. `logits` are
/// logarithms of likelihoods.
pub(super) fn raise(logits: &mut [f64], at: usize, confidence: f64) {
    let confidence = confidence.min(SURE_MAX);
    if confidence <= 0.0 || likelihoods(logits.iter().copied())[at] >= confidence {
        return;
    }
    let others = || logits.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, it)| *it);
    let most = others().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = others().map(|it| (it - most).exp()).sum();
    logits[at] = most + sum.ln() + (confidence / (1.0 - confidence)).ln();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_raised_is_as_likely_as_was_said_and_the_others_keep_their_order() {
        let mut logits = [2.0, 1.0, f64::NEG_INFINITY];
        raise(&mut logits, 2, 0.75);
        let likely = likelihoods(logits.into_iter());
        assert!((likely[2] - 0.75).abs() < 1e-9, "{likely:?}");
        assert!((likely[0] / likely[1] - 1.0_f64.exp()).abs() < 1e-9, "{likely:?}");
        let before = logits;
        raise(&mut logits, 2, 0.5);
        assert_eq!(logits.map(f64::to_bits), before.map(f64::to_bits), "nothing is lowered");
        raise(&mut logits, 0, 1.0);
        assert!((likelihoods(logits.into_iter())[0] - SURE_MAX).abs() < 1e-9);
    }
}
