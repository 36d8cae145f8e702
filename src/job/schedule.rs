//! The text of a schedule: which forms there are, and whether one is well-formed. When it fires is
//! not decided here.

use std::fmt;
use std::ops::Range;

use super::Numbers;
use super::schedule_field::{DAY, Field, HOUR, MINUTE, MONTH, SECOND, WEEKDAY, Wrong, YEAR};
use crate::config::nearest;
use crate::config::problem::quoted;
use crate::druid::{Instant, Period};

/// When a job runs, by its text, which is well-formed.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Schedule {
    /// Only by hand: `@manually`, or no schedule at all.
    #[default]
    Manually,
    /// `@every PT10M`: each time this period has passed, counted from the epoch.
    Every(Period),
    /// Fields as in crontab(5): minute, hour, day of month, month, day of week (Sunday is 0 or 7). With six
    /// fields, seconds come first; with seven, the year comes last. A macro such as `@daily` stands
    /// here as its five fields.
    Cron(String),
}

/// As it stands in a job file.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manually => f.write_str("@manually"),
            Self::Every(period) => write!(f, "@every {period}"),
            Self::Cron(fields) => f.write_str(fields),
        }
    }
}

/// What is wrong with a schedule, and in which bytes of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleError {
    /// The bytes of the text.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.help)
    }
}

/// The macros of crontab(5), with the fields they stand for.
const MACROS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

const FORMS: &str = "write five fields (\"15 3 * * *\"), six or seven with seconds first, @daily and the like, \
                     @every PT10M, or @manually";

impl Schedule {
    /// Reads a schedule as Debian's cron reads its five fields, or one of our own forms.
    ///
    /// # Errors
    /// Every field that is wrong, each with its place in the text.
    pub fn parse(text: &str) -> Result<Self, Vec<ScheduleError>> {
        let trimmed = text.trim();
        if trimmed.starts_with('@') {
            return parse_macro(trimmed).map_err(|(message, help)| {
                vec![ScheduleError { range: 0..text.len(), message, help }]
            });
        }
        let words = words(text);
        let Some(fields) = fields_of(words.len()) else {
            let message = format!("a schedule has five to seven fields, not {}", words.len());
            let help = FORMS.to_owned();
            return Err(vec![ScheduleError { range: 0..text.len(), message, help }]);
        };
        let mut errors = Vec::new();
        for ((start, word), field) in words.iter().zip(fields) {
            if let Err((message, help)) = field.read(word) {
                errors.push(ScheduleError { range: *start..start + word.len(), message, help });
            }
        }
        let normal = || words.iter().map(|(_, word)| *word).collect::<Vec<_>>().join(" ");
        if errors.is_empty() { Ok(Self::Cron(normal())) } else { Err(errors) }
    }

    /// The numbers that the fields take, seconds first and years last; `None` for a schedule without
    /// fields. Five fields are at second 0, and five or six are in any year.
    pub fn numbers(&self) -> Option<[Numbers; 7]> {
        let Self::Cron(text) = self else { return None };
        let words = words(text);
        let fields = fields_of(words.len())?;
        let read = |field: &Field, absent: &str| {
            let at = fields.iter().position(|one| one.name() == field.name());
            let word = at.and_then(|at| words.get(at)).map_or(absent, |(_, word)| *word);
            field.read(word).ok()
        };
        Some([
            read(&SECOND, "0")?,
            read(&MINUTE, "*")?,
            read(&HOUR, "*")?,
            read(&DAY, "*")?,
            read(&MONTH, "*")?,
            read(&WEEKDAY, "*")?,
            read(&YEAR, "*")?,
        ])
    }
}

/// Which fields a schedule of so many words has.
fn fields_of(count: usize) -> Option<&'static [&'static Field]> {
    match count {
        5 => Some(&[&MINUTE, &HOUR, &DAY, &MONTH, &WEEKDAY]),
        6 => Some(&[&SECOND, &MINUTE, &HOUR, &DAY, &MONTH, &WEEKDAY]),
        7 => Some(&[&SECOND, &MINUTE, &HOUR, &DAY, &MONTH, &WEEKDAY, &YEAR]),
        _ => None,
    }
}

fn parse_macro(text: &str) -> Result<Schedule, Wrong> {
    if text == "@manually" {
        return Ok(Schedule::Manually);
    }
    if let Some((_, fields)) = MACROS.iter().find(|(name, _)| *name == text) {
        return Ok(Schedule::Cron((*fields).to_owned()));
    }
    if let Some(period) = text.strip_prefix("@every").filter(|rest| rest.starts_with([' ', '\t'])) {
        let example = || "write for example @every PT10M".to_owned();
        let period =
            Period::parse(period.trim()).map_err(|error| (error.to_string(), example()))?;
        let passed = period.add_to(Instant::EPOCH).is_ok_and(|next| next > Instant::EPOCH);
        return if !passed {
            Err(("the period of @every must be positive".to_owned(), example()))
        } else if period.is_mixed() {
            // Multiples of P1M-30D would run backwards in some months.
            Err(("the period of @every mixes signs".to_owned(), example()))
        } else {
            Ok(Schedule::Every(period))
        };
    }
    if text == "@reboot" {
        return Err((
            "@reboot is not supported: a job runs at times, not at starts".to_owned(),
            FORMS.to_owned(),
        ));
    }
    let known = MACROS.iter().map(|(name, _)| *name).chain(["@manually", "@every"]);
    let help = match nearest(text, known) {
        Some(name) => format!("did you mean {name}?"),
        None => FORMS.to_owned(),
    };
    Err((format!("unknown schedule {}", quoted(text)), help))
}

/// The words of a text, each with the byte at which it begins.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut rest = 0;
    text.split([' ', '\t'])
        .map(|word| {
            let start = rest;
            rest += word.len() + 1;
            (start, word)
        })
        .filter(|(_, word)| !word.is_empty())
        .collect()
}
