//! Retention rules: which segments of a datasource are kept, and which are dropped.

use std::fmt;

use serde_json::Value;

use super::json::{self, Fields};
use super::{Interval, ParseError, Period};

/// The name under which the chain for all datasources is kept (Druid's `druid.manager.rules.defaultRule`).
pub const DEFAULT_CHAIN: &str = "_default";

/// The tier, and the number of replicas in it, of a load rule that names none (`LoadRule`).
const DEFAULT_REPLICANTS: (&str, i32) = ("_default_tier", 2);

/// The segments that a rule applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All segments.
    Forever,
    /// Those at an interval.
    Interval(Interval),
    /// Those of the last `period`, and with `include_future` those after now as well.
    Period {
        /// How far back from now.
        period: Period,
        /// Whether the future belongs to it.
        include_future: bool,
    },
}

/// What a partial load rule says of the parts of a segment (`PartialLoadRule`). Which segments it matches hangs on what
/// is in them, which the metadata does not tell: here it keeps every segment that its scope applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partial {
    /// The JSON of the matcher. Druid refuses a rule without one.
    pub matcher: Option<String>,
    /// What Druid does with a segment that the matcher cannot match: `fallThrough` leaves it to the later rules.
    pub on_cannot_match: Option<String>,
}

/// One rule of a chain (`org.apache.druid.server.coordinator.rules.Rule` and its classes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// `loadForever`, `loadByInterval`, `loadByPeriod`, and the `loadPartial…` of these names (Druid 38): keep.
    Load {
        /// What it applies to.
        scope: Scope,
        /// Tiers and the number of replicas in each, in the order given.
        tiered_replicants: Vec<(String, i32)>,
        /// Whether absent `tieredReplicants` mean those of the default tier.
        use_default_tier_for_null: bool,
        /// Of a partial one, what servers load of a segment.
        partial: Option<Partial>,
    },
    /// `broadcastForever`, `broadcastByInterval`, `broadcastByPeriod`: keep.
    Broadcast {
        /// What it applies to.
        scope: Scope,
    },
    /// `dropForever`, `dropByInterval`, `dropByPeriod`: mark unused.
    Drop {
        /// What it applies to.
        scope: Scope,
    },
    /// `dropBeforeByPeriod`: mark unused what ended at or before now minus a period.
    DropBefore {
        /// How far back from now.
        period: Period,
    },
}

impl Rule {
    /// Reads one rule's JSON.
    ///
    /// # Errors
    /// Where Druid refuses it; and where its period or interval is absent, null or empty, its
    /// period is a number or negative: Druid takes these, to fail later or drop the whole past.
    pub fn parse(json: &str) -> Result<Self, ParseError> {
        let fields = Fields::read(json, "a rule")?;
        let type_name = fields.type_name("a rule")?;
        match type_name.as_ref() {
            "loadForever" | "loadPartialForever" => load(&fields, Scope::Forever, &[]),
            "loadByInterval" | "loadPartialByInterval" => {
                load(&fields, by_interval(&fields)?, &["interval"])
            }
            "loadByPeriod" | "loadPartialByPeriod" => {
                load(&fields, by_period(&fields)?, &["period", "includeFuture"])
            }
            "broadcastForever" => Ok(Self::Broadcast { scope: Scope::Forever }),
            "broadcastByInterval" => {
                once(&fields, &["interval"])?;
                Ok(Self::Broadcast { scope: by_interval(&fields)? })
            }
            "broadcastByPeriod" => {
                once(&fields, &["period", "includeFuture"])?;
                Ok(Self::Broadcast { scope: by_period(&fields)? })
            }
            "dropForever" => Ok(Self::Drop { scope: Scope::Forever }),
            "dropByInterval" => {
                once(&fields, &["interval"])?;
                Ok(Self::Drop { scope: by_interval(&fields)? })
            }
            "dropByPeriod" => {
                once(&fields, &["period", "includeFuture"])?;
                Ok(Self::Drop { scope: by_period(&fields)? })
            }
            "dropBeforeByPeriod" => {
                once(&fields, &["period"])?;
                Ok(Self::DropBefore { period: period(&fields)? })
            }
            name => Err(ParseError::expected(
                "a known type of rule, such as loadByPeriod or dropForever",
                name,
            )),
        }
    }

