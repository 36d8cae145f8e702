//! Broken values, one at a time: the place and the beginning of the message.

use super::{problems, with_step};

/// A job whose step is sound, with these lines above it (the first is line 2).
fn with_head(head: &str) -> String {
    format!("name = \"j\"\n{head}\n[[step]]\nop = \"check\"\nsql = \"SELECT 1\"\n")
}

/// Each text must have exactly one problem, which begins like this.
#[track_caller]
fn assert_each(cases: &[(&str, &str)], text: impl Fn(&str) -> String) {
    for (case, expected) in cases {
        let found = problems(&text(case));
        assert!(found.len() == 1, "{case}\n{found:#?}");
        assert!(found[0].starts_with(expected), "{case}\nfound {}\nnot {expected}", found[0]);
    }
}

#[test]
fn keys_of_the_job() {
    assert_each(
        &[
            ("nam = 1", "2:1: unknown key 'nam'"),
            ("dataSource = \"x\"", "2:1: unknown key 'dataSource'"),
            ("\"tab\\tkey\" = 1", "2:1: unknown key 'tab\\u{9}key'"),
            ("description = 5", "2:15: expected a string in quotes, found a whole number"),
            ("schedule = [\"@daily\"]", "2:12: expected a string in quotes, found a list"),
            ("schedule = \"0 25 * * *\"", "2:15: 25 is out of range for the hour"),
            ("schedule = 'x 3 * * *'", "2:13: 'x' is no minute"),
            ("schedule = \"0 3 * *\"", "2:13: a schedule has five to seven fields, not 4"),
            ("schedule = \"@dayly\"", "2:13: unknown schedule '@dayly'"),
            ("schedule = \"0 \\u0032\\u0035 * * *\"", "2:12: 25 is out of range for the hour"),
            ("time_zone = \"Europe/Berln\"", "2:13: unknown time zone 'Europe/Berln'"),
            ("concurrency_policy = \"forbit\"", "2:22: unknown value 'forbit'"),
            ("catch_up = \"all\"", "2:12: unknown value 'all'"),
            ("catch_up = true", "2:12: expected a string in quotes, found true or false"),
            ("timeout = \"30m\"", "2:11: expected an ISO 8601 period"),
            ("timeout = \"PT0S\"", "2:11: the period 'PT0S' is not positive"),
            ("timeout = \"P\"", "2:11: the period 'P' has no parts"),
            ("starting_deadline = \"-PT6H\"", "2:21: "),
            ("retry_backoff = 30", "2:17: expected a string in quotes, found a whole number"),
            ("retries = 101", "2:11: 101 is out of range"),
            ("retries = -1", "2:11: -1 is out of range"),
            ("retries = 1.5", "2:11: expected a whole number, found a number with a fraction"),
            ("retries = 99999999999999999999", "2:11: the number is too large"),
            ("suspend = \"no\"", "2:11: expected true or false, found a string in quotes"),
            ("on_success = 5", "2:14: expected a list or a string in quotes, found a whole number"),
            ("on_success = \" \"", "2:14: 'on_success' is empty"),
            ("on_failure = \"a\\u0000b\"", "2:14: the line holds a NUL character"),
            ("on_failure = [\"\", \"x\"]", "2:15: the program has no name"),
            ("on_failure = [\"x\", \"a\\u0000b\"]", "2:20: the word holds a NUL character"),
            ("on_change = [\"x\", 5]", "2:19: expected a string in quotes, found a whole number"),
            ("on_fail = \"x\"", "2:1: unknown key 'on_fail'"),
            ("hook_timeout = \"PT0S\"", "2:16: the period 'PT0S' is not positive"),
            ("guard = 5", "2:9: expected a table, found a whole number"),
            ("guard.max_segment = 5", "2:7: unknown key 'max_segment'"),
            ("guard.max_segments = -5", "2:22: -5 is out of range"),
            ("guard.max_percent = 100.5", "2:21: 100.5 is no percentage"),
            ("guard.max_percent = nan", "2:21: NaN is no percentage"),
            ("guard = { max_percent = \"5%\" }", "2:25: expected a number, found a string"),
        ],
        with_head,
    );
}

