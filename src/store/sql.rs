//! The statements under `sql/`, by their file names. Each file says what it does and what its parameters are.

pub mod fsck;
pub mod metrics;
pub mod schedule;

/// `sql/select/`.
pub mod select {
    /// `all_unused.sql`
    pub const ALL_UNUSED: &str = include_str!("../../sql/select/all_unused.sql");
    /// `all_used.sql`
    pub const ALL_USED: &str = include_str!("../../sql/select/all_used.sql");
    /// `batch_by_datasource.sql`
    pub const BATCH_BY_DATASOURCE: &str = include_str!("../../sql/select/batch_by_datasource.sql");
    /// `by_ids.sql`
    pub const BY_IDS: &str = include_str!("../../sql/select/by_ids.sql");
    /// `by_interval.sql`
    pub const BY_INTERVAL: &str = include_str!("../../sql/select/by_interval.sql");
    /// `changed_by_datasource.sql`
    pub const CHANGED_BY_DATASOURCE: &str =
        include_str!("../../sql/select/changed_by_datasource.sql");
    /// `changed_by_reason.sql`
    pub const CHANGED_BY_REASON: &str = include_str!("../../sql/select/changed_by_reason.sql");
    /// `chosen.sql`
    pub const CHOSEN: &str = include_str!("../../sql/select/chosen.sql");
    /// `count_all.sql`
    pub const COUNT_ALL: &str = include_str!("../../sql/select/count_all.sql");
    /// `count_by_interval.sql`
    pub const COUNT_BY_INTERVAL: &str = include_str!("../../sql/select/count_by_interval.sql");
    /// `count_ids.sql`
    pub const COUNT_IDS: &str = include_str!("../../sql/select/count_ids.sql");
    /// `count_past_buffer.sql`
    pub const COUNT_PAST_BUFFER: &str = include_str!("../../sql/select/count_past_buffer.sql");
    /// `count_used.sql`
    pub const COUNT_USED: &str = include_str!("../../sql/select/count_used.sql");
    /// `datasource_names.sql`
    pub const DATASOURCE_NAMES: &str = include_str!("../../sql/select/datasource_names.sql");
    /// `datasources.sql`
    pub const DATASOURCES: &str = include_str!("../../sql/select/datasources.sql");
    /// `dropped_by_rules.sql`
    pub const DROPPED_BY_RULES: &str = include_str!("../../sql/select/dropped_by_rules.sql");
    /// `eternity_tombstones.sql`
    pub const ETERNITY_TOMBSTONES: &str = include_str!("../../sql/select/eternity_tombstones.sql");
    /// `ids_not_found.sql`
    pub const IDS_NOT_FOUND: &str = include_str!("../../sql/select/ids_not_found.sql");
    /// `kept.sql`
    pub const KEPT: &str = include_str!("../../sql/select/kept.sql");
    /// `kept_table.sql`
    pub const KEPT_TABLE: &str = include_str!("../../sql/select/kept_table.sql");
    /// `kill_candidates.sql`
    pub const KILL_CANDIDATES: &str = include_str!("../../sql/select/kill_candidates.sql");
    /// `killable.sql`
    pub const KILLABLE: &str = include_str!("../../sql/select/killable.sql");
    /// `last_step.sql`
    pub const LAST_STEP: &str = include_str!("../../sql/select/last_step.sql");
    /// `no_step_since.sql`
    pub const NO_STEP_SINCE: &str = include_str!("../../sql/select/no_step_since.sql");
    /// `overshadowed.sql`
    pub const OVERSHADOWED: &str = include_str!("../../sql/select/overshadowed.sql");
    /// `passed_over.sql`
    pub const PASSED_OVER: &str = include_str!("../../sql/select/passed_over.sql");
    /// `past_buffer.sql`
    pub const PAST_BUFFER: &str = include_str!("../../sql/select/past_buffer.sql");
    /// `segments_of_step.sql`
    pub const SEGMENTS_OF_STEP: &str = include_str!("../../sql/select/segments_of_step.sql");
    /// `unknown_patterns.sql`
    pub const UNKNOWN_PATTERNS: &str = include_str!("../../sql/select/unknown_patterns.sql");
}

