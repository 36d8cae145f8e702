//! The table: what is wrong, and what the message must say.

use super::Case;

const HEADER: &str = "id,dataSource,created_date,start,end,partitioned,version,used,payload\n";

pub(super) fn job_files() -> Vec<Case> {
    let step = |keys: &str| format!("name = 'bad'\n[[step]]\n{keys}\n");
    let mark = |keys: &str| step(&format!("op = 'mark-unused'\ndatasource = 'wiki'\n{keys}"));
    vec![
        Case::job("", "the job has no name"),
        Case::job("name = 'bad'", "the job has no step"),
        Case::job("name = 'bad", "jobs/bad.toml:1:"),
        Case::job("name = 'bad'\nname = 'bad'\n", "duplicate key"),
        Case::job("\u{1b}[31m = 1", "\\u{1b}"),
        Case::job("name = \"a\\u001b[31m\"", "'a\\u{1b}[31m' is no job name"),
        Case::job(mark("al = true"), "unknown key 'al'"),
        Case::job(mark("all = true\nid = 'x'"), "cannot stand beside"),
        Case::job(mark(""), "the step does not say which segments it is for"),
        Case::job(mark("ids = []"), "the list 'ids' is empty"),
        Case::job(mark("interval = '2015/2016'\nversions = []"), "the list 'versions' is empty"),
        Case::job(
            step("op = 'mark-unused'\ndatasources = []\nall = true"),
            "the list 'datasources' is empty",
        ),
        Case::job(step("op = 'delete'"), "unknown op 'delete'"),
        Case::job(
            step("op = 'check'\nsql = 'DELETE FROM segment'"),
            "these views and nothing else",
        ),
        Case::job(step("op = 'check'\nsql = 'SELEC 1'"), "syntax error"),
        Case::job(
            step("op = 'kill'\ndatasource = 'wiki'\nbuffer_period = '30 days'"),
            "expected an ISO 8601 period",
        ),
        Case::job(step("op = 'import'\nfiles = ['nowhere.csv']"), "nowhere.csv"),
        Case::job(
            format!(
                "name = 'bad'\nschedule = '61 * * * *'\n{}",
                &step("op = 'check'\nsql = 'SELECT 1'")[13..]
            ),
            "61 is out of range for the minute",
        ),
        Case::job("x".repeat(2 << 20), "jobs/bad.toml"),
        Case::command(&["run", "nowhere"], "nowhere"),
        Case::command(&["run", "jobs/nowhere.toml"], "nowhere.toml"),
        Case::command(&["plan", "a\u{1b}[31mb"], "a\\u{1b}[31mb"),
    ]
}

pub(super) fn configurations() -> Vec<Case> {
    vec![
        Case::config("authoritive = true", "unknown key 'authoritive'"),
        Case::config("authoritative = 'yes'", "expected true or false"),
        Case::config("[deep_storage.local]\nroot = 'druid'", "the path is not absolute"),
        Case::config("[deep_storage.local]\nroot = '/druid/../etc'", "the path goes up with '..'"),
        Case::config("[guard]\nmax_percent = 101", "101 is no percentage"),
        Case::command(
            &["mark-unused", "wiki", "--all", "--config", "nowhere.toml"],
            "nowhere.toml",
        ),
    ]
}

