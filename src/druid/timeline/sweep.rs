//! The sweep over time, from each start or end of a group to the next.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::druid::timeline::group::Group;
use crate::druid::timeline::rows::Rows;
use crate::druid::timeline::updates::Updates;
use crate::druid::timeline::version::Version;
use crate::druid::timeline::youngest::Youngest;
use crate::druid::timeline::{Conflict, Row, Sink};

/// Groups by version; each is its place among all open groups.
type ByVersion = BTreeMap<Version, usize>;

/// A sweep over the used segments of one datasource.
///
/// Its memory is bound to the groups that are open at one instant. Work per group is logarithmic
/// in their number, however they are nested.
#[derive(Debug)]
pub struct Sweep<S> {
    sink: S,
    /// The rows of the interval that is being read.
    rows: Rows,
    /// All before this instant is told, but for what depends on the ends of open groups.
    now_ms: i64,
    /// The open groups, with room for more.
    groups: Vec<Group>,
    free: Vec<usize>,
    /// The open groups by end.
    ends: BinaryHeap<Reverse<(i64, usize)>>,
    complete: ByVersion,
    /// Incomplete groups that were never exposed.
    covered: ByVersion,
    /// Incomplete groups that were exposed: none of their segments is overshadowed. They stay for
    /// the sake of conflicts.
    exposed: ByVersion,
    /// Groups that start now.
    fresh: Vec<usize>,
    /// Groups of zero length that stand at this instant.
    points: Vec<usize>,
    /// The group that is visible up to now, and since when.
    shown: Option<(usize, i64)>,
    youngest: Youngest,
    updates: Updates,
    steps: u64,
}

impl<S: Sink> Sweep<S> {
    /// A sweep that tells `sink` what it finds.
    pub fn new(sink: S) -> Self {
        Self {
            sink,
            rows: Rows::default(),
            now_ms: i64::MIN,
            groups: Vec::new(),
            free: Vec::new(),
            ends: BinaryHeap::new(),
            complete: ByVersion::new(),
            covered: ByVersion::new(),
            exposed: ByVersion::new(),
            fresh: Vec::new(),
            points: Vec::new(),
            shown: None,
            youngest: Youngest::default(),
            updates: Updates::default(),
            steps: 0,
        }
    }

    /// Takes the next row, in order of start, then end.
    ///
    /// # Errors
    /// When one version has two intervals that overlap, as far as rows before this one show it.
    /// The sweep is void then.
    pub fn push(&mut self, row: &Row<'_>) -> Result<(), Conflict> {
        if !self.rows.is_empty() && !self.rows.take_in(row) {
            self.open_rows()?;
        }
        self.rows.add(row);
        Ok(())
    }

    /// Ends the sweep and gives the sink back, which has been told everything.
    ///
    /// # Errors
    /// When one version has two intervals that overlap.
    pub fn finish(mut self) -> Result<S, Conflict> {
        self.open_rows()?;
        self.advance(i64::MAX);
        Ok(self.sink)
    }

