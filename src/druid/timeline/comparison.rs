//! What becomes visible when segments go: two timelines, piece by piece.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::druid::timeline::version::compare;
use crate::druid::timeline::{Hidden, Piece, Sink};

/// An older segment that becomes visible, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uncovered {
    /// The segment.
    pub segment: i64,
    /// From when on it is visible; milliseconds since 1970-01-01T00:00:00Z.
    pub start_ms: i64,
    /// Until when; exclusive.
    pub end_ms: i64,
}

/// Compares two timelines while they are swept side by side: the second lacks some segments of the first.
///
/// Its memory is bound to the pieces that one sweep has told and the other has not come to.
#[derive(Debug)]
pub struct Comparison {
    before: VecDeque<Shown>,
    after: VecDeque<Shown>,
    /// What the last span uncovered: by segment, where it ended and its place in `found`.
    open: BTreeMap<i64, (i64, Option<usize>)>,
    limit: usize,
    found: Vec<Uncovered>,
    count: usize,
}

/// One of the two timelines, as a sink.
#[derive(Debug)]
pub struct Side<'a> {
    of: &'a RefCell<Comparison>,
    is_after: bool,
}

#[derive(Debug)]
struct Shown {
    start_ms: i64,
    end_ms: i64,
    version: Box<str>,
    segments: Vec<i64>,
}

impl Comparison {
    /// A comparison that names at most `limit` segments, and counts the rest.
    pub fn new(limit: usize) -> Self {
        Self {
            before: VecDeque::new(),
            after: VecDeque::new(),
            open: BTreeMap::new(),
            limit,
            found: Vec::new(),
            count: 0,
        }
    }

    /// The sinks of both sweeps, which must be given the same rows in turn.
    pub fn sides(this: &RefCell<Self>) -> [Side<'_>; 2] {
        [false, true].map(|is_after| Side { of: this, is_after })
    }

    /// What was found, in order of time, and how many more there are.
    pub fn told(self) -> (Vec<Uncovered>, usize) {
        let rest = self.count - self.found.len();
        (self.found, rest)
    }

    /// Compares as far as both timelines are known.
    fn go_on(&mut self) {
        while let (Some(old), Some(new)) = (self.before.front(), self.after.front()) {
            let (old_end_ms, new_end_ms) = (old.end_ms, new.end_ms);
            let (start_ms, end_ms) = (old.start_ms.max(new.start_ms), old_end_ms.min(new_end_ms));
            if start_ms < end_ms {
                let fresh = fresh(old, new);
                self.uncover(&fresh, start_ms, end_ms);
            }
            if old_end_ms <= new_end_ms {
                self.before.pop_front();
            }
            if new_end_ms <= old_end_ms {
                self.after.pop_front();
            }
        }
    }

    fn uncover(&mut self, segments: &[i64], start_ms: i64, end_ms: i64) {
        let open = std::mem::take(&mut self.open);
        for &segment in segments {
            let goes_on = open.get(&segment).filter(|(until_ms, _)| *until_ms == start_ms);
            let place = if let Some((_, place)) = goes_on {
                *place
            } else {
                self.count += 1;
                (self.found.len() < self.limit).then(|| {
                    self.found.push(Uncovered { segment, start_ms, end_ms });
                    self.found.len() - 1
                })
            };
            if let Some(found) = place.and_then(|place| self.found.get_mut(place)) {
                found.end_ms = end_ms;
            }
            self.open.insert(segment, (end_ms, place));
        }
    }
}

/// What is visible now, was not before, and is older. (To take away an update that is not full can complete a newer
/// group: that is no stale data.)
fn fresh(old: &Shown, new: &Shown) -> Vec<i64> {
    match compare(&new.version, &old.version) {
        Ordering::Greater => Vec::new(),
        Ordering::Less => new.segments.clone(),
        Ordering::Equal if new.segments == old.segments => Vec::new(),
        Ordering::Equal => {
            let known = old.segments.iter().collect::<BTreeSet<_>>();
            new.segments.iter().filter(|segment| !known.contains(segment)).copied().collect()
        }
    }
}

impl Sink for Side<'_> {
    fn hidden(&mut self, _: Hidden) {}

    fn visible(&mut self, piece: Piece<'_>) {
        let shown = Shown {
            start_ms: piece.start_ms,
            end_ms: piece.end_ms,
            version: piece.version.into(),
            segments: piece.segments.to_vec(),
        };
        let mut comparison = self.of.borrow_mut();
        let side = if self.is_after { &mut comparison.after } else { &mut comparison.before };
        side.push_back(shown);
        comparison.go_on();
    }
}
