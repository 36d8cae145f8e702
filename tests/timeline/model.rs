//! The rules of the timeline, said as plainly as possible and without regard to time.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::{Form, Segment, Told};

/// What must be told.
#[derive(Debug, Default)]
pub struct Answer {
    /// By segment: all that may be named as what hides it, and how young what hides it is.
    pub hidden: BTreeMap<i64, (BTreeSet<i64>, i64)>,
    pub pieces: Vec<(i64, i64, String, Vec<i64>)>,
}

impl Answer {
    /// As a sweep would tell it that names the first of what hides a segment.
    pub fn told(self) -> Told {
        let first = |(name, (by, youngest)): (i64, (BTreeSet<i64>, i64))| {
            (name, (*by.first().unwrap(), youngest))
        };
        Told { hidden: self.hidden.into_iter().map(first).collect(), pieces: self.pieces }
    }
}

struct Group<'a> {
    start: i64,
    end: i64,
    version: &'a str,
    chunks: Vec<&'a Segment>,
}

/// What must be told of segments; none, when one version has two intervals that overlap.
pub fn answer(segments: &[Segment]) -> Option<Answer> {
    let groups = groups(segments);
    if groups.iter().any(|one| groups.iter().any(|other| conflict(one, other))) {
        return None;
    }
    let mut times: Vec<i64> = segments.iter().flat_map(|one| [one.start, one.end]).collect();
    times.sort_unstable();
    times.dedup();
    let spans = times.windows(2).map(|span| (span[0], span[1]));
    let timeline: Vec<_> = spans.map(|(start, end)| (start, end, seen(&groups, start))).collect();
    let pieces = pieces(&timeline);
    let mut answer = Answer::default();
    for group in &groups {
        for chunk in &group.chunks {
            let hiders = if group.start == group.end {
                around(group, &pieces)
            } else {
                hiders(group, chunk, &timeline)
            };
            let Some(hiders) = hiders else { continue };
            let stamps = hiders.iter().flat_map(|hider| hider.visible());
            let youngest = stamps.map(|chunk| chunk.stamp).max().unwrap();
            answer.hidden.insert(chunk.name, (group.named(chunk, hiders[0]), youngest));
        }
    }
    let piece = |(start, end, group): (i64, i64, &Group<'_>)| {
        let mut visible = group.visible();
        visible.sort_by_key(|chunk| chunk.partition);
        let names = visible.iter().map(|chunk| chunk.name).collect();
        (start, end, group.version.to_owned(), names)
    };
    answer.pieces = pieces.into_iter().map(piece).collect();
    Some(answer)
}

fn groups(segments: &[Segment]) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<(i64, i64, &str), Vec<&Segment>> = BTreeMap::new();
    for segment in segments {
        let key = (segment.start, segment.end, segment.version.as_str());
        groups.entry(key).or_default().push(segment);
    }
    let group = |((start, end, version), chunks)| Group { start, end, version, chunks };
    groups.into_iter().map(group).collect()
}

fn conflict(one: &Group<'_>, other: &Group<'_>) -> bool {
    one.version == other.version
        && (one.start, one.end) != (other.start, other.end)
        && one.start < other.end
        && other.start < one.end
}

fn by_utf16(one: &str, other: &str) -> Ordering {
    one.encode_utf16().cmp(other.encode_utf16())
}

/// The complete group of the highest version at an instant.
fn seen<'g, 'a>(groups: &'g [Group<'a>], at: i64) -> Option<&'g Group<'a>> {
    groups
        .iter()
        .filter(|group| group.start <= at && at < group.end && group.is_complete())
        .max_by(|one, other| by_utf16(one.version, other.version))
}

type Span<'g, 'a> = (i64, i64, Option<&'g Group<'a>>);

