//! The statements under `sql/fsck/`, by their file names.

/// `boxes_nowhere.sql`
pub const BOXES_NOWHERE: &str = include_str!("../../../sql/fsck/boxes_nowhere.sql");
/// `changed_around.sql`
pub const CHANGED_AROUND: &str = include_str!("../../../sql/fsck/changed_around.sql");
/// `changes_of_nothing.sql`
pub const CHANGES_OF_NOTHING: &str = include_str!("../../../sql/fsck/changes_of_nothing.sql");
/// `choose_orphans.sql`
pub const CHOOSE_ORPHANS: &str = include_str!("../../../sql/fsck/choose_orphans.sql");
/// `closed_files_there.sql`
pub const CLOSED_FILES_THERE: &str = include_str!("../../../sql/fsck/closed_files_there.sql");
/// `deferred_alone.sql`
pub const DEFERRED_ALONE: &str = include_str!("../../../sql/fsck/deferred_alone.sql");
/// `done_with_payload.sql`
pub const DONE_WITH_PAYLOAD: &str = include_str!("../../../sql/fsck/done_with_payload.sql");
/// `elsewhere.sql`
pub const ELSEWHERE: &str = include_str!("../../../sql/fsck/elsewhere.sql");
/// `empty_datasources.sql`
pub const EMPTY_DATASOURCES: &str = include_str!("../../../sql/fsck/empty_datasources.sql");
/// `expired_locks.sql`
pub const EXPIRED_LOCKS: &str = include_str!("../../../sql/fsck/expired_locks.sql");
/// `foreign_keys.sql`
pub const FOREIGN_KEYS: &str = include_str!("../../../sql/fsck/foreign_keys.sql");
/// `files_of_page.sql`
pub const FILES_OF_PAGE: &str = include_str!("../../../sql/fsck/files_of_page.sql");
/// `files_of_place.sql`
pub const FILES_OF_PLACE: &str = include_str!("../../../sql/fsck/files_of_place.sql");
/// `forget_page.sql`
pub const FORGET_PAGE: &str = include_str!("../../../sql/fsck/forget_page.sql");
/// `integrity_check.sql`
pub const INTEGRITY_CHECK: &str = include_str!("../../../sql/fsck/integrity_check.sql");
/// `journaled_not_listed.sql`
pub const JOURNALED_NOT_LISTED: &str = include_str!("../../../sql/fsck/journaled_not_listed.sql");
/// `keep_orphans.sql`
pub const KEEP_ORPHANS: &str = include_str!("../../../sql/fsck/keep_orphans.sql");
/// `leave_below_folders.sql`
pub const LEAVE_BELOW_FOLDERS: &str = include_str!("../../../sql/fsck/leave_below_folders.sql");
/// `leave_descriptors.sql`
pub const LEAVE_DESCRIPTORS: &str = include_str!("../../../sql/fsck/leave_descriptors.sql");
/// `leave_missing.sql`
pub const LEAVE_MISSING: &str = include_str!("../../../sql/fsck/leave_missing.sql");
/// `leave_named.sql`
pub const LEAVE_NAMED: &str = include_str!("../../../sql/fsck/leave_named.sql");
/// `leave_odd.sql`
pub const LEAVE_ODD: &str = include_str!("../../../sql/fsck/leave_odd.sql");
/// `leave_real.sql`
pub const LEAVE_REAL: &str = include_str!("../../../sql/fsck/leave_real.sql");
/// `leave_referred.sql`
pub const LEAVE_REFERRED: &str = include_str!("../../../sql/fsck/leave_referred.sql");
/// `leave_unmeant.sql`
pub const LEAVE_UNMEANT: &str = include_str!("../../../sql/fsck/leave_unmeant.sql");
/// `leave_young.sql`
pub const LEAVE_YOUNG: &str = include_str!("../../../sql/fsck/leave_young.sql");
/// `list.sql`
pub const LIST: &str = include_str!("../../../sql/fsck/list.sql");
/// `listed_table.sql`
pub const LISTED_TABLE: &str = include_str!("../../../sql/fsck/listed_table.sql");
/// `locked_orphans.sql`
pub const LOCKED_ORPHANS: &str = include_str!("../../../sql/fsck/locked_orphans.sql");
/// `missing_files.sql`
pub const MISSING_FILES: &str = include_str!("../../../sql/fsck/missing_files.sql");
/// `move_orphans.sql`
pub const MOVE_ORPHANS: &str = include_str!("../../../sql/fsck/move_orphans.sql");
/// `name_datasources.sql`
pub const NAME_DATASOURCES: &str = include_str!("../../../sql/fsck/name_datasources.sql");
/// `newest_segment.sql`
pub const NEWEST_SEGMENT: &str = include_str!("../../../sql/fsck/newest_segment.sql");
/// `next_page.sql`
pub const NEXT_PAGE: &str = include_str!("../../../sql/fsck/next_page.sql");
/// `no_payload.sql`
pub const NO_PAYLOAD: &str = include_str!("../../../sql/fsck/no_payload.sql");
/// `no_segment.sql`
pub const NO_SEGMENT: &str = include_str!("../../../sql/fsck/no_segment.sql");
/// `odd_shards.sql`
pub const ODD_SHARDS: &str = include_str!("../../../sql/fsck/odd_shards.sql");
/// `orphan_files.sql`
pub const ORPHAN_FILES: &str = include_str!("../../../sql/fsck/orphan_files.sql");
/// `orphans.sql`
pub const ORPHANS: &str = include_str!("../../../sql/fsck/orphans.sql");
/// `orphans_to_batch.sql`
pub const ORPHANS_TO_BATCH: &str = include_str!("../../../sql/fsck/orphans_to_batch.sql");
/// `overlapping_intervals.sql`
pub const OVERLAPPING_INTERVALS: &str = include_str!("../../../sql/fsck/overlapping_intervals.sql");
/// `overshadowed_nowhere.sql`
pub const OVERSHADOWED_NOWHERE: &str = include_str!("../../../sql/fsck/overshadowed_nowhere.sql");
/// `pending_but_living.sql`
pub const PENDING_BUT_LIVING: &str = include_str!("../../../sql/fsck/pending_but_living.sql");
/// `pending_files.sql`
pub const PENDING_FILES: &str = include_str!("../../../sql/fsck/pending_files.sql");
/// `quick_check.sql`
pub const QUICK_CHECK: &str = include_str!("../../../sql/fsck/quick_check.sql");
/// `rules_not_shown.sql`
pub const RULES_NOT_SHOWN: &str = include_str!("../../../sql/fsck/rules_not_shown.sql");
/// `schema.sql`
pub const SCHEMA: &str = include_str!("../../../sql/fsck/schema.sql");
/// `segments.sql`
pub const SEGMENTS: &str = include_str!("../../../sql/fsck/segments.sql");
/// `segments_not_shown.sql`
pub const SEGMENTS_NOT_SHOWN: &str = include_str!("../../../sql/fsck/segments_not_shown.sql");
/// `sizes_beyond_64_bits.sql`
pub const SIZES_BEYOND_64_BITS: &str = include_str!("../../../sql/fsck/sizes_beyond_64_bits.sql");
/// `twin_ids.sql`
pub const TWIN_IDS: &str = include_str!("../../../sql/fsck/twin_ids.sql");
/// `twin_rules.sql`
pub const TWIN_RULES: &str = include_str!("../../../sql/fsck/twin_rules.sql");
/// `twin_segments.sql`
pub const TWIN_SEGMENTS: &str = include_str!("../../../sql/fsck/twin_segments.sql");
/// `unended_runs.sql`
pub const UNENDED_RUNS: &str = include_str!("../../../sql/fsck/unended_runs.sql");
/// `unknown_datasources.sql`
pub const UNKNOWN_DATASOURCES: &str = include_str!("../../../sql/fsck/unknown_datasources.sql");
/// `unknown_types.sql`
pub const UNKNOWN_TYPES: &str = include_str!("../../../sql/fsck/unknown_types.sql");
