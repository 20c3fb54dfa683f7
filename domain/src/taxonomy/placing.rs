//! The order of types within their group, and of groups: nothing but where they are shown and counted.

use super::{
    Category,
    scheme::{ChangeError, Scheme},
};

impl Scheme {
    /// What stands beside a type in its group, or beside a group, in their order; itself is left out.
    pub fn beside(&self, code: &str) -> Vec<&Category> {
        let Some(category) = self.taxonomy.get(code) else { return Vec::new() };
        let all = self.taxonomy.categories().iter();
        all.filter(|it| it.parent == category.parent && it.code != code).collect()
    }

    /// What it stands behind; `None` where it is the first.
    pub fn stands_after(&self, code: &str) -> Option<&Category> {
        let parent = &self.taxonomy.get(code)?.parent;
        let before = self.taxonomy.categories().iter().take_while(|it| it.code != code);
        before.filter(|it| it.parent == *parent).last()
    }

    /// Puts a type behind another of its group, a group with its members behind another group; behind none: first.
    pub(super) fn place(&mut self, code: &str, after: &str) -> Result<(), ChangeError> {
        let category = self.taxonomy.get(code).ok_or(ChangeError::Field("code"))?;
        let parent = category.parent.clone();
        if !(after.is_empty() || self.beside(code).iter().any(|it| it.code == after)) {
            return Err(ChangeError::Field("after"));
        }
        let is_moved = |it: &Category| it.code == code || it.parent == code;
        let all = std::mem::take(&mut self.taxonomy.categories);
        let (moved, mut rest): (Vec<_>, Vec<_>) = all.into_iter().partition(is_moved);
        let place = if after.is_empty() {
            rest.iter().position(|it| it.code == parent).map_or(0, |it| it + 1)
        } else {
            let of_it = |it: &Category| it.code == after || it.parent == after;
            rest.iter().rposition(of_it).map_or(0, |it| it + 1)
        };
        rest.splice(place..place, moved);
        self.taxonomy.categories = rest;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::scheme::TaxonomyChange, *};

    fn codes(scheme: &Scheme) -> Vec<&str> {
        scheme.taxonomy.categories().iter().map(|it| it.code.as_str()).collect()
    }

    fn placed(code: &str, after: &str) -> Result<Scheme, ChangeError> {
        let change = TaxonomyChange::Place { code: code.to_owned(), after: after.to_owned() };
        Scheme::shipped().with(&change)
    }

    #[test]
    fn a_type_goes_where_it_is_put_in_its_group() {
        let shipped = Scheme::shipped();
        let after = placed("GL3", "").unwrap();
        let at = |scheme: &Scheme, code: &str| codes(scheme).iter().position(|it| *it == code).unwrap();
        assert_eq!(at(&after, "GL3"), at(&after, "GL") + 1);
        assert!(after.stands_after("GL3").is_none());
        assert_eq!(after.stands_after("GL1").unwrap().code, "GL3");
        let last = shipped.beside("GL1").last().unwrap().code.clone();
        let after = placed("GL1", &last).unwrap();
        assert_eq!(after.stands_after("GL1").unwrap().code, last);
        assert!(shipped.is_reordered(&after) && shipped.differences(&after).is_empty());
        assert_eq!(codes(&after).len(), codes(&shipped).len());
    }

    #[test]
    fn a_group_takes_its_members_along() {
        let last = Scheme::shipped().beside("ZX").last().unwrap().code.clone();
        let after = placed("ZX", &last).unwrap();
        let place = codes(&after).iter().position(|it| *it == "ZX").unwrap();
        assert_eq!(&codes(&after)[place..place + 3], ["ZX", "ZX1", "ZX2"]);
        assert_eq!(placed("ZX", "").unwrap().taxonomy.categories()[0].code, "ZX");
    }

    #[test]
    fn it_stays_in_its_group() {
        assert_eq!(placed("GL1", "ZX1").unwrap_err(), ChangeError::Field("after"));
        assert_eq!(placed("GL1", "GL1").unwrap_err(), ChangeError::Field("after"));
        assert_eq!(placed("NO1", "").unwrap_err(), ChangeError::Field("code"));
    }
}