/// `sql/migrate/`.
pub mod migrate {
    /// `applied.sql`
    pub const APPLIED: &str = include_str!("../../sql/migrate/applied.sql");
    /// `history_table.sql`
    pub const HISTORY_TABLE: &str = include_str!("../../sql/migrate/history_table.sql");
    /// `record.sql`
    pub const RECORD: &str = include_str!("../../sql/migrate/record.sql");
}

/// `sql/guard/`.
pub mod guard {
    /// `changed_percent.sql`
    pub const CHANGED_PERCENT: &str = include_str!("../../sql/guard/changed_percent.sql");
    /// `changed_segments.sql`
    pub const CHANGED_SEGMENTS: &str = include_str!("../../sql/guard/changed_segments.sql");
    /// `leave_datasource_alone.sql`
    pub const LEAVE_DATASOURCE_ALONE: &str =
        include_str!("../../sql/guard/leave_datasource_alone.sql");
    /// `leave_hidden_alone.sql`
    pub const LEAVE_HIDDEN_ALONE: &str = include_str!("../../sql/guard/leave_hidden_alone.sql");
    /// `leave_locked_alone.sql`
    pub const LEAVE_LOCKED_ALONE: &str = include_str!("../../sql/guard/leave_locked_alone.sql");
    /// `locked.sql`
    pub const LOCKED: &str = include_str!("../../sql/guard/locked.sql");
    /// `removed_untold.sql`
    pub const REMOVED_UNTOLD: &str = include_str!("../../sql/guard/removed_untold.sql");
    /// `removed_percent.sql`
    pub const REMOVED_PERCENT: &str = include_str!("../../sql/guard/removed_percent.sql");
}

/// `sql/apply/`.
pub mod apply {
    /// `doubt_overshadowed.sql`
    pub const DOUBT_OVERSHADOWED: &str = include_str!("../../sql/apply/doubt_overshadowed.sql");
    /// `doubt_overshadowed_of_batch.sql`
    pub const DOUBT_OVERSHADOWED_OF_BATCH: &str =
        include_str!("../../sql/apply/doubt_overshadowed_of_batch.sql");
    /// `forget_overshadowed.sql`
    pub const FORGET_OVERSHADOWED: &str = include_str!("../../sql/apply/forget_overshadowed.sql");
    /// `forget_rule_boxes.sql`
    pub const FORGET_RULE_BOXES: &str = include_str!("../../sql/apply/forget_rule_boxes.sql");
    /// `keep_names.sql`
    pub const KEEP_NAMES: &str = include_str!("../../sql/apply/keep_names.sql");
    /// `keep_overshadowed.sql`
    pub const KEEP_OVERSHADOWED: &str = include_str!("../../sql/apply/keep_overshadowed.sql");
    /// `keep_rule_boxes.sql`
    pub const KEEP_RULE_BOXES: &str = include_str!("../../sql/apply/keep_rule_boxes.sql");
    /// `know_overshadowed.sql`
    pub const KNOW_OVERSHADOWED: &str = include_str!("../../sql/apply/know_overshadowed.sql");
    /// `mark.sql`
    pub const MARK: &str = include_str!("../../sql/apply/mark.sql");
    /// `record_kill.sql`
    pub const RECORD_KILL: &str = include_str!("../../sql/apply/record_kill.sql");
    /// `remove.sql`
    pub const REMOVE: &str = include_str!("../../sql/apply/remove.sql");
    /// `stamp.sql`
    pub const STAMP: &str = include_str!("../../sql/apply/stamp.sql");
}

