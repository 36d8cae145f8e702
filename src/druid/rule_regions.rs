//! Which rule of a chain decides for which segments, as bounds that share no segment.
//!
//! What no rule has taken yet is kept as slabs: ranges of starts with the ends that are open in them. Rules ask for all
//! ends up to one, or from one on, so that a slab has one range of ends, neighbours soon are alike and become one, and a
//! chain comes to some bounds a rule, however its rules are nested.

use std::collections::BTreeMap;

use super::Bounds;

/// Segments for which one rule decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// The index of the rule, from 0, in the order given; `None` where no rule applies.
    pub rule: Option<usize>,
    /// The segments, in the narrowest bounds; never empty.
    pub bounds: Bounds,
}

/// Which rule decides for which segments, when the first that applies decides. The bounds in the
/// answer share no segment and together hold all; a rule may have several, or none when the rules
/// before it take all of its own. They stand in the order of the rules, and last what no rule takes.
pub fn decide(rules: &[Bounds]) -> Vec<Decided> {
    let mut decided = Vec::new();
    let mut open = Open::everything();
    for (index, rule) in rules.iter().enumerate() {
        let taken = open.take(rule);
        decided.extend(taken.into_iter().map(|bounds| Decided { rule: Some(index), bounds }));
    }
    decided.extend(open.rest().map(|bounds| Decided { rule: None, bounds }));
    decided
}

/// Ends from one to another, inclusive. `i64::MIN` as the first stands for all that is not before the start.
type Ends = Vec<(i64, i64)>;

/// Starts up to one, with the ends that are open; there are some.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Slab {
    start_max: i64,
    ends: Ends,
}

/// What no rule has taken, by the first start of each slab.
struct Open {
    slabs: BTreeMap<i64, Slab>,
    /// Whether the last open end only rises with the start: then what begins before a slab that a rule does not reach is
    /// not reached either.
    rises: bool,
}

impl Open {
    fn everything() -> Self {
        let slab = Slab { start_max: i64::MAX, ends: vec![(i64::MIN, i64::MAX)] };
        Self { slabs: BTreeMap::from([(i64::MIN, slab)]), rises: true }
    }

    /// Takes out what a rule applies to, and answers it.
    fn take(&mut self, rule: &Bounds) -> Vec<Bounds> {
        let Some(rule) = rule.unless_empty() else { return Vec::new() };
        self.split(rule.start_min);
        if let Some(behind) = rule.start_max.checked_add(1) {
            self.split(behind);
        }
        let reached = self.reached(&rule);
        let mut taken = Taken::default();
        for &start in &reached {
            if let Some(slab) = self.slabs.remove(&start) {
                let (own, left) = cut(&slab.ends, rule.end_min, rule.end_max);
                taken.add(start, slab.start_max, trimmed(start, own));
                self.put(start, slab.start_max, left);
            }
        }
        if let (Some(first), Some(last)) = (reached.first(), reached.last()) {
            self.join(*first, *last);
        }
        let takes_last_ends = rule.start_min == i64::MIN && rule.end_max == i64::MAX;
        let takes_first_ends = rule.end_min <= rule.start_min;
        self.rises &= takes_last_ends || takes_first_ends;
        taken.bounds()
    }

    /// Begins a slab at `start`, where one goes on there.
    fn split(&mut self, start: i64) {
        let Some((_, slab)) = self.slabs.range_mut(..start).next_back() else { return };
        if slab.start_max < start {
            return;
        }
        let behind = slab.clone();
        slab.start_max = start - 1;
        self.put(start, behind.start_max, behind.ends);
    }

    /// The slabs that a rule may take something of, in order; they lie wholly within its starts.
    fn reached(&self, rule: &Bounds) -> Vec<i64> {
        let within = self.slabs.range(rule.start_min..=rule.start_max).rev();
        let is_below = |slab: &Slab| slab.ends.last().is_none_or(|(_, end)| *end < rule.end_min);
        let within = within.take_while(|(_, slab)| !(self.rises && is_below(slab)));
        let mut found: Vec<i64> = within.map(|(start, _)| *start).collect();
        found.reverse();
        found
    }

