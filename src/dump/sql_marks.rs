//! Whether an SQL dump is whole: its heading and end mark, the variables that it saves and puts back, and its
//! transactions.

use super::sql_lexer::Dialect;

/// How a tool begins a dump, and how it ends one that is whole.
struct Tool {
    name: &'static str,
    begin: &'static str,
    end: End,
    dialect: Dialect,
    /// It begins a dump of its own, and not one around others.
    is_dump: bool,
}

enum End {
    Begins(&'static str),
    /// A date and a time alone.
    Time,
}

const fn tool(
    name: &'static str,
    begin: &'static str,
    end: &'static str,
    dialect: Dialect,
) -> Tool {
    Tool { name, begin, end: End::Begins(end), dialect, is_dump: true }
}

const TOOLS: [Tool; 8] = [
    tool(
        "pg_dump",
        "PostgreSQL database dump",
        "PostgreSQL database dump complete",
        Dialect::PostgreSql,
    ),
    Tool {
        name: "pg_dumpall",
        begin: "PostgreSQL database cluster dump",
        end: End::Begins("PostgreSQL database cluster dump complete"),
        dialect: Dialect::PostgreSql,
        is_dump: false,
    },
    tool("ysql_dump", "YSQL database dump", "YSQL database dump complete", Dialect::PostgreSql),
    tool("mysqldump", "MySQL dump ", "Dump completed", Dialect::MySql),
    tool("mariadb-dump", "MariaDB dump ", "Dump completed", Dialect::MySql),
    tool("mysqldump-php", "mysqldump-php ", "Dump completed", Dialect::MySql),
    tool("mysqlpump", "Dump created by MySQL pump utility", "Dump end time:", Dialect::MySql),
    Tool {
        name: "Adminer",
        begin: "Adminer ",
        end: End::Time,
        dialect: Dialect::Unknown,
        is_dump: true,
    },
];

/// What the comments and settings so far say of the dump as a whole.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// The tools whose end mark is still to come, and the line of each heading.
    open: Vec<(usize, u64)>,
    /// Headings of dumps so far.
    dumps: u64,
    /// Whether an end mark was seen.
    has_ended: bool,
    /// What shows that the first lines are missing.
    beheaded: Option<String>,
    /// The database that mysqldump's heading names.
    database: Option<String>,
    /// The server that it names.
    host: Option<String>,
    /// Where a variable was saved, and whether one was put back.
    saved: Option<u64>,
    is_restored: bool,
    /// Where a transaction is open.
    transaction: Option<u64>,
    autocommit_off: bool,
    /// Where rows are that are not committed.
    uncommitted: Option<u64>,
}

impl Marks {
    /// Reads a comment; the dialect of the tool whose heading it is. The error is said of a dump that has no end.
    pub fn comment(&mut self, comment: &str, line: u64) -> Result<Option<Dialect>, String> {
        let is_end = |tool: &Tool| tool.is_ended_by(comment);
        let ended = |(tool, _): &(usize, u64)| TOOLS.get(*tool).is_some_and(is_end);
        if let Some(place) = self.open.iter().rposition(ended) {
            self.open.remove(place);
            self.has_ended = true;
            return Ok(None);
        }
        // A time alone is not only Adminer's.
        let mut ends = TOOLS.iter().filter(|tool| !matches!(tool.end, End::Time) && is_end(tool));
        if let Some(tool) = ends.next() {
            let headings: Vec<_> = std::iter::once(tool).chain(ends).map(Tool::heading).collect();
            let (end, heading) = (tool.end_mark(), headings.join(" or "));
            self.beheaded.get_or_insert_with(|| {
                format!("line {line} ends a dump by {end}, and its heading {heading} is missing")
            });
            self.has_ended = true;
            return Ok(None);
        }
        if comment.starts_with("Host: ")
            && let Some((host, database)) = comment.split_once("Database: ")
        {
            let host = host.trim_start_matches("Host: ").trim();
            self.host = Some(host.to_owned()).filter(|host| !host.is_empty());
            self.database = Some(database.trim().to_owned()).filter(|name| !name.is_empty());
        }
        let found = TOOLS.iter().enumerate().find(|(_, tool)| tool.is_begun_by(comment));
        let Some((place, tool)) = found else { return Ok(None) };
        if let Some((_, begun)) = self.open.iter().find(|(other, _)| *other == place) {
            return Err(format!(
                "the dump that begins on line {begun} has no end mark before line {line}, where \
                 another begins"
            ));
        }
        self.open.push((place, line));
        self.dumps += u64::from(tool.is_dump);
        self.database = None;
        Ok(Some(tool.dialect).filter(|dialect| *dialect != Dialect::Unknown))
    }

