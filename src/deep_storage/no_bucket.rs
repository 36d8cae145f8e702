//! Buckets in a build without the features `s3`, `gcs` and `azure`: there are none, and a configuration that names one is
//! refused.

use crate::deep_storage::{DeleteError, Doomed, Found, Listed};
use crate::error::Result;

/// No bucket.
#[derive(Debug, Clone)]
pub(super) enum Bucket {}

impl Bucket {
    pub(super) fn load_type(&self) -> &'static str {
        match *self {}
    }

    pub(super) fn prefix(&self) -> String {
        match *self {}
    }

    pub(super) fn help(&self) -> String {
        match *self {}
    }

    pub(super) fn check(&self) -> Result<(), DeleteError> {
        match *self {}
    }

    pub(super) fn is_folder(&self, _: &Doomed<'_>) -> bool {
        match *self {}
    }

    pub(super) fn exists(&self, _: &Doomed<'_>) -> Result<bool, DeleteError> {
        match *self {}
    }

    pub(super) fn exists_many(&self, _: &[Doomed<'_>]) -> Vec<Result<bool, DeleteError>> {
        match *self {}
    }

    pub(super) fn delete_many(&self, _: &[Doomed<'_>]) -> Vec<Result<Found, DeleteError>> {
        match *self {}
    }

    pub(super) fn inside_many(&self, _: &[Doomed<'_>]) -> Vec<Result<Vec<String>, DeleteError>> {
        match *self {}
    }

    pub(super) fn never_deletable(&self, _: &Doomed<'_>) -> Option<String> {
        match *self {}
    }

    pub(super) fn list(&self, _: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        match *self {}
    }
}