    /// Keeps a slab, unless nothing of it is open.
    fn put(&mut self, start: i64, start_max: i64, ends: Ends) {
        let ends = trimmed(start, ends);
        if let Some((_, last)) = ends.last() {
            let start_max = start_max.min(*last);
            self.slabs.insert(start, Slab { start_max, ends });
        }
    }

    /// Makes neighbours that are alike one, from the slab before `first` to that behind `last`.
    fn join(&mut self, first: i64, last: i64) {
        let before = self.slabs.range(..first).next_back().map_or(first, |(start, _)| *start);
        let after = last
            .checked_add(1)
            .and_then(|last| self.slabs.range(last..).next())
            .map_or(last, |(start, _)| *start);
        let starts: Vec<i64> = self.slabs.range(before..=after).map(|(start, _)| *start).collect();
        let mut whole: Option<i64> = None;
        for start in starts {
            let (earlier, slab) =
                (whole.and_then(|at| self.slabs.get(&at)), self.slabs.get(&start));
            let (Some(earlier), Some(slab)) = (earlier, slab) else {
                whole = Some(start);
                continue;
            };
            if earlier.start_max.checked_add(1) == Some(start) && earlier.ends == slab.ends {
                let start_max = slab.start_max;
                self.slabs.remove(&start);
                if let Some(slab) = whole.and_then(|at| self.slabs.get_mut(&at)) {
                    slab.start_max = start_max;
                }
            } else {
                whole = Some(start);
            }
        }
    }

    /// What is left, as bounds.
    fn rest(self) -> impl Iterator<Item = Bounds> {
        self.slabs.into_iter().flat_map(|(start, slab)| boxes(start, &slab))
    }
}

/// What a rule takes, slab by slab: neighbours that are alike are one.
#[derive(Default)]
struct Taken(Vec<(i64, Slab)>);

impl Taken {
    fn add(&mut self, start: i64, start_max: i64, ends: Ends) {
        if ends.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some((_, last))
                if last.start_max.checked_add(1) == Some(start) && last.ends == ends =>
            {
                last.start_max = start_max;
            }
            _ => self.0.push((start, Slab { start_max, ends })),
        }
    }

    fn bounds(self) -> Vec<Bounds> {
        self.0.into_iter().flat_map(|(start, slab)| boxes(start, &slab)).collect()
    }
}

fn boxes(start_min: i64, slab: &Slab) -> Vec<Bounds> {
    let of = |&(end_min, end_max): &(i64, i64)| {
        Bounds { start_min, start_max: slab.start_max, end_min, end_max }.unless_empty()
    };
    slab.ends.iter().filter_map(of).collect()
}

/// Of ends those from `first` to `last`, and the others.
fn cut(ends: &[(i64, i64)], first: i64, last: i64) -> (Ends, Ends) {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    let add = |to: &mut Ends, from: i64, upto: i64| {
        if from <= upto {
            to.push((from, upto));
        }
    };
    for &(from, upto) in ends {
        if let Some(before) = first.checked_sub(1) {
            add(&mut outside, from, upto.min(before));
        }
        add(&mut inside, from.max(first), upto.min(last));
        if let Some(behind) = last.checked_add(1) {
            add(&mut outside, from.max(behind), upto);
        }
    }
    (inside, outside)
}

/// The ends that a segment can have which begins at `start` or later. Those from there on are all there are, and written
/// alike, so that neighbours can be compared.
fn trimmed(start: i64, ends: Ends) -> Ends {
    let fits = ends.into_iter().filter(|(_, upto)| *upto >= start);
    fits.map(|(from, upto)| (if from <= start { i64::MIN } else { from }, upto)).collect()
}
