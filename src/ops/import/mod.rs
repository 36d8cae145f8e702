//! import: dumps of Druid's tables are read into the store.

pub(crate) mod operation;
mod put;
mod replace;
mod resurrected;
pub(crate) mod segment_row;
