//! What runs do: one file or folder for each operation.

pub(crate) mod check;
pub(crate) mod enforce;
pub(crate) mod import;
pub mod kill;
pub(crate) mod mark;