/// `sql/ledger/`.
pub mod ledger {
    /// `add_overshadowed_reasons.sql`
    pub const ADD_OVERSHADOWED_REASONS: &str =
        include_str!("../../sql/ledger/add_overshadowed_reasons.sql");
    /// `add_reason.sql`
    pub const ADD_REASON: &str = include_str!("../../sql/ledger/add_reason.sql");
    /// `add_rule_reasons.sql`
    pub const ADD_RULE_REASONS: &str = include_str!("../../sql/ledger/add_rule_reasons.sql");
    /// `begin_run.sql`
    pub const BEGIN_RUN: &str = include_str!("../../sql/ledger/begin_run.sql");
    /// `begin_step.sql`
    pub const BEGIN_STEP: &str = include_str!("../../sql/ledger/begin_step.sql");
    /// `announce_run.sql`
    pub const ANNOUNCE_RUN: &str = include_str!("../../sql/ledger/announce_run.sql");
    /// `close_died.sql`
    pub const CLOSE_DIED: &str = include_str!("../../sql/ledger/close_died.sql");
    /// `count_warnings.sql`
    pub const COUNT_WARNINGS: &str = include_str!("../../sql/ledger/count_warnings.sql");
    /// `end_run.sql`
    pub const END_RUN: &str = include_str!("../../sql/ledger/end_run.sql");
    /// `end_step.sql`
    pub const END_STEP: &str = include_str!("../../sql/ledger/end_step.sql");
    /// `forget_announced.sql`
    pub const FORGET_ANNOUNCED: &str = include_str!("../../sql/ledger/forget_announced.sql");
    /// `history.sql`
    pub const HISTORY: &str = include_str!("../../sql/ledger/history.sql");
    /// `nothing_came_of_it.sql`
    pub const NOTHING_CAME_OF_IT: &str = include_str!("../../sql/ledger/nothing_came_of_it.sql");
    /// `open_runs.sql`
    pub const OPEN_RUNS: &str = include_str!("../../sql/ledger/open_runs.sql");
    /// `reason.sql`
    pub const REASON: &str = include_str!("../../sql/ledger/reason.sql");
    /// `record_hook_failure.sql`
    pub const RECORD_HOOK_FAILURE: &str = include_str!("../../sql/ledger/record_hook_failure.sql");
    /// `record_skipped.sql`
    pub const RECORD_SKIPPED: &str = include_str!("../../sql/ledger/record_skipped.sql");
    /// `renew_run.sql`
    pub const RENEW_RUN: &str = include_str!("../../sql/ledger/renew_run.sql");
    /// `renew_runs.sql`
    pub const RENEW_RUNS: &str = include_str!("../../sql/ledger/renew_runs.sql");
    /// `renew_starting.sql`
    pub const RENEW_STARTING: &str = include_str!("../../sql/ledger/renew_starting.sql");
    /// `run.sql`
    pub const RUN: &str = include_str!("../../sql/ledger/run.sql");
    /// `run_changes.sql`
    pub const RUN_CHANGES: &str = include_str!("../../sql/ledger/run_changes.sql");
    /// `run_steps.sql`
    pub const RUN_STEPS: &str = include_str!("../../sql/ledger/run_steps.sql");
    /// `due_failure_hooks.sql`
    pub const DUE_FAILURE_HOOKS: &str = include_str!("../../sql/ledger/due_failure_hooks.sql");
    /// `followed_failure_hook.sql`
    pub const FOLLOWED_FAILURE_HOOK: &str =
        include_str!("../../sql/ledger/followed_failure_hook.sql");
    /// `owe_failure_hook.sql`
    pub const OWE_FAILURE_HOOK: &str = include_str!("../../sql/ledger/owe_failure_hook.sql");
    /// `take_failure_hook.sql`
    pub const TAKE_FAILURE_HOOK: &str = include_str!("../../sql/ledger/take_failure_hook.sql");
    /// `starting_runs.sql`
    pub const STARTING_RUNS: &str = include_str!("../../sql/ledger/starting_runs.sql");
}

