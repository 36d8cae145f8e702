//! Runs the statements under `sql/`: each with the operation that it is for, which stands in front of SQLite's errors.

use rusqlite::{Row, ToSql};

use super::Store;
use crate::error::Result;

impl Store {
    /// Runs a changing statement of [`super::sql`] and answers how many rows it touched.
    ///
    /// # Errors
    /// SQLite's, with `operation` in front.
    pub fn execute(
        &self,
        operation: &str,
        sql: &str,
        parameters: &[(&str, &dyn ToSql)],
    ) -> Result<u64> {
        let count = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(parameters))
            .map_err(|error| self.explain(operation, error))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Runs a reading statement of [`super::sql`] and collects its rows, which the caller knows to be few.
    ///
    /// # Errors
    /// SQLite's, with `operation` in front.
    pub fn rows<T>(
        &self,
        operation: &str,
        sql: &str,
        parameters: &[(&str, &dyn ToSql)],
        each: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(parameters, each)?.collect())
            .map_err(|error| self.explain(operation, error))
    }

    /// Runs a reading statement of [`super::sql`], however many rows it has: `each` takes one after the other.
    ///
    /// # Errors
    /// SQLite's, with `operation` in front.
    pub fn each(
        &self,
        operation: &str,
        sql: &str,
        parameters: &[(&str, &dyn ToSql)],
        mut each: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<()> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                let mut rows = statement.query(parameters)?;
                while let Some(row) = rows.next()? {
                    each(row)?;
                }
                Ok(())
            })
            .map_err(|error| self.explain(operation, error))
    }

    /// Runs a reading statement of [`super::sql`] that has one row.
    ///
    /// # Errors
    /// SQLite's, with `operation` in front.
    pub fn row<T>(
        &self,
        operation: &str,
        sql: &str,
        parameters: &[(&str, &dyn ToSql)],
        each: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(parameters, each))
            .map_err(|error| self.explain(operation, error))
    }
}