/// The visible spans; those of one group that abut are one.
fn pieces<'g, 'a>(timeline: &[Span<'g, 'a>]) -> Vec<(i64, i64, &'g Group<'a>)> {
    let mut pieces: Vec<(i64, i64, &Group<'_>)> = Vec::new();
    for &(start, end, group) in timeline {
        let Some(group) = group else { continue };
        match pieces.last_mut() {
            Some(last) if last.1 == start && std::ptr::eq(last.2, group) => last.1 = end,
            _ => pieces.push((start, end, group)),
        }
    }
    pieces
}

/// What hides a group of zero length.
fn around<'g, 'a>(
    point: &Group<'_>,
    pieces: &[(i64, i64, &'g Group<'a>)],
) -> Option<Vec<&'g Group<'a>>> {
    let hides = |piece: &&(i64, i64, &Group<'_>)| {
        piece.0 < point.start
            && piece.1 > point.end
            && by_utf16(piece.2.version, point.version).is_gt()
    };
    pieces.iter().find(hides).map(|piece| vec![piece.2])
}

/// What hides a chunk, span by span; none where one span does not.
fn hiders<'g, 'a>(
    group: &Group<'_>,
    chunk: &Segment,
    timeline: &[Span<'g, 'a>],
) -> Option<Vec<&'g Group<'a>>> {
    timeline
        .iter()
        .filter(|(start, end, _)| group.start <= *start && *end <= group.end)
        .map(|(_, _, seen)| {
            seen.filter(|seen| match by_utf16(seen.version, group.version) {
                Ordering::Greater => true,
                Ordering::Equal => group.is_hidden(chunk),
                Ordering::Less => false,
            })
        })
        .collect()
}

impl Segment {
    fn roots(&self) -> (i64, i64) {
        match self.form {
            Form::Overwrite { roots: (start, end), .. } => (start.into(), end.into()),
            _ => (self.partition.into(), i64::from(self.partition) + 1),
        }
    }

    fn minor(&self) -> i16 {
        match self.form {
            Form::Overwrite { minor, .. } => minor,
            _ => 0,
        }
    }

    fn size(&self) -> i16 {
        match self.form {
            Form::Overwrite { size, .. } => size,
            _ => 1,
        }
    }

    fn within(&self, outer: &Self) -> bool {
        outer.roots().0 <= self.roots().0 && self.roots().1 <= outer.roots().1
    }

    fn starts(&self) -> bool {
        match &self.form {
            Form::Counted(of) => self.partition == 0 || *of == 0,
            Form::Ranged(start, _) => start.is_none(),
            Form::Unknown => false,
            _ => true,
        }
    }

    fn ends(&self) -> bool {
        match &self.form {
            Form::Counted(of) => *of == 0 || self.partition == of - 1,
            Form::Ranged(_, end) => end.is_none(),
            Form::Unknown => false,
            _ => true,
        }
    }

    fn meets(&self, next: &Self) -> bool {
        match (&self.form, &next.form) {
            (Form::Counted(_), Form::Counted(_)) => next.partition == self.partition + 1,
            (Form::Ranged(_, end), Form::Ranged(start, _)) => end.is_some() && end == start,
            _ => false,
        }
    }
}

impl<'a> Group<'a> {
    fn is_full(&self, chunk: &Segment) -> bool {
        let peers = || self.chunks.iter().filter(|peer| same_update(peer, chunk));
        peers().all(|peer| peers().count() as i64 >= i64::from(peer.size()))
    }

    fn hides(&self, one: &Segment, other: &Segment) -> bool {
        self.is_full(one) && other.within(one) && other.minor() < one.minor()
    }

    fn is_hidden(&self, chunk: &Segment) -> bool {
        self.chunks.iter().any(|other| self.hides(other, chunk))
    }

    /// The visible chunks in order of root range and then partition number.
    fn visible(&self) -> Vec<&'a Segment> {
        let is_visible = |chunk: &&Segment| self.is_full(chunk) && !self.is_hidden(chunk);
        let mut visible: Vec<_> = self.chunks.iter().copied().filter(is_visible).collect();
        visible.sort_by_key(|chunk| (chunk.roots(), chunk.partition));
        visible
    }

    fn is_complete(&self) -> bool {
        let visible = self.visible();
        let Some(end) = visible.iter().position(|chunk| chunk.ends()) else { return false };
        visible[0].starts()
            && visible[..=end].windows(2).all(|pair| pair[0].meets(pair[1]))
            && self.chunks.iter().all(|chunk| !self.breaks(chunk) && chunk.form != Form::Unknown)
    }

    /// Whether a chunk is of an update that is not full, and lacks what it is to replace.
    fn breaks(&self, chunk: &Segment) -> bool {
        let (start, end) = chunk.roots();
        let below: Vec<_> = self.visible().into_iter().filter(|seen| seen.within(chunk)).collect();
        let is_covered = |root: i64| {
            let covers = |seen: &&Segment| seen.roots().0 <= root && root < seen.roots().1;
            below.iter().filter(|seen| seen.minor() < chunk.minor()).any(covers)
        };
        chunk.minor() > 0
            && !self.is_full(chunk)
            && !self.is_hidden(chunk)
            && !(start..end).all(is_covered)
    }

    /// What may be named as hiding a chunk where it starts, when `hider` is visible there.
    fn named(&self, chunk: &Segment, hider: &Group<'_>) -> BTreeSet<i64> {
        let visible = hider.visible();
        if hider.version != self.version {
            let lowest = visible.iter().min_by_key(|chunk| chunk.partition).unwrap();
            return [lowest.name].into();
        }
        let lowest = |other: &&Segment| {
            let mut peers = visible.iter().filter(|peer| same_update(peer, other));
            peers.all(|peer| other.partition <= peer.partition)
        };
        let hides = visible.iter().copied().filter(|other| self.hides(other, chunk));
        let highest = hides.clone().map(|other| other.minor()).max();
        hides.filter(|o| Some(o.minor()) == highest).filter(lowest).map(|o| o.name).collect()
    }
}

fn same_update(one: &Segment, other: &Segment) -> bool {
    one.roots() == other.roots() && one.minor() == other.minor()
}
