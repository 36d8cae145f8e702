//! The sweep against the model, over random segments.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Eternity, as Druid counts it.
const ETERNITY: (i64, i64) = (-4_611_686_018_427_387_904, 4_611_686_018_427_387_903);
/// On both sides of the surrogates, and one the start of another.
const VERSIONS: [&str; 10] =
    ["", "1", "10", "9", "é", "\u{d7ff}", "\u{e000}", "\u{ffee}", "𝒳", "𝒳\u{ffee}"];

#[derive(Debug, Clone)]
struct Member {
    form: Form,
    stamp: i64,
    /// Where it comes among those of its interval.
    place: u32,
}

fn interval() -> impl Strategy<Value = (i64, i64)> {
    prop_oneof![
        12 => (0_i64..8, 1_i64..5).prop_map(|(start, length)| (start, start + length)),
        2 => (0_i64..8).prop_map(|at| (at, at)),
        2 => Just((0, 8)),
        1 => Just(ETERNITY),
        1 => (0_i64..8).prop_map(|start| (start, ETERNITY.1)),
    ]
}

fn overwrite() -> impl Strategy<Value = Form> {
    let size = select([1, 1, 1, 2, 3, -1].as_slice());
    (0..4, 0..5, 1_i16..5, size).prop_map(|(start, length, minor, size)| Form::Overwrite {
        roots: (start, start + length - i32::from(length == 4) * 5),
        minor,
        size,
    })
}

fn bound() -> impl Strategy<Value = Option<String>> {
    select([None, Some("a"), Some("b")].as_slice()).prop_map(|bound| bound.map(str::to_owned))
}

fn any_form() -> impl Strategy<Value = Form> {
    prop_oneof![
        3 => (-1..4).prop_map(Form::Counted),
        3 => (bound(), bound()).prop_map(|(start, end)| Form::Ranged(start, end)),
        1 => Just(Form::Alone),
        1 => Just(Form::Unknown),
        2 => overwrite(),
    ]
}

/// The forms of a group's members: whole ones with overwrites, chains of ranges, and wild ones.
fn forms() -> impl Strategy<Value = Vec<Form>> {
    let chain = |names: &[Option<&str>]| -> Vec<Form> {
        let text = |name: Option<&str>| name.map(str::to_owned);
        names.windows(2).map(|pair| Form::Ranged(text(pair[0]), text(pair[1]))).collect()
    };
    let chains = vec![
        chain(&[None, None]),
        chain(&[None, Some("a"), None]),
        chain(&[None, Some("a"), Some("b"), None]),
        chain(&[None, Some("a"), Some("b")]),
    ];
    let whole = (1..4_i32, 0..3_i32).prop_map(|(of, more)| {
        (0..of.max(of + more - 1)).map(|_| Form::Counted(of)).collect::<Vec<_>>()
    });
    prop_oneof![
        3 => whole.clone(),
        4 => (whole, prop::collection::vec(overwrite(), 1..5))
            .prop_map(|(whole, overwrites)| [whole, overwrites].concat()),
        2 => select(chains),
        3 => prop::collection::vec(any_form(), 1..5),
    ]
}

fn members() -> impl Strategy<Value = Vec<Member>> {
    forms().prop_flat_map(|forms| {
        let count = forms.len();
        prop::collection::vec((0..12_i64, any::<u32>()), count).prop_map(move |rest| {
            let member = |(form, (stamp, place)): (&Form, (i64, u32))| Member {
                form: form.clone(),
                stamp,
                place,
            };
            forms.iter().zip(rest).map(member).collect()
        })
    })
}

/// Groups, most of them of versions of their own, so that there is a timeline.
fn segments() -> impl Strategy<Value = Vec<Segment>> {
    let other_version = prop_oneof![15 => Just(0_usize), 1 => 1_usize..10];
    let group = (interval(), members(), other_version, 0..4_i32);
    let versions = Just(VERSIONS.to_vec()).prop_shuffle();
    (versions, prop::collection::vec(group, 1..9)).prop_map(|(versions, groups)| {
        let mut segments = Vec::new();
        for (at, ((start, end), members, offset, missing)) in groups.into_iter().enumerate() {
            let version = versions[(at + offset) % versions.len()];
            for (number, member) in members.into_iter().enumerate() {
                // One partition of some groups is missing.
                let partition = i32::try_from(number).unwrap() + i32::from(missing == 3);
                let is_overwrite = matches!(member.form, Form::Overwrite { .. });
                let partition = partition + if is_overwrite { 32_768 } else { 0 };
                let name = i64::from(member.place) << 16 | i64::try_from(segments.len()).unwrap();
                segments.push(Segment {
                    partition,
                    form: member.form,
                    stamp: member.stamp,
                    ..segment(name, start, end, version)
                });
            }
        }
        // Names are random: order by name is any order.
        segments.sort_by_key(|segment| segment.name);
        let mut seen = std::collections::BTreeSet::new();
        segments
            .retain(|one| seen.insert((one.start, one.end, one.version.clone(), one.partition)));
        segments
    })
}

fn check(segments: &[Segment]) -> Result<(), TestCaseError> {
    let (told, answer) = (try_sweep(segments).ok(), model::answer(segments));
    prop_assert_eq!(told.is_some(), answer.is_some(), "whether there is a timeline");
    let (Some(told), Some(answer)) = (told, answer) else { return Ok(()) };
    prop_assert_eq!(&told.pieces, &answer.pieces);
    let expected: Vec<_> = answer.hidden.keys().copied().collect();
    prop_assert_eq!(told.hidden(), expected);
    for (name, (by, youngest)) in &answer.hidden {
        let (told_by, told_youngest) = told.hidden[name];
        prop_assert!(by.contains(&told_by), "{} hides {}, not one of {:?}", told_by, name, by);
        prop_assert_eq!(told_youngest, *youngest, "youngest that hides {}", name);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sweep_answers_as_the_model_does(segments in segments()) {
        check(&segments)?;
    }

    #[test]
    fn order_within_an_interval_does_not_matter(segments in segments()) {
        let mut reversed = segments.clone();
        reversed.reverse();
        let mut by_partition = segments.clone();
        by_partition.sort_by(|one, other| {
            (&one.version, one.partition).cmp(&(&other.version, other.partition))
        });
        let told = try_sweep(&segments);
        prop_assert_eq!(&try_sweep(&reversed), &told);
        prop_assert_eq!(&try_sweep(&by_partition), &told);
    }
}

/// The properties would hold of nothing as well: random segments must show each thing.
#[test]
fn random_segments_show_everything() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut conflicts, mut hidden, mut points, mut own, mut visible) = (0, 0, 0, 0, 0);
    for _ in 0..1000 {
        let segments = segments().new_tree(&mut runner).unwrap().current();
        let Ok(told) = try_sweep(&segments) else {
            conflicts += 1;
            continue;
        };
        let named = |name: i64| segments.iter().find(|one| one.name == name).unwrap();
        visible += told.pieces.len();
        for (name, (by, _)) in &told.hidden {
            let (one, by) = (named(*name), named(*by));
            hidden += 1;
            points += usize::from(one.start == one.end);
            own += usize::from(one.version == by.version);
        }
    }
    let least = conflicts.min(hidden).min(points).min(own).min(visible);
    assert!(least > 50, "{conflicts} {hidden} {points} {own} {visible}");
}
