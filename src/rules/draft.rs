//! Findings before anyone has counted: which segments each is about, and whether the count decides if it is one.

use serde_json::json;

use crate::druid::Bounds;
use crate::error::Result;
use crate::rules::report::Finding;
use crate::store::{Store, sql};

/// When a draft is a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// However many segments it is about.
    Always,
    /// When there are any.
    Some,
    /// When there are none.
    None,
}

/// A finding whose segments have not been counted.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub finding: Finding,
    pub when: When,
    /// By datasource number; they share no segment.
    pub boxes: Vec<(i64, Bounds)>,
}

/// Made once a connection; small, and gone with it.
const TABLE: &str = "CREATE TEMP TABLE IF NOT EXISTS finding_box (
         finding INTEGER NOT NULL, datasource_id INTEGER NOT NULL,
         start_min INTEGER NOT NULL, start_max INTEGER NOT NULL, end_min INTEGER NOT NULL, end_max INTEGER NOT NULL
     );
     DELETE FROM temp.finding_box;";

/// Boxes that go to the store in one statement.
const BATCH: usize = 10_000;

/// Counts the used segments of all drafts in one statement, and keeps those that are findings.
///
/// # Errors
/// SQLite's.
pub(super) fn count(store: &Store, drafts: Vec<Draft>) -> Result<Vec<Finding>> {
    let operation = "cannot count the segments of rules";
    store.batch(operation, TABLE)?;
    let mut boxes = drafts.iter().enumerate().flat_map(|(index, draft)| {
        draft.boxes.iter().map(move |(number, bounds)| {
            let Bounds { start_min, start_max, end_min, end_max } = bounds;
            json!([index, number, start_min, start_max, end_min, end_max])
        })
    });
    loop {
        let batch: Vec<_> = boxes.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        let batch = json!(batch).to_string();
        store.execute(operation, sql::rules::ADD_FINDING_BOXES, &[(":boxes", &batch)])?;
    }
    let counts = store.rows(operation, sql::rules::COUNT_FINDING_BOXES, &[], |row| {
        Ok((row.get::<_, usize>(0)?, row.get::<_, u64>(1)?))
    })?;
    let counts: std::collections::HashMap<usize, u64> = counts.into_iter().collect();
    let counted = drafts.into_iter().enumerate().filter_map(|(index, draft)| {
        let segments = counts.get(&index).copied().unwrap_or(0);
        let is_finding = match draft.when {
            When::Always => true,
            When::Some => segments > 0,
            When::None => segments == 0,
        };
        is_finding.then_some(Finding { segments, ..draft.finding })
    });
    Ok(counted.collect())
}
