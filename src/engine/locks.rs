//! Locks on intervals, for people and other programs: take one, look at them, give them back. What they keep others
//! from is decided where it happens, in `run`.

use std::fmt;

use rusqlite::{Row, ToSql};
use serde_json::json;

use crate::druid::{Instant, Interval};
use crate::engine::lock_report::{AddReport, LockRow, RemoveReport};
use crate::engine::report::Warning;
use crate::engine::{has_died, unknown};
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::failpoint;
use crate::store::{Store, sql, text};

/// A lock of the store.
#[derive(Debug, Clone)]
pub struct Lock {
    /// Its number.
    pub id: i64,
    /// The datasource's name; there may be none of that name yet.
    pub datasource: String,
    /// What is locked.
    pub interval: Interval,
    /// `append`, `replace`, `read` or `kill`.
    pub kind: String,
    /// Who holds it.
    pub owner: String,
    /// When it was taken.
    pub created: Instant,
    /// When it ends by itself; none: when it is removed.
    pub expires: Option<Instant>,
}

impl Lock {
    /// Reads the columns id, datasource, `start_ms`, `end_ms`, kind, owner, `created_ms`, `expires_ms`, in this order.
    ///
    /// # Errors
    /// When the row has others.
    pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let instant = |index| row.get(index).map(Instant::from_millis);
        Ok(Self {
            id: row.get(0)?,
            datasource: text::shown(row, 1)?,
            interval: Interval { start: instant(2)?, end: instant(3)? },
            kind: row.get(4)?,
            owner: text::shown(row, 5)?,
            created: instant(6)?,
            expires: row.get::<_, Option<i64>>(7)?.map(Instant::from_millis),
        })
    }

    fn report(&self, wall: Instant) -> LockRow {
        LockRow {
            id: self.id,
            datasource: self.datasource.clone(),
            interval: self.interval.to_string(),
            kind: self.kind.clone(),
            owner: self.owner.clone(),
            created: self.created.to_string(),
            expires: self.expires.map(|at| at.to_string()),
            expired: self.expires.is_some_and(|at| at <= wall),
        }
    }
}

/// `'me' holds a read lock on 2015-…/2016-… of datasource 'wiki' (lock 3, until 2024-…)`.
impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, kind, interval, .. } = self;
        let (owner, datasource) = (escape(&self.owner), escape(&self.datasource));
        let article = if kind == "append" { "an" } else { "a" };
        write!(
            f,
            "'{owner}' holds {article} {kind} lock on {interval} of datasource '{datasource}'"
        )?;
        match self.expires {
            Some(at) => write!(f, " (lock {id}, until {at})"),
            None => write!(f, " (lock {id}, until it is removed)"),
        }
    }
}

/// A lock to take.
#[derive(Debug, Clone, Copy)]
pub struct NewLock<'a> {
    /// The datasource's name.
    pub datasource: &'a str,
    /// What is to be locked.
    pub interval: Interval,
    /// `append`, `replace`, `read` or `kill`.
    pub kind: &'a str,
    /// Who holds it.
    pub owner: &'a str,
    /// When it ends by itself.
    pub expires: Instant,
    /// The wall clock.
    pub wall: Instant,
}

/// Takes a lock, unless another owner holds one that overlaps; two that only read share.
///
/// # Errors
/// When the interval has no length or the expiry is no moment to come, when another owner's lock is in the way
/// (exit code 4), or SQLite refuses.
pub fn add(store: &Store, new: &NewLock<'_>) -> Result<AddReport> {
    check(new)?;
    store.begin()?;
    let lock = put(store, new).and_then(|lock| store.commit().map(|()| lock));
    if lock.is_err() {
        store.roll_back();
    }
    let lock = lock?;
    let unknown = unknown(store, new.datasource)?;
    let warnings = unknown.map(|message| Warning::new("unknown-datasource", message));
    Ok(AddReport { lock: lock.report(new.wall), warnings: warnings.into_iter().collect() })
}

fn check(new: &NewLock<'_>) -> Result<()> {
    let Interval { start, end } = new.interval;
    if start >= end {
        return Err(Error::usage(format!("the interval {} has no length", new.interval))
            .help("a lock on it would keep nobody out; give an end that lies behind the start"));
    }
    if new.expires <= new.wall {
        return Err(Error::usage(format!("the lock would have expired at {}", new.expires))
            .help("give a moment that is still to come, such as --until now+PT1H"));
    }
    if !new.expires.is_in_years_0_to_9999() {
        return Err(Error::usage(format!("{} is no expiry", new.expires))
            .help("give a moment before the year 10000"));
    }
    Ok(())
}

