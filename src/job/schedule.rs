//! The text of a schedule: which forms there are, and whether one is well-formed. When it fires is
//! not decided here.

use std::fmt;
use std::ops::{Range, RangeInclusive};

use super::problem::{nearest, quoted};
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
        let fields: &[&Field] = match words.len() {
            5 => &[&MINUTE, &HOUR, &DAY, &MONTH, &WEEKDAY],
            6 => &[&SECOND, &MINUTE, &HOUR, &DAY, &MONTH, &WEEKDAY],
            7 => &[&SECOND, &MINUTE, &HOUR, &DAY, &MONTH, &WEEKDAY, &YEAR],
            count => {
                let message = format!("a schedule has five to seven fields, not {count}");
                return Err(vec![ScheduleError {
                    range: 0..text.len(),
                    message,
                    help: FORMS.to_owned(),
                }]);
            }
        };
        let mut errors = Vec::new();
        for ((start, word), field) in words.iter().zip(fields) {
            if let Err((message, help)) = field.check(word) {
                errors.push(ScheduleError { range: *start..start + word.len(), message, help });
            }
        }
        let normal = || words.iter().map(|(_, word)| *word).collect::<Vec<_>>().join(" ");
        if errors.is_empty() { Ok(Self::Cron(normal())) } else { Err(errors) }
    }
}

/// A message and its fix.
type Wrong = (String, String);

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
        return if passed {
            Ok(Schedule::Every(period))
        } else {
            Err(("the period of @every must be positive".to_owned(), example()))
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

/// One field: its name, the numbers it takes and the names that stand for numbers.
struct Field {
    name: &'static str,
    range: RangeInclusive<u32>,
    /// The first name stands for the range's first number.
    names: &'static [&'static str],
}

const SECOND: Field = Field { name: "second", range: 0..=59, names: &[] };
const MINUTE: Field = Field { name: "minute", range: 0..=59, names: &[] };
const HOUR: Field = Field { name: "hour", range: 0..=23, names: &[] };
const DAY: Field = Field { name: "day of month", range: 1..=31, names: &[] };
const MONTH: Field = Field {
    name: "month",
    range: 1..=12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAY: Field = Field {
    name: "day of week",
    range: 0..=7,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};
const YEAR: Field = Field { name: "year", range: 1970..=2100, names: &[] };

impl Field {
    /// A list of `*`, `*/step`, number, `from-to` and `from-to/step` (Debian cron's `get_list`).
    fn check(&self, text: &str) -> Result<(), Wrong> {
        text.split(',').try_for_each(|element| self.check_element(element))
    }

    fn check_element(&self, element: &str) -> Result<(), Wrong> {
        let (range, step) = match element.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (element, None),
        };
        let ends = range.split_once('-');
        if let Some((from, to)) = ends {
            let (from, to) = (self.number(from, element)?, self.number(to, element)?);
            if from > to {
                let message =
                    format!("the range {} of the {} runs backwards", quoted(element), self.name);
                return Err((
                    message,
                    "write the smaller number first, or a list of two ranges".to_owned(),
                ));
            }
        } else if range != "*" {
            self.number(range, element)?;
        }
        match step {
            None => Ok(()),
            Some(_) if ends.is_none() && range != "*" => Err((
                format!(
                    "the step {} of the {} follows a single number",
                    quoted(element),
                    self.name
                ),
                format!("write a range before the step: {range}-{}/…", self.range.end()),
            )),
            // Debian's cron takes any step from 1 on; one beyond the range picks the first number.
            Some(step) if step.parse::<u32>().is_ok_and(|step| step > 0) && is_digits(step) => {
                Ok(())
            }
            Some(_) => Err((
                format!(
                    "the step {} of the {} is not a whole number from 1 on",
                    quoted(element),
                    self.name
                ),
                "write for example */15".to_owned(),
            )),
        }
    }

    fn number(&self, text: &str, element: &str) -> Result<u32, Wrong> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let number = match named.and_then(|index| u32::try_from(index).ok()) {
            Some(index) => Some(self.range.start() + index),
            None => text.parse().ok().filter(|_| is_digits(text)),
        };
        match number {
            Some(number) if self.range.contains(&number) => Ok(number),
            Some(number) => {
                Err((format!("{number} is out of range for the {}", self.name), self.allowed()))
            }
            None => Err((format!("{} is no {}", quoted(element), self.name), self.allowed())),
        }
    }

    fn allowed(&self) -> String {
        let names = match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => format!(" or {first}–{last}"),
            _ => String::new(),
        };
        let (first, last) = (self.range.start(), self.range.end());
        format!(
            "the {} takes *, numbers {first}–{last}{names}, ranges a-b, lists a,b and steps */n",
            self.name
        )
    }
}

/// `parse` alone would also take a sign.
fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