    /// The `type` in JSON.
    pub fn type_name(&self) -> &'static str {
        let (scope, [forever, by_interval, by_period]) = match self {
            Self::Load { scope, partial: None, .. } => {
                (scope, ["loadForever", "loadByInterval", "loadByPeriod"])
            }
            Self::Load { scope, .. } => {
                (scope, ["loadPartialForever", "loadPartialByInterval", "loadPartialByPeriod"])
            }
            Self::Broadcast { scope } => {
                (scope, ["broadcastForever", "broadcastByInterval", "broadcastByPeriod"])
            }
            Self::Drop { scope } => (scope, ["dropForever", "dropByInterval", "dropByPeriod"]),
            Self::DropBefore { .. } => return "dropBeforeByPeriod",
        };
        match scope {
            Scope::Forever => forever,
            Scope::Interval(_) => by_interval,
            Scope::Period { .. } => by_period,
        }
    }
}

impl Rule {
    /// Whether segments that it applies to stay used; a load rule without replicas keeps, too.
    pub fn keeps(&self) -> bool {
        matches!(self, Self::Load { .. } | Self::Broadcast { .. })
    }

    /// The rule in a few words: its type, and what it applies to (`dropBeforeByPeriod P90D`).
    pub fn describe(&self) -> String {
        let name = self.type_name();
        match self {
            Self::DropBefore { period } => format!("{name} {period}"),
            Self::Load { scope, .. } | Self::Broadcast { scope } | Self::Drop { scope } => {
                match scope {
                    Scope::Forever => name.to_owned(),
                    Scope::Interval(interval) => format!("{name} {interval}"),
                    Scope::Period { period, include_future: true } => format!("{name} {period}"),
                    Scope::Period { period, include_future: false } => {
                        format!("{name} {period} without the future")
                    }
                }
            }
        }
    }
}

