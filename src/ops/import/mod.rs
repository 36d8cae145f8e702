//! import: dumps of Druid's tables are read into the store.

mod arguments;
mod bad_rows;
mod doubles;
mod halves;
mod operation;
mod put;
mod replace;
mod resurrected;
mod segment_row;

pub use arguments::{DumpDialect, DumpFormat, ImportSpec, ImportStep};
pub(crate) use segment_row::{Ready, hash, ready};
