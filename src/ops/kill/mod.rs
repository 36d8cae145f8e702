//! kill: unused segments leave for good, metadata and files, through the deletion journal.

mod arguments;
mod batch;
mod deleter;
mod files;
mod journal;
mod kept;
mod lock;
mod operation;
mod orphans;
pub(crate) mod references;
mod restore;
mod resume;
mod terms;

pub use arguments::{DEFAULT_BUFFER_DAYS, KillSpec, KillStep, MissingFiles};
pub use operation::refuse_copy;
pub use orphans::Orphans;
pub use restore::Restored;
pub use resume::Resume;
pub(crate) use terms::Terms;
