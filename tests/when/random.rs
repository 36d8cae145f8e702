//! Schedules by chance: their text, and the numbers that are meant by it, without a look at the reader.

use crate::support::Chance;

/// One field.
#[derive(Debug, Clone)]
pub struct Field {
    text: String,
    /// Whether it takes a number, by that number.
    takes: Vec<bool>,
    /// It begins with `*`.
    pub is_starred: bool,
}

impl Field {
    fn new(text: &str, numbers: impl IntoIterator<Item = u32>) -> Self {
        let mut takes = vec![false; 2_101];
        numbers.into_iter().for_each(|number| takes[index(number)] = true);
        Self { text: text.to_owned(), takes, is_starred: text.starts_with('*') }
    }

    pub fn takes(&self, number: u32) -> bool {
        self.takes[index(number)]
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap()
}

/// A schedule of five to seven fields.
#[derive(Debug, Clone)]
pub struct Plan {
    pub text: String,
    pub second: Field,
    pub minute: Field,
    pub hour: Field,
    pub day: Field,
    pub month: Field,
    pub weekday: Field,
    pub year: Field,
}

impl Plan {
    /// Neither the minute nor the hour begins with `*`.
    pub fn is_at_fixed_time(&self) -> bool {
        !self.minute.is_starred && !self.hour.is_starred
    }

    pub fn by(chance: &mut Chance, year: u32) -> Self {
        let second = list(chance, &["0", "0", "15,45", "*/20", "59", "30"], 0, 59);
        let minute = list(chance, &["*", "*/30", "0", "30", "*/7", "0,30", "59"], 0, 59);
        // Clocks change in the small hours.
        let hour = list(chance, &["*", "*/2", "2", "0-4", "1,2", "0", "23", "3", "*/99"], 0, 23);
        let (day, weekday) = match chance.below(3) {
            0 => (any(1, 31), any(0, 6)),
            1 => (list(chance, &["*/2", "29", "31", "1-7", "*"], 1, 31), weekday(chance)),
            _ => (list(chance, &["1", "28-31", "*/10"], 1, 31), weekday(chance)),
        };
        let month = month(chance);
        let years = [year.to_string(), format!("{}-{year}", year - 1), format!("{}-2100/2", year)];
        let years: Vec<&str> = years.iter().map(String::as_str).collect();
        let year = read(chance.one_of(&years), 1970, 2100);
        let five =
            [&minute, &hour, &day, &month, &weekday].map(|field| field.text.as_str()).join(" ");
        let (zero, all) = (read("0", 0, 59), any(1970, 2100));
        let (text, second, year) = match chance.below(4) {
            0 => (format!("{} {five}", second.text), second, all),
            1 => (format!("{} {five} {}", second.text, year.text), second, year),
            _ => (five, zero, all),
        };
        Self { text, second, minute, hour, day, month, weekday, year }
    }
}

fn any(first: u32, last: u32) -> Field {
    read("*", first, last)
}

impl Plan {
    /// Five fields of numbers alone.
    pub fn of_numbers(five: &str) -> Self {
        let words: Vec<&str> = five.split(' ').collect();
        let [minute, hour, day, month, weekday] = words[..] else {
            panic!("{five}: not five fields")
        };
        Self {
            text: five.to_owned(),
            second: read("0", 0, 59),
            minute: read(minute, 0, 59),
            hour: read(hour, 0, 23),
            day: read(day, 1, 31),
            month: read(month, 1, 12),
            weekday: read(weekday, 0, 6),
            year: any(1970, 2100),
        }
    }

    /// As cron can say it: at full minutes, in any year.
    pub fn in_five(&self) -> Self {
        let five = [&self.minute, &self.hour, &self.day, &self.month, &self.weekday];
        let text = five.map(|field| field.text.as_str()).join(" ");
        Self { text, second: read("0", 0, 59), year: any(1970, 2100), ..self.clone() }
    }
}

/// A field of the examples, or one that is made up.
fn list(chance: &mut Chance, examples: &[&str], first: u32, last: u32) -> Field {
    if chance.below(3) > 0 {
        return read(chance.one_of(examples), first, last);
    }
    let number =
        |chance: &mut Chance| first + u32::try_from(chance.below(index(last - first + 1))).unwrap();
    let elements = (0..=chance.below(3)).map(|_| {
        let (one, other) = (number(chance), number(chance));
        let (low, high) = (one.min(other), one.max(other));
        match chance.below(3) {
            0 => format!("{low}-{high}"),
            1 => format!("{low}-{high}/{}", 1 + chance.below(9)),
            _ => one.to_string(),
        }
    });
    read(&elements.collect::<Vec<_>>().join(","), first, last)
}

/// Names stand for numbers, and 7 is a Sunday as 0 is.
fn weekday(chance: &mut Chance) -> Field {
    let (text, numbers): (&str, &[u32]) = chance.one_of(&[
        ("*", &[0, 1, 2, 3, 4, 5, 6]),
        ("*/3", &[0, 3, 6]),
        ("7", &[0]),
        ("0", &[0]),
        ("5-7", &[5, 6, 0]),
        ("sun", &[0]),
        ("Mon-FRI", &[1, 2, 3, 4, 5]),
        ("sat,sun", &[6, 0]),
        ("1-7/2", &[1, 3, 5, 0]),
    ]);
    Field::new(text, numbers.iter().copied())
}

fn month(chance: &mut Chance) -> Field {
    let (text, numbers): (&str, &[u32]) = chance.one_of(&[
        ("*", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ("*", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ("mar,oct", &[3, 10]),
        ("3-4", &[3, 4]),
        ("Oct-nov", &[10, 11]),
        ("*/3", &[1, 4, 7, 10]),
        ("feb-12/5", &[2, 7, 12]),
    ]);
    Field::new(text, numbers.iter().copied())
}

/// Numbers without names, by hand.
fn read(text: &str, first: u32, last: u32) -> Field {
    let numbers = text.split(',').flat_map(|element| {
        let (range, step) = element.split_once('/').unwrap_or((element, "1"));
        let range = if range == "*" { format!("{first}-{last}") } else { range.to_owned() };
        let (low, high) = range.split_once('-').unwrap_or((&range, &range));
        let (low, high): (u32, u32) = (low.parse().unwrap(), high.parse().unwrap());
        (low..=high).step_by(step.parse().unwrap())
    });
    Field::new(text, numbers)
}
