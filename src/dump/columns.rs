//! The columns of Druid's two tables, and which of a file's fields is which.

use std::fmt;

use super::rows::Writing;

/// A column of the segment table; the rule table has four of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// `id`
    Id,
    /// `dataSource`, which PostgreSQL folds to `datasource`
    DataSource,
    /// `created_date`
    CreatedDate,
    /// `start`
    Start,
    /// `end`, a reserved word of SQL
    End,
    /// `partitioned`
    Partitioned,
    /// `version`
    Version,
    /// `used`
    Used,
    /// `payload`
    Payload,
    /// `used_status_last_updated`, since Druid 28
    UsedStatusLastUpdated,
    /// `indexing_state_fingerprint`, since Druid 37
    IndexingStateFingerprint,
    /// `upgraded_from_segment_id`, since Druid 30
    UpgradedFromSegmentId,
    /// `schema_fingerprint`, with the centralized datasource schema
    SchemaFingerprint,
    /// `num_rows`, with the centralized datasource schema
    NumRows,
}

use Column::{
    CreatedDate, DataSource, End, Id, IndexingStateFingerprint, NumRows, Partitioned, Payload,
    SchemaFingerprint, Start, UpgradedFromSegmentId, Used, UsedStatusLastUpdated, Version,
};

/// Every column, in the order in which Druid's `export-metadata` writes those that a table has.
const ALL: [Column; 14] = [
    Id,
    DataSource,
    CreatedDate,
    Start,
    End,
    Partitioned,
    Version,
    Used,
    Payload,
    UsedStatusLastUpdated,
    IndexingStateFingerprint,
    UpgradedFromSegmentId,
    SchemaFingerprint,
    NumRows,
];

/// The segment table of Druid 37 (`SQLMetadataConnector.createSegmentTable`).
pub const DRUID_37_COLUMNS: &[Column] = ALL.split_at(12).0;

/// The rule table (`SQLMetadataConnector.createRulesTable`).
pub const RULE_COLUMNS: &[Column] = &[Id, DataSource, Version, Payload];

impl Column {
    /// Druid's name of the column.
    pub fn name(self) -> &'static str {
        match self {
            Id => "id",
            DataSource => "dataSource",
            CreatedDate => "created_date",
            Start => "start",
            End => "end",
            Partitioned => "partitioned",
            Version => "version",
            Used => "used",
            Payload => "payload",
            UsedStatusLastUpdated => "used_status_last_updated",
            IndexingStateFingerprint => "indexing_state_fingerprint",
            UpgradedFromSegmentId => "upgraded_from_segment_id",
            SchemaFingerprint => "schema_fingerprint",
            NumRows => "num_rows",
        }
    }

    /// The column of that name in any case of letters, as SQL compares names.
    pub fn from_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|column| column.name().eq_ignore_ascii_case(name))
    }

    /// Whether what is wrong in it shows, by the payload or by its few values.
    pub(super) fn is_in_payload(self) -> bool {
        matches!(self, Id | DataSource | Start | End | Version | Used | Partitioned | Payload)
    }

    /// Whether Druid's table allows NULL; `used_status_last_updated` was nullable in old clusters.
    pub(super) fn is_nullable(self) -> bool {
        matches!(
            self,
            UsedStatusLastUpdated
                | IndexingStateFingerprint
                | UpgradedFromSegmentId
                | SchemaFingerprint
                | NumRows
        )
    }
}

/// One of the two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Segments,
    Rules,
}

impl Table {
    /// The table that has all of `columns`; the rule table when both do.
    pub fn of(columns: impl IntoIterator<Item = Column>) -> Self {
        let rules = columns.into_iter().all(|column| RULE_COLUMNS.contains(&column));
        if rules { Self::Rules } else { Self::Segments }
    }

    /// The table's usual name.
    pub fn druids_name(self) -> &'static str {
        match self {
            Self::Segments => "druid_segments",
            Self::Rules => "druid_rules",
        }
    }

    /// The columns without which a row is no use; what else a segment needs its payload has too.
    pub fn required(self) -> &'static [Column] {
        match self {
            Self::Segments => &[Id, Used, Payload],
            Self::Rules => RULE_COLUMNS,
        }
    }
}

/// Why a file's columns are refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LayoutError {
    Unknown(String),
    Twice(Column),
    Lacks(Vec<Column>),
    Count(usize),
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => {
                write!(f, "it has a column `{}` that Druid's tables lack", name.escape_debug())
            }
            Self::Twice(column) => write!(f, "it has the column `{}` twice", column.name()),
            Self::Lacks(columns) => {
                let names: Vec<_> = columns.iter().map(|column| column.name()).collect();
                write!(f, "it lacks the columns {}", names.join(", "))
            }
            Self::Count(count) => write!(
                f,
                "it has {count} columns without names: druid_segments has 9 to 14, druid_rules 4"
            ),
        }
    }
}

