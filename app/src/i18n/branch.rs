//! Words of the branch screens.

pub struct BranchText {
    pub title: &'static str,
}

pub static ZH: BranchText = BranchText { title: "支部讨论" };

pub static EN: BranchText = BranchText { title: "Branch meeting" };