    /// How much was done so far: boundaries passed, and groups moved from one state to another.
    /// It grows with the number of groups alone.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Makes groups of the rows of one interval, which are all there.
    fn open_rows(&mut self) -> Result<(), Conflict> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut rows = std::mem::take(&mut self.rows);
        self.advance(rows.start_ms);
        rows.sort();
        for of_version in rows.by_version() {
            let text = of_version.first().map_or("", |row| &rows.texts()[row.version.clone()]);
            let version = Version::new(text);
            let at = self.free.pop().unwrap_or(self.groups.len());
            if at == self.groups.len() {
                self.groups.push(Group::new(version.clone()));
            }
            let group = &mut self.groups[at];
            group.version = version;
            group.start_ms = rows.start_ms;
            group.end_ms = rows.end_ms;
            group.fill(of_version, rows.texts(), &mut self.updates);
            self.open(at)?;
        }
        rows.clear();
        self.rows = rows;
        Ok(())
    }

    fn open(&mut self, at: usize) -> Result<(), Conflict> {
        self.steps += 1;
        let group = &self.groups[at];
        let same_version = [&self.complete, &self.covered, &self.exposed]
            .into_iter()
            .find_map(|groups| groups.get(&group.version));
        if let Some(&earlier) = same_version {
            return Err(Conflict { one: self.groups[earlier].first, other: group.first });
        }
        if group.end_ms <= group.start_ms {
            self.points.push(at);
            return Ok(());
        }
        self.ends.push(Reverse((group.end_ms, at)));
        self.fresh.push(at);
        self.youngest.watch(group.start_ms);
        let groups = if group.is_complete { &mut self.complete } else { &mut self.covered };
        groups.insert(group.version.clone(), at);
        Ok(())
    }

    /// Goes on to `until_ms`, and closes what ends by then.
    fn advance(&mut self, until_ms: i64) {
        while let Some(&Reverse((end_ms, at))) = self.ends.peek() {
            let to_ms = end_ms.min(until_ms);
            if self.now_ms < to_ms {
                self.pass();
                self.now_ms = to_ms;
            }
            if end_ms > until_ms {
                return;
            }
            self.ends.pop();
            self.close(at);
        }
        if self.now_ms < until_ms {
            self.leave_points(None);
            self.now_ms = until_ms;
        }
    }

    /// Passes from now to the next boundary: the open groups are the same all the way.
    fn pass(&mut self) {
        self.steps += 1;
        let top = self.complete.last_key_value().map(|(_, &at)| at);
        self.expose_above(top);
        let goes_on = top.filter(|&top| self.shown.is_some_and(|(shown, _)| shown == top));
        self.leave_points(goes_on);
        if goes_on.is_none() {
            self.end_piece();
            self.shown = top.map(|top| (top, self.now_ms));
        }
        match top {
            Some(top) => self.show(top),
            None => self.fresh.clear(),
        }
    }

    /// Exposes incomplete groups above the visible one, which see nothing higher.
    fn expose_above(&mut self, top: Option<usize>) {
        while let Some(highest) = self.covered.last_entry() {
            if top.is_some_and(|top| self.groups[top].version > *highest.key()) {
                return;
            }
            self.steps += 1;
            let (version, at) = highest.remove_entry();
            let group = &mut self.groups[at];
            group.is_exposed = true;
            group.forget_segments();
            self.youngest.release(group.start_ms);
            self.exposed.insert(version, at);
        }
    }

    /// The complete group `top` is visible from now to the next boundary.
    fn show(&mut self, top: usize) {
        let lead = self.groups[top].lead();
        for at in self.fresh.drain(..) {
            self.groups[at].hidden_at_start_by = (at != top).then_some(lead);
        }
        self.steps += self.youngest.see(self.groups[top].youngest_ms);
        let group = &mut self.groups[top];
        if !group.is_exposed {
            group.is_exposed = true;
            if !group.hides_some_itself() {
                self.youngest.release(group.start_ms);
            }
        }
    }

    /// Judges the zero-length groups at this instant: `around` is visible before and behind it.
    fn leave_points(&mut self, around: Option<usize>) {
        for at in self.points.drain(..) {
            let point = &self.groups[at];
            if let Some(around) = around.map(|around| &self.groups[around])
                && around.version > point.version
            {
                point.tell_all_hidden(around.lead(), around.youngest_ms, &mut self.sink);
            }
            self.free.push(at);
        }
    }

    fn close(&mut self, at: usize) {
        self.steps += 1;
        if self.shown.is_some_and(|(shown, _)| shown == at) {
            self.end_piece();
        }
        let group = &self.groups[at];
        let youngest_ms = self.youngest.since(group.start_ms);
        if !group.is_exposed {
            let by = group.hidden_at_start_by.unwrap_or(group.first);
            group.tell_all_hidden(by, youngest_ms, &mut self.sink);
        } else if group.is_complete {
            group.tell_hidden_within(youngest_ms, &mut self.sink);
        }
        if !group.is_exposed || group.hides_some_itself() {
            self.youngest.release(group.start_ms);
        }
        match (group.is_complete, group.is_exposed) {
            (true, _) => &mut self.complete,
            (false, true) => &mut self.exposed,
            (false, false) => &mut self.covered,
        }
        .remove(&group.version);
        self.free.push(at);
    }

    /// Tells the piece that ends now, if there is one.
    fn end_piece(&mut self) {
        if let Some((shown, since_ms)) = self.shown.take() {
            self.groups[shown].tell_piece(since_ms, self.now_ms, &mut self.sink);
        }
    }
}
