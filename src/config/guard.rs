//! Guards: limits beyond which a run is refused before it commits anything.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{At, Mistake, Mistakes};

/// The keys of a `[guard]` table, in job files and in `lopper.toml`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
pub struct GuardSpec {
    /// At most this many segments may change or be deleted in one run.
    #[schemars(range(min = 0), example = 50000)]
    pub max_segments: Option<i64>,
    /// At most this share of a datasource may change in one run: in percent of its used segments
    /// for marks, of all its segments for kill.
    #[schemars(range(min = 0, max = 100), example = 25)]
    pub max_percent: Option<f64>,
}

/// Limits of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Guard {
    /// Segments per run. `None`: no limit.
    pub max_segments: Option<u64>,
    /// Percent (0–100) per run and datasource. `None`: no limit.
    pub max_percent: Option<f64>,
}

impl Guard {
    /// This guard, with `other`'s limit where this one has none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            max_segments: self.max_segments.or(other.max_segments),
            max_percent: self.max_percent.or(other.max_percent),
        }
    }
}

impl GuardSpec {
    /// The guard these keys mean.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn check(self) -> Result<Guard, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let max_segments = mistakes.number("max_segments", self.max_segments, 0..=i64::MAX);
        // Also refuses TOML's nan and inf.
        if let Some(percent) = self.max_percent.filter(|percent| !(0.0..=100.0).contains(percent)) {
            let message = format!("{percent} is no percentage");
            mistakes.add(At::Key("max_percent"), message, "write a number from 0 to 100");
        }
        mistakes.or(Some(Guard { max_segments, max_percent: self.max_percent }))
    }
}
