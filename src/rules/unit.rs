//! One chain under the eye of lint: its rules as bounds, what each decides, and for whom.

use crate::druid::{Bounds, DEFAULT_CHAIN, Decided, Instant, ParseError, Rule, Scope, decide};
use crate::escape::escape;
use crate::rules::audience::Audience;
use crate::rules::draft::{Draft, When};
use crate::rules::report::{Finding, RuleName, Severity};

/// A chain, and behind it the chain of `_default`.
pub(super) struct Unit {
    /// The datasource, or `_default`.
    pub name: String,
    /// The rules of the chain, then those behind it.
    pub rules: Vec<Rule>,
    /// How many of `rules` are the chain's own.
    pub own: usize,
    /// The bounds of `rules`.
    pub bounds: Vec<Bounds>,
    /// Which rule decides.
    pub decided: Vec<Decided>,
    /// Whether `rules` has all that is behind the chain: not when `_default` is broken.
    pub is_whole: bool,
    /// For whom.
    pub audience: Vec<Audience>,
    /// The instant that periods count from.
    pub now: Instant,
}

impl Unit {
    pub fn new(
        name: &str,
        own: &[Rule],
        behind: Option<&[Rule]>,
        audience: Vec<Audience>,
        now: Instant,
    ) -> Result<Self, ParseError> {
        let rules = [own, behind.unwrap_or_default()].concat();
        let bounds = rules.iter().map(|rule| rule.bounds(now)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            name: name.to_owned(),
            own: own.len(),
            decided: decide(&bounds),
            rules,
            bounds,
            is_whole: behind.is_some(),
            audience,
            now,
        })
    }

    /// The indexes of the chain's own rules, with each rule and its bounds.
    pub fn own_rules(&self) -> impl Iterator<Item = (usize, &Rule, &Bounds)> {
        let rules = self.rules.iter().zip(&self.bounds).take(self.own);
        rules.enumerate().map(|(index, (rule, bounds))| (index, rule, bounds))
    }

    /// The segments for which the rule decides, or no rule.
    pub fn decided_by(&self, rule: Option<usize>) -> Vec<Bounds> {
        self.boxes_of(rule).iter().map(|one| one.bounds).collect()
    }

    /// They stand in the order of the rules, and last what no rule takes.
    fn boxes_of(&self, rule: Option<usize>) -> &[Decided] {
        let place = |one: &Decided| one.rule.unwrap_or(usize::MAX);
        let wanted = rule.unwrap_or(usize::MAX);
        let from = self.decided.partition_point(|one| place(one) < wanted);
        let upto = self.decided.partition_point(|one| place(one) <= wanted);
        self.decided.get(from..upto).unwrap_or_default()
    }

    /// Whether the rule decides for any segment, but for those of no length: an interval does not overlap one at its own
    /// start, and yet contains it, so that a rule within another would seem to have something left.
    pub fn decides(&self, rule: usize) -> bool {
        self.boxes_of(Some(rule)).iter().any(|one| has_length(&one.bounds))
    }

    /// The rules from `first` on that drop.
    pub fn drops_from(&self, first: usize) -> impl Iterator<Item = usize> {
        let rules = self.rules.iter().enumerate().skip(first);
        rules.filter(|(_, rule)| !rule.keeps()).map(|(index, _)| index)
    }

    /// `rule 2 (dropForever)`, or `rule 1 of _default (loadForever)`.
    pub fn label(&self, index: usize) -> String {
        let words = self.rules.get(index).map(Rule::describe).unwrap_or_default();
        match index.checked_sub(self.own) {
            Some(index) => format!("rule {} of {DEFAULT_CHAIN} ({words})", index + 1),
            None => format!("rule {} ({words})", index + 1),
        }
    }

    /// What becomes of the segments in `bounds` by the rules before `index`: `kept by rule 1, marked unused by rule 2`.
    pub fn fate(&self, bounds: &Bounds, index: usize) -> String {
        let fates = self.rules.iter().enumerate().take(index).filter_map(|(earlier, rule)| {
            let decides = self.boxes_of(Some(earlier));
            let verb = if rule.keeps() { "kept" } else { "marked unused" };
            let takes = decides.iter().any(|one| one.bounds.and(bounds).is_some());
            takes.then(|| format!("{verb} by rule {}", earlier + 1))
        });
        fates.collect::<Vec<_>>().join(", ")
    }

    /// A finding about a rule of the chain, or about the whole, and the segments in `boxes`.
    pub fn draft(
        &self,
        severity: Severity,
        code: &str,
        rule: Option<usize>,
        message: &str,
        (boxes, effect): (&[Bounds], &str),
    ) -> Draft {
        let reached = self.audience.iter().flat_map(|audience| {
            audience.reached(boxes).map(|bounds| (audience.number, bounds)).collect::<Vec<_>>()
        });
        Draft {
            finding: finding(&self.name, severity, code, rule, message, effect),
            when: When::Always,
            boxes: reached.collect(),
        }
    }
}

/// Whether segments of any length fit.
pub(super) fn has_length(bounds: &Bounds) -> bool {
    bounds.start_min < bounds.end_max
}

/// A finding without a count.
pub(super) fn finding(
    chain: &str,
    severity: Severity,
    code: &str,
    rule: Option<usize>,
    message: &str,
    effect: &str,
) -> Finding {
    Finding {
        datasource: chain.to_owned(),
        rule: rule.map(|index| RuleName { chain: chain.to_owned(), number: index + 1 }),
        severity,
        code: code.to_owned(),
        message: escape(message).into_owned(),
        segments: 0,
        effect: (!effect.is_empty()).then(|| effect.to_owned()),
    }
}

/// What a rule applies to; none for `dropBeforeByPeriod`.
pub(super) fn scope(rule: &Rule) -> Option<Scope> {
    match rule {
        Rule::Load { scope, .. } | Rule::Broadcast { scope } | Rule::Drop { scope } => Some(*scope),
        Rule::DropBefore { .. } => None,
    }
}
