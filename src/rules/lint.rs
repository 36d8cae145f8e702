//! `rules lint`: looks at chains, and counts the segments that each finding is about.

use std::collections::HashSet;

use serde_json::json;

use crate::config;
use crate::druid::{Bounds, DEFAULT_CHAIN, Instant, Rule, RuleChain};
use crate::error::Result;
use crate::rules::audience::Audience;
use crate::rules::draft::{self, Draft, When};
use crate::rules::report::{Finding, Severity};
use crate::rules::unit::{Unit, finding};
use crate::rules::{chain_checks, rule_checks};
use crate::store::{Store, sql, text};

/// Chains of unknown datasources that get a "did you mean": each asks all known names.
const HINTS: usize = 20;

/// What to look at.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Names and globs; none means all.
    pub datasources: &'a [String],
    /// A datasource, and the JSON of a chain to look at instead of the one that it has.
    pub instead: Option<(&'a str, &'a str)>,
    /// The instant that periods count from.
    pub now: Instant,
    /// The wall clock.
    pub wall: Instant,
}

/// A datasource that has segments, or a chain.
struct Governed {
    name: String,
    /// Its number, where it has segments.
    number: Option<i64>,
    version: Option<String>,
    chain: Option<Chain>,
    is_meant: bool,
}

/// A chain as far as it can be read.
enum Chain {
    Rules(Vec<Rule>),
    /// Number (from 0) and reason of each broken rule; no number when the whole is no list.
    Broken(Vec<(Option<usize>, String)>),
}

impl Chain {
    /// Of a row, whose payload may be no text.
    fn of(payload: std::result::Result<String, String>, now: Instant) -> Self {
        match payload {
            Ok(json) => Self::parse(&json, now),
            Err(reason) => Self::Broken(vec![(None, reason)]),
        }
    }

    fn parse(json: &str, now: Instant) -> Self {
        let each = match RuleChain::parse_each(json) {
            Ok(each) => each,
            Err(error) => return Self::Broken(vec![(None, error.to_string())]),
        };
        let (mut rules, mut broken) = (Vec::new(), Vec::new());
        for (index, (_, rule)) in each.into_iter().enumerate() {
            // A rule whose period leads out of time cannot be asked either.
            match rule.and_then(|rule| rule.bounds(now).map(|_| rule)) {
                Ok(rule) => rules.push(rule),
                Err(error) => broken.push((Some(index), error.to_string())),
            }
        }
        if broken.is_empty() { Self::Rules(rules) } else { Self::Broken(broken) }
    }

    fn rules(&self) -> Option<&[Rule]> {
        match self {
            Self::Rules(rules) => Some(rules),
            Self::Broken(_) => None,
        }
    }
}

/// Looks at the chains that are asked for: that of each datasource, and that of `_default` where it decides for one of
/// them.
///
/// # Errors
/// SQLite's. A broken chain is a finding.
pub fn lint(store: &Store, asked: &Asked<'_>) -> Result<Vec<Finding>> {
    let governed = governed(store, asked)?;
    let default = governed.iter().find(|one| one.name == DEFAULT_CHAIN);
    let mut drafts = lint_default(&governed, default, asked);
    let known = governed.iter().filter(|one| one.number.is_some()).map(|one| one.name.as_str());
    let known: Vec<&str> = known.collect();
    let mut hints = HINTS;
    for one in governed.iter().filter(|one| one.is_meant && one.name != DEFAULT_CHAIN) {
        let hint = if hints > 0 { &known[..] } else { &[] };
        let own = lint_datasource(one, default, hint, asked);
        hints -= usize::from(one.number.is_none()).min(hints);
        drafts.extend(own);
    }
    draft::count(store, drafts)
}

fn governed(store: &Store, asked: &Asked<'_>) -> Result<Vec<Governed>> {
    let patterns = (!asked.datasources.is_empty()).then(|| json!(asked.datasources).to_string());
    let mut governed = store.rows(
        "cannot read the rules",
        sql::rules::GOVERNED,
        &[(":patterns", &patterns)],
        |row| {
            let payload = text::checked_or_null(row, 3)?;
            Ok(Governed {
                name: text::shown(row, 0)?,
                number: row.get(1)?,
                version: text::shown_or_null(row, 2)?,
                chain: payload.map(|payload| Chain::of(payload, asked.now)),
                is_meant: row.get(4)?,
            })
        },
    )?;
    if let Some((name, json)) = asked.instead {
        let chain = Some(Chain::parse(json, asked.now));
        match governed.iter_mut().find(|one| one.name == name) {
            // Its version is yet to be.
            Some(one) => (one.chain, one.version) = (chain, None),
            None => governed.push(Governed {
                name: name.to_owned(),
                number: None,
                version: None,
                chain,
                is_meant: true,
            }),
        }
    }
    Ok(governed)
}

