//! Within a group: what makes it complete, and what atomic updates hide.

use super::*;

/// Whether segments over one interval and version are a complete group: it shows.
fn is_complete(segments: &[Segment]) -> bool {
    !try_sweep(segments).unwrap().pieces.is_empty()
}

fn one(name: i64) -> Segment {
    segment(name, 0, 10, "1")
}

#[test]
fn numbered_is_complete_with_all_its_core_partitions() {
    assert!(is_complete(&[one(1).numbered(1, 2), one(2).numbered(0, 2)]));
    assert!(!is_complete(&[one(1).numbered(0, 2)]));
    assert!(!is_complete(&[one(1).numbered(1, 2)]));
    assert!(!is_complete(&[one(1).numbered(0, 3), one(2).numbered(2, 3)]));
}

#[test]
fn numbered_may_have_more_appended() {
    assert!(is_complete(&[one(1).numbered(0, 1), one(2).numbered(1, 1), one(3).numbered(7, 0)]));
}

#[test]
fn numbered_without_core_partitions_is_complete_with_any() {
    assert!(is_complete(&[one(1).numbered(7, 0)]));
}

#[test]
fn fewer_than_no_core_partitions_are_never_there() {
    assert!(!is_complete(&[one(1).numbered(0, -1), one(2).numbered(1, -1)]));
    assert!(!is_complete(&[one(1).numbered(0, i32::MIN)]));
}

#[test]
fn the_greatest_partition_number_is_a_number_like_any_other() {
    assert!(!is_complete(&[one(1).numbered(i32::MAX, 1)]));
    assert!(is_complete(&[one(1).numbered(i32::MAX, 0), one(2).overwrite((0, 1), 1, 1)]));
}

#[test]
fn each_counts_the_core_partitions_by_its_own_word() {
    assert!(is_complete(&[one(1).numbered(0, 5), one(2).numbered(1, 2)]));
    assert!(!is_complete(&[one(1).numbered(0, 2), one(2).numbered(1, 3)]));
}

#[test]
fn ranges_are_complete_from_a_null_start_to_a_null_end() {
    let (first, second) = (one(1).ranged(0, None, Some("b")), one(2).ranged(1, Some("b"), None));
    assert!(is_complete(&[one(1).ranged(3, None, None)]));
    assert!(is_complete(&[second.clone(), first.clone()]));
    assert!(!is_complete(std::slice::from_ref(&first)));
    assert!(!is_complete(&[second]));
    assert!(!is_complete(&[first, one(2).ranged(1, Some("c"), None)]));
}

#[test]
fn ranges_are_taken_by_partition() {
    assert!(!is_complete(&[one(1).ranged(1, None, Some("b")), one(2).ranged(0, Some("b"), None)]));
}

#[test]
fn what_is_alone_is_complete_by_itself() {
    assert!(is_complete(&[one(1).alone(7)]));
    assert!(is_complete(&[one(1).overwrite((0, 1), 1, 1)]));
}

#[test]
fn a_type_that_nobody_knows_makes_no_group_complete() {
    assert!(!is_complete(&[one(1).unknown(0)]));
    assert!(!is_complete(&[one(1).unknown(0), one(2).unknown(1)]));
    for other in [
        one(2).numbered(0, 1),
        one(2).numbered(7, 0),
        one(2).ranged(0, None, None),
        one(2).alone(0),
        one(2).overwrite((0, 8), 1, 1),
    ] {
        assert!(is_complete(std::slice::from_ref(&other)), "{other:?}");
        for partition in [0, 1, 9] {
            assert!(!is_complete(&[other.clone(), one(1).unknown(partition)]), "{other:?}");
        }
    }
}

#[test]
fn a_type_that_nobody_knows_hides_nothing_and_can_be_hidden() {
    let told = sweep(&[
        segment(1, 0, 10, "1").stamp(1),
        segment(2, 0, 10, "2").unknown(0).stamp(2),
        segment(3, 0, 10, "2").overwrite((0, 1), 1, 1).stamp(3),
    ]);
    assert_eq!((told.hidden(), told.pieces()), (vec![], vec![(0, 10, [1].as_slice())]));
    let told = sweep(&[segment(1, 0, 10, "1").unknown(0), segment(2, 0, 10, "2").stamp(7)]);
    assert_eq!(told.hidden, [(1, (2, 7))].into());
}

#[test]
fn what_is_alone_does_not_go_on_from_anything() {
    assert!(!is_complete(&[one(1).numbered(0, 2), one(2).alone(1)]));
    assert!(!is_complete(&[one(1).numbered(0, 2), one(2).ranged(1, None, None)]));
    assert!(!is_complete(&[one(1).ranged(0, None, Some("b")), one(2).numbered(1, 2)]));
}

