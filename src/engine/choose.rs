//! A person's condition (`where`) may take long: where nothing before it in the run changes anything, it is asked before
//! the write lock is taken, so that others can write meanwhile.

use std::time::Duration;

use rusqlite::ToSql;
use serde_json::json;

use crate::engine::Session;
use crate::engine::datasources::datasources;
use crate::engine::operation::Condition;
use crate::engine::phases::Phase;
use crate::engine::report::StepReport;
use crate::error::{Error, Kind, Result};
use crate::failpoint;
use crate::store::{sandbox, sql};

/// How long a condition may hold the write lock.
const MOST_LOCKED: Duration = Duration::from_secs(30);

/// What is in `temp.chosen`.
#[derive(Debug)]
pub struct Chosen {
    predicate: String,
    /// JSON array of the names of datasources.
    names: String,
    count: u64,
    /// The last step that had begun by then.
    step: i64,
}

/// Asks the condition of the phase's first step, if it has one. Others may write meanwhile.
///
/// # Errors
/// What is wrong with the condition, SQLite's, or a stop.
pub(crate) fn ahead(session: &mut Session<'_>, phase: Option<&Phase<'_>>) -> Result<()> {
    session.chosen = None;
    let first = match phase {
        Some(Phase::Together { steps: [first, ..], .. }) => first,
        _ => return Ok(()),
    };
    let Some(Condition { predicate, globs }) = first.condition() else { return Ok(()) };
    // One moment for the number of the step and for what the condition sees. Only temporary tables are written.
    session.store.batch("cannot begin to read", "BEGIN")?;
    let chosen = in_one_moment(session, predicate, globs);
    match chosen {
        Ok(chosen) => {
            session.store.batch("cannot end reading", "COMMIT")?;
            session.chosen = Some(chosen);
            failpoint::reach("where::asked-ahead");
            Ok(())
        }
        Err(error) => {
            session.store.roll_back();
            Err(session.stop.name_signal(error))
        }
    }
}

fn in_one_moment(session: &mut Session<'_>, predicate: &str, globs: &[String]) -> Result<Chosen> {
    let operation = "cannot read the ledger";
    let step = session.store.row(operation, sql::select::LAST_STEP, &[], |row| row.get(0))?;
    // What is odd about the names is told by the step itself.
    let among = datasources(session, globs, &mut StepReport::default())?;
    let names = json!(among.names()).to_string();
    let count = sandbox::choose(&mut session.store.connection, predicate, &names)?;
    Ok(Chosen { predicate: predicate.to_owned(), names, count, step })
}

/// Fills `temp.chosen` in the transaction that writes, unless it has been done before and no other run has begun a step
/// since; answers how many there are.
///
/// # Errors
/// As [`ahead`]; also when it takes too long while others wait.
pub(crate) fn within(
    session: &mut Session<'_>,
    run: i64,
    predicate: &str,
    names: &str,
) -> Result<u64> {
    let before = session.chosen.take();
    if let Some(chosen) = before.filter(|one| one.predicate == predicate && one.names == names) {
        let parameters: [(&str, &dyn ToSql); 2] = [(":step", &chosen.step), (":run", &run)];
        let operation = "cannot read the ledger";
        let holds: bool =
            session
                .store
                .row(operation, sql::select::NO_STEP_SINCE, &parameters, |row| row.get(0))?;
        if holds {
            return Ok(chosen.count);
        }
    }
    session.store.end_within(Some(MOST_LOCKED));
    let count = sandbox::choose(&mut session.store.connection, predicate, names);
    let is_late = session.store.is_late();
    session.store.end_within(None);
    count.map_err(|error| match error.kind() {
        Kind::Interrupted(_) if is_late && session.stop.check().is_ok() => too_slow(),
        _ => error,
    })
}

fn too_slow() -> Error {
    let seconds = MOST_LOCKED.as_secs();
    Error::failed(format!(
        "the condition of --where took more than {seconds} s while it kept others from writing, and nothing was changed"
    ))
    .help("make it the first step of its job, or a command of its own: then it is asked before the write lock is taken, and may take its time")
}
