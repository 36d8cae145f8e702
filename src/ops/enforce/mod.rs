//! enforce-rules: marks unused what newer versions hide and what the drop rules drop.

mod arguments;
mod operation;

pub use arguments::{DEFAULT_GRACE_MINUTES, EnforceRulesSpec, EnforceRulesStep, Pass};
