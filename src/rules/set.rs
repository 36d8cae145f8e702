//! `rules set`: puts a new chain into force, as Druid's `POST /druid/coordinator/v1/rules/{dataSource}`.

use serde::de::IgnoredAny;

use crate::druid::{DEFAULT_CHAIN, Instant, RuleChain};
use crate::engine::report::Warning;
use crate::engine::unknown;
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::failpoint;
use crate::rules::lint::{Asked, lint};
use crate::rules::report::SetReport;
use crate::rules::{InForce, in_force};
use crate::store::{Store, sql};

/// A chain to put into force.
#[derive(Debug, Clone, Copy)]
pub struct NewChain<'a> {
    /// A datasource, or `_default`.
    pub datasource: &'a str,
    /// The rules.
    pub chain: &'a RuleChain,
    /// Who sets it.
    pub author: &'a str,
    /// Why.
    pub comment: Option<&'a str>,
    /// Whether it is written, or only shown.
    pub is_kept: bool,
    /// The wall clock.
    pub wall: Instant,
    /// The instant that findings are told for.
    pub now: Instant,
}

/// Reads a chain; `file` is named in errors.
///
/// # Errors
/// When the text is not one JSON array, or rules in it are broken: all of them are named.
pub fn read_chain(file: &str, text: &str) -> Result<RuleChain> {
    let file = escape(file);
    // Of the whole text: a second array behind the first is a mistake, which Druid overlooks.
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| {
        Error::usage(format!("{file}: expected one JSON array of rules: {error}"))
            .help(r#"a chain is a list, such as [{"type":"loadByPeriod","period":"P90D"},{"type":"dropForever"}]"#)
    })?;
    let rules = RuleChain::parse_each(text)
        .map_err(|error| Error::usage(format!("{file}: {}", escape(&error.to_string()))))?;
    let (mut chain, mut broken) = (Vec::new(), Vec::new());
    for (number, (_, rule)) in (1..).zip(rules) {
        match rule {
            Ok(rule) => chain.push(rule),
            Err(error) => {
                broken.push(format!("{file}: rule {number}: {}", escape(&error.to_string())));
            }
        }
    }
    if broken.is_empty() {
        Ok(RuleChain(chain))
    } else {
        Err(Error::usage(broken.join("\n"))
            .help("nothing was written; mend the rules named, and try again"))
    }
}

/// Puts a chain into force, unless it is in force already.
///
/// # Errors
/// When `_default` would be empty, no newer version is possible, or SQLite refuses.
pub fn set(store: &Store, new: &NewChain<'_>) -> Result<SetReport> {
    if new.datasource == DEFAULT_CHAIN && new.chain.0.is_empty() {
        return Err(Error::usage(format!("the chain of {DEFAULT_CHAIN} cannot be empty"))
            .help(r#"to keep everything that no other rule takes: [{"type":"loadForever"}]"#));
    }
    let payload = new.chain.to_json();
    let asked = Asked {
        datasources: &[new.datasource.to_owned()],
        instead: Some((new.datasource, &payload)),
        now: new.now,
        wall: new.wall,
    };
    // Before anything is written, so that what fails leaves nothing behind.
    let (warnings, findings) = (warnings(store, new.datasource)?, lint(store, &asked)?);
    store.begin()?;
    let report = put(store, new, payload).and_then(|report| {
        if new.is_kept {
            store.commit()?;
        }
        Ok(report)
    });
    store.roll_back();
    Ok(SetReport { warnings, findings, ..report? })
}

/// Writes the row in the open transaction, which the caller keeps or rolls back.
fn put(store: &Store, new: &NewChain<'_>, payload: String) -> Result<SetReport> {
    let before = in_force(store, Some(new.datasource))?.pop();
    // A datasource without a row has the empty chain.
    let chain = before.as_ref().map_or("[]", |before| before.payload.as_str());
    let is_text = before.as_ref().is_none_or(|before| before.is_no_text.is_none());
    let changed = !is_text || RuleChain::parse(chain).as_ref() != Ok(new.chain);
    let replaces = before.as_ref().map(|before| before.version.clone());
    let version =
        if changed { Some(next_version(new, before.as_ref())?) } else { replaces.clone() };
    if let (Some(version), true) = (&version, changed) {
        store.execute(
            "cannot write the rules",
            sql::rules::PUT,
            &[
                (":datasource", &new.datasource),
                (":version", version),
                (":payload", &payload),
                (":author", &new.author),
                (":comment", &new.comment),
                (":created_ms", &new.wall.millis()),
            ],
        )?;
        failpoint::reach("rules-set::chain-put");
    }
    Ok(SetReport {
        datasource: new.datasource.to_owned(),
        plan: !new.is_kept,
        changed,
        version,
        replaces,
        author: new.author.to_owned(),
        comment: new.comment.map(str::to_owned),
        rules: new.chain.0.len(),
        payload,
        warnings: Vec::new(),
        findings: Vec::new(),
    })
}

/// The wall clock, or a millisecond behind the newest version where that is later: the new chain must come into force.
/// Versions are compared as text, as Druid does.
fn next_version(new: &NewChain<'_>, before: Option<&InForce>) -> Result<String> {
    let now = new.wall.to_string();
    let Some(newest) = before.map(|before| &before.version).filter(|newest| **newest >= now) else {
        return Ok(now);
    };
    Instant::parse(newest)
        .ok()
        .and_then(|instant| instant.millis().checked_add(1))
        .map(|millis| Instant::from_millis(millis).to_string())
        .filter(|version| version > newest)
        .ok_or_else(|| {
            Error::failed(format!(
                "no version can take the place of '{}', the newest of the rules of '{}'",
                escape(newest),
                escape(new.datasource)
            ))
            .help("versions are compared as text, and that one comes behind every instant; mend it where it was imported from, and import again with --replace")
        })
}

fn warnings(store: &Store, datasource: &str) -> Result<Vec<Warning>> {
    if datasource == DEFAULT_CHAIN {
        let message = format!(
            "{DEFAULT_CHAIN} decides for every datasource, wherever its own chain leaves something over"
        );
        return Ok(vec![Warning::new("default-chain", message)]);
    }
    let message = unknown(store, datasource)?;
    Ok(message.into_iter().map(|message| Warning::new("unknown-datasource", message)).collect())
}
