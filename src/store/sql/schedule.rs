//! The statements under `sql/schedule/`: what is remembered of jobs, and who acts.

/// `adopt_fire.sql`
pub const ADOPT_FIRE: &str = include_str!("../../../sql/schedule/adopt_fire.sql");
/// `are_kept.sql`
pub const ARE_KEPT: &str = include_str!("../../../sql/schedule/are_kept.sql");
/// `decide_fire.sql`
pub const DECIDE_FIRE: &str = include_str!("../../../sql/schedule/decide_fire.sql");
/// `directories.sql`
pub const DIRECTORIES: &str = include_str!("../../../sql/schedule/directories.sql");
/// `drop_retries.sql`
pub const DROP_RETRIES: &str = include_str!("../../../sql/schedule/drop_retries.sql");
/// `give_lease_back.sql`
pub const GIVE_LEASE_BACK: &str = include_str!("../../../sql/schedule/give_lease_back.sql");
/// `give_up_retry.sql`
pub const GIVE_UP_RETRY: &str = include_str!("../../../sql/schedule/give_up_retry.sql");
/// `holds_lease.sql`
pub const HOLDS_LEASE: &str = include_str!("../../../sql/schedule/holds_lease.sql");
/// `job.sql`
pub const JOB: &str = include_str!("../../../sql/schedule/job.sql");
/// `jobs.sql`
pub const JOBS: &str = include_str!("../../../sql/schedule/jobs.sql");
/// `keep_jobs.sql`
pub const KEEP_JOBS: &str = include_str!("../../../sql/schedule/keep_jobs.sql");
/// `keep_next_fires.sql`
pub const KEEP_NEXT_FIRES: &str = include_str!("../../../sql/schedule/keep_next_fires.sql");
/// `lease.sql`
pub const LEASE: &str = include_str!("../../../sql/schedule/lease.sql");
/// `renew_lease.sql`
pub const RENEW_LEASE: &str = include_str!("../../../sql/schedule/renew_lease.sql");
/// `retry.sql`
pub const RETRY: &str = include_str!("../../../sql/schedule/retry.sql");
/// `retry_died.sql`
pub const RETRY_DIED: &str = include_str!("../../../sql/schedule/retry_died.sql");
/// `start_anew.sql`
pub const START_ANEW: &str = include_str!("../../../sql/schedule/start_anew.sql");
/// `store_id.sql`
pub const STORE_ID: &str = include_str!("../../../sql/schedule/store_id.sql");
/// `suspend_others.sql`
pub const SUSPEND_OTHERS: &str = include_str!("../../../sql/schedule/suspend_others.sql");
/// `take_lease.sql`
pub const TAKE_LEASE: &str = include_str!("../../../sql/schedule/take_lease.sql");