/// `sql/import/`.
pub mod import {
    /// `add_datasource.sql`
    pub const ADD_DATASOURCE: &str = include_str!("../../sql/import/add_datasource.sql");
    /// `add_far_instant.sql`
    pub const ADD_FAR_INSTANT: &str = include_str!("../../sql/import/add_far_instant.sql");
    /// `choose_missing.sql`
    pub const CHOOSE_MISSING: &str = include_str!("../../sql/import/choose_missing.sql");
    /// `count_missing.sql`
    pub const COUNT_MISSING: &str = include_str!("../../sql/import/count_missing.sql");
    /// `count_rules.sql`
    pub const COUNT_RULES: &str = include_str!("../../sql/import/count_rules.sql");
    /// `datasource.sql`
    pub const DATASOURCE: &str = include_str!("../../sql/import/datasource.sql");
    /// `find.sql`
    pub const FIND: &str = include_str!("../../sql/import/find.sql");
    /// `find_the_same.sql`
    pub const FIND_THE_SAME: &str = include_str!("../../sql/import/find_the_same.sql");
    /// `forget_unturned.sql`
    pub const FORGET_UNTURNED: &str = include_str!("../../sql/import/forget_unturned.sql");
    /// `has_killed.sql`
    pub const HAS_KILLED: &str = include_str!("../../sql/import/has_killed.sql");
    /// `insert_payload.sql`
    pub const INSERT_PAYLOAD: &str = include_str!("../../sql/import/insert_payload.sql");
    /// `insert_segment.sql`
    pub const INSERT_SEGMENT: &str = include_str!("../../sql/import/insert_segment.sql");
    /// `is_being_deleted.sql`
    pub const IS_BEING_DELETED: &str = include_str!("../../sql/import/is_being_deleted.sql");
    /// `newest_segment.sql`
    pub const NEWEST_SEGMENT: &str = include_str!("../../sql/import/newest_segment.sql");
    /// `overwritten_marks.sql`
    pub const OVERWRITTEN_MARKS: &str = include_str!("../../sql/import/overwritten_marks.sql");
    /// `put_rule.sql`
    pub const PUT_RULE: &str = include_str!("../../sql/import/put_rule.sql");
    /// `is_same_rule.sql`
    pub const IS_SAME_RULE: &str = include_str!("../../sql/import/is_same_rule.sql");
    /// `record_change.sql`
    pub const RECORD_CHANGE: &str = include_str!("../../sql/import/record_change.sql");
    /// `record_replaced.sql`
    pub const RECORD_REPLACED: &str = include_str!("../../sql/import/record_replaced.sql");
    /// `remember.sql`
    pub const REMEMBER: &str = include_str!("../../sql/import/remember.sql");
    /// `remember_rule.sql`
    pub const REMEMBER_RULE: &str = include_str!("../../sql/import/remember_rule.sql");
    /// `remove_missing_rules.sql`
    pub const REMOVE_MISSING_RULES: &str =
        include_str!("../../sql/import/remove_missing_rules.sql");
    /// `turned.sql`
    pub const TURNED: &str = include_str!("../../sql/import/turned.sql");
    /// `update_payload.sql`
    pub const UPDATE_PAYLOAD: &str = include_str!("../../sql/import/update_payload.sql");
    /// `update_segment.sql`
    pub const UPDATE_SEGMENT: &str = include_str!("../../sql/import/update_segment.sql");
    /// `was_killed.sql`
    pub const WAS_KILLED: &str = include_str!("../../sql/import/was_killed.sql");
}

/// `sql/export/`.
pub mod export {
    /// `changes.sql`
    pub const CHANGES: &str = include_str!("../../sql/export/changes.sql");
    /// `has_schema_columns.sql`
    pub const HAS_SCHEMA_COLUMNS: &str = include_str!("../../sql/export/has_schema_columns.sql");
    /// `latest_run.sql`
    pub const LATEST_RUN: &str = include_str!("../../sql/export/latest_run.sql");
    /// `rules.sql`
    pub const RULES: &str = include_str!("../../sql/export/rules.sql");
    /// `segments.sql`
    pub const SEGMENTS: &str = include_str!("../../sql/export/segments.sql");
}