/// Looks and writes in the open transaction.
fn put(store: &Store, new: &NewLock<'_>) -> Result<Lock> {
    let operation = "cannot take the lock";
    let (start, end) = (new.interval.start.millis(), new.interval.end.millis());
    let (wall, expires) = (new.wall.millis(), new.expires.millis());
    let parameters: [(&str, &dyn ToSql); 6] = [
        (":datasource", &new.datasource),
        (":start_ms", &start),
        (":end_ms", &end),
        (":kind", &new.kind),
        (":owner", &new.owner),
        (":wall_ms", &wall),
    ];
    give_back_of_the_dead(store)?;
    let others = store.rows(operation, sql::lock::CONFLICTING, &parameters, Lock::from_row)?;
    if let Some(other) = others.first() {
        return Err(Error::locked(format!("{other}, which overlaps; nothing was locked")).help(
            "wait until it is gone (`lopper lock list`); locks of two owners overlap only where both are of kind read",
        ));
    }
    store.keep_far(new.interval.start)?;
    store.keep_far(new.interval.end)?;
    let expiry: [(&str, &dyn ToSql); 1] = [(":expires_ms", &expires)];
    store.execute(operation, sql::lock::ADD, &[&parameters[..], &expiry[..]].concat())?;
    failpoint::reach("lock::added");
    Ok(Lock {
        id: store.connection.last_insert_rowid(),
        datasource: new.datasource.to_owned(),
        interval: new.interval,
        kind: new.kind.to_owned(),
        owner: new.owner.to_owned(),
        created: new.wall,
        expires: Some(new.expires),
    })
}

/// Gives back the locks of lopper's own processes that are known to have died.
///
/// # Errors
/// SQLite's.
pub(crate) fn give_back_of_the_dead(store: &Store) -> Result<()> {
    let operation = "cannot look for locks of processes that have died";
    let workers: Vec<String> = store.rows(operation, sql::lock::WORKERS, &[], |row| row.get(0))?;
    workers.iter().filter(|worker| has_died(worker)).try_for_each(|worker| give_back(store, worker))
}

/// Gives back what a process of lopper's has locked for its run.
///
/// # Errors
/// SQLite's.
pub(crate) fn give_back(store: &Store, worker: &str) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 1] = [(":worker", &worker)];
    store.execute("cannot give a lock back", sql::lock::GIVE_BACK, &parameters)?;
    failpoint::reach("lock::given-back");
    Ok(())
}

/// The locks of a datasource, or all, those that have expired by `wall` among them.
///
/// # Errors
/// SQLite's.
pub fn list(store: &Store, datasource: Option<&str>, wall: Instant) -> Result<Vec<LockRow>> {
    let parameters: [(&str, &dyn ToSql); 1] = [(":datasource", &datasource)];
    let locks =
        store.rows("cannot list the locks", sql::lock::LIST, &parameters, Lock::from_row)?;
    Ok(locks.iter().map(|lock| lock.report(wall)).collect())
}

/// Which locks to remove.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// Those of these numbers.
    Ids(&'a [i64]),
    /// All of an owner.
    Owner(&'a str),
    /// All that have expired.
    Expired,
}

/// Removes locks, whoever holds them. Numbers that there are not are told.
///
/// # Errors
/// SQLite's.
pub fn remove(store: &Store, which: Which<'_>, wall: Instant) -> Result<RemoveReport> {
    let (ids, owner, before) = match which {
        Which::Ids(ids) => (ids, None, None),
        Which::Owner(owner) => (&[][..], Some(owner), None),
        Which::Expired => (&[][..], None, Some(wall.millis())),
    };
    let chosen = json!(ids).to_string();
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":ids", &chosen), (":owner", &owner), (":wall_ms", &before)];
    let removed =
        store.rows("cannot remove the locks", sql::lock::REMOVE, &parameters, Lock::from_row)?;
    failpoint::reach("lock::removed");
    let is_there = |id: &i64| removed.iter().any(|lock| lock.id == *id);
    Ok(RemoveReport {
        not_found: ids.iter().copied().filter(|id| !is_there(id)).collect(),
        removed: removed.iter().map(|lock| lock.report(wall)).collect(),
    })
}

/// Looks ahead as if no kill held a lock, in a transaction that the caller takes back: another kill may be done before
/// this run comes to it, and guards must not be told too little.
///
/// # Errors
/// SQLite's.
pub(crate) fn overlook_kills(session: &super::Session<'_>) -> Result<()> {
    session.store.execute("cannot look ahead", sql::lock::OVERLOOK, &[]).map(drop)
}