#[test]
fn a_full_update_hides_the_root_partitions_within_its_range() {
    let told = sweep(&[
        one(1).numbered(0, 3).stamp(10),
        one(2).numbered(1, 3).stamp(20),
        one(3).numbered(2, 3).stamp(5),
        one(4).overwrite((0, 2), 1, 2).stamp(3),
        one(5).overwrite((0, 2), 1, 2).stamp(4),
    ]);
    assert_eq!(told.pieces(), [(0, 10, [3, 4, 5].as_slice())]);
    // What is visible in the group counts as what hides it, partition 2 too.
    assert_eq!(told.hidden, [(1, (4, 5)), (2, (4, 5))].into());
}

#[test]
fn an_update_that_is_not_full_hides_nothing_and_is_not_visible() {
    let told = sweep(&[one(1), one(2).overwrite((0, 1), 1, 2)]);
    assert_eq!(told.pieces(), [(0, 10, [1].as_slice())]);
    assert_eq!(told.hidden(), NONE);
}

#[test]
fn an_update_is_full_beyond_its_size_and_without_one() {
    for size in [1, 0, -1] {
        let told =
            sweep(&[one(1), one(2).overwrite((0, 1), 1, size), one(3).overwrite((0, 1), 1, size)]);
        assert_eq!(told.hidden(), [1], "size {size}");
    }
}

#[test]
fn an_update_that_does_not_reach_around_a_partition_does_not_hide_it() {
    let told = sweep(&[
        one(1).overwrite((0, 2), 1, 1),
        one(2).overwrite((1, 3), 2, 1),
        one(3).overwrite((1, 2), 3, 1),
    ]);
    assert_eq!(told.hidden(), NONE);
}

#[test]
fn an_update_hides_lower_minor_versions_alone() {
    let told = sweep(&[
        one(1).overwrite((0, 2), 2, 1),
        one(2).overwrite((0, 1), 2, 1),
        one(3).overwrite((0, 1), 3, 1),
        one(4).overwrite((1, 2), 1, 1),
    ]);
    assert_eq!(told.hidden(), [2, 4]);
    assert_eq!((told.hidden[&2].0, told.hidden[&4].0), (3, 1));
}

#[test]
fn a_pending_update_breaks_a_group_that_lacks_what_it_replaces() {
    let pending = one(9).overwrite((0, 2), 1, 2);
    assert!(is_complete(&[one(1).numbered(0, 2), one(2).numbered(1, 2), pending.clone()]));
    assert!(!is_complete(&[one(1), pending.clone()]));
    assert!(!is_complete(&[one(1), one(2).numbered(2, 0), pending.clone()]));
    assert!(is_complete(&[one(1), pending, one(3).overwrite((0, 2), 2, 1)]));
}

#[test]
fn a_pending_update_needs_what_lies_within_its_range_and_is_lower() {
    let pending = one(9).overwrite((0, 2), 2, 2);
    let with = |other: Segment| is_complete(&[one(1), pending.clone(), other]);
    assert!(with(one(2).overwrite((1, 2), 1, 1)));
    assert!(!with(one(2).overwrite((1, 2), 2, 1)));
    assert!(!with(one(2).overwrite((1, 3), 1, 1)));
}

#[test]
fn a_group_that_is_overshadowed_is_so_with_its_hidden_and_its_pending_ones() {
    let told = sweep(&[
        one(1).numbered(0, 2),
        one(2).numbered(1, 2),
        one(3).overwrite((0, 1), 1, 1),
        one(4).overwrite((0, 2), 1, 2),
        segment(5, 0, 10, "2").stamp(7),
    ]);
    assert_eq!(told.hidden, [1, 2, 3, 4].map(|name| (name, (5, 7))).into());
}

#[test]
fn hidden_within_its_group_is_overshadowed_where_the_group_shows_and_where_not() {
    let told = sweep(&[
        one(1).stamp(99),
        one(2).overwrite((0, 1), 1, 1).stamp(3),
        segment(3, 0, 5, "2").stamp(7),
    ]);
    assert_eq!(told.pieces(), [(0, 5, [3].as_slice()), (5, 10, &[2])]);
    assert_eq!(told.hidden, [(1, (3, 7))].into());
}

#[test]
fn hidden_within_a_group_that_is_incomplete_is_not_overshadowed() {
    let told =
        sweep(&[one(1).numbered(0, 3), one(2).numbered(2, 3), one(3).overwrite((2, 3), 1, 1)]);
    assert_eq!((told.hidden(), told.pieces().len()), (vec![], 0));
}

#[test]
fn a_zero_length_group_does_not_overshadow_its_own() {
    let told = sweep(&[segment(1, 5, 5, "1"), segment(2, 5, 5, "1").overwrite((0, 1), 1, 1)]);
    assert_eq!(told, Told::default());
}
