//! Segments for stories: as short as a story wants them, as odd as it needs them.

use std::path::{Path, PathBuf};

use lopper::druid::{Interval, SegmentId};
use serde_json::{Value, json};

/// A row of Druid's segment table, with its payload.
#[derive(Debug, Clone)]
pub struct Segment {
    id: SegmentId,
    used: bool,
    stamp: Option<String>,
    created: String,
    size: i64,
    shard: Option<Value>,
    load: Load,
    upgraded_from: Option<String>,
    payload: Option<String>,
}

#[derive(Debug, Clone)]
enum Load {
    /// A file in the story's deep storage, which is made; the path is relative to the root.
    Local(Option<String>),
    /// Any load spec.
    Spec(Value),
    None,
}

/// A used segment of version `v1` and partition 0, stamped at its creation, with a file in deep storage.
pub fn seg(datasource: &str, interval: &str) -> Segment {
    let id = SegmentId {
        datasource: datasource.to_owned(),
        interval: Interval::parse(interval).unwrap(),
        version: "v1".to_owned(),
        partition_num: 0,
    };
    let created = "2020-01-01T00:00:00.000Z".to_owned();
    let stamp = Some(created.clone());
    let load = Load::Local(None);
    Segment {
        id,
        used: true,
        stamp,
        created,
        size: 1000,
        shard: None,
        load,
        upgraded_from: None,
        payload: None,
    }
}

/// `"wiki 2015-09-12/P1D v1 p2 unused"`: datasource and interval, then in any order a version, a partition and
/// a state (`unused@2020-05-01T00:00:00.000Z`: since then).
impl From<&str> for Segment {
    fn from(text: &str) -> Self {
        let mut words = text.split_whitespace();
        let (datasource, interval) = (words.next().unwrap(), words.next().unwrap());
        words.fold(seg(datasource, interval), |segment, word| match word.strip_prefix('p') {
            Some(partition) => segment.partition(partition.parse().unwrap()),
            None => match word.strip_prefix("unused") {
                Some("") => segment.unused(),
                Some(since) => segment.unused().stamp(since.strip_prefix('@').unwrap()),
                None => segment.version(word),
            },
        })
    }
}

impl Segment {
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.id.version);
        self
    }

    pub fn partition(mut self, number: i32) -> Self {
        self.id.partition_num = number;
        self
    }

    pub fn unused(mut self) -> Self {
        self.used = false;
        self
    }

    pub fn used(mut self) -> Self {
        self.used = true;
        self
    }

    /// When the state last changed, by the dump.
    pub fn stamp(mut self, instant: &str) -> Self {
        self.stamp = Some(instant.to_owned());
        self
    }

    /// A row that no one ever stamped.
    pub fn never_stamped(mut self) -> Self {
        self.stamp = None;
        self
    }

    pub fn created(mut self, instant: &str) -> Self {
        instant.clone_into(&mut self.created);
        self
    }

    pub fn size(mut self, bytes: i64) -> Self {
        self.size = bytes;
        self
    }

    /// The shard spec; its partition number must be the segment's.
    pub fn shard(mut self, spec: Value) -> Self {
        self.shard = Some(spec);
        self
    }

    /// The load spec; no file is made for it.
    pub fn load(mut self, spec: Value) -> Self {
        self.load = Load::Spec(spec);
        self
    }

    /// A file at that place below the deep storage's root, which others may share.
    pub fn local(mut self, path: &str) -> Self {
        self.load = Load::Local(Some(path.to_owned()));
        self
    }

    pub fn s3(self, bucket: &str, key: &str) -> Self {
        self.load(json!({"type": "s3_zip", "bucket": bucket, "key": key, "S3Schema": "s3n"}))
    }

    /// A payload without a load spec.
    pub fn no_load(mut self) -> Self {
        self.load = Load::None;
        self
    }

    pub fn tombstone(self) -> Self {
        self.load(json!({"type": "tombstone", "path": null}))
            .shard(json!({"type": "tombstone", "partitionNum": 0, "partitions": 1}))
    }

    pub fn upgraded_from(mut self, id: &str) -> Self {
        self.upgraded_from = Some(id.to_owned());
        self
    }

    /// The payload's text, whatever the row's other columns say.
    pub fn payload(mut self, json: impl Into<String>) -> Self {
        self.payload = Some(json.into());
        self
    }

    /// Druid's text id.
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// Its file, if that lies in the story's own deep storage.
    pub fn local_file(&self, root: &Path) -> Option<PathBuf> {
        let SegmentId { datasource, interval, version, partition_num } = &self.id;
        match &self.load {
            Load::Local(Some(path)) => Some(root.join(path)),
            // Druid's own layout.
            Load::Local(None) => Some(root.join(format!(
                "{datasource}/{}_{}/{version}/{partition_num}/index.zip",
                interval.start, interval.end
            ))),
            _ => None,
        }
    }

    fn payload_text(&self, root: &Path) -> String {
        if let Some(payload) = &self.payload {
            return payload.clone();
        }
        let number = self.id.partition_num;
        let shard = self.shard.clone();
        let mut payload = json!({
            "dataSource": self.id.datasource,
            "interval": self.id.interval.to_string(),
            "version": self.id.version,
            "loadSpec": self.local_file(root).map(|path| json!({"type": "local", "path": path})),
            "dimensions": "page,user",
            "metrics": "count",
            "shardSpec": shard.unwrap_or_else(
                || json!({"type": "numbered", "partitionNum": number, "partitions": 0})
            ),
            "binaryVersion": 9,
            "size": self.size,
            "identifier": self.id(),
        });
        if let Load::Spec(spec) = &self.load {
            payload["loadSpec"] = spec.clone();
        }
        payload.to_string()
    }
}

/// A dump with a header, as PostgreSQL's `COPY … CSV HEADER` writes it.
pub fn csv(segments: &[Segment], root: &Path) -> String {
    let mut dump = "id,dataSource,created_date,start,end,partitioned,version,used,payload,\
                    used_status_last_updated,upgraded_from_segment_id\n"
        .to_owned();
    for segment in segments {
        let SegmentId { datasource, interval, version, .. } = &segment.id;
        let row = csv_row([
            segment.id().as_str(),
            datasource,
            &segment.created,
            &interval.start.to_string(),
            &interval.end.to_string(),
            "t",
            version,
            if segment.used { "t" } else { "f" },
            &segment.payload_text(root),
            segment.stamp.as_deref().unwrap_or_default(),
            segment.upgraded_from.as_deref().unwrap_or_default(),
        ]);
        // An empty version is one, and not NULL.
        let versions_place = if version.is_empty() { "\"t\",\"\"," } else { "\"t\",," };
        dump.push_str(&row.replacen("\"t\",,", versions_place, 1));
    }
    dump
}

/// One line of CSV; an empty field is NULL.
pub fn csv_row<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = fields.into_iter().map(|field| match field {
        "" => String::new(),
        text => format!("\"{}\"", text.replace('"', "\"\"")),
    });
    quoted.collect::<Vec<_>>().join(",") + "\n"
}
