//! What runs do: one file or folder for each operation, and here the one list of them.

mod check;
mod enforce;
mod import;
pub mod kill;
mod mark;

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::datasources::DATASOURCE_KEYS;
use crate::config::schema::one_of_each;
use crate::config::{Datasources, Mistake, OnExposure};
use crate::engine::operation::{self, Commit, InputFile, Operation};

pub use check::{CheckSpec, CheckStep};
pub use enforce::{DEFAULT_GRACE_MINUTES, EnforceRulesSpec, EnforceRulesStep, Pass};
pub use import::{DumpDialect, DumpFormat, ImportSpec, ImportStep};
pub(crate) use import::{Ready, hash, ready};
pub use kill::{DEFAULT_BUFFER_DAYS, KillSpec, KillStep, MissingFiles};
use mark::SELECTOR_KEYS;
pub use mark::{MarkSpec, MarkStep, MarkUnusedSpec, MarkUsedSpec, Selector};

/// The operations: as they stand in a file or in flags, and as steps whose arguments are valid.
macro_rules! operations {
    ($($(#[$attribute:meta])* $name:ident($spec:ty => $step:ty),)+) => {
        /// One `[[step]]` of a job file; `op` says what it does.
        #[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
        #[serde(tag = "op", rename_all = "kebab-case")]
        pub enum StepSpec {
            $($(#[$attribute])* $name($spec),)+
        }

        impl StepSpec {
            /// The step these arguments mean.
            ///
            /// # Errors
            /// All that is wrong with them.
            pub fn check(self) -> Result<Step, Vec<Mistake>> {
                match self {
                    $(Self::$name(spec) => spec.check().map(Step::$name),)+
                }
            }
        }

        /// A step whose arguments are valid.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Step {
            $(#[doc = concat!("See [`StepSpec::", stringify!($name), "`].")] $name($step),)+
        }

        impl Step {
            /// What the engine carries out.
            pub fn operation(&self) -> operation::Step {
                match self {
                    $(Self::$name(step) => Arc::new(step.clone()),)+
                }
            }

            fn arguments(&self) -> &dyn Arguments {
                match self {
                    $(Self::$name(step) => step,)+
                }
            }

            fn arguments_mut(&mut self) -> &mut dyn Arguments {
                match self {
                    $(Self::$name(step) => step,)+
                }
            }
        }
    };
}

operations! {
    /// Read dumps of Druid's segment and rule tables into the store.
    Import(ImportSpec => ImportStep),
    /// Mark the selected segments as used, except those that others overshadow.
    #[schemars(extend("allOf" = one_of_each(&[DATASOURCE_KEYS, SELECTOR_KEYS])))]
    MarkUsed(MarkUsedSpec => MarkStep),
    /// Mark the selected segments as unused: Druid stops serving them, nothing is deleted.
    #[schemars(extend("allOf" = one_of_each(&[DATASOURCE_KEYS, SELECTOR_KEYS])))]
    MarkUnused(MarkUnusedSpec => MarkStep),
    /// Mark unused what newer versions hide and what the drop rules drop.
    #[schemars(extend("allOf" = one_of_each(&[DATASOURCE_KEYS])))]
    EnforceRules(EnforceRulesSpec => EnforceRulesStep),
    /// Delete unused segments for good, metadata and files.
    #[schemars(extend("allOf" = one_of_each(&[DATASOURCE_KEYS])))]
    Kill(KillSpec => KillStep),
    /// Run a query, and fail the run when it returns rows.
    Check(CheckSpec => CheckStep),
}

/// What is asked of a step's arguments outside of a run.
trait Arguments: Operation {
    /// Takes relative paths as relative to `directory`, that of the job file.
    fn anchor(&mut self, directory: &Path) {
        let _ = directory;
    }

    /// The datasources of a step on segments, and what it does about stale segments that become visible.
    fn on_segments(&mut self) -> Option<(&mut Datasources, Option<&mut OnExposure>)> {
        None
    }

    /// A query of a person's.
    fn query(&self) -> Option<&str> {
        None
    }
}

impl Step {
    /// The operation's name, as in job files and on the command line.
    pub fn op(&self) -> &'static str {
        self.arguments().name()
    }

    /// Whether it commits in batches, and not with its neighbours.
    pub fn is_in_batches(&self) -> bool {
        self.arguments().commit() == Commit::InBatches
    }

    /// The files that it reads.
    pub fn inputs(&self) -> Vec<InputFile<'_>> {
        self.arguments().inputs()
    }

    /// A condition of a person's over the view `segments`.
    pub fn condition(&self) -> Option<&str> {
        self.arguments().condition().map(|condition| condition.predicate)
    }

    /// A query of a person's.
    pub fn query(&self) -> Option<&str> {
        self.arguments().query()
    }

    /// Takes relative paths as relative to `directory`, that of the job file.
    pub(crate) fn anchor(&mut self, directory: &Path) {
        self.arguments_mut().anchor(directory);
    }

    /// The datasources of a step on segments, and what it does about stale segments that become visible; none of a step
    /// that changes no segment by itself.
    pub(crate) fn on_segments(&mut self) -> Option<(&mut Datasources, Option<&mut OnExposure>)> {
        self.arguments_mut().on_segments()
    }
}