/// The chain of `_default`, for the datasources that it decides for.
fn lint_default(
    governed: &[Governed],
    default: Option<&Governed>,
    asked: &Asked<'_>,
) -> Vec<Draft> {
    let all = asked.datasources.is_empty() || default.is_some_and(|one| one.is_meant);
    let domain = || governed.iter().filter(|one| all || one.is_meant);
    let has_rules = |one: &Governed| match &one.chain {
        Some(Chain::Rules(rules)) => !rules.is_empty(),
        Some(Chain::Broken(_)) => true,
        None => false,
    };
    // A datasource with a chain of its own is asked about by itself.
    if !all && domain().all(has_rules) {
        return Vec::new();
    }
    match default.and_then(|one| one.chain.as_ref()) {
        Some(Chain::Broken(rules)) => {
            // Where the own chain leaves nothing over, the default one is not asked.
            let asking = domain().filter_map(|one| behind_own(one, asked.now));
            let asking = asking.filter(|one| !one.open.is_empty());
            let asking = asking.map(|one| Audience::whole(one.number)).collect::<Vec<_>>();
            broken(DEFAULT_CHAIN, rules, &asking)
        }
        Some(Chain::Rules(rules)) if !rules.is_empty() => {
            let audience = domain().filter_map(|one| behind_own(one, asked.now)).collect();
            let Ok(unit) = Unit::new(DEFAULT_CHAIN, rules, Some(&[]), audience, asked.now) else {
                return Vec::new(); // Chain::parse has asked all bounds
            };
            let version = default.and_then(|one| one.version.as_deref());
            let mut drafts = check_unit(&unit, version, asked);
            // What the chains of datasources leave to no rule is told of them.
            let own: HashSet<i64> =
                domain().filter(|one| has_rules(one)).filter_map(|one| one.number).collect();
            for draft in drafts.iter_mut().filter(|draft| draft.finding.code == "unmatched") {
                draft.boxes.retain(|(number, _)| !own.contains(number));
            }
            drafts
        }
        _ => {
            let left = domain().filter_map(|one| behind_own(one, asked.now)).collect::<Vec<_>>();
            vec![no_default(&left)]
        }
    }
}

/// What the own chain of a datasource leaves to `_default`.
fn behind_own(one: &Governed, now: Instant) -> Option<Audience> {
    let rules = one.chain.as_ref().map_or(Some(&[][..]), Chain::rules)?;
    let bounds = rules.iter().filter_map(|rule| rule.bounds(now).ok()).collect::<Vec<_>>();
    Some(Audience::behind(one.number?, &bounds))
}

/// `known` are the datasources that have segments, for "did you mean".
fn lint_datasource(
    one: &Governed,
    default: Option<&Governed>,
    known: &[&str],
    asked: &Asked<'_>,
) -> Vec<Draft> {
    let audience = one.number.map(Audience::whole).into_iter().collect::<Vec<_>>();
    let mut drafts = Vec::new();
    let has_chain = one.chain.as_ref().is_some_and(|chain| chain.rules() != Some(&[]));
    if has_chain && one.number.is_none() {
        let message = config::unknown_name(&one.name, known.iter().copied());
        let message = format!("{message}; the chain waits for its first segment");
        let finding =
            finding(&one.name, Severity::Warning, "unknown-datasource", None, &message, "");
        drafts.push(Draft { finding, when: When::Always, boxes: Vec::new() });
    }
    match &one.chain {
        Some(Chain::Broken(rules)) => drafts.extend(broken(&one.name, rules, &audience)),
        Some(Chain::Rules(rules)) if !rules.is_empty() => {
            let default = default.and_then(|one| one.chain.as_ref());
            let behind = default.map_or(Some(&[][..]), Chain::rules);
            if let Ok(unit) = Unit::new(&one.name, rules, behind, audience, asked.now) {
                drafts.extend(check_unit(&unit, one.version.as_deref(), asked));
                if behind.is_some_and(|rules| !rules.is_empty()) {
                    drafts.extend(chain_checks::default_never_asked(&unit));
                }
            }
        }
        _ => {}
    }
    drafts
}

fn check_unit(unit: &Unit, version: Option<&str>, asked: &Asked<'_>) -> Vec<Draft> {
    let mut drafts = rule_checks::check(unit);
    drafts.extend(chain_checks::check(unit));
    drafts
        .extend(version.and_then(|version| chain_checks::check_version(unit, version, asked.wall)));
    drafts
}

/// A finding for each broken rule. Each is about all segments, since one broken rule stops the whole chain.
fn broken(chain: &str, rules: &[(Option<usize>, String)], audience: &[Audience]) -> Vec<Draft> {
    let effect = "left alone: nothing of their datasource is enforced";
    let drafts = rules.iter().map(|(index, reason)| Draft {
        finding: finding(
            chain,
            Severity::Error,
            "broken-rule",
            *index,
            &match index {
                Some(index) => format!("rule {} is broken: {reason}", index + 1),
                None => format!("the chain is broken: {reason}"),
            },
            effect,
        ),
        when: When::Always,
        boxes: audience.iter().map(|one| (one.number, Bounds::EVERYTHING)).collect(),
    });
    drafts.collect()
}

/// Where nothing is said of the rest, it is kept.
fn no_default(left: &[Audience]) -> Draft {
    let message = format!("there is no chain of {DEFAULT_CHAIN}: what no other rule takes is kept");
    let boxes = left.iter().flat_map(|one| one.open.iter().map(|bounds| (one.number, *bounds)));
    Draft {
        finding: finding(
            DEFAULT_CHAIN,
            Severity::Warning,
            "no-default-chain",
            None,
            &message,
            "kept, but not loaded",
        ),
        when: When::Always,
        boxes: boxes.collect(),
    }
}
