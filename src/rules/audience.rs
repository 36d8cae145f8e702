//! For whom a chain is: the datasources that it decides for, and which of their segments get as far as it.

use crate::druid::{Bounds, decide};

/// A datasource that a chain decides for.
#[derive(Debug, Clone)]
pub(super) struct Audience {
    /// The datasource's number.
    pub number: i64,
    /// The segments that no rule before the chain takes; they share none.
    pub open: Vec<Bounds>,
}

impl Audience {
    /// All segments of a datasource.
    pub fn whole(number: i64) -> Self {
        Self { number, open: vec![Bounds::EVERYTHING] }
    }

    /// What the rules in front leave over.
    pub fn behind(number: i64, rules: &[Bounds]) -> Self {
        let left = decide(rules).into_iter().filter(|one| one.rule.is_none());
        Self { number, open: left.map(|one| one.bounds).collect() }
    }

    /// Of `boxes`, what gets as far as the chain.
    pub fn reached<'a>(&'a self, boxes: &'a [Bounds]) -> impl Iterator<Item = Bounds> + 'a {
        self.open.iter().flat_map(|open| boxes.iter().filter_map(|bounds| bounds.and(open)))
    }
}