#[test]
fn the_name_and_the_steps() {
    let whole = |text: &str| text.to_owned();
    let step = "\n[[step]]\nop = \"check\"\nsql = \"SELECT 1\"";
    for (name, expected) in [
        ("", "1:1: the job has no name"),
        ("name = 5", "1:8: expected a string in quotes"),
        ("name = \"\"", "1:8: '' is no job name"),
        ("name = \"a b\"", "1:8: 'a b' is no job name"),
        ("name = \"a\\u001b[1m\"", "1:8: 'a\\u{1b}[1m' is no job name"),
        (&format!("name = \"{}\"", "x".repeat(201)), "1:8: 'xxx"),
    ] {
        assert_each(&[(&format!("{name}{step}"), expected)], whole);
    }
    assert_each(
        &[
            ("name = \"j\"", "1:1: the job has no step"),
            ("name = \"j\"\nstep = []", "1:1: the job has no step"),
            ("name = \"j\"\nstep = 5", "2:8: expected a list, found a whole number"),
            ("name = \"j\"\nstep = [5]", "2:9: expected a table, found a whole number"),
            ("name = \"j\"\n[step]\nop = \"check\"", "2:1: expected a list, found a table"),
            ("name = \"j\"\n[[steps]]\nop = \"check\"", "2:3: unknown key 'steps'"),
            ("name = \"j\"\n[[step]]", "2:1: the key 'op' is missing"),
            ("name = \"j\"\n[[step]]\nop = 5", "3:6: expected a string in quotes"),
            ("name = \"j\"\n[[step]]\nop = \"mark-unsed\"", "3:6: unknown op 'mark-unsed'"),
            (
                "name = \"j\"\n[[step]]\nop = \"enforce-rules\"",
                "2:1: the step does not say which datasource it is for",
            ),
        ],
        whole,
    );
}

#[test]
fn datasources() {
    let mark = |keys: &str| with_step(&format!("op = \"mark-unused\"\nall = true\n{keys}"));
    assert_each(
        &[
            ("", "2:1: the step does not say which datasource it is for"),
            ("datasource = \"\"", "5:14: a datasource name is empty"),
            ("datasource = [\"x\"]", "5:14: expected a string in quotes, found a list"),
            ("datasource = \"wiki*\"", "5:14: 'wiki*' is a pattern"),
            ("datasources = []", "5:15: the list 'datasources' is empty"),
            ("datasources = \"x\"", "5:15: expected a list, found a string in quotes"),
            ("datasources = [\"a\", \"\"]", "5:21: a datasource name is empty"),
            ("datasources = [\"a\", 5]", "5:21: expected a string in quotes, found a whole number"),
            ("datasources = [5]", "5:16: expected a string in quotes, found a whole number"),
            ("datasources = [\"a\",\n  \"b[\"]", "6:3: the glob 'b[' has a '[' without a ']'"),
            (
                "datasources = [\"a\"]\ndatasource = \"a\"",
                "5:15: 'datasources' cannot stand beside",
            ),
            ("datasorce = \"a\"", "5:1: unknown key 'datasorce'"),
        ],
        mark,
    );
    let long = format!("datasource = \"{}\"", "é".repeat(256));
    assert_each(&[(&long, "5:14: the datasource name 'ééé")], mark);
}

#[test]
fn selectors() {
    let mark = |keys: &str| with_step(&format!("op = \"mark-unused\"\ndatasource = \"d\"\n{keys}"));
    assert_each(
        &[
            ("", "2:1: the step does not say which segments it is for"),
            ("ids = []", "5:7: the list 'ids' is empty"),
            ("ids = [\"a\", \" \"]", "5:13: an element of 'ids' is empty"),
            ("id = \"\"", "5:6: 'id' is empty"),
            ("ids_from = \"\"", "5:12: 'ids_from' is empty"),
            ("where = \"  \"", "5:9: 'where' is empty"),
            ("all = false", "5:7: all = false selects nothing"),
            ("all = \"yes\"", "5:7: expected true or false, found a string in quotes"),
            ("all = true\nids = [\"a\"]", "5:7: 'all' cannot stand beside 'ids'"),
            ("interval = \"2015\"\nwhere = \"1\"", "6:9: 'where' cannot stand beside 'interval'"),
            (
                "interval = 2015-09-12",
                "5:12: expected a string in quotes, found a date without quotes",
            ),
            ("interval = \"yesterday\"", "5:12: expected an ISO 8601 interval"),
            ("interval = \"now/now-P90D\"", "5:12: 'now/now-P90D' ends before it starts"),
            ("interval = \"2015-02-30/2016\"", "5:12: "),
            ("intervall = \"2015\"", "5:1: unknown key 'intervall'"),
            ("versions = [\"v\"]\nall = true", "5:12: 'versions' needs 'interval' beside it"),
            ("interval = \"2015/2016\"\nversions = []", "6:12: the list 'versions' is empty"),
            ("all = true\non_conflict = \"stop\"", "6:15: unknown value 'stop'"),
            ("all = true\nwait = \"PT5M\"", "6:8: 'wait' is only for on_conflict = \"wait\""),
            (
                "all = true\non_conflict = \"wait\"\nwait = \"PT0S\"",
                "7:8: the period 'PT0S' is not positive",
            ),
            (
                "ids_from = \"-\"\non_conflict = \"wait\"",
                "5:12: with on_conflict = \"wait\" the ids cannot come from standard input",
            ),
            ("all = true\ninclude_overshadowed = true", "6:1: unknown key 'include_overshadowed'"),
            ("all = true\non_exposure = \"stop\"", "6:15: unknown value 'stop'"),
        ],
        |keys| {
            // A case about an exclusion is about that, not about what the interval would be.
            mark(&keys.replace("\"2015\"\nwhere", "\"2015/2016\"\nwhere"))
        },
    );
}

