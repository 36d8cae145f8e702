//! The only place that speaks to the database: opening, migrating, and the statements under `sql/`.

mod deadline;
mod explain;
mod migrate;
mod patience;
mod place;
mod read;
pub mod sandbox;
pub mod sql;
mod statements;
pub mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};

use crate::druid::Instant;
use crate::error::{Error, Result};
use crate::failpoint;
use deadline::Deadline;
pub use explain::explain;
use place::FileId;
pub use read::Unlocked;

/// Marks the file as lopper's in SQLite's header: the bytes "lopp", set by the first migration.
const APPLICATION_ID: i32 = 0x6c6f_7070;

/// How long a statement waits for another process's write lock before it gives up.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the end of a command waits for others who use the store that it has made.
const SHORT_PATIENCE: Duration = Duration::from_millis(500);

/// How often a store is opened whose file is removed each time meanwhile.
const ATTEMPTS: u32 = 10;

/// The most memory that SQLite takes, in bytes, for all connections of the process together: people's SQL may ask for any
/// amount.
const MOST_MEMORY: i64 = 1 << 30;

/// SQLite's pages in memory. Negative: KiB. 64 MiB hold the hot indexes of some million segments.
const CACHE_SIZE: i64 = -65_536;

/// The same for a connection that looks at everything once.
const SMALL_CACHE: i64 = -4_096;

/// An open store.
#[derive(Debug)]
pub struct Store {
    /// The connection; statements come from [`sql`].
    pub connection: Connection,
    path: PathBuf,
    /// The file that the connection has open; none of a store that is nowhere.
    file: Option<FileId>,
    /// Whether this process has made it.
    is_new: bool,
    /// When the statement that runs has to end at the latest.
    deadline: Deadline,
}

/// Whether a store may be made where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Make it.
    Create,
    /// It is an error: the command would have nothing to work on.
    Refuse,
}

impl Store {
    /// Opens the store at `path`, migrates it to this program's version, and sets what SQLite only
    /// takes outside a transaction (journal mode, foreign keys).
    ///
    /// # Errors
    /// When the file is missing (and `missing` says so), is no lopper store, is damaged, newer than the
    /// program, read-only, or locked by another process for longer than [`BUSY_TIMEOUT`].
    pub fn open(path: &Path, missing: Missing) -> Result<Self> {
        place::check(path, missing)?;
        place::check_writable(path)?;
        for _ in 0..ATTEMPTS {
            let is_new = place::is_new(path);
            if is_new {
                place::create_private(path)?;
                failpoint::reach("store::file-created");
            }
            let store = Self::open_there(path, is_new, missing)?;
            // Another process may just have removed a new store that nothing came of.
            if store.is_in_place() {
                return Ok(store);
            }
        }
        Err(place::replaced(path))
    }

    fn open_there(path: &Path, is_new: bool, missing: Missing) -> Result<Self> {
        let explained =
            |error| explain(&format!("cannot open the store {}", path.display()), path, error);
        let file = FileId::at(path);
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .map_err(explained)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(explained)?;
        migrate::check_is_ours(&connection, path)
            .map_err(|error| error.unwrap_or_explain(explained))?;
        if missing == Missing::Refuse {
            migrate::check_has_schema(&connection, path)?;
        }
        if connection.is_readonly("main").map_err(explained)? {
            return Err(place::read_only(path));
        }
        if !is_new {
            turn_on_the_log(&connection, Duration::ZERO).map_err(explained)?;
        }
        set_up(&connection).map_err(explained)?;
        migrate::migrate(&connection, path)?;
        Ok(Self { connection, path: path.to_owned(), file, is_new, deadline: Deadline::default() })
    }