/// `sql/rules/`.
pub mod rules {
    /// `add_box.sql`
    pub const ADD_BOX: &str = include_str!("../../sql/rules/add_box.sql");
    /// `add_finding_boxes.sql`
    pub const ADD_FINDING_BOXES: &str = include_str!("../../sql/rules/add_finding_boxes.sql");
    /// `box_table.sql`
    pub const BOX_TABLE: &str = include_str!("../../sql/rules/box_table.sql");
    /// `chain_in_force.sql`
    pub const CHAIN_IN_FORCE: &str = include_str!("../../sql/rules/chain_in_force.sql");
    /// `chains_in_force.sql`
    pub const CHAINS_IN_FORCE: &str = include_str!("../../sql/rules/chains_in_force.sql");
    /// `count_finding_boxes.sql`
    pub const COUNT_FINDING_BOXES: &str = include_str!("../../sql/rules/count_finding_boxes.sql");
    /// `count_will_not_last.sql`
    pub const COUNT_WILL_NOT_LAST: &str = include_str!("../../sql/rules/count_will_not_last.sql");
    /// `governed.sql`
    pub const GOVERNED: &str = include_str!("../../sql/rules/governed.sql");
    /// `has_rules.sql`
    pub const HAS_RULES: &str = include_str!("../../sql/rules/has_rules.sql");
    /// `history.sql`
    pub const HISTORY: &str = include_str!("../../sql/rules/history.sql");
    /// `in_force.sql`
    pub const IN_FORCE: &str = include_str!("../../sql/rules/in_force.sql");
    /// `leave_out.sql`
    pub const LEAVE_OUT: &str = include_str!("../../sql/rules/leave_out.sql");
    /// `put.sql`
    pub const PUT: &str = include_str!("../../sql/rules/put.sql");
    /// `unmatched.sql`
    pub const UNMATCHED: &str = include_str!("../../sql/rules/unmatched.sql");
    /// `will_not_last.sql`
    pub const WILL_NOT_LAST: &str = include_str!("../../sql/rules/will_not_last.sql");
}

/// `sql/timeline/`.
pub mod timeline {
    /// `around.sql`
    pub const AROUND: &str = include_str!("../../sql/timeline/around.sql");
    /// `hidden_and_used.sql`
    pub const HIDDEN_AND_USED: &str = include_str!("../../sql/timeline/hidden_and_used.sql");
    /// `hidden_table.sql`
    pub const HIDDEN_TABLE: &str = include_str!("../../sql/timeline/hidden_table.sql");
    /// `hide.sql`
    pub const HIDE: &str = include_str!("../../sql/timeline/hide.sql");
    /// `in_grace.sql`
    pub const IN_GRACE: &str = include_str!("../../sql/timeline/in_grace.sql");
    /// `segment_name.sql`
    pub const SEGMENT_NAME: &str = include_str!("../../sql/timeline/segment_name.sql");
    /// `unknown_types.sql`
    pub const UNKNOWN_TYPES: &str = include_str!("../../sql/timeline/unknown_types.sql");
    /// `used.sql`
    pub const USED: &str = include_str!("../../sql/timeline/used.sql");
    /// `with_step.sql`
    pub const WITH_STEP: &str = include_str!("../../sql/timeline/with_step.sql");
}

/// `sql/explain/`.
pub mod explain {
    /// `by_rule.sql`
    pub const BY_RULE: &str = include_str!("../../sql/explain/by_rule.sql");
    /// `datasource.sql`
    pub const DATASOURCE: &str = include_str!("../../sql/explain/datasource.sql");
    /// `gone.sql`
    pub const GONE: &str = include_str!("../../sql/explain/gone.sql");
    /// `kill_conditions.sql`
    pub const KILL_CONDITIONS: &str = include_str!("../../sql/explain/kill_conditions.sql");
    /// `last_change.sql`
    pub const LAST_CHANGE: &str = include_str!("../../sql/explain/last_change.sql");
    /// `locks.sql`
    pub const LOCKS: &str = include_str!("../../sql/explain/locks.sql");
    /// `near_ids.sql`
    pub const NEAR_IDS: &str = include_str!("../../sql/explain/near_ids.sql");
    /// `range.sql`
    pub const RANGE: &str = include_str!("../../sql/explain/range.sql");
    /// `relatives.sql`
    pub const RELATIVES: &str = include_str!("../../sql/explain/relatives.sql");
    /// `segment.sql`
    pub const SEGMENT: &str = include_str!("../../sql/explain/segment.sql");
}