pub(super) fn intervals() -> Vec<Case> {
    let mark = |interval: &str, says| {
        Case::command(&["mark-unused", "wiki", "--interval", interval], says)
    };
    vec![
        mark("", "expected an ISO 8601 interval"),
        mark("yesterday", "expected an ISO 8601 interval"),
        mark("2015-09-12", "expected an ISO 8601 interval"),
        mark("2015-09-13/2015-09-12", "an interval that ends at or after its start"),
        mark("now/now-P1D", "ends before it starts"),
        mark("2015-02-30/2016-01-01", "2015-02-30"),
        mark("2015-09-12T25:00/P1D", "2015-09-12T25:00"),
        mark("2015-09-12/P1X", "P1X"),
        mark("2015/2016/2017", "found '2016/2017'"),
        mark("999999999999999999999/P1D", "999999999999999999999"),
        mark("2015-09-12/P999999999999999999999Y", "P9999"),
        mark("\u{1b}[2J/..", "\\u{1b}[2J"),
        mark(&"9".repeat(4000), "expected an ISO 8601 interval"),
        Case::command(&["mark-unused", "wiki", "--all", "--at", "noon"], "invalid --at"),
        Case::command(&["kill", "wiki", "--buffer-period", "P-1D"], "'P-1D' is negative"),
        Case::command(
            &["kill", "wiki", "--duration-to-retain", "90"],
            "expected an ISO 8601 period",
        ),
        Case::command(&["kill", "wiki", "--limit", "0"], "0 is out of range"),
    ]
}

pub(super) fn ids() -> Vec<Case> {
    vec![
        Case::command(&["mark-unused", "wiki", "--id", ""], "'id' is empty"),
        Case::command(&["mark-unused", "wiki", "--id", "a", " "], "an element of 'ids' is empty"),
        Case::command(
            &["mark-unused", "wiki", "--ids-from", "nowhere"],
            "cannot read the ids from nowhere",
        ),
        Case::command(
            &["mark-unused", "wiki", "--ids-from", "deep-storage"],
            "cannot read the ids from deep-storage",
        ),
        Case::command(&["mark-unused", "wiki", "--ids-from", "-"], "holds no segment id"),
        Case::ids("", "input holds no segment id"),
        Case::ids("\n \n\t\n", "input holds no segment id"),
        Case::ids(*b"a\n\xff\xfe\n", "cannot read the ids from input"),
    ]
}

pub(super) fn datasources() -> Vec<Case> {
    let mark = |name: &str, says| Case::command(&["mark-unused", name, "--all"], says);
    vec![
        mark("", "a datasource name is empty"),
        mark("\u{9b}2J[", "\\u{9b}2J["),
        mark(&"d".repeat(4000), "has 4000 characters; 255 is the most"),
        mark("wiki[", "has a '[' without a ']'"),
        Case::command(&["kill", ""], "a datasource name is empty"),
        Case::command(&["export", "--datasource", ""], "a datasource name is empty"),
    ]
}

pub(super) fn dumps() -> Vec<Case> {
    let row = |row: &str| format!("{HEADER}{row}\n");
    let few = |row: &str| format!("id,used,payload\n{row}\n");
    vec![
        Case::dump("", "input"),
        Case::dump("\n\n\n", "input"),
        Case::dump("What is this?\nNo dump.\n", "input"),
        Case::dump(*b"\x7fELF\x02\x01\x01\0\0\0\0", "input"),
        Case::dump(*b"SQLite format 3\0", "input"),
        Case::dump(*b"\x1f\x8b\x08\0\0\0\0\0cut short", "input"),
        Case::dump("id,used,payload,colour\n", "a column `colour` that Druid's tables lack"),
        Case::dump("id,used,payload,a\u{1b}[31m\n", "\\u{1b}[31m"),
        Case::dump("id,used,payload,used\n", "it has the column `used` twice"),
        Case::dump("id,dataSource,start\n", "it lacks the columns used, payload"),
        Case::dump("a,b,c\n", "input"),
        Case::dump(row("x,wiki"), "input:2: has 2 fields, expected 9"),
        Case::dump(row("x,wiki,,,,t,v1,t,\"{"), "never closed"),
        Case::dump(few("x,maybe,{}"), "input:2: column used: is `maybe`"),
        Case::dump(few("x,,{}"), "input:2: column used: is NULL"),
        Case::dump(row("x,wi\0ki,,,,t,v1,t,{}"), "has a NUL byte"),
        Case::dump([row("").as_bytes(), b"x,\xff\xfe,,,,t,v1,t,{}\n"].concat(), "is not UTF-8"),
        Case::dump(few("x,\u{1b}[31m,{}"), "\\u{1b}[31m"),
        Case::dump("INSERT INTO druid_segments VALUES ('x', 'wiki'", "input"),
        Case::dump("INSERT INTO druid_segments VALUES ('x', 'wiki');", "input"),
        Case::dump(
            "COPY druid_segments (id, used, payload) FROM stdin;\nx\tt\n\\.\n",
            "has 2 fields, expected 3",
        ),
        Case::dump("{\"dataSource\": \"wiki\"", "input"),
        Case::dump(
            "id,dataSource,version,payload\nx,wiki,2020-01-01T00:00:00.000Z,{}\n",
            "input:2: column payload",
        ),
        Case::command(&["import", "nowhere.csv"], "cannot read the dump nowhere.csv"),
        Case::command(&["import", "deep-storage"], "deep-storage"),
        Case::command(&["import", "a\u{1b}[31mb"], "a\\u{1b}[31mb"),
    ]
}