    /// Opens an empty store that is gone when it is closed, in place of one that is not there at `path`: for plans.
    ///
    /// # Errors
    /// When there is no room for temporary files.
    pub fn of_a_plan(path: &Path) -> Result<Self> {
        let explained = |error| explain("cannot make a temporary store", path, error);
        let connection = Connection::open("").map_err(explained)?;
        set_up(&connection).map_err(explained)?;
        migrate::migrate(&connection, path)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            file: None,
            is_new: false,
            deadline: Deadline::default(),
        })
    }

    /// Removes a store that this process has made when nothing came of it: it holds no rows but those of runs that
    /// failed, and no other process works on it.
    pub fn discard_if_nothing_came_of_it(self) {
        if !self.is_new || !self.connection.is_autocommit() {
            return;
        }
        match self.discard() {
            Ok(true) => tracing::debug!("the new store, which nothing came of, was removed"),
            Ok(false) => {}
            Err(error) => tracing::info!(%error, "the new store, which nothing came of, stays"),
        }
    }

    /// Under the exclusive lock, which others wait for; they look at the place again when they have it.
    fn discard(&self) -> Result<bool> {
        self.wait_at_most(SHORT_PATIENCE)?;
        let operation = "cannot remove the new store";
        self.batch(operation, "BEGIN EXCLUSIVE")?;
        let journal: String = self
            .connection
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .map_err(|error| self.explain(operation, error))?;
        // Another process that opened it has turned on the log.
        let is_useless = journal != "wal"
            && self.is_in_place()
            && self.row(operation, sql::ledger::NOTHING_CAME_OF_IT, &[], |row| row.get(0))?;
        let removed = if is_useless { std::fs::remove_file(&self.path) } else { Ok(()) };
        self.roll_back();
        removed.map_err(|error| Error::failed(operation).because(error))?;
        Ok(is_useless)
    }

    /// Whether the file that was opened is still at the store's path: what is written elsewhere, nobody finds.
    pub fn is_in_place(&self) -> bool {
        self.file.is_none_or(|file| FileId::at(&self.path) == Some(file))
    }

    /// Opens the store at `path` to look whether it is sound: nothing is made, migrated or changed. A connection that
    /// is for reading alone would not do: SQLite checks no CHECK on it.
    ///
    /// # Errors
    /// When there is no store, it is none of lopper's, damaged, or not of this program's schema version.
    pub fn open_to_check(path: &Path) -> Result<Self> {
        place::check(path, Missing::Refuse)?;
        place::check_writable(path)?;
        let explained =
            |error| explain(&format!("cannot open the store {}", path.display()), path, error);
        let file = FileId::at(path);
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .map_err(explained)?;
        connection.pragma_update(None, "query_only", true).map_err(explained)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(explained)?;
        migrate::check_is_ours(&connection, path)
            .map_err(|error| error.unwrap_or_explain(explained))?;
        migrate::check_is_current(&connection, path)?;
        set_up(&connection).map_err(explained)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            file,
            is_new: false,
            deadline: Deadline::default(),
        })
    }

    /// Opens one more connection to a store that this process has opened already.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn beside(path: &Path) -> Result<Self> {
        let explained =
            |error| explain(&format!("cannot open the store {}", path.display()), path, error);
        let file = FileId::at(path);
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .map_err(explained)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(explained)?;
        set_up(&connection).map_err(explained)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            file,
            is_new: false,
            deadline: Deadline::default(),
        })
    }

    /// Opens one more connection, which only reads, and with little memory.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn beside_to_read(path: &Path) -> Result<Self> {
        let store = Self::beside(path)?;
        store
            .connection
            .pragma_update(None, "query_only", true)
            .and_then(|()| store.connection.pragma_update(None, "cache_size", SMALL_CACHE))
            .map_err(|error| store.explain("cannot set up a connection that reads", error))?;
        Ok(store)
    }

    /// Waits so long at most for another process's write lock, instead of [`BUSY_TIMEOUT`].
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn wait_at_most(&self, patience: Duration) -> Result<()> {
        self.connection
            .busy_timeout(patience)
            .map_err(|error| self.explain("cannot set how long to wait for the store", error))
    }

    /// Lets a store that was opened to check be changed.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn allow_changes(&self) -> Result<()> {
        self.connection
            .pragma_update(None, "query_only", false)
            .map_err(|error| self.explain("cannot write to the store", error))
    }

    /// Turns a store that was just made and filled to write-ahead logging. Until then it journals by rollback, which
    /// writes new pages once, where a log would write them twice: a third of the time of a first import.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn settle(&self) -> Result<()> {
        turn_on_the_log(&self.connection, SHORT_PATIENCE)
            .map_err(|error| self.explain("cannot turn on write-ahead logging", error))?;
        failpoint::reach("store::settled");
        Ok(())
    }

    /// Whether what is committed from now on outlives a power failure. What need not is committed without waiting for the
    /// disk; the next commit that has to wait makes it last as well. A store that journals by rollback always waits.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn survive_power_failures(&self, lasts: bool) -> Result<()> {
        let operation = "cannot set how commits reach the disk";
        let mode: String = self.row(operation, "PRAGMA journal_mode", &[], |row| row.get(0))?;
        let level = if lasts || mode != "wal" { "full" } else { "normal" };
        self.connection
            .pragma_update(None, "synchronous", level)
            .map_err(|error| self.explain(operation, error))
    }

    /// The store's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Turns a SQLite error into the crate's, with `operation` ("cannot mark segments") in front.
    pub fn explain(&self, operation: &str, error: rusqlite::Error) -> Error {
        explain(operation, &self.path, error)
    }

    /// Begins a transaction that holds the write lock from its start.
    ///
    /// # Errors
    /// When another process keeps the lock for longer than [`BUSY_TIMEOUT`].
    pub fn begin(&self) -> Result<()> {
        self.batch("cannot begin a transaction", "BEGIN IMMEDIATE")?;
        if !self.is_in_place() {
            self.roll_back();
            return Err(place::replaced(&self.path));
        }
        failpoint::reach("store::begun");
        Ok(())
    }

    /// Commits; when that fails, the transaction is rolled back.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn commit(&self) -> Result<()> {
        self.batch("cannot commit", "COMMIT").inspect_err(|_| self.roll_back())?;
        failpoint::reach("store::committed");
        Ok(())
    }

    /// Reads several things as of one moment.
    ///
    /// # Errors
    /// SQLite's, and those of `read`.
    pub fn read_at_once<T>(&self, read: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        self.batch("cannot begin to read", "BEGIN")?;
        let done = read(self);
        self.roll_back();
        done
    }

    /// Begins a part of a transaction that [`Self::take_back`] undoes.
    ///
    /// # Errors
    /// SQLite's.
    pub fn look_ahead(&self) -> Result<()> {
        self.batch("cannot look ahead", "SAVEPOINT look_ahead")
    }

    /// Undoes everything since [`Self::look_ahead`].
    ///
    /// # Errors
    /// SQLite's.
    pub fn take_back(&self) -> Result<()> {
        self.batch("cannot look ahead", "ROLLBACK TO look_ahead; RELEASE look_ahead")?;
        failpoint::reach("store::look-taken-back");
        Ok(())
    }

    /// Keeps everything since [`Self::look_ahead`] as a part of the transaction.
    ///
    /// # Errors
    /// SQLite's.
    pub fn go_on(&self) -> Result<()> {
        self.batch("cannot look ahead", "RELEASE look_ahead")
    }

    /// Runs statements without parameters and rows.
    ///
    /// # Errors
    /// SQLite's, with `operation` in front.
    pub fn batch(&self, operation: &str, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).map_err(|error| self.explain(operation, error))
    }

    /// Rolls back. After some errors (a full disk) SQLite has done so by itself.
    pub fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::warn!(%error, "the transaction could not be rolled back; it ends with the process");
        }
    }

    /// Keeps the text of an instant that SQLite's date functions cannot write, beyond the years 0 to 9999: the views
    /// look it up.
    ///
    /// # Errors
    /// SQLite's.
    pub fn keep_far(&self, instant: Instant) -> Result<()> {
        if instant.is_in_years_0_to_9999() {
            return Ok(());
        }
        let (millis, text) = (instant.millis(), instant.to_string());
        let parameters: [(&str, &dyn ToSql); 2] = [(":ms", &millis), (":text", &text)];
        self.execute("cannot record an instant", sql::import::ADD_FAR_INSTANT, &parameters)?;
        failpoint::reach("store::far-instant-added");
        Ok(())
    }

    /// Stops the statement that runs, and a wait for the write lock, as soon as `signal` holds a signal's number; 0 means none.
    ///
    /// # Errors
    /// When SQLite refuses the handler.
    pub fn interrupt_on(&mut self, signal: &Arc<AtomicUsize>) -> Result<()> {
        let watched = Arc::clone(signal);
        let (signal, deadline) = (Arc::clone(signal), self.deadline.clone());
        let must_end = move || signal.load(Ordering::Relaxed) != 0 || deadline.has_passed();
        // Every 100,000 virtual machine steps: about a millisecond.
        self.connection
            .progress_handler(100_000, Some(must_end))
            .and_then(|()| patience::ends_on(&mut self.connection, &watched))
            .map_err(|error| self.explain("cannot watch for signals", error))
    }

    /// Ends statements that run longer than that from now on, as a signal does; `None`: they take their time. Only where
    /// [`Self::interrupt_on`] is in force.
    pub fn end_within(&self, limit: Option<Duration>) {
        self.deadline.set(limit);
    }

    /// Whether the time of [`Self::end_within`] is over.
    pub fn is_late(&self) -> bool {
        self.deadline.has_passed()
    }

    /// Lets statements finish whatever the signal: for recording that a run was interrupted.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn finish_undisturbed(&mut self) -> Result<()> {
        patience::records();
        self.connection
            .progress_handler(0, None::<fn() -> bool>)
            .map_err(|error| self.explain("cannot record the run", error))
    }
}

/// Turns on write-ahead logging. It takes a moment in which nobody else works on the store: where somebody does, the
/// store keeps its rollback journal for now, which is as safe.
fn turn_on_the_log(connection: &Connection, patience: Duration) -> rusqlite::Result<()> {
    connection.busy_timeout(patience)?;
    match connection.pragma_update(None, "journal_mode", "wal") {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {}
        result => result?,
    }
    connection.busy_timeout(BUSY_TIMEOUT)
}

/// Turns off that a name in double quotes which nothing has (`"strat"`) is taken for a text: a slip of the pen must not
/// hold for every row.
///
/// # Errors
/// SQLite's.
pub(crate) fn take_names_for_names(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    Ok(())
}

/// What every connection is set to.
fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "file")?;
    connection.pragma_update(None, "cache_size", CACHE_SIZE)?;
    // Of the whole process; SQLite takes it once, and only smaller.
    connection.pragma_update(None, "hard_heap_limit", MOST_MEMORY)?;
    take_names_for_names(connection)?;
    // Plans must not hang on the values that are bound: without this SQLite prepares some statements anew for every
    // row of an import.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}
