//! Druid's text forms in `druid_segments`, beyond the years that SQLite's date functions know too.

use super::REFUSED;
use crate::support::{Lopper, seg};

#[test]
fn instants_are_shown_as_druid_writes_them() {
    let intervals = [
        // Eternity, and half of it.
        "-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z",
        "2020-01-01T00:00:00.000Z/146140482-04-24T15:36:27.903Z",
        // Five digits, and the last instant of four.
        "9999-12-31T23:59:59.999Z/10000-01-01T00:00:00.000Z",
        "12345-06-07T08:09:10.011Z/12345-06-07T08:09:10.012Z",
        // Negative, and the first instant of the year 0.
        "-0001-12-31T23:59:59.999Z/0000-01-01T00:00:00.000Z",
        "-0044-03-15T12:00:00.000Z/-0043-01-01T00:00:00.000Z",
        // Before 1970 with a fraction: the remainder is negative.
        "1969-12-31T23:59:59.001Z/1969-12-31T23:59:59.999Z",
        "1970-01-01T00:00:00.000Z/1970-01-01T00:00:00.001Z",
        "2016-02-29T23:00:00.000Z/2016-03-01T00:00:00.000Z",
    ];
    let lopper = Lopper::new().segments(intervals.map(|interval| seg("wiki", interval)));
    for interval in intervals {
        let (start, end) = interval.split_once('/').unwrap();
        let id = format!("wiki_{start}_{end}_v1");
        lopper
            .shell(&format!("SELECT start, \"end\" FROM druid_segments WHERE id = '{id}'"))
            .stdout_is(&format!("{start}|{end}"));
        lopper
            .shell(&format!("SELECT start, \"end\" FROM segments WHERE id = '{id}'"))
            .stdout_is(&format!("{start}|{end}"));
    }
    // As text, eternity would begin after 2020: the numbers tell the order.
    let first = "SELECT start FROM druid_segments ORDER BY start_ms LIMIT 1";
    lopper.shell(first).stdout_is("-146136543-09-08T08:23:32.096Z");
}

#[test]
fn the_columns_are_druids() {
    let old = "wiki_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_v0";
    let lopper = Lopper::new().segments([seg("wiki", "2015-09-12/P1D").upgraded_from(old)]);
    let columns = "SELECT group_concat(name) FROM pragma_table_info('druid_segments')";
    lopper.shell(columns).stdout_is(
        "id,dataSource,created_date,start,end,partitioned,version,used,payload,\
         used_status_last_updated,upgraded_from_segment_id,schema_fingerprint,num_rows,\
         indexing_state_fingerprint,start_ms,end_ms",
    );
    let row = "SELECT created_date, partitioned, version, used, used_status_last_updated,
                      upgraded_from_segment_id, json_extract(payload, '$.binaryVersion')
                 FROM druid_segments WHERE datasource = 'wiki'";
    let stamp = "2020-01-01T00:00:00.000Z";
    lopper.shell(row).stdout_is(&format!("{stamp}|1|v1|1|{stamp}|{old}|9"));
}

#[test]
fn a_segment_at_eternity_can_be_marked_and_locked() {
    let eternity = "-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z";
    let lopper = Lopper::new().segments([seg("wiki", eternity)]);
    lopper
        .shell("INSERT INTO locks (datasource, start, \"end\", owner) VALUES ('wiki', '2015-01-01', '2015-01-02', 'me')")
        .code(0);
    lopper.shell("UPDATE druid_segments SET used = 0").code(REFUSED).stderr_has("locked");
    lopper.shell("DELETE FROM locks").code(0);
    lopper.shell("UPDATE druid_segments SET used = 0").code(0);
    assert!(lopper.ids(true).is_empty());
}