impl LayoutError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "name the columns with --columns, with `-` for each to leave out",
            Self::Twice(_) => "name the columns with --columns, each once, `-` to leave one out",
            Self::Lacks(_) => "make the dump with all columns of the table",
            Self::Count(_) => "name the columns with --columns id,dataSource,…",
        }
    }
}

/// Which column each field of a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub table: Table,
    /// By position; `None` for a field that is left out.
    pub columns: Vec<Option<Column>>,
    /// The order is known from the number of columns alone, so values must fit their columns.
    pub guessed: bool,
    /// How the file writes values; `None` for fields between commas or tabs, where each row tells.
    pub writing: Option<Writing>,
    /// The file's names have no capitals, as those have that PostgreSQL has folded: `datasource`.
    pub is_folded: bool,
}

impl Layout {
    /// The layout of columns with names. `table` is `None` when the names are to tell it.
    pub fn named(
        table: Option<Table>,
        names: &[impl AsRef<str>],
        dash_leaves_out: bool,
    ) -> Result<Self, LayoutError> {
        let mut columns: Vec<Option<Column>> = Vec::with_capacity(names.len());
        for name in names.iter().map(|name| name.as_ref().trim()) {
            if name == "-" && dash_leaves_out {
                columns.push(None);
                continue;
            }
            let column =
                Column::from_name(name).ok_or_else(|| LayoutError::Unknown(name.to_owned()))?;
            if columns.contains(&Some(column)) {
                return Err(LayoutError::Twice(column));
            }
            columns.push(Some(column));
        }
        let table = table.unwrap_or_else(|| Table::of(columns.iter().copied().flatten()));
        if table == Table::Rules
            && let Some(column) = columns.iter().flatten().find(|c| !RULE_COLUMNS.contains(c))
        {
            return Err(LayoutError::Unknown(column.name().to_owned()));
        }
        let required = table.required().iter().copied();
        let lacking: Vec<_> = required.filter(|column| !columns.contains(&Some(*column))).collect();
        if !lacking.is_empty() {
            return Err(LayoutError::Lacks(lacking));
        }
        let is_folded = names.iter().any(|name| is_folded(name.as_ref()));
        Ok(Self { table, columns, guessed: false, writing: None, is_folded })
    }

    /// The layout of `count` columns without names, in the order in which Druid's own tables and
    /// its `export-metadata` have them: 9 in every version and in that tool's finished files, 10
    /// since Druid 28, 11 since 30, 12 in 37; 13 and 14 are 11 and 12 with the centralized schema.
    pub fn by_count(table: Option<Table>, count: usize) -> Result<Self, LayoutError> {
        const BASE: &[Column] = ALL.split_at(9).0;
        const UNTIL_37: [Column; 4] =
            [UsedStatusLastUpdated, UpgradedFromSegmentId, SchemaFingerprint, NumRows];
        let (found, columns): (_, Vec<Column>) = match count {
            4 => (Table::Rules, RULE_COLUMNS.to_vec()),
            12 | 14 => (Table::Segments, ALL.into_iter().take(count).collect()),
            9..=11 | 13 => {
                let newer = UNTIL_37.into_iter().take(count - BASE.len());
                (Table::Segments, BASE.iter().copied().chain(newer).collect())
            }
            _ => return Err(LayoutError::Count(count)),
        };
        if table.is_some_and(|table| table != found) {
            return Err(LayoutError::Count(count));
        }
        let guessed = found == Table::Segments && count > BASE.len();
        let columns = columns.into_iter().map(Some).collect();
        Ok(Self { table: found, columns, guessed, writing: None, is_folded: false })
    }

    /// The layout of a file whose first row has `first` as its fields, and whether that row is a
    /// header. `given` are the names that the user gave.
    pub fn of_rows(
        given: Option<&[String]>,
        first: &[String],
    ) -> Result<(Self, bool), LayoutError> {
        // One value may be the name of a column by chance (of a datasource), two are not.
        let known = first.iter().filter(|name| Column::from_name(name.trim()).is_some()).count();
        let has_header = known >= 2 || first == ["id"];
        let layout = match given {
            Some(names) => Self::named(None, names, true)?,
            None if has_header => Self::named(None, first, false)?,
            None => Self::by_count(None, first.len())?,
        };
        Ok((layout, has_header))
    }
}

/// Whether a name is Druid's `dataSource` as PostgreSQL folds it.
pub(super) fn is_folded(name: &str) -> bool {
    name.trim() == "datasource"
}

/// Whether names are those of a table of Druid's as lopper's own JSON has them, in which payloads stand for themselves.
/// PostgreSQL's tools have no capitals in them.
pub(super) fn are_as_lopper_writes(names: &[&str]) -> bool {
    [DRUID_37_COLUMNS, &ALL, RULE_COLUMNS]
        .iter()
        .any(|columns| columns.iter().map(|column| column.name()).eq(names.iter().copied()))
}
