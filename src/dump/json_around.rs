//! What lies around rows in JSON: the objects by which tools name the table, and which names are whose.

use super::Column;
use super::json::Object;
use super::sql_tables::USUAL_PREFIX;
use super::table_names::split;

/// Names of members that hold rows, of whatever table.
const OF_ANY: [&str; 7] = ["data", "rows", "segments", "records", "items", "result", "results"];
/// Names of members that only rows have.
pub(super) const OF_ROWS: [&str; 5] =
    ["dataSource", "datasource", "payload", "segment_id", "dataSegment"];

/// What the members before an array tell of it.
pub(super) struct Around {
    /// The table that the object names.
    pub table: Option<String>,
    pub database: Option<String>,
    /// The array's own name.
    pub name: String,
}

impl Around {
    /// Reads an object whose last member is the array, in whose place stands null. `None` when the object is a row itself.
    pub fn read(json: &str) -> Option<Self> {
        let object: Object<'_> = serde_json::from_str(json).ok()?;
        let (name, _) = object.0.last()?;
        let is_rows_own = |name: &str| OF_ROWS.contains(&name) || Column::from_name(name).is_some();
        // A header's version, an id of the export: what only rows have decides, and the array's own name.
        if object.0.iter().any(|(name, _)| OF_ROWS.contains(&name.as_ref())) || is_rows_own(name) {
            return None;
        }
        let text = |name| -> Option<String> { serde_json::from_str(object.get(name)?.get()).ok() };
        let is_table = text("type").as_deref() == Some("table");
        let table = if is_table { text("name") } else { text("table") };
        Some(Self { table, database: text("database"), name: name.clone().into_owned() })
    }

    /// Whether it is of a table which is none of Druid's two; `prefix` is theirs.
    pub fn is_of_another_table(&self, prefix: Option<&str>) -> bool {
        match &self.table {
            Some(table) => !is_druids(table, prefix),
            None => is_another_table(&self.name, prefix),
        }
    }
}

fn is_druids(table: &str, prefix: Option<&str>) -> bool {
    let prefix = prefix.unwrap_or(USUAL_PREFIX);
    split(table).is_some_and(|(_, found)| found.eq_ignore_ascii_case(prefix))
}

/// Whether the name of an array of rows is that of a table which is none of Druid's two; `prefix` is theirs.
pub(super) fn is_another_table(name: &str, prefix: Option<&str>) -> bool {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.');
    let table = name.rsplit('.').next().unwrap_or(name);
    name.bytes().all(is_name)
        && !OF_ANY.iter().any(|any| name.eq_ignore_ascii_case(any))
        && !is_druids(table, prefix)
}

/// Whether an object is a row of Druid's two tables or of `sys.segments`, whatever is said around it.
pub(super) fn is_row(json: &[u8]) -> bool {
    let Ok(object) = serde_json::from_slice::<Object<'_>>(json) else { return false };
    let has = |name: &str| object.0.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
    let is_of_tables = has("payload") && (has("used") || (has("dataSource") && has("version")));
    is_of_tables || has("segment_id") || has("dataSegment")
}