pub(super) fn flags() -> Vec<Case> {
    let wiki =
        |flags: &[&str], says| Case::command(&[&["mark-unused", "wiki"], flags].concat(), says);
    vec![
        wiki(&[], "--all"),
        wiki(&["--all", "--id", "x"], "cannot be used with"),
        wiki(&["--all", "--where", "1"], "cannot be used with"),
        wiki(&["--id", "x", "--interval", "2015/2016"], "cannot be used with"),
        wiki(&["--ids-from", "-", "--id", "x"], "cannot be used with"),
        wiki(&["--version", "v1", "--all"], "'versions' needs 'interval'"),
        wiki(&["--interval", "2015/2016", "--version", ""], "an element of 'versions' is empty"),
        wiki(&["--all", "-q", "-v"], "cannot be used with"),
        wiki(&["--all", "--max-percent", "101"], "expected a number from 0 to 100"),
        wiki(&["--all", "--max-percent", "NaN"], "expected a number from 0 to 100"),
        wiki(&["--all", "--max-segments", "-1"], "-1"),
        wiki(&["--all", "--on-conflict", "stop"], "invalid value 'stop'"),
        wiki(&["--all", "--output", "xml"], "invalid value 'xml'"),
        wiki(&["--all", "--\u{1b}[31m"], "\\u{1b}[31m"),
        Case::command(&["mark-used", "wiki", "--all", "--on-exposure", "warn"], "--on-exposure"),
        Case::command(&["kill"], "DATASOURCE"),
        Case::command(&["kill", "wiki", "--resume"], "cannot be used with"),
        Case::command(
            &["kill", "wiki", "--duration-to-retain", "P1D", "--ignore-duration-to-retain"],
            "cannot be used with",
        ),
        Case::command(&["export", "--changes", "1"], "--dialect"),
        Case::command(&["history", "4711"], "there is no run 4711"),
        Case::command(&["history", "latest"], "invalid value 'latest'"),
        Case::command(&["import"], "<FILE>"),
        Case::command(&["undo", "1"], "unrecognized subcommand 'undo'"),
        Case::command(&["\u{1b}]0;title\u{7}"], "\\u{1b}]0;title\\u{7}"),
    ]
}

pub(super) fn predicates() -> Vec<Case> {
    let by =
        |predicate: &str, says| Case::command(&["mark-unused", "wiki", "--where", predicate], says);
    vec![
        by("", "'where' is empty"),
        by("1; DROP TABLE segment", "it has a semicolon"),
        by("1); DELETE FROM segment; --", "a bracket is closed that was never opened"),
        by("1) OR (1", "a bracket is closed that was never opened"),
        by("id = 'x' OR 'a' = 'a", "is never closed"),
        by("1 /*", "a comment is never closed"),
        by("id IN (SELECT id FROM payload)", "no such table: payload"),
        by("id IN (SELECT name FROM sqlite_schema)", "--where"),
        by("load_extension('x')", "--where"),
        by("\u{1b}[31m]", "\\u{1b}[31m"),
        by(&"(".repeat(100_000), "a bracket is never closed"),
        by(&format!("{}1{}", "(".repeat(5_000), ")".repeat(5_000)), "--where"),
    ]
}
