//! `mark-used` and `mark-unused`: which segments, and what to do when they are locked or hidden.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use crate::config::time_expression::INTERVAL_HELP;
use crate::config::{
    At, Datasources, DatasourcesSpec, IntervalExpression, Mistake, Mistakes, OnConflict,
    OnConflictSpec, OnExposure,
};
use crate::engine::changes::State;

/// The selectors; they exclude each other.
pub(crate) const SELECTOR_KEYS: &[&str] = &["id", "ids", "ids_from", "interval", "all", "where"];

/// What mark-used and mark-unused have in common; exactly one of the selectors is needed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
pub struct MarkSpec {
    /// Which datasources.
    #[serde(flatten)]
    pub datasources: DatasourcesSpec,
    /// Selector: one segment by its id. mark-used takes it even when it is overshadowed.
    #[schemars(length(min = 1))]
    pub id: Option<String>,
    /// Selector: these segments by their ids.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub ids: Option<Vec<String>>,
    /// Selector: the ids in this file, one a line. The path is relative to the job file's directory.
    #[schemars(length(min = 1), example = &"bad-segments.txt")]
    pub ids_from: Option<String>,
    /// Selector: segments contained in this interval; one that only overlaps it is left alone.
    /// ISO 8601, and each side may also be `..` (open), `now`, `now-P90D` or `now+P1D`.
    #[schemars(length(min = 1), example = &"../now-P90D")]
    pub interval: Option<String>,
    /// Of the interval, only these versions (default every version).
    #[schemars(length(min = 1), inner(length(min = 1)), example = vec!["2023-08-10T04:12:03.860Z"])]
    pub versions: Option<Vec<String>>,
    /// Selector: every segment of the datasources, written `all = true`.
    pub all: Option<bool>,
    /// Selector: segments for which this SQL condition over the columns of the view `segments` holds.
    #[schemars(length(min = 1), example = &"size = 0")]
    pub r#where: Option<String>,
    /// What to do about segments that another owner holds locked (default fail).
    pub on_conflict: Option<OnConflictSpec>,
    /// With on_conflict = "wait": how long at most (default PT5M).
    #[schemars(example = &"PT5M")]
    pub wait: Option<String>,
}

/// The keys of a mark-unused step.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
pub struct MarkUnusedSpec {
    /// What mark-used and mark-unused have in common.
    #[serde(flatten)]
    pub mark: MarkSpec,
    /// What to do when older, still used segments would become visible (default warn).
    pub on_exposure: Option<OnExposure>,
}

/// The keys of a mark-used step.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
pub struct MarkUsedSpec {
    /// What mark-used and mark-unused have in common.
    #[serde(flatten)]
    pub mark: MarkSpec,
    /// Also mark segments that others overshadow (default false); one given alone by its id is marked all the same.
    pub include_overshadowed: Option<bool>,
}

/// A change of state of selected segments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MarkStep {
    /// What they turn into.
    #[serde(skip)]
    pub state: State,
    /// Which datasources.
    pub datasources: Datasources,
    /// Which of their segments.
    #[serde(flatten)]
    pub selector: Selector,
    /// What to do about locked segments.
    #[serde(flatten)]
    pub on_conflict: OnConflict,
    /// Whether overshadowed segments are marked as used; of no meaning to mark-unused.
    pub include_overshadowed: bool,
    /// What mark-unused does about stale segments that become visible; none for mark-used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_exposure: Option<OnExposure>,
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Selector {
    /// A single segment, by its id.
    Id(String),
    /// A group of segments: at least one id.
    Ids(Vec<String>),
    /// The ids in a file, one a line.
    IdsFrom(PathBuf),
    /// Segments contained in an interval.
    Interval {
        /// Relative to the run's logical time.
        interval: IntervalExpression,
        /// `None`: every version; else at least one.
        versions: Option<Vec<String>>,
    },
    /// Every segment.
    All,
    /// A SQL condition over the view `segments`; it is checked when the store reads it.
    Where(String),
}

/// The keys of the job file.
impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut keys = serializer.serialize_map(None)?;
        match self {
            Self::Id(id) => keys.serialize_entry("id", id)?,
            Self::Ids(ids) => keys.serialize_entry("ids", ids)?,
            Self::IdsFrom(file) => keys.serialize_entry("ids_from", file)?,
            Self::Interval { interval, versions } => {
                keys.serialize_entry("interval", interval)?;
                if let Some(versions) = versions {
                    keys.serialize_entry("versions", versions)?;
                }
            }
            Self::All => keys.serialize_entry("all", &true)?,
            Self::Where(condition) => keys.serialize_entry("where", condition)?,
        }
        keys.end()
    }
}

