//! Load specs: where the files of a segment are.

use std::borrow::Cow;

use super::ParseError;
use super::json::Fields;

/// Where a segment's files are in deep storage, as far as files can be told apart by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LoadSpec {
    type_name: String,
    file: Option<String>,
    winding: Option<String>,
}

impl LoadSpec {
    /// Reads a load spec's JSON object. What it holds beyond the known is no error, as in Druid,
    /// which keeps it as an opaque map.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn parse(json: &str) -> Result<Self, ParseError> {
        let fields = Fields::read(json, "a loadSpec object")?;
        let type_name = member(&fields, "type").unwrap_or_default();
        let file = match type_name.as_ref() {
            "local" => local(&fields),
            "hdfs" => hdfs(&fields),
            "s3_zip" => object(&fields, "s3", &["bucket", "key"]),
            "google" => object(&fields, "gs", &["bucket", "path"]),
            "azure" => object(&fields, "azure", &["containerName", "blobPath"]),
            "azureStorage" => {
                object(&fields, "azureStorage", &["storageAccount", "containerName", "blobPath"])
            }
            _ => None,
        };
        let winding = match type_name.as_ref() {
            "local" if file.is_none() => {
                member(&fields, "path").filter(|path| path.starts_with('/'))
            }
            _ => None,
        };
        let winding = winding.map(Cow::into_owned);
        Ok(Self { type_name: type_name.into_owned(), file, winding })
    }

    /// The `type`, empty where the object has none.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// A key of the file, or of the folder of files, in deep storage: equal for load specs that
    /// share it, and safe to compare with a root by prefix.
    ///
    /// `file:/path`, `hdfs:/path`, `hdfs://host/path`, `s3://bucket/key`, `gs://bucket/path`,
    /// `azure://container/path` or `azureStorage://account/container/path`, never with an empty,
    /// `.` or `..` component. `None` for other types, for tombstones, and for places that cannot
    /// be trusted: relative, malformed, or leading out of themselves.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The absolute path of a local file that has no key because it goes up with `..`: only the disk knows where that
    /// leads.
    pub fn winding_path(&self) -> Option<&str> {
        self.winding.as_deref()
    }
}

/// The folders that a file key lies in, from the nearest up, without a slash at their end: below the root of a file
/// system, below the bucket of an object store.
pub fn folders_above(file: &str) -> impl Iterator<Item = &str> {
    let floor = match file.find("://") {
        Some(scheme) => {
            let bucket = scheme + "://".len();
            file[bucket..].find('/').map_or(file.len(), |slash| bucket + slash)
        }
        None => file.find('/').unwrap_or(file.len()),
    };
    let mut rest = file.trim_end_matches('/');
    std::iter::from_fn(move || {
        rest = &rest[..rest.rfind('/')?];
        (rest.len() > floor).then_some(rest)
    })
}

/// The names by which a load spec refers to a file that goes, or to a folder that it lies in: the file itself, each
/// folder above it, and the descriptor that goes with a zip. In an object store a folder is written with a slash at its
/// end or without. What lies *below* a folder that goes is not among them: only the place knows it.
///
/// `file` is in the form of [`LoadSpec::file`].
pub fn names_of(file: &str) -> Vec<String> {
    let is_object = file.contains("://");
    let bare = file.trim_end_matches('/');
    let mut names = Vec::new();
    let folders = std::iter::once(bare).chain(folders_above(file));
    for name in folders {
        names.push(name.to_owned());
        if is_object {
            names.push(format!("{name}/"));
        }
    }
    if let Some((folder, name)) = bare.rsplit_once('/')
        && name.ends_with(".zip")
    {
        names.push(format!("{folder}/descriptor.json"));
    }
    names
}

/// A text of a load spec. What is no text counts as absent, and so does one that a system call
/// would cut short.
fn member<'a>(fields: &Fields<'a>, name: &str) -> Option<Cow<'a, str>> {
    fields.get(name).filter(|raw| raw.starts_with('"'))?;
    fields.text(name).ok()?.filter(|text| !text.bytes().any(|byte| byte == 0))
}

/// `LocalLoadSpec`: a path of the machine.
fn local(fields: &Fields<'_>) -> Option<String> {
    let path = member(fields, "path")?;
    with_path("file:", &path)
}

/// `HdfsLoadSpec`: a path, or a URI of HDFS. URIs of other file systems, which Hadoop can reach
/// too, are none, lest they pass for files of another type.
fn hdfs(fields: &Fields<'_>) -> Option<String> {
    let path = member(fields, "path")?;
    let Some(uri) = path.strip_prefix("hdfs://") else {
        return with_path("hdfs:", &path);
    };
    let (host, path) = uri.split_at(uri.find('/')?);
    is_name(host).then_some(())?;
    with_path(&format!("hdfs://{host}"), path)
}

/// An object store: names, then a key of which every byte counts, so that it is taken as it is
/// or, where it could be mistaken for another, not at all.
fn object(fields: &Fields<'_>, scheme: &str, names: &[&str]) -> Option<String> {
    let (key_name, containers) = names.split_last()?;
    let key = member(fields, key_name)?;
    // A key that ends with a slash stands for all objects below it.
    let below = key.strip_suffix('/').unwrap_or(&key);
    if !below.split('/').all(is_name) {
        return None;
    }
    let mut uri = format!("{scheme}:/");
    for container in containers {
        let name = member(fields, container).filter(|name| is_name(name) && !name.contains('/'))?;
        uri.push('/');
        uri.push_str(&name);
    }
    uri.push('/');
    uri.push_str(&key);
    Some(uri)
}

/// `prefix` and an absolute path, without its empty and `.` components; `None` for any other path,
/// and for the root.
fn with_path(prefix: &str, path: &str) -> Option<String> {
    if !path.starts_with('/') {
        return None;
    }
    let mut key = String::with_capacity(prefix.len() + path.len());
    key.push_str(prefix);
    for component in path.split('/').filter(|component| !matches!(*component, "" | ".")) {
        is_name(component).then_some(())?;
        key.push('/');
        key.push_str(component);
    }
    (key.len() > prefix.len()).then_some(key)
}

/// Whether a component names something other than itself or its parent.
fn is_name(component: &str) -> bool {
    !matches!(component, "" | "." | "..")
}
