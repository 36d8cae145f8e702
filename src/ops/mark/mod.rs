//! mark-used and mark-unused.

pub(crate) mod operation;
mod used;
