//! mark-used and mark-unused.

mod arguments;
mod operation;
mod used;

pub(super) use arguments::SELECTOR_KEYS;
pub use arguments::{MarkSpec, MarkStep, MarkUnusedSpec, MarkUsedSpec, Selector};
