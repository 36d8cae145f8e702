//! The greatest stamp of what has been visible since an open group began.

/// One class for each run of starts that would get the same answer. Stamps fall from class to
/// class: a stamp that is as great as an older one makes the two classes one.
///
/// Its size is bound to the number of starts that are watched.
#[derive(Debug, Default)]
pub(super) struct Youngest {
    classes: Vec<Class>,
    /// How many classes have no watcher, but stand between others that do.
    idle: usize,
}

#[derive(Debug)]
struct Class {
    /// The first start of the class, in ms.
    since_ms: i64,
    /// The greatest stamp since any start of the class.
    stamp_ms: i64,
    watchers: usize,
}

impl Youngest {
    /// Watches what becomes visible from now on. Starts only ever rise.
    pub(super) fn watch(&mut self, start_ms: i64) {
        match self.classes.last_mut() {
            Some(last) if last.since_ms == start_ms => last.watchers += 1,
            _ => {
                self.classes.push(Class { since_ms: start_ms, stamp_ms: i64::MIN, watchers: 1 });
            }
        }
    }

    /// A group with this stamp is visible now. Returns how many classes became one.
    pub(super) fn see(&mut self, stamp_ms: i64) -> u64 {
        let mut merged = 0;
        if let Some(last) = self.classes.last_mut() {
            last.stamp_ms = last.stamp_ms.max(stamp_ms);
        }
        while let [.., below, last] = self.classes.as_mut_slice()
            && below.stamp_ms <= last.stamp_ms
        {
            if below.watchers == 0 {
                self.idle -= 1;
            }
            below.stamp_ms = last.stamp_ms;
            below.watchers += last.watchers;
            self.classes.pop();
            merged += 1;
        }
        merged
    }

    /// The greatest stamp since a watched start.
    pub(super) fn since(&self, start_ms: i64) -> i64 {
        self.class_of(start_ms).map_or(i64::MIN, |class| self.classes[class].stamp_ms)
    }

    /// Nobody needs this watched start any more; once for each time that it was watched.
    pub(super) fn release(&mut self, start_ms: i64) {
        let Some(class) = self.class_of(start_ms) else { return };
        self.classes[class].watchers -= 1;
        if self.classes[class].watchers == 0 {
            self.idle += 1;
            self.tidy();
        }
    }

    fn class_of(&self, start_ms: i64) -> Option<usize> {
        self.classes.partition_point(|class| class.since_ms <= start_ms).checked_sub(1)
    }

    /// Drops idle classes: at the end at once, elsewhere when they are half of all. The answers
    /// for the other starts stay the same, since what is dropped is no greater than what lies
    /// below, and counts for nobody above.
    fn tidy(&mut self) {
        while self.classes.last().is_some_and(|class| class.watchers == 0) {
            self.classes.pop();
            self.idle -= 1;
        }
        if self.idle * 2 > self.classes.len() {
            self.classes.retain(|class| class.watchers > 0);
            self.idle = 0;
        }
    }
}