/// The JSON that Druid writes, its keys in Druid's order: the type is the last.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        match self {
            Self::Load { scope, tiered_replicants, use_default_tier_for_null, partial } => {
                write_scope(f, *scope)?;
                f.write_str(r#""tieredReplicants":{"#)?;
                for (index, (tier, replicants)) in tiered_replicants.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{replicants}", Value::from(tier.as_str()))?;
                }
                write!(f, r#"}},"useDefaultTierForNull":{use_default_tier_for_null},"#)?;
                let Partial { matcher, on_cannot_match } =
                    partial.as_ref().unwrap_or(&Partial { matcher: None, on_cannot_match: None });
                if let Some(matcher) = matcher {
                    write!(f, r#""matcher":{matcher},"#)?;
                }
                if let Some(word) = on_cannot_match {
                    write!(f, r#""onCannotMatch":{},"#, Value::from(word.as_str()))?;
                }
            }
            Self::Broadcast { scope } | Self::Drop { scope } => write_scope(f, *scope)?,
            Self::DropBefore { period } => write!(f, r#""period":"{period}","#)?,
        }
        write!(f, r#""type":"{}"}}"#, self.type_name())
    }
}

fn write_scope(f: &mut fmt::Formatter<'_>, scope: Scope) -> fmt::Result {
    match scope {
        Scope::Forever => Ok(()),
        Scope::Interval(interval) => write!(f, r#""interval":"{interval}","#),
        Scope::Period { period, include_future } => {
            write!(f, r#""period":"{period}","includeFuture":{include_future},"#)
        }
    }
}

/// The JSON of one rule of a chain, and what it says.
pub type RuleText<'a> = (&'a str, Result<Rule, ParseError>);

/// The rules of a datasource in their order; the first that applies to a segment decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleChain(pub Vec<Rule>);

impl RuleChain {
    /// Reads the JSON array of a chain.
    ///
    /// # Errors
    /// When it is no JSON array, or one of its rules is broken (see [`Rule::parse`]).
    pub fn parse(json: &str) -> Result<Self, RuleError> {
        let numbered = Self::parse_each(json)?.into_iter().enumerate();
        numbered
            .map(|(index, (_, rule))| {
                rule.map_err(|reason| RuleError { rule: Some(index + 1), reason })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Reads the JSON array of a chain rule by rule: the JSON of each, and what it says.
    ///
    /// # Errors
    /// When it is no JSON array.
    pub fn parse_each(json: &str) -> Result<Vec<RuleText<'_>>, RuleError> {
        let rules = json::list(json).map_err(|error| RuleError {
            rule: None,
            reason: ParseError::new(format!("expected a list of rules: {error}")),
        })?;
        Ok(rules.into_iter().map(|rule| (rule, Rule::parse(rule))).collect())
    }

    /// The JSON that Druid writes.
    pub fn to_json(&self) -> String {
        let rules: Vec<String> = self.0.iter().map(Rule::to_string).collect();
        format!("[{}]", rules.join(","))
    }
}

/// Why a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The number of the broken rule, counted from 1; none when the whole is no list.
    pub rule: Option<usize>,
    /// What is wrong.
    pub reason: ParseError,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule {
            Some(number) => write!(f, "rule {number}: {}", self.reason),
            None => self.reason.fmt(f),
        }
    }
}

impl std::error::Error for RuleError {}

/// A load rule; `keys` are those of its scope.
fn load(fields: &Fields<'_>, scope: Scope, keys: &[&str]) -> Result<Rule, ParseError> {
    let is_partial = fields.type_name("a rule")?.starts_with("loadPartial");
    let more: &[&str] = if is_partial { &["matcher", "onCannotMatch"] } else { &[] };
    once(fields, &[keys, &["tieredReplicants", "useDefaultTierForNull"], more].concat())?;
    let partial = if is_partial { Some(partial(fields)?) } else { None };
    let use_default_tier_for_null = fields.boolean("useDefaultTierForNull")?.unwrap_or(true);
    let tiered_replicants = match fields.get("tieredReplicants").filter(|raw| *raw != "null") {
        Some(raw) => replicants(raw)?,
        None if use_default_tier_for_null => {
            let (tier, count) = DEFAULT_REPLICANTS;
            vec![(tier.to_owned(), count)]
        }
        None => Vec::new(),
    };
    Ok(Rule::Load { scope, tiered_replicants, use_default_tier_for_null, partial })
}

fn partial(fields: &Fields<'_>) -> Result<Partial, ParseError> {
    let matcher = fields.get("matcher").filter(|raw| *raw != "null");
    if let Some(raw) = matcher {
        // Whatever its type: Druid takes one that it does not know for one that matches nothing.
        Fields::read(raw, "a matcher as an object")?;
    }
    let on_cannot_match = fields.text("onCannotMatch")?.map(Into::into);
    Ok(Partial { matcher: matcher.map(str::to_owned), on_cannot_match })
}

/// The numbers of replicas by tier. A tier that is repeated has the last number.
fn replicants(raw: &str) -> Result<Vec<(String, i32)>, ParseError> {
    let fields = Fields::read(raw, "tieredReplicants as an object")?;
    let mut replicants: Vec<(String, i32)> = Vec::new();
    for (tier, _) in fields.iter() {
        if replicants.iter().any(|(known, _)| known == tier) {
            continue;
        }
        let count = fields.int(tier)?.filter(|count| *count >= 0).ok_or_else(|| {
            ParseError::new(format!("expected a number of replicas of at least 0 in tier '{tier}'"))
        })?;
        replicants.push((tier.to_owned(), count));
    }
    Ok(replicants)
}

fn by_interval(fields: &Fields<'_>) -> Result<Scope, ParseError> {
    let text = fields
        .text("interval")?
        .ok_or_else(|| ParseError::new("expected an interval in the rule, found none"))?;
    Interval::parse(&text).map(Scope::Interval)
}

fn by_period(fields: &Fields<'_>) -> Result<Scope, ParseError> {
    let include_future = fields.boolean("includeFuture")?.unwrap_or(true);
    Ok(Scope::Period { period: period(fields)?, include_future })
}

/// The period of a rule, which must be there, and lead back.
fn period(fields: &Fields<'_>) -> Result<Period, ParseError> {
    let raw = fields.get("period").unwrap_or("null");
    let text = fields.text("period")?.filter(|_| raw.starts_with('"'));
    // jackson-datatype-joda trims the text.
    let is_said = |text: &&str| !matches!(*text, "" | "P" | "p");
    let text = text.as_deref().map(json::trimmed).filter(is_said);
    let text = text.ok_or_else(|| match fields.get("period") {
        None => ParseError::new(
            "expected a period in the rule, such as \"period\":\"P90D\", found none",
        ),
        Some(raw) => ParseError::expected("a period as text in the rule", raw),
    })?;
    let period = Period::parse(text)?;
    if period.is_negative() {
        return Err(ParseError::expected("a period that is not negative", text));
    }
    Ok(period)
}

/// Refuses creator properties that are repeated too late (see [`Fields::refuse_late_repeats`]).
fn once(fields: &Fields<'_>, creator: &[&str]) -> Result<(), ParseError> {
    fields.refuse_late_repeats(creator)
}