    /// The number of the dump that is being read, of those with a heading.
    pub fn dump(&self) -> u64 {
        self.dumps
    }

    /// The database that a heading named since this was asked last.
    pub fn take_database(&mut self) -> Option<String> {
        self.database.take()
    }

    /// The server that the last heading named.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// A variable `@OLD_…` was saved.
    pub fn save(&mut self, line: u64) {
        self.saved.get_or_insert(line);
    }

    /// A variable `@OLD_…` was put back.
    pub fn restore(&mut self, line: u64) {
        self.is_restored = true;
        if self.saved.is_none() {
            self.beheaded.get_or_insert_with(|| {
                format!(
                    "settings that line {line} puts back are not saved before it, as they are at the \
                     beginning of a whole dump"
                )
            });
        }
    }

    /// A transaction begins.
    pub fn begin(&mut self, line: u64) {
        self.transaction.get_or_insert(line);
    }

    /// MySQL's `autocommit`, Derby's `AUTOCOMMIT OFF`.
    pub fn set_autocommit(&mut self, on: bool) {
        self.autocommit_off = !on;
        if on {
            self.commit();
        }
    }

    /// A transaction ends well.
    pub fn commit(&mut self) {
        self.transaction = None;
        self.uncommitted = None;
    }

    /// A transaction is rolled back; whether rows went with it.
    pub fn roll_back(&mut self) -> bool {
        self.transaction = None;
        self.uncommitted.take().is_some()
    }

    /// Rows were read.
    pub fn rows(&mut self, line: u64) {
        if self.transaction.is_some() || self.autocommit_off {
            let begun = self.transaction.unwrap_or(line);
            self.uncommitted.get_or_insert(begun);
        }
    }

    /// What shows that the file is cut off, now that it has ended, and what to do.
    pub fn missing(&self) -> Option<(String, &'static str)> {
        if let Some(message) = &self.beheaded {
            let help = "the file lacks its beginning: make the dump again, or delete that line if all \
                        the rows are there";
            return Some((message.clone(), help));
        }
        self.missing_end().map(|message| (message, "the file is cut off; make the dump again"))
    }

    fn missing_end(&self) -> Option<String> {
        if let Some((tool, line)) = self.open.last()
            && let Some(tool) = TOOLS.get(*tool)
        {
            let (name, end) = (tool.name, tool.end_mark());
            return Some(format!("the dump of {name} on line {line} does not end with {end}"));
        }
        if let Some(line) = self.saved.filter(|_| !self.is_restored && !self.has_ended) {
            return Some(format!(
                "settings that are saved on line {line} are not put back, as they are at the end \
                 of a whole dump"
            ));
        }
        let line = self.uncommitted?;
        Some(format!("the transaction that begins on line {line} has no COMMIT"))
    }
}

impl Tool {
    fn is_begun_by(&self, comment: &str) -> bool {
        match self.end {
            End::Begins(_) => comment.starts_with(self.begin),
            End::Time => comment.starts_with(self.begin) && comment.ends_with(" dump"),
        }
    }

    fn is_ended_by(&self, comment: &str) -> bool {
        match self.end {
            End::Begins(end) => comment.starts_with(end),
            End::Time => {
                let shape = b"0000-00-00 00:00:00";
                let bytes = comment.as_bytes();
                bytes.len() >= shape.len()
                    && bytes.iter().zip(shape).all(|(byte, shape)| match shape {
                        b'0' => byte.is_ascii_digit(),
                        _ => byte == shape,
                    })
            }
        }
    }

    fn heading(&self) -> String {
        format!("`-- {}`", self.begin.trim_end())
    }

    fn end_mark(&self) -> String {
        match self.end {
            End::Begins(end) => format!("`-- {end}`"),
            End::Time => "the time".to_owned(),
        }
    }
}
