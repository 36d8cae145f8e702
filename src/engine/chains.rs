//! Turns rule chains into the boxes of `temp.rule_box`, for one moment: periods need a calendar, which SQL has not.

use rusqlite::ToSql;

use crate::druid::{Bounds, DEFAULT_CHAIN, Instant, Rule, RuleChain, decide};
use crate::engine::report::LeftOut;
use crate::engine::{Datasources, Session};
use crate::error::Result;
use crate::store::{Store, sql, text};

/// A chain as it is stored: its JSON, or why that is no text.
type Stored = std::result::Result<String, String>;

/// A rule with its place.
pub(crate) struct Placed {
    pub(crate) rule: Rule,
    /// From 1, within its chain.
    pub(crate) number: usize,
    /// Whether it stands in the default chain.
    pub(crate) is_default: bool,
}

impl Placed {
    /// As the ledger tells it: `rule 3 dropBeforeByPeriod P90D (_default)`.
    pub(crate) fn reason(&self) -> String {
        let chain = if self.is_default { format!(" ({DEFAULT_CHAIN})") } else { String::new() };
        format!("rule {} {}{chain}", self.number, self.rule.describe())
    }

    pub(crate) fn effect(&self) -> &'static str {
        match self.rule {
            Rule::Load { .. } => "load",
            Rule::Broadcast { .. } => "broadcast",
            Rule::Drop { .. } | Rule::DropBefore { .. } => "drop",
        }
    }
}

/// Writes the boxes of the chains in force, each datasource's own and then the default one, as of `now`. Answers the
/// datasources whose chain is broken; these have no boxes.
///
/// # Errors
/// SQLite's.
pub(crate) fn compile(
    session: &Session<'_>,
    among: &Datasources,
    now: Instant,
) -> Result<Vec<LeftOut>> {
    let (store, operation) = (&*session.store, "cannot read the rules");
    store.batch("cannot prepare the rules", sql::rules::BOX_TABLE)?;
    let own = store.rows(
        operation,
        sql::rules::CHAINS_IN_FORCE,
        &[(":datasources", &among.numbers)],
        |row| Ok((row.get::<_, i64>(0)?, text::shown(row, 1)?, text::checked_or_null(row, 2)?)),
    )?;
    let default = store
        .rows(operation, sql::rules::CHAIN_IN_FORCE, &[(":name", &DEFAULT_CHAIN)], |row| {
            text::checked_or_null(row, 0)
        })?
        .into_iter()
        .next()
        .flatten();
    let mut broken = Vec::new();
    for (number, name, chain) in own {
        match boxes(chain.as_ref(), default.as_ref(), now) {
            Ok(boxes) => write(store, number, &name, &boxes)?,
            Err(reason) => broken.push(LeftOut::new(&name, reason)),
        }
    }
    Ok(broken)
}

/// The boxes of one chain, each with the rule that decides there; an error says which rule is broken, and how.
fn boxes(
    own: Option<&Stored>,
    default: Option<&Stored>,
    now: Instant,
) -> std::result::Result<Vec<(Option<Placed>, Bounds)>, String> {
    let rules = whole(own, default, now)?;
    let decided = decide(&bounds(&rules, now)?);
    let placed =
        |index: usize| rules.get(index).map(|found| Placed { rule: found.rule.clone(), ..*found });
    Ok(decided.into_iter().map(|one| (one.rule.and_then(placed), one.bounds)).collect())
}

/// The rules in force for a datasource in the order in which they are asked; or why its chain is broken.
///
/// # Errors
/// SQLite's.
pub(crate) fn in_force(
    store: &Store,
    datasource: &str,
    now: Instant,
) -> Result<std::result::Result<Vec<Placed>, String>> {
    let chain = |name: &str| {
        store
            .rows("cannot read the rules", sql::rules::CHAIN_IN_FORCE, &[(":name", &name)], |row| {
                text::checked_or_null(row, 0)
            })
            .map(|chains| chains.into_iter().next().flatten())
    };
    let (own, default) = (chain(datasource)?, chain(DEFAULT_CHAIN)?);
    Ok(whole(own.as_ref(), default.as_ref(), now))
}

/// A datasource's chain and the default one behind it. One that is not asked may as well be broken: then it is left out.
fn whole(
    own: Option<&Stored>,
    default: Option<&Stored>,
    now: Instant,
) -> std::result::Result<Vec<Placed>, String> {
    let mut rules = placed(own, false)?;
    if decide(&bounds(&rules, now)?).iter().any(|one| one.rule.is_none()) {
        rules.extend(placed(default, true)?);
    }
    Ok(rules)
}

fn bounds(rules: &[Placed], now: Instant) -> std::result::Result<Vec<Bounds>, String> {
    let of = |placed: &Placed| {
        placed.rule.bounds(now).map_err(|error| format!("{}: {error}", placed.reason()))
    };
    rules.iter().map(of).collect()
}

fn placed(chain: Option<&Stored>, is_default: bool) -> std::result::Result<Vec<Placed>, String> {
    let Some(stored) = chain else { return Ok(Vec::new()) };
    let whose = if is_default {
        format!("the chain of {DEFAULT_CHAIN}")
    } else {
        "its rule chain".to_owned()
    };
    let broken = |error: &dyn std::fmt::Display| format!("{whose} is broken: {error}");
    let json = stored.as_ref().map_err(|reason| broken(reason))?;
    let chain = RuleChain::parse(json).map_err(|error| broken(&error))?;
    let numbered = chain.0.into_iter().zip(1..);
    Ok(numbered.map(|(rule, number)| Placed { rule, number, is_default }).collect())
}

fn write(
    store: &Store,
    datasource: i64,
    name: &str,
    boxes: &[(Option<Placed>, Bounds)],
) -> Result<()> {
    for (number, (placed, bounds)) in (1_i64..).zip(boxes) {
        let rule = placed.as_ref().map(|placed| i64::try_from(placed.number).unwrap_or(i64::MAX));
        let chain =
            placed.as_ref().map(|placed| if placed.is_default { DEFAULT_CHAIN } else { name });
        let effect = placed.as_ref().map_or("none", Placed::effect);
        let reason = placed.as_ref().map(Placed::reason);
        let parameters: [(&str, &dyn ToSql); 10] = [
            (":datasource", &datasource),
            (":box", &number),
            (":rule", &rule),
            (":chain", &chain),
            (":effect", &effect),
            (":reason", &reason),
            (":start_min", &bounds.start_min),
            (":start_max", &bounds.start_max),
            (":end_min", &bounds.end_min),
            (":end_max", &bounds.end_max),
        ];
        store.execute("cannot prepare the rules", sql::rules::ADD_BOX, &parameters)?;
    }
    Ok(())
}
