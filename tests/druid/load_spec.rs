//! Load specs, and the keys of their files.

use lopper::druid::LoadSpec;
use proptest::prelude::*;
use serde_json::{Value, json};

fn file(load_spec: &Value) -> Option<String> {
    LoadSpec::parse(&load_spec.to_string()).unwrap().file().map(str::to_owned)
}

#[test]
fn every_known_store_has_a_key() {
    let cases = [
        (json!({"type": "local", "path": "/druid/a/0/index.zip"}), "file:/druid/a/0/index.zip"),
        (json!({"type": "local", "path": "//druid/./a//0/"}), "file:/druid/a/0"),
        (json!({"type": "local", "path": "/druid/a b:é/..."}), "file:/druid/a b:é/..."),
        (json!({"type": "s3_zip", "bucket": "b", "key": "k/0/index.zip"}), "s3://b/k/0/index.zip"),
        (json!({"type": "s3_zip", "bucket": "b", "key": "k/0/"}), "s3://b/k/0/"),
        (json!({"type": "google", "bucket": "b", "path": "p/i.zip"}), "gs://b/p/i.zip"),
        (json!({"type": "azure", "containerName": "c", "blobPath": "p"}), "azure://c/p"),
        (
            json!({"type": "azureStorage", "storageAccount": "a", "containerName": "c", "blobPath": "p"}),
            "azureStorage://a/c/p",
        ),
        (json!({"type": "hdfs", "path": "hdfs://nn:8020//d/./i.zip"}), "hdfs://nn:8020/d/i.zip"),
        (json!({"type": "hdfs", "path": "/d/i.zip"}), "hdfs:/d/i.zip"),
    ];
    for (load_spec, key) in cases {
        assert_eq!(file(&load_spec).as_deref(), Some(key), "{load_spec}");
    }
}

#[test]
fn what_cannot_be_trusted_has_no_key() {
    let local = ["", "/", "//", "/.", "a/b", "./a", "/a/../b", "/..", "/a/..", "../a", "/a\0b"];
    for path in local {
        assert_eq!(file(&json!({"type": "local", "path": path})), None, "{path:?}");
    }
    for key in ["", "/", "/a", "a//b", "a/../b", "..", "a/./b", ".", "a\0", "a//", "../"] {
        assert_eq!(file(&json!({"type": "s3_zip", "bucket": "b", "key": key})), None, "{key:?}");
    }
    for bucket in ["", ".", "..", "a/b", "b\0"] {
        let load_spec = json!({"type": "google", "bucket": bucket, "path": "p"});
        assert_eq!(file(&load_spec), None, "{bucket:?}");
    }
    for path in
        ["file:/a", "s3://b/k", "hdfs:/a", "hdfs://", "hdfs:///a", "hdfs://nn", "a", "hdfs://nn/.."]
    {
        assert_eq!(file(&json!({"type": "hdfs", "path": path})), None, "{path:?}");
    }
    for load_spec in [
        json!({}),
        json!({"type": null}),
        json!({"type": "tombstone", "path": null}),
        json!({"type": "c*", "path": "/x"}),
        json!({"type": "local"}),
        json!({"type": "local", "path": ["/x"]}),
        json!({"type": "local", "path": 1}),
        json!({"type": "LOCAL", "path": "/x"}),
        json!({"type": "s3_zip", "bucket": "b"}),
        json!({"type": "azureStorage", "containerName": "c", "blobPath": "p"}),
    ] {
        assert_eq!(file(&load_spec), None, "{load_spec}");
    }
    LoadSpec::parse("\"local\"").unwrap_err();
}

#[test]
fn the_type_is_told_whatever_it_is() {
    assert_eq!(LoadSpec::parse(r#"{"type":"c*"}"#).unwrap().type_name(), "c*");
    assert_eq!(LoadSpec::parse("{}").unwrap().type_name(), "");
}

proptest! {
    #[test]
    fn a_local_key_never_leaves_the_path_that_it_names(path in "[/.ab\0]{0,16}") {
        if let Some(key) = file(&json!({"type": "local", "path": path})) {
            prop_assert!(key.starts_with("file:/") && !key.ends_with('/'));
            for component in key["file:/".len()..].split('/') {
                prop_assert!(!matches!(component, "" | "." | ".."), "{key:?}");
            }
            let again = json!({"type": "local", "path": key["file:".len()..]});
            prop_assert_eq!(file(&again), Some(key));
        }
    }

    /// A key is what it says, byte for byte, or nothing: no other can pass for it below a prefix.
    #[test]
    fn an_object_key_is_taken_as_it_is_or_not_at_all(key in "[/.ab% +:ä\\\\0]{0,16}") {
        for (load_spec, place) in [
            (json!({"type": "s3_zip", "bucket": "b", "key": key}), "s3://b/"),
            (json!({"type": "google", "bucket": "b", "path": key}), "gs://b/"),
            (json!({"type": "azure", "containerName": "b", "blobPath": key}), "azure://b/"),
        ] {
            if let Some(file) = file(&load_spec) {
                prop_assert_eq!(file.strip_prefix(place), Some(key.as_str()));
                let below = key.strip_suffix('/').unwrap_or(&key);
                for part in below.split('/') {
                    prop_assert!(!matches!(part, "" | "." | ".."), "{key:?}");
                }
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,40}", path in ".{0,40}") {
        let _ = LoadSpec::parse(&text);
        for kind in ["local", "hdfs", "s3_zip"] {
            let _ = file(&json!({"type": kind, "path": path, "bucket": path, "key": path}));
        }
    }
}