/// `sql/journal/`.
pub mod journal {
    /// `add_alias.sql`
    pub const ADD_ALIAS: &str = include_str!("../../sql/journal/add_alias.sql");
    /// `add_names.sql`
    pub const ADD_NAMES: &str = include_str!("../../sql/journal/add_names.sql");
    /// `add_surveyed.sql`
    pub const ADD_SURVEYED: &str = include_str!("../../sql/journal/add_surveyed.sql");
    /// `batch.sql`
    pub const BATCH: &str = include_str!("../../sql/journal/batch.sql");
    /// `begin_deleting.sql`
    pub const BEGIN_DELETING: &str = include_str!("../../sql/journal/begin_deleting.sql");
    /// `begin_deleting_around.sql`
    pub const BEGIN_DELETING_AROUND: &str =
        include_str!("../../sql/journal/begin_deleting_around.sql");
    /// `choose_open.sql`
    pub const CHOOSE_OPEN: &str = include_str!("../../sql/journal/choose_open.sql");
    /// `choose_to_restore.sql`
    pub const CHOOSE_TO_RESTORE: &str = include_str!("../../sql/journal/choose_to_restore.sql");
    /// `choose_to_return.sql`
    pub const CHOOSE_TO_RETURN: &str = include_str!("../../sql/journal/choose_to_return.sql");
    /// `claim_due.sql`
    pub const CLAIM_DUE: &str = include_str!("../../sql/journal/claim_due.sql");
    /// `claim_to_restore.sql`
    pub const CLAIM_TO_RESTORE: &str = include_str!("../../sql/journal/claim_to_restore.sql");
    /// `claimed_of_batch.sql`
    pub const CLAIMED_OF_BATCH: &str = include_str!("../../sql/journal/claimed_of_batch.sql");
    /// `close.sql`
    pub const CLOSE: &str = include_str!("../../sql/journal/close.sql");
    /// `count_open.sql`
    pub const COUNT_OPEN: &str = include_str!("../../sql/journal/count_open.sql");
    /// `count_taken.sql`
    pub const COUNT_TAKEN: &str = include_str!("../../sql/journal/count_taken.sql");
    /// `defer.sql`
    pub const DEFER: &str = include_str!("../../sql/journal/defer.sql");
    /// `epoch.sql`
    pub const EPOCH: &str = include_str!("../../sql/journal/epoch.sql");
    /// `failed.sql`
    pub const FAILED: &str = include_str!("../../sql/journal/failed.sql");
    /// `files_of_batch.sql`
    pub const FILES_OF_BATCH: &str = include_str!("../../sql/journal/files_of_batch.sql");
    /// `forget_kill.sql`
    pub const FORGET_KILL: &str = include_str!("../../sql/journal/forget_kill.sql");
    /// `forget_names.sql`
    pub const FORGET_NAMES: &str = include_str!("../../sql/journal/forget_names.sql");
    /// `keep_surveyed.sql`
    pub const KEEP_SURVEYED: &str = include_str!("../../sql/journal/keep_surveyed.sql");
    /// `last_of_batch.sql`
    pub const LAST_OF_BATCH: &str = include_str!("../../sql/journal/last_of_batch.sql");
    /// `leave_to_twin.sql`
    pub const LEAVE_TO_TWIN: &str = include_str!("../../sql/journal/leave_to_twin.sql");
    /// `local_files.sql`
    pub const LOCAL_FILES: &str = include_str!("../../sql/journal/local_files.sql");
    /// `mark_tried.sql`
    pub const MARK_TRIED: &str = include_str!("../../sql/journal/mark_tried.sql");
    /// `meant_to_restore.sql`
    pub const MEANT_TO_RESTORE: &str = include_str!("../../sql/journal/meant_to_restore.sql");
    /// `move.sql`
    pub const MOVE: &str = include_str!("../../sql/journal/move.sql");
    /// `name_is_used.sql`
    pub const NAME_IS_USED: &str = include_str!("../../sql/journal/name_is_used.sql");
    /// `nameless_files.sql`
    pub const NAMELESS_FILES: &str = include_str!("../../sql/journal/nameless_files.sql");
    /// `protect.sql`
    pub const PROTECT: &str = include_str!("../../sql/journal/protect.sql");
    /// `raise_epoch.sql`
    pub const RAISE_EPOCH: &str = include_str!("../../sql/journal/raise_epoch.sql");
    /// `record_restored.sql`
    pub const RECORD_RESTORED: &str = include_str!("../../sql/journal/record_restored.sql");
    /// `release.sql`
    pub const RELEASE: &str = include_str!("../../sql/journal/release.sql");
    /// `renew.sql`
    pub const RENEW: &str = include_str!("../../sql/journal/renew.sql");
    /// `restore_payloads.sql`
    pub const RESTORE_PAYLOADS: &str = include_str!("../../sql/journal/restore_payloads.sql");
    /// `restore_segments.sql`
    pub const RESTORE_SEGMENTS: &str = include_str!("../../sql/journal/restore_segments.sql");
    /// `sample_newest.sql`
    pub const SAMPLE_NEWEST: &str = include_str!("../../sql/journal/sample_newest.sql");
    /// `sample_oldest.sql`
    pub const SAMPLE_OLDEST: &str = include_str!("../../sql/journal/sample_oldest.sql");
    /// `some_failed.sql`
    pub const SOME_FAILED: &str = include_str!("../../sql/journal/some_failed.sql");
    /// `survey.sql`
    pub const SURVEY: &str = include_str!("../../sql/journal/survey.sql");
    /// `take_out.sql`
    pub const TAKE_OUT: &str = include_str!("../../sql/journal/take_out.sql");
    /// `twins_of_batch.sql`
    pub const TWINS_OF_BATCH: &str = include_str!("../../sql/journal/twins_of_batch.sql");
    /// `wait.sql`
    pub const WAIT: &str = include_str!("../../sql/journal/wait.sql");
    /// `workers.sql`
    pub const WORKERS: &str = include_str!("../../sql/journal/workers.sql");
}

