//! Kinds of deep storage with something real behind each: a directory, and buckets of servers.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt};
use serde_json::{Value, json};

use crate::support::tools::has;
use crate::support::{Lopper, Server};

/// A place of its own for one test, and how lopper is told of it.
pub struct Place {
    /// The section of `lopper.toml`.
    section: String,
    /// Variables with the credentials.
    pub environment: Vec<(&'static str, String)>,
    /// The load spec of a key.
    pub load_spec: Box<dyn Fn(&str) -> Value>,
    kind: Kind,
    /// Puts an object without the program's own client, which would name it in the same wrong way.
    upload: Option<Upload>,
    /// Makes the bucket, or takes it away.
    turn: Box<dyn Fn(Turn)>,
    /// What is said when it is away, and where the help says to look.
    away: [&'static str; 2],
}

/// Puts the object of a key.
type Upload = Box<dyn Fn(&str)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Make,
    Remove,
}

enum Kind {
    Directory,
    Bucket(Arc<dyn ObjectStore>, tokio::runtime::Runtime),
}

/// What a made bucket is called.
fn name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("bucket-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

fn plain() -> ClientOptions {
    // Whoever comes later finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    ClientOptions::new().with_allow_http(true)
}

fn form_urlencoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Sends a request without a body, or with one of JSON.
fn request(port: u16, method: &str, target: &str, body: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let text = format!(
        "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 20"), "{target}: {answer}");
}

impl Place {
    fn bucket(
        section: String,
        environment: &[(&'static str, &str)],
        load_spec: impl Fn(&str) -> Value + 'static,
        store: Arc<dyn ObjectStore>,
        turn: impl Fn(Turn) + 'static,
        away: [&'static str; 2],
    ) -> Self {
        turn(Turn::Make);
        let environment =
            environment.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let kind = Kind::Bucket(store, runtime);
        let (load_spec, turn) = (Box::new(load_spec), Box::new(turn));
        Self { section, environment, load_spec, kind, upload: None, turn, away }
    }

    /// A directory: the story's own deep storage.
    pub fn local() -> Option<Self> {
        Some(Self {
            section: "local]\nroot = 'ROOT/segments'".to_owned(),
            environment: Vec::new(),
            load_spec: Box::new(
                |key| json!({"type": "local", "path": format!("ROOT/{}", key.trim_end_matches('/'))}),
            ),
            kind: Kind::Directory,
            upload: None,
            turn: Box::new(|_| {}),
            away: [
                "the root ROOT/segments cannot be read: No such file or directory (os error 2)",
                "mount it, or correct root under [deep_storage.local] in lopper.toml",
            ],
        })
    }

    /// A bucket of moto's S3.
    pub fn s3() -> Option<Self> {
        static MOTO: LazyLock<Server> =
            LazyLock::new(|| Server::start("exec moto_server -H 127.0.0.1 -p PORT", "Running on"));
        if !has("moto_server") {
            return None;
        }
        let (port, name) = (MOTO.port, name());
        let target = format!("/{name}");
        let turn = {
            let target = target.clone();
            move |turn| {
                request(port, if turn == Turn::Make { "PUT" } else { "DELETE" }, &target, "");
            }
        };
        let upload = move |key: &str| {
            let key = form_urlencoded(key).replace("%2F", "/");
            request(port, "PUT", &format!("{target}/{key}"), "nine byte");
        };
        let endpoint = format!("http://127.0.0.1:{port}");
        let store = AmazonS3Builder::new()
            .with_endpoint(&endpoint)
            .with_bucket_name(&name)
            .with_region("us-east-1")
            .with_access_key_id("key")
            .with_secret_access_key("secret")
            .with_client_options(plain());
        let section = format!(
            "s3]\nbucket = '{name}'\nprefix = 'segments'\nregion = 'us-east-1'\nendpoint = '{endpoint}'\nallow_http = true"
        );
        let spec = move |key: &str| json!({"type": "s3_zip", "bucket": name, "key": key, "S3Schema": "s3n"});
        let keys = [("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        let away = [
            "the bucket BUCKET cannot be read: there is no such bucket (NoSuchBucket)",
            "look at [deep_storage.s3] in lopper.toml and at the AWS_ variables of the environment",
        ];
        let store = Arc::new(store.build().unwrap());
        let place = Self::bucket(section, &keys, spec, store, turn, away);
        Some(Self { upload: Some(Box::new(upload)), ..place })
    }

    /// A bucket of fake-gcs-server.
    pub fn google() -> Option<Self> {
        /// Of nobody: the server asks for none.
        const KEY: &str = r#"{"private_key":"none","private_key_id":"none","client_email":"none","disable_oauth":true}"#;
        static GCS: LazyLock<Server> = LazyLock::new(|| {
            let command = "exec fake-gcs-server -scheme http -host 127.0.0.1 -port PORT -backend memory \
                           -external-url http://127.0.0.1:PORT -public-host 127.0.0.1:PORT";
            Server::start(command, "server started")
        });
        let (port, name) = (GCS.port, name());
        let turn = {
            let name = name.clone();
            move |turn| match turn {
                Turn::Make => {
                    let body = json!({"name": name}).to_string();
                    request(port, "POST", "/storage/v1/b?project=p", &body);
                }
                Turn::Remove => request(port, "DELETE", &format!("/storage/v1/b/{name}"), ""),
            }
        };
        let endpoint = format!("http://127.0.0.1:{port}");
        let store = GoogleCloudStorageBuilder::new()
            .with_base_url(&endpoint)
            .with_bucket_name(&name)
            .with_service_account_key(KEY)
            .with_client_options(plain());
        let section = format!(
            "google]\nbucket = '{name}'\nprefix = 'segments'\nendpoint = '{endpoint}'\nallow_http = true"
        );
        // The server knows Google's JSON better than its XML.
        let start = format!("/upload/storage/v1/b/{name}/o?uploadType=media&name=");
        let upload = move |key: &str| {
            request(port, "POST", &format!("{start}{}", form_urlencoded(key)), "nine byte");
        };
        let spec = move |key: &str| json!({"type": "google", "bucket": name, "path": key});
        let store = Arc::new(store.build().unwrap());
        let keys = [("GOOGLE_SERVICE_ACCOUNT_KEY", KEY)];
        let away = [
            // Google itself answers as S3 does.
            "the bucket BUCKET cannot be read: the store answered 500",
            "look at [deep_storage.google] in lopper.toml and at the GOOGLE_ variables of the environment",
        ];
        let place = Self::bucket(section, &keys, spec, store, turn, away);
        Some(Self { upload: Some(Box::new(upload)), ..place })
    }

    /// A container of Azurite, whose account and key everyone knows.
    pub fn azure() -> Option<Self> {
        const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
        /// Made with that key, good for all and until 2099.
        const SIGNATURE: &str = "sv=2018-11-09&ss=b&srt=sco&sp=rwdlac&se=2099-01-01T00%3A00%3A00Z&sig=CPoOux8rQhR0b5pwICKRhVPCypVOv2XSgLfWcXpc32c%3D";
        static AZURITE: LazyLock<Server> = LazyLock::new(|| {
            let command = "exec azurite-blob --inMemoryPersistence --disableTelemetry --skipApiVersionCheck --blobHost 127.0.0.1 --blobPort PORT";
            Server::start(command, "successfully listens")
        });
        let (port, name) = (AZURITE.port, name());
        let target = format!("/devstoreaccount1/{name}?restype=container&{SIGNATURE}");
        let turn = move |turn| {
            request(port, if turn == Turn::Make { "PUT" } else { "DELETE" }, &target, "");
        };
        let endpoint = format!("http://127.0.0.1:{port}/devstoreaccount1");
        let store = MicrosoftAzureBuilder::new()
            .with_account("devstoreaccount1")
            .with_access_key(KEY)
            .with_container_name(&name)
            .with_endpoint(endpoint.clone())
            .with_allow_http(true)
            .with_client_options(plain());
        let section = format!(
            "azure]\ncontainer = '{name}'\naccount = 'devstoreaccount1'\nprefix = 'segments'\nendpoint = '{endpoint}'\nallow_http = true"
        );
        let spec =
            move |key: &str| json!({"type": "azure", "containerName": name, "blobPath": key});
        let store = Arc::new(store.build().unwrap());
        let keys = [("AZURE_STORAGE_ACCOUNT_KEY", KEY)];
        let away = [
            "the bucket BUCKET cannot be read: there is no such bucket (ContainerNotFound)",
            "look at [deep_storage.azure] in lopper.toml and at the AZURE_ variables of the environment",
        ];
        Some(Self::bucket(section, &keys, spec, store, turn, away))
    }

    /// A store that is the truth, with this place.
    pub fn story(&self) -> Lopper {
        let lopper = Lopper::new();
        let toml = format!("authoritative = true\n[deep_storage.{}\n", self.section);
        let root = lopper.deep_storage().display().to_string();
        fs::create_dir_all(lopper.deep_storage().join("segments")).unwrap();
        lopper.config(&toml.replace("ROOT", &root))
    }

    /// The load spec of a key in a story.
    pub fn spec(&self, lopper: &Lopper, key: &str) -> Value {
        let root = lopper.deep_storage().display().to_string();
        let text = (self.load_spec)(key).to_string().replace("ROOT", &root);
        serde_json::from_str(&text).unwrap()
    }

    /// Puts objects of nine bytes.
    pub fn put<K: AsRef<str>>(&self, lopper: &Lopper, keys: impl IntoIterator<Item = K>) {
        if let Some(upload) = &self.upload {
            return keys.into_iter().for_each(|key| upload(key.as_ref()));
        }
        match &self.kind {
            Kind::Directory => {
                for key in keys {
                    let path = lopper.deep_storage().join(key.as_ref());
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, "nine byte").unwrap();
                }
            }
            Kind::Bucket(store, runtime) => {
                let paths: Vec<_> =
                    keys.into_iter().map(|key| Path::parse(key.as_ref()).unwrap()).collect();
                let put = |path: Path| async move { store.put(&path, "nine byte".into()).await };
                let all = futures_util::stream::iter(paths).map(put).buffered(8);
                runtime.block_on(all.try_for_each(|_| async { Ok(()) })).unwrap();
            }
        }
    }

    /// What is there, sorted.
    pub fn keys(&self, lopper: &Lopper) -> Vec<String> {
        let mut keys = match &self.kind {
            Kind::Directory => lopper.deep_files(),
            Kind::Bucket(store, runtime) => {
                let all = store.list(None).map_ok(|object| object.location.to_string());
                runtime.block_on(all.try_collect::<Vec<String>>()).unwrap()
            }
        };
        keys.sort();
        keys
    }

    /// Takes the place away, which must be empty.
    pub fn vanish(&self, lopper: &Lopper) {
        if let Kind::Directory = self.kind {
            fs::remove_dir(lopper.deep_storage().join("segments")).unwrap();
        }
        (self.turn)(Turn::Remove);
    }

    /// Brings it back, empty.
    pub fn come_back(&self, lopper: &Lopper) {
        if let Kind::Directory = self.kind {
            fs::create_dir(lopper.deep_storage().join("segments")).unwrap();
        }
        (self.turn)(Turn::Make);
    }

    /// The error of a kill while it is away.
    pub fn away(&self, lopper: &Lopper) -> String {
        let [says, help] = self.away;
        let bucket = self.section.split('\'').nth(1).unwrap();
        let endpoint =
            self.section.split("endpoint = '").nth(1).and_then(|rest| rest.split('\'').next());
        let bucket = format!("{bucket} at {}", endpoint.unwrap_or_default());
        let says = says
            .replace("ROOT", &lopper.deep_storage().display().to_string())
            .replace("BUCKET", &bucket);
        format!(
            "error: deep storage cannot be reached, so nothing was deleted: {says}\n  help: {help}\n"
        )
    }
}
