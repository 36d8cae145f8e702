//! The statements under `sql/metrics/`: figures for Prometheus.

/// `changes.sql`
pub const CHANGES: &str = include_str!("../../../sql/metrics/changes.sql");
/// `datasources.sql`
pub const DATASOURCES: &str = include_str!("../../../sql/metrics/datasources.sql");
/// `hook_failures.sql`
pub const HOOK_FAILURES: &str = include_str!("../../../sql/metrics/hook_failures.sql");
/// `jobs.sql`
pub const JOBS: &str = include_str!("../../../sql/metrics/jobs.sql");
/// `journal.sql`
pub const JOURNAL: &str = include_str!("../../../sql/metrics/journal.sql");
/// `last_settled.sql`
pub const LAST_SETTLED: &str = include_str!("../../../sql/metrics/last_settled.sql");
/// `running.sql`
pub const RUNNING: &str = include_str!("../../../sql/metrics/running.sql");
/// `runs.sql`
pub const RUNS: &str = include_str!("../../../sql/metrics/runs.sql");
/// `starts.sql`
pub const STARTS: &str = include_str!("../../../sql/metrics/starts.sql");
/// `warnings.sql`
pub const WARNINGS: &str = include_str!("../../../sql/metrics/warnings.sql");
