//! Adds up every scheduled time from the outside: by rows alone, and by going through a schedule time by time. Triggers
//! write down which schedule held when a row was written; the program knows nothing of them.

use std::collections::BTreeMap;
use std::path::Path;

use lopper::druid::Instant;
use lopper::job::Job;
use lopper::schedule::Fires;

use super::Lopper;

const BOOKS: &str = "
    CREATE TABLE book (
        id INTEGER PRIMARY KEY, name TEXT, schedule TEXT, time_zone TEXT, suspended INTEGER, since_ms INTEGER,
        last_fire_ms INTEGER
    );
    CREATE TABLE entry (run_id INTEGER PRIMARY KEY, book_id INTEGER);
    CREATE TRIGGER book_opened AFTER INSERT ON job BEGIN
        INSERT INTO book (name, schedule, time_zone, suspended, since_ms, last_fire_ms)
        VALUES (new.name, new.schedule, new.time_zone, new.suspended, new.since_ms, new.last_fire_ms);
    END;
    CREATE TRIGGER book_closed AFTER UPDATE ON job
    WHEN new.schedule <> old.schedule OR new.time_zone <> old.time_zone OR new.suspended <> old.suspended
         OR new.since_ms <> old.since_ms
    BEGIN
        INSERT INTO book (name, schedule, time_zone, suspended, since_ms, last_fire_ms)
        VALUES (new.name, new.schedule, new.time_zone, new.suspended, new.since_ms, new.last_fire_ms);
    END;
    CREATE TRIGGER entered AFTER INSERT ON run WHEN new.cause <> 'hand' AND new.attempt = 1 BEGIN
        INSERT INTO entry (run_id, book_id) SELECT new.id, max(id) FROM book WHERE name = new.name;
    END;";

/// Opens the books of a store.
pub fn open_books(lopper: &Lopper) {
    lopper.sql(BOOKS);
}

/// One schedule of one job while it held.
struct Book {
    name: String,
    fires: Fires,
    /// Times up to here are not this book's.
    from: Instant,
    /// Claimed times, and how often.
    claimed: BTreeMap<Instant, u32>,
}

/// Each scheduled time is claimed once: by a run, by a row that says why nothing ran, or by the count of such a row. What is
/// left behind the last claim is answered, by job: those times are still owed, where the job's schedule is the same today.
pub fn add_up(lopper: &Lopper) -> BTreeMap<String, Instant> {
    let mut books: BTreeMap<i64, Book> = BTreeMap::new();
    let rows = lopper.sql(
        "SELECT id, name, schedule, time_zone, since_ms, coalesce(last_fire_ms, since_ms) FROM book ORDER BY id",
    );
    for row in rows {
        let fields: Vec<&str> = row.split('|').collect();
        let text = format!(
            "name = '{}'\nschedule = '{}'\ntime_zone = '{}'\n[[step]]\nop = 'check'\nsql = 'SELECT 1'",
            fields[1], fields[2], fields[3]
        );
        let job = Job::parse(&text, Path::new("job.toml")).unwrap();
        let instant = |index: usize| Instant::from_millis(fields[index].parse().unwrap());
        let book = Book {
            name: job.name.clone(),
            fires: Fires::new(&job.schedule, job.time_zone),
            from: instant(4).max(instant(5)),
            claimed: BTreeMap::new(),
        };
        books.insert(fields[0].parse().unwrap(), book);
    }
    let claims = lopper.sql(
        "SELECT e.book_id, r.id, r.logical_ms, r.missed, r.outcome FROM entry AS e JOIN run AS r ON r.id = e.run_id ORDER BY r.id",
    );
    assert!(!claims.is_empty());
    for claim in claims {
        let fields: Vec<&str> = claim.split('|').collect();
        let number = |index: usize| fields[index].parse::<i64>().unwrap();
        let book = books.get_mut(&number(0)).unwrap();
        let (name, mut at) = (&book.name, Instant::from_millis(number(2)));
        assert!(
            book.fires.latest(at) == Some(at),
            "{name}: run {} is for no time of it",
            fields[1]
        );
        for back in 0..=number(3) {
            assert!(
                at > book.from,
                "{name}: run {} claims {at}, which is {back} back and too old",
                fields[1]
            );
            *book.claimed.entry(at).or_default() += 1;
            at = book.fires.latest(Instant::from_millis(at.millis() - 1)).unwrap();
        }
    }
    let mut last = BTreeMap::new();
    for book in books.values() {
        let twice: Vec<_> = book.claimed.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "{}: claimed more than once: {twice:?}", book.name);
        let Some((end, _)) = book.claimed.last_key_value() else { continue };
        let mut at = book.fires.next(book.from);
        while let Some(time) = at.filter(|time| time <= end) {
            assert!(book.claimed.contains_key(&time), "{}: nobody claims {time}", book.name);
            at = book.fires.next(time);
        }
        last.insert(book.name.clone(), *end);
    }
    last
}
