//! Between groups: what is visible, what is overshadowed, and by what.

use super::*;

const ETERNITY: (i64, i64) = (-4_611_686_018_427_387_904, 4_611_686_018_427_387_903);

#[test]
fn nothing_has_an_empty_timeline() {
    assert_eq!(sweep(&[]), Told::default());
}

#[test]
fn a_segment_alone_is_visible() {
    let told = sweep(&[segment(1, 0, 10, "1")]);
    assert_eq!(told.pieces, [(0, 10, "1".to_owned(), vec![1])]);
    assert_eq!(told.hidden(), NONE);
}

#[test]
fn the_highest_version_is_visible_and_hides_the_others() {
    let told = sweep(&[segment(2, 0, 10, "2"), segment(3, 0, 10, "3"), segment(1, 0, 10, "1")]);
    assert_eq!(told.pieces(), [(0, 10, [3].as_slice())]);
    assert_eq!(told.hidden(), [1, 2]);
}

#[test]
fn versions_compare_as_java_compares_strings() {
    for (lower, higher) in [
        ("10", "9"),
        ("1", "10"),
        ("", "1"),
        ("Z", "a"),
        ("\u{d7ff}", "𝒳"),
        ("𝒳", "\u{e000}"),
        ("𝒳", "\u{ffee}"),
        ("x𝒳z", "x\u{ffee}a"),
        ("𝒳", "𝒴"),
        ("\u{10ffff}", "\u{e000}"),
    ] {
        let told = sweep(&[segment(1, 0, 10, higher), segment(2, 0, 10, lower)]);
        assert_eq!(told.hidden(), [2], "{lower:?} < {higher:?}");
    }
}

#[test]
fn a_version_that_covers_a_part_hides_nothing_but_shows_in_its_part() {
    let told = sweep(&[segment(1, 0, 10, "1"), segment(2, 3, 5, "2")]);
    assert_eq!(told.hidden(), NONE);
    assert_eq!(told.pieces(), [(0, 3, [1].as_slice()), (3, 5, &[2]), (5, 10, &[1])]);
}

#[test]
fn several_together_hide_what_none_hides_alone() {
    let parts = [segment(2, 0, 5, "2"), segment(3, 5, 7, "3"), segment(4, 6, 12, "2\u{1}")];
    let [two, three, four] = parts;
    assert_eq!(sweep(&[segment(1, 0, 10, "1"), two, three, four]).hidden(), [1]);
}

#[test]
fn a_gap_of_a_millisecond_shows_what_lies_below() {
    let told = sweep(&[segment(1, 0, 10, "1"), segment(2, 0, 5, "2"), segment(3, 6, 10, "2")]);
    assert_eq!(told.hidden(), NONE);
    assert_eq!(told.pieces(), [(0, 5, [2].as_slice()), (5, 6, &[1]), (6, 10, &[3])]);
}

#[test]
fn an_incomplete_group_neither_shows_nor_hides() {
    let told = sweep(&[segment(1, 0, 10, "1"), segment(2, 0, 10, "2").numbered(0, 2)]);
    assert_eq!(told.hidden(), NONE);
    assert_eq!(told.pieces(), [(0, 10, [1].as_slice())]);
}

#[test]
fn an_incomplete_group_is_overshadowed_all_the_same() {
    let told = sweep(&[segment(1, 0, 10, "1").numbered(0, 2), segment(2, 0, 10, "2")]);
    assert_eq!(told.hidden(), [1]);
}

#[test]
fn an_incomplete_group_with_a_gap_above_it_is_not_overshadowed() {
    let told = sweep(&[segment(1, 0, 10, "1").numbered(0, 2), segment(2, 0, 9, "2")]);
    assert_eq!(told.hidden(), NONE);
}

#[test]
fn pieces_of_one_version_but_of_two_groups_stay_two() {
    let told = sweep(&[segment(1, 0, 5, "1"), segment(2, 5, 10, "1")]);
    assert_eq!(told.pieces(), [(0, 5, [1].as_slice()), (5, 10, &[2])]);
}

#[test]
fn a_piece_goes_on_past_what_begins_and_ends_below_it() {
    let told = sweep(&[
        segment(9, 0, 10, "9"),
        segment(1, 0, 3, "1"),
        segment(2, 2, 5, "2"),
        segment(3, 4, 4, "3"),
    ]);
    assert_eq!(told.pieces(), [(0, 10, [9].as_slice())]);
    assert_eq!(told.hidden(), [1, 2, 3]);
}

#[test]
fn eternity_is_an_interval_like_any_other() {
    let (start, end) = ETERNITY;
    let told =
        sweep(&[segment(1, start, end, "1"), segment(2, 0, 10, "0"), segment(3, 5, end, "00")]);
    assert_eq!(told.hidden(), [2, 3]);
    assert_eq!(told.pieces(), [(start, end, [1].as_slice())]);
}

#[test]
fn the_widest_interval_there_can_be_is_one_too() {
    let told = sweep(&[segment(1, i64::MIN, i64::MAX, "1"), segment(2, 0, i64::MAX, "0")]);
    assert_eq!(told.hidden(), [2]);
    assert_eq!(told.pieces(), [(i64::MIN, i64::MAX, [1].as_slice())]);
}

// Segments of zero length.

#[test]
fn a_zero_length_segment_is_never_visible() {
    assert_eq!(sweep(&[segment(1, 5, 5, "1")]), Told::default());
}

#[test]
fn a_zero_length_segment_is_overshadowed_within_a_higher_version() {
    assert_eq!(sweep(&[segment(1, 5, 5, "1"), segment(2, 4, 6, "2")]).hidden(), [1]);
    assert_eq!(sweep(&[segment(3, 5, 5, "3"), segment(2, 4, 6, "2")]).hidden(), NONE);
}