impl From<MarkSpec> for MarkUnusedSpec {
    fn from(mark: MarkSpec) -> Self {
        Self { mark, on_exposure: None }
    }
}

impl MarkUnusedSpec {
    /// The step these keys mean.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn check(self) -> Result<MarkStep, Vec<Mistake>> {
        let on_exposure = Some(self.on_exposure.unwrap_or_default());
        self.mark.check().map(|step| MarkStep { on_exposure, ..step })
    }
}

impl MarkUsedSpec {
    /// The step these keys mean.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn check(self) -> Result<MarkStep, Vec<Mistake>> {
        let include_overshadowed = self.include_overshadowed.unwrap_or_default();
        self.mark.check().map(|step| MarkStep { state: State::Used, include_overshadowed, ..step })
    }
}

impl MarkSpec {
    /// The step these keys mean.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn check(self) -> Result<MarkStep, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let datasources = self.datasources.check(&mut mistakes);
        self.refuse_wrong_keys(&mut mistakes);
        let on_conflict = OnConflict::check(
            &mut mistakes,
            self.on_conflict,
            self.wait.as_deref(),
            OnConflict::Fail,
        );
        self.refuse_wait_for_standard_input(&mut mistakes, on_conflict);
        let selector = self.selector(&mut mistakes);
        mistakes.or(datasources.zip(selector).map(|(datasources, selector)| MarkStep {
            state: State::Unused,
            datasources,
            selector,
            on_conflict,
            include_overshadowed: false,
            on_exposure: None,
        }))
    }

    fn refuse_wrong_keys(&self, mistakes: &mut Mistakes) {
        mistakes.only_one(&[
            ("id", self.id.is_some()),
            ("ids", self.ids.is_some()),
            ("ids_from", self.ids_from.is_some()),
            ("interval", self.interval.is_some()),
            ("all", self.all.is_some()),
            ("where", self.r#where.is_some()),
        ]);
        if self.versions.is_some() && self.interval.is_none() {
            let help = "add the interval; every instant is interval = \"../..\"";
            mistakes.add(At::Key("versions"), "'versions' needs 'interval' beside it", help);
        }
        if self.all == Some(false) {
            let help = "write all = true, or another selector";
            mistakes.add(At::Key("all"), "all = false selects nothing", help);
        }
        mistakes.not_empty("id", self.id.as_deref(), "write the id of a segment");
        mistakes.not_empty(
            "ids_from",
            self.ids_from.as_deref(),
            "write the path of a file with ids",
        );
        mistakes.not_empty("where", self.r#where.as_deref(), "every segment is all = true");
        let help = "every segment is all = true";
        mistakes.no_empty_items("ids", self.ids.as_deref(), help);
        let help = "leave 'versions' out to select every version";
        mistakes.no_empty_items("versions", self.versions.as_deref(), help);
    }

    /// Whoever waits begins again, and standard input can be read once.
    fn refuse_wait_for_standard_input(&self, mistakes: &mut Mistakes, on_conflict: OnConflict) {
        if matches!(on_conflict, OnConflict::Wait(_)) && self.ids_from.as_deref() == Some("-") {
            let message = "with on_conflict = \"wait\" the ids cannot come from standard input";
            mistakes.add(At::Key("ids_from"), message, "write them into a file, and name that");
        }
    }

    fn selector(self, mistakes: &mut Mistakes) -> Option<Selector> {
        if let Some(text) = &self.interval {
            let interval =
                mistakes.take("interval", IntervalExpression::parse(text), INTERVAL_HELP)?;
            return Some(Selector::Interval { interval, versions: self.versions });
        }
        let selector = None
            .or(self.id.map(Selector::Id))
            .or(self.ids.map(Selector::Ids))
            .or(self.ids_from.map(|file| Selector::IdsFrom(file.into())))
            .or(self.r#where.map(Selector::Where))
            .or(self.all.map(|_| Selector::All));
        if selector.is_none() {
            mistakes.add(
                At::Missing(SELECTOR_KEYS),
                "the step does not say which segments it is for",
                "add interval = \"…\", ids = [\"…\"], ids_from = \"file\", where = \"SQL\" or all = true",
            );
        }
        selector
    }
}
