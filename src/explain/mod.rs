//! Tells why segments are as they are, and what will become of them. Nothing is changed.

mod datasource;
mod forecast;
mod killable;
mod range;
mod relatives;
pub mod report;
mod rules;
mod segment;
mod sight;

use crate::config;
use crate::druid::{Instant, Interval};
use crate::engine::Session;
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::explain::report::Explanation;
use crate::job::Job;
use crate::store::sql;

/// What to tell of a datasource.
#[derive(Debug, Clone)]
pub enum Around {
    /// A summary.
    Whole,
    /// The segments that overlap an interval.
    Range(Interval),
    /// What happens until an instant.
    Until(Instant),
}

/// Explains the segment or the datasource that `subject` names, in one snapshot of the store. With `datasource`, a
/// segment must be of it.
///
/// # Errors
/// When there is no such segment or datasource; SQLite's.
pub fn explain(
    session: &mut Session<'_>,
    subject: &str,
    datasource: Option<&str>,
    around: &Around,
    jobs: &[Job],
) -> Result<Explanation> {
    if let Around::Until(until) = around {
        let number = known_datasource(session, subject)?;
        return forecast::forecast(session, (number, subject), *until, jobs)
            .map(Explanation::Forecast);
    }
    session.store.batch("cannot begin to read", "BEGIN")?;
    let told = explain_within(session, subject, datasource, around, jobs);
    session.store.roll_back();
    told
}

fn explain_within(
    session: &Session<'_>,
    subject: &str,
    datasource: Option<&str>,
    around: &Around,
    jobs: &[Job],
) -> Result<Explanation> {
    match around {
        Around::Range(interval) => {
            let number = known_datasource(session, subject)?;
            range::range(session, (number, subject), *interval).map(Explanation::Range)
        }
        _ => match segment::find(session, subject, datasource, jobs)? {
            Some(told) => Ok(told),
            None if datasource.is_none() && datasource_number(session, subject)?.is_some() => {
                let number = known_datasource(session, subject)?;
                datasource::summary(session, (number, subject)).map(Explanation::Datasource)
            }
            None => Err(unknown(session, subject, datasource)?),
        },
    }
}

fn datasource_number(session: &Session<'_>, name: &str) -> Result<Option<i64>> {
    let operation = "cannot find the datasource";
    let found =
        session
            .store
            .rows(operation, sql::explain::DATASOURCE, &[(":name", &name)], |row| row.get(0))?;
    Ok(found.into_iter().next())
}

fn known_datasource(session: &Session<'_>, name: &str) -> Result<i64> {
    match datasource_number(session, name)? {
        Some(number) => Ok(number),
        None => {
            let error = Error::usage(format!("no datasource is called '{}'", escape(name)));
            Err(error.help(match nearest_datasource(session, name)? {
                Some(meant) => format!("did you mean '{}'?", escape(&meant)),
                None => "which there are: SELECT datasource FROM datasources".to_owned(),
            }))
        }
    }
}

fn nearest_datasource(session: &Session<'_>, name: &str) -> Result<Option<String>> {
    let operation = "cannot find the datasource";
    let known: Vec<String> =
        session.store.rows(operation, sql::select::DATASOURCE_NAMES, &[], |row| row.get(0))?;
    Ok(config::nearest(name, known.iter().map(String::as_str)).map(str::to_owned))
}

fn unknown(session: &Session<'_>, subject: &str, datasource: Option<&str>) -> Result<Error> {
    let shown = escape(subject);
    let error = match datasource {
        Some(name) => {
            Error::usage(format!("datasource '{}' has no segment '{shown}'", escape(name)))
        }
        None => Error::usage(format!("there is no segment and no datasource '{shown}'")),
    };
    let near: Vec<String> = session.store.rows(
        "cannot look for similar ids",
        sql::explain::NEAR_IDS,
        &[(":id", &subject)],
        |row| row.get(0),
    )?;
    let meant = match config::nearest(subject, near.iter().map(String::as_str)) {
        Some(id) => Some(id.to_owned()),
        None => nearest_datasource(session, subject)?,
    };
    Ok(error.help(match meant {
        Some(meant) => format!("did you mean '{}'?", escape(&meant)),
        None => "ids stand in the views: SELECT id FROM segments WHERE datasource = '…'".to_owned(),
    }))
}

/// An instant as text.
fn text(millis: i64) -> String {
    Instant::from_millis(millis).to_string()
}

/// `start/end` as text.
fn interval_text(start_ms: i64, end_ms: i64) -> String {
    interval(start_ms, end_ms).to_string()
}

fn interval(start_ms: i64, end_ms: i64) -> Interval {
    Interval { start: Instant::from_millis(start_ms), end: Instant::from_millis(end_ms) }
}
