//! A datasource as a whole: the chain in force, and how many segments each rule decides for.

use crate::druid::{Instant, Interval};
use crate::engine::timeline::Datasource;
use crate::engine::{Datasources, Session, chains};
use crate::error::Result;
use crate::explain::report::{DatasourceStory, RuleCount};
use crate::explain::sight::Timeline;
use crate::store::sql;

/// All that can be.
const EVERYTHING: Interval =
    Interval { start: Instant::from_millis(i64::MIN), end: Instant::from_millis(i64::MAX) };

/// The summary of a datasource.
pub(crate) fn summary(
    session: &Session<'_>,
    (number, name): (i64, &str),
) -> Result<DatasourceStory> {
    let among = Datasources::new(vec![(number, name.to_owned())]);
    let broken = chains::compile(session, &among, session.logical)?;
    let mut problems: Vec<String> = broken.into_iter().map(|one| one.reason).collect();
    let rules = session.store.rows(
        "cannot count by rule",
        sql::explain::BY_RULE,
        &[(":datasource", &number)],
        |row| {
            Ok(RuleCount {
                effect: row.get(2)?,
                rule: row.get(3)?,
                segments: row.get(4)?,
                size: row.get(5)?,
            })
        },
    )?;
    let used = session.store.row(
        "cannot count the segments",
        sql::select::COUNT_USED,
        &[(":datasources", &among.numbers)],
        |row| row.get(0),
    )?;
    let timeline = Timeline::around(session, Datasource { number, name }, EVERYTHING, None)?;
    let overshadowed = match timeline {
        Ok(timeline) => Some(timeline.count_hidden()),
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    Ok(DatasourceStory {
        datasource: name.to_owned(),
        as_of: session.logical.to_string(),
        problems,
        used,
        overshadowed,
        rules,
    })
}
