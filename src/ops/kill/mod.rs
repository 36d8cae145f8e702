//! kill: unused segments leave for good, metadata and files, through the deletion journal.

mod batch;
mod deleter;
mod files;
mod journal;
mod kept;
pub(crate) mod lock;
pub(crate) mod operation;
mod orphans;
pub(crate) mod references;
mod restore;

pub use operation::refuse_copy;
pub use orphans::{Meant, repair};
pub use restore::{Restored, restore};
