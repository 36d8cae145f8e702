//! Atomic update groups: what `numbered_overwrite` segments make of the chunks of their group.

use std::collections::BTreeMap;

use crate::druid::timeline::group::connects;
use crate::druid::timeline::rows::Held;

/// What becomes of one chunk of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Visible,
    /// Hidden by a full atomic update group, of which `by` is the lowest partition.
    Hidden {
        by: i64,
    },
    /// Of an atomic update group that is not full, and that nothing hides.
    Pending,
}

/// Judges the chunks of one group after the other, and keeps its room in between.
#[derive(Debug, Default)]
pub(super) struct Updates {
    /// The rows' places by root range, an outer one before an inner, then by falling minor
    /// version: whatever hides a chunk stands before it.
    order: Vec<usize>,
    /// The atomic update groups, in the order of `order`.
    atomics: Vec<Atomic>,
    /// One for each row.
    fates: Vec<Fate>,
    front: Front,
    visible: Vec<usize>,
}

#[derive(Debug)]
struct Atomic {
    start: i64,
    end: i64,
    minor_version: i16,
    fate: Fate,
}

/// Of the full groups so far those that no other surpasses in both end and minor version: by end,
/// with minor version and lowest partition. Minor versions fall as ends rise.
#[derive(Debug, Default)]
struct Front(BTreeMap<i64, (i16, i64)>);

impl Updates {
    /// Judges the chunks of a group, which come by partition.
    ///
    /// Returns whether the group is complete. The cost is n log n, and for each root range of pending
    /// updates the number of visible ones below it.
    pub(super) fn judge(&mut self, rows: &[Held], texts: &str) -> bool {
        self.sort(rows);
        self.decide(rows);
        self.is_connected(rows, texts) && self.are_pending_covered()
    }

    /// The fate of each row that was judged last.
    pub(super) fn fates(&self) -> &[Fate] {
        &self.fates
    }

    fn sort(&mut self, rows: &[Held]) {
        self.order.clear();
        self.order.extend(0..rows.len());
        self.order.sort_unstable_by_key(|&at| {
            let (start, end) = rows[at].root();
            (start, -end, -i32::from(rows[at].minor_version()), at)
        });
    }

    fn decide(&mut self, rows: &[Held]) {
        self.atomics.clear();
        self.front.0.clear();
        self.fates.clear();
        self.fates.resize(rows.len(), Fate::Pending);
        let key = |at: usize| (rows[at].root(), rows[at].minor_version());
        for members in self.order.chunk_by(|&one, &other| key(one) == key(other)) {
            let first = members[0];
            let ((start, end), minor_version) = key(first);
            let needed = members.iter().map(|&at| rows[at].group_size()).max();
            let is_full = needed.is_none_or(|needed| members.len() >= needed);
            let fate = match self.front.hider(end, minor_version) {
                Some(by) => Fate::Hidden { by },
                None if is_full => Fate::Visible,
                None => Fate::Pending,
            };
            if is_full {
                self.front.add(end, minor_version, rows[first].segment);
            }
            for &at in members {
                self.fates[at] = fate;
            }
            self.atomics.push(Atomic { start, end, minor_version, fate });
        }
    }

    fn is_connected(&mut self, rows: &[Held], texts: &str) -> bool {
        self.visible.clear();
        let visible = (0..rows.len()).filter(|&at| self.fates[at] == Fate::Visible);
        self.visible.extend(visible);
        self.visible.sort_unstable_by_key(|&at| (rows[at].root(), at));
        connects(self.visible.iter().map(|&at| &rows[at]), texts)
    }

    /// Whether what waits to be replaced is still there, for each update that is not full. Of those of one root range the
    /// lowest minor version, which stands last, has the least below it.
    fn are_pending_covered(&self) -> bool {
        let range = |update: &Atomic| (update.start, update.end);
        self.atomics
            .chunk_by(|one, other| range(one) == range(other))
            .filter_map(|updates| {
                let is_pending =
                    |update: &&Atomic| update.fate == Fate::Pending && update.minor_version > 0;
                updates.iter().rev().find(is_pending)
            })
            .all(|update| self.is_covered(update))
    }

    fn is_covered(&self, update: &Atomic) -> bool {
        let mut reached = update.start;
        let from = self.atomics.partition_point(|atomic| atomic.start < update.start);
        for atomic in &self.atomics[from..] {
            if reached >= update.end || atomic.start > reached {
                break;
            }
            let counts = atomic.fate == Fate::Visible
                && atomic.end <= update.end
                && atomic.minor_version < update.minor_version;
            if counts {
                reached = reached.max(atomic.end);
            }
        }
        reached >= update.end
    }
}

impl Front {
    /// The lowest partition of the full group of the highest minor version that hides a chunk.
    fn hider(&self, end: i64, minor_version: i16) -> Option<i64> {
        let (_, &(highest, first)) = self.0.range(end..).next()?;
        (highest > minor_version).then_some(first)
    }

    fn add(&mut self, end: i64, minor_version: i16, first: i64) {
        if self.0.range(end..).next().is_some_and(|(_, &(highest, _))| highest >= minor_version) {
            return;
        }
        while let Some((&below, &(lower, _))) = self.0.range(..=end).next_back()
            && lower <= minor_version
        {
            self.0.remove(&below);
        }
        self.0.insert(end, (minor_version, first));
    }
}