#[test]
fn enforce_rules() {
    assert_each(
        &[
            ("passes = []", "5:10: the list 'passes' is empty"),
            ("passes = [\"rule\"]", "5:11: unknown value 'rule'"),
            ("passes = \"rules\"", "5:10: expected a list, found a string in quotes"),
            ("overshadow_grace = \"15 minutes\"", "5:20: expected an ISO 8601 period"),
            ("overshadow_grace = \"PT-15M\"", "5:20: the period 'PT-15M' is negative"),
            ("overshadow_grace = 15", "5:20: expected a string in quotes, found a whole number"),
            ("on_conflict = \"stop\"", "5:15: unknown value 'stop'"),
            (
                "on_conflict = \"skip\"\nwait = \"PT5M\"",
                "6:8: 'wait' is only for on_conflict = \"wait\"",
            ),
            ("on_exposure = \"skip\"", "5:15: unknown value 'skip'"),
            ("interval = \"../..\"", "5:1: unknown key 'interval'"),
            ("pass = [\"rules\"]", "5:1: unknown key 'pass'"),
        ],
        |keys| with_step(&format!("op = \"enforce-rules\"\ndatasource = \"d\"\n{keys}")),
    );
}

#[test]
fn kill_check_and_import() {
    let kill = |keys: &str| with_step(&format!("op = \"kill\"\ndatasource = \"d\"\n{keys}"));
    assert_each(
        &[
            ("buffer_period = \"-P30D\"", "5:17: "),
            ("buffer_period = \"P-30D\"", "5:17: the period 'P-30D' is negative"),
            ("buffer_period = \"30 days\"", "5:17: expected an ISO 8601 period"),
            ("duration_to_retain = \"P-1D\"", "5:22: the period 'P-1D' is negative"),
            ("limit = 0", "5:9: 0 is out of range"),
            ("batch_size = 0", "5:14: 0 is out of range"),
            ("batch_size = 100_001", "5:14: 100001 is out of range"),
            ("batch_size = \"100\"", "5:14: expected a whole number, found a string in quotes"),
            ("interval = \"\"", "5:12: expected an ISO 8601 interval"),
            ("versions = [\"\"]", "5:13: an element of 'versions' is empty"),
            (
                "duration_to_retain = \"P1D\"\nignore_duration_to_retain = true",
                "6:29: 'ignore_duration_to_retain' cannot stand beside 'duration_to_retain'",
            ),
            ("bufferPeriod = \"P1D\"", "5:1: unknown key 'bufferPeriod'"),
        ],
        kill,
    );
    assert_each(
        &[
            ("op = \"check\"", "2:1: a check needs 'sql'"),
            ("op = \"check\"\nsql = \"\"", "4:7: 'sql' is empty"),
            ("op = \"import\"", "2:1: an import needs 'files'"),
            ("op = \"import\"\nfiles = []", "4:9: the list 'files' is empty"),
            ("op = \"import\"\nfiles = [\"\"]", "4:10: an element of 'files' is empty"),
            ("op = \"import\"\nfiles = [\"a\"]\nformat = \"tsv\"", "5:10: unknown value 'tsv'"),
            (
                "op = \"import\"\nfiles = [\"a\"]\ndatasource = \"d\"",
                "5:1: unknown key 'datasource'",
            ),
        ],
        with_step,
    );
}