/// `sql/lock/`.
pub mod lock {
    /// `add.sql`
    pub const ADD: &str = include_str!("../../sql/lock/add.sql");
    /// `conflicting.sql`
    pub const CONFLICTING: &str = include_str!("../../sql/lock/conflicting.sql");
    /// `gather.sql`
    pub const GATHER: &str = include_str!("../../sql/lock/gather.sql");
    /// `give_back.sql`
    pub const GIVE_BACK: &str = include_str!("../../sql/lock/give_back.sql");
    /// `is_gathered.sql`
    pub const IS_GATHERED: &str = include_str!("../../sql/lock/is_gathered.sql");
    /// `is_held.sql`
    pub const IS_HELD: &str = include_str!("../../sql/lock/is_held.sql");
    /// `list.sql`
    pub const LIST: &str = include_str!("../../sql/lock/list.sql");
    /// `overlook.sql`
    pub const OVERLOOK: &str = include_str!("../../sql/lock/overlook.sql");
    /// `range_table.sql`
    pub const RANGE_TABLE: &str = include_str!("../../sql/lock/range_table.sql");
    /// `remove.sql`
    pub const REMOVE: &str = include_str!("../../sql/lock/remove.sql");
    /// `renew.sql`
    pub const RENEW: &str = include_str!("../../sql/lock/renew.sql");
    /// `take_for_batch.sql`
    pub const TAKE_FOR_BATCH: &str = include_str!("../../sql/lock/take_for_batch.sql");
    /// `workers.sql`
    pub const WORKERS: &str = include_str!("../../sql/lock/workers.sql");
}

/// `sql/temp/`: temporary tables.
pub mod temp {
    /// `forget_references.sql`
    pub const FORGET_REFERENCES: &str = include_str!("../../sql/temp/forget_references.sql");
    /// `forget_survey.sql`
    pub const FORGET_SURVEY: &str = include_str!("../../sql/temp/forget_survey.sql");
    /// `references.sql`
    pub const REFERENCES: &str = include_str!("../../sql/temp/references.sql");
}
