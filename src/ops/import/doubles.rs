//! Rows of one dump that have an id twice, with other values: what the database would make of them.

use crate::dump::{BadRow, OnDuplicate};
use crate::escape::escape;

/// How many are kept of a statement, to be told of.
const KEPT: usize = 20;

/// Rows whose statement has not ended yet, so that nobody knows whether they are wrong.
#[derive(Debug, Default)]
pub(super) struct Doubles {
    open: Vec<(u64, String)>,
    /// Those beyond what is kept.
    more: u64,
}

impl Doubles {
    /// Whether the row that was there first stays as it is; a row that is wrong is told by `settle`.
    pub fn keep_first(&mut self, told: OnDuplicate, line: u64, id: &str) -> bool {
        match told {
            OnDuplicate::Last => false,
            OnDuplicate::First => true,
            OnDuplicate::Refused | OnDuplicate::Updates | OnDuplicate::Open => {
                if self.open.len() < KEPT {
                    self.open.push((line, id.to_owned()));
                } else {
                    self.more += 1;
                }
                true
            }
        }
    }

    /// Ends a statement: the rows of it that are wrong, and how many more there are.
    pub fn settle(&mut self, told: OnDuplicate) -> (Vec<BadRow>, u64) {
        let (open, more) = (std::mem::take(&mut self.open), std::mem::take(&mut self.more));
        let why = match told {
            OnDuplicate::Last | OnDuplicate::First => return (Vec::new(), 0),
            OnDuplicate::Updates => "and what ON … UPDATE makes of the first is not read",
            OnDuplicate::Refused | OnDuplicate::Open => "which a database refuses",
        };
        let bad = |(line, id): (u64, String)| {
            let message =
                format!("has the id '{}' of a row before it and other values, {why}", escape(&id));
            BadRow { line, column: Some("id".to_owned()), message }
        };
        (open.into_iter().map(bad).collect(), more)
    }
}