#[test]
fn a_zero_length_segment_is_not_overshadowed_at_an_edge() {
    assert_eq!(sweep(&[segment(1, 5, 5, "1"), segment(2, 5, 6, "2")]).hidden(), NONE);
    assert_eq!(sweep(&[segment(1, 5, 5, "1"), segment(2, 4, 5, "2")]).hidden(), NONE);
    let neighbours = [segment(2, 4, 5, "2"), segment(3, 5, 6, "2")];
    let [left, right] = neighbours;
    assert_eq!(sweep(&[segment(1, 5, 5, "1"), left, right]).hidden(), NONE);
}

#[test]
fn a_zero_length_segment_at_an_edge_of_visible_pieces_is_not_overshadowed() {
    let told = sweep(&[segment(2, 0, 10, "2"), segment(1, 5, 5, "1"), segment(3, 5, 7, "3")]);
    assert_eq!(told.hidden(), NONE);
}

#[test]
fn a_zero_length_segment_hides_nothing_and_cuts_nothing() {
    let told = sweep(&[segment(1, 0, 10, "1"), segment(2, 5, 5, "2"), segment(3, 0, 0, "3")]);
    assert_eq!(told.hidden(), NONE);
    assert_eq!(told.pieces(), [(0, 10, [1].as_slice())]);
}

// What hides a segment, and how young that is: the grace of the overshadowed pass.

#[test]
fn what_hides_a_segment_is_the_lowest_partition_of_what_is_visible_at_its_start() {
    let told = sweep(&[
        segment(1, 2, 10, "1"),
        segment(22, 0, 5, "2").numbered(1, 2),
        segment(21, 0, 5, "2").numbered(0, 2),
        segment(3, 5, 10, "3"),
        segment(4, 0, 2, "4"),
    ]);
    assert_eq!(told.hidden[&1].0, 21);
}

#[test]
fn the_youngest_of_all_that_hide_a_segment_counts() {
    let parts = |stamps: [i64; 3]| {
        let told = sweep(&[
            segment(1, 0, 10, "1").stamp(99),
            segment(2, 0, 5, "2").numbered(0, 2).stamp(stamps[0]),
            segment(3, 0, 5, "2").numbered(1, 2).stamp(stamps[1]),
            segment(4, 5, 10, "2").stamp(stamps[2]),
        ]);
        told.hidden[&1].1
    };
    assert_eq!(parts([7, 1, 2]), 7);
    assert_eq!(parts([1, 7, 2]), 7);
    assert_eq!(parts([1, 2, 7]), 7);
}

#[test]
fn what_ends_before_a_segment_or_begins_behind_it_does_not_count() {
    let told = sweep(&[
        segment(2, 0, 5, "2").stamp(50),
        segment(1, 5, 10, "1"),
        segment(3, 5, 10, "2").stamp(3),
        segment(4, 10, 15, "2").stamp(60),
    ]);
    assert_eq!(told.hidden[&1], (3, 3));
}

#[test]
fn what_is_itself_overshadowed_does_not_count() {
    let told = sweep(&[
        segment(1, 0, 10, "1"),
        segment(2, 0, 10, "2").stamp(50),
        segment(3, 0, 10, "3").stamp(3),
    ]);
    assert_eq!(told.hidden[&1], (3, 3));
}

#[test]
fn each_of_several_open_segments_has_a_youngest_of_its_own() {
    let told = sweep(&[
        segment(9, 0, 2, "9").stamp(90),
        segment(1, 0, 10, "1"),
        segment(8, 2, 4, "9").stamp(80),
        segment(2, 2, 10, "2"),
        segment(7, 4, 10, "9").stamp(70),
        segment(3, 4, 10, "3"),
    ]);
    let youngest: Vec<i64> = told.hidden.values().map(|(_, youngest)| *youngest).collect();
    assert_eq!(youngest, [90, 80, 70]);
}

#[test]
fn stamps_may_lie_before_1970() {
    let told = sweep(&[segment(1, 0, 10, "1"), segment(2, 0, 10, "2").stamp(-5)]);
    assert_eq!(told.hidden[&1].1, -5);
}

// One version over intervals that overlap.

#[test]
fn one_version_over_two_intervals_that_overlap_is_a_conflict() {
    for (start, end) in [(5, 15), (0, 5), (5, 10), (2, 3), (5, 5)] {
        let told = try_sweep(&[segment(2, start, end, "1"), segment(1, 0, 10, "1")]);
        let Conflict { one, other } = told.unwrap_err();
        assert_eq!([one.min(other), one.max(other)], [1, 2], "{start}..{end}");
    }
}

#[test]
fn one_version_over_intervals_that_abut_is_no_conflict() {
    for (start, end) in [(10, 15), (0, 0), (10, 10)] {
        assert!(try_sweep(&[segment(2, start, end, "1"), segment(1, 0, 10, "1")]).is_ok());
    }
}

#[test]
fn groups_that_are_incomplete_or_hidden_are_in_conflict_too() {
    let incomplete = |name, start, end| segment(name, start, end, "1").numbered(0, 2);
    assert!(try_sweep(&[incomplete(1, 0, 10), incomplete(2, 5, 15)]).is_err());
    let above = segment(3, 0, 15, "2");
    assert!(try_sweep(&[incomplete(1, 0, 10), incomplete(2, 5, 15), above.clone()]).is_err());
    assert!(try_sweep(&[segment(1, 0, 10, "1"), segment(2, 5, 15, "1"), above]).is_err());
}
