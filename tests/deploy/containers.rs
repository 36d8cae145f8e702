//! The Dockerfile copies what the build needs, and the manifest of Kubernetes fits together: its names, its jobs, its
//! command line.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{is_taken, repository, text, yaml};
use crate::support::{Answer, Lopper};

/// The words behind an instruction of the Dockerfile, for each time that it stands there.
fn instructions(name: &str) -> Vec<Vec<String>> {
    let prefix = format!("{name} ");
    let text = text("Dockerfile");
    let lines = text.lines().filter_map(|line| line.strip_prefix(&prefix));
    lines.map(|rest| rest.split(' ').map(str::to_owned).collect()).collect()
}

/// The last instruction of that name, in its form as a list.
fn list(name: &str) -> Vec<String> {
    serde_json::from_str(&instructions(name).last().unwrap().join(" ")).unwrap()
}

/// Source and target of what is copied from the repository.
fn copied() -> Vec<(String, String)> {
    let copies = instructions("COPY");
    let own = copies.iter().filter(|words| !words[0].starts_with("--"));
    own.flat_map(|words| {
        let (target, sources) = words.split_last().unwrap();
        sources.iter().map(|source| match target.strip_prefix("./") {
            Some(folder) => (source.clone(), format!("{folder}{source}")),
            None => (source.clone(), target.clone()),
        })
    })
    .collect()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}

/// The machine that this runs on, as `rustc` names it.
fn host() -> String {
    let answer = Answer::of(Command::new("rustc").arg("-vV")).code(0);
    let line = answer.stdout.lines().find_map(|line| line.strip_prefix("host: "));
    line.unwrap().to_owned()
}

/// Cargo finds all that Cargo.toml names among what is copied, and the lock file needs no change.
#[test]
fn cargo_takes_what_the_image_is_built_from() {
    let lopper = Lopper::new();
    let src = lopper.path("src-of-image");
    let ignore = text("Dockerfile.dockerignore");
    for (source, target) in copied() {
        copy(&repository().join(&source), &src.join(target));
        assert!(ignore.lines().any(|line| line == format!("!{source}")), "{source} is not sent");
    }
    // Reads the manifest and the lock file as a build does; the crates are there, since this test was built.
    let fetch = |src: &Path| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["fetch", "--locked", "--offline", "--target", &host()]);
        Answer::of(cargo.current_dir(src))
    };
    fetch(&src).code(0);
    for file in fs::read_dir(repository().join("src/store/sql")).unwrap() {
        let file = file.unwrap().path();
        let folder = src.join("src/store/sql");
        let text = fs::read_to_string(&file).unwrap();
        for included in text.split("include_str!(\"").skip(1) {
            let included = included.split('"').next().unwrap();
            assert!(folder.join(included).exists(), "{included} is not copied");
        }
    }
    fs::remove_dir_all(src.join("benches")).unwrap();
    fetch(&src).code(101).stderr_has("bench");
}

#[test]
fn the_image_runs_a_command_that_there_is() {
    let entry = list("ENTRYPOINT");
    assert_eq!(entry, ["/usr/bin/tini", "--", "/usr/local/bin/lopper"]);
    let words = list("CMD");
    is_taken(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let user = &instructions("USER").pop().unwrap()[0];
    let (user, group) = user.split_once(':').unwrap();
    assert!([user, group].iter().all(|id| id.parse::<u32>().unwrap() > 0), "not root");
    assert_eq!(instructions("STOPSIGNAL"), [["SIGTERM"]]);
    let text = text("Dockerfile");
    for image in text.lines().filter_map(|line| line.strip_prefix("ARG ")) {
        let tag = image.rsplit_once(':').unwrap().1;
        assert!(tag.chars().filter(char::is_ascii_digit).count() > 2, "{image} is not pinned");
    }
    let rust = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let rust = rust.split_once("rust-version = \"").unwrap().1.split('"').next().unwrap();
    assert!(text.contains(&format!("rust:{rust}.")), "the image has Rust {rust}");
}

/// The objects of a kind.
fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

fn one<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let found = of_kind(objects, kind);
    assert_eq!(found.len(), 1, "{kind}");
    found[0]
}

fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("no {pointer}"))
}

fn words(value: &Value, pointer: &str) -> Vec<String> {
    items(value, pointer).iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

fn names(value: &Value, pointer: &str) -> BTreeSet<String> {
    items(value, pointer).iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn one_pod_has_the_store() {
    let Some(objects) = yaml("kubernetes.yaml") else { return };
    let spec = &one(&objects, "Deployment")["spec"];
    assert_eq!((&spec["replicas"], &spec["strategy"]["type"]), (&1.into(), &"Recreate".into()));
    let claim = one(&objects, "PersistentVolumeClaim");
    assert_eq!(claim["spec"]["accessModes"], serde_json::json!(["ReadWriteOnce"]));
    let pod = &spec["template"]["spec"];
    let volumes = items(pod, "/volumes");
    let store = volumes.iter().find(|volume| volume["name"] == "store").unwrap();
    assert_eq!(store["persistentVolumeClaim"]["claimName"], claim["metadata"]["name"]);
    let args = words(pod, "/containers/0/args");
    let of = |flag: &str| args[args.iter().position(|word| word == flag).unwrap() + 1].clone();
    let grace = of("--grace");
    let grace: u64 = grace.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
    assert!(pod["terminationGracePeriodSeconds"].as_u64().unwrap() > 2 * grace);
    let mounts = items(pod, "/containers/0/volumeMounts");
    let mount = |name: &str| mounts.iter().find(|mount| mount["name"] == name).unwrap();
    let path = |name: &str| mount(name)["mountPath"].as_str().unwrap().to_owned();
    assert_eq!(of("--store"), format!("{}/lopper.db", path("store")));
    assert_eq!(of("--jobs"), path("jobs"));
    assert_eq!(of("--config"), format!("{}/lopper.toml", path("config")));
    assert!(["jobs", "config"].iter().all(|name| mount(name)["readOnly"] == true));
    for (one, other) in [("jobs", "config"), ("config", "jobs")] {
        assert!(!Path::new(&path(one)).starts_with(path(other)), "no mount within another");
    }
}

#[test]
fn names_lead_somewhere() {
    let Some(objects) = yaml("kubernetes.yaml") else { return };
    let deployment = &one(&objects, "Deployment")["spec"];
    let labels = &deployment["template"]["metadata"]["labels"];
    assert_eq!(&deployment["selector"]["matchLabels"], labels);
    assert_eq!(&one(&objects, "Service")["spec"]["selector"], labels);
    let pod = &deployment["template"]["spec"];
    assert_eq!(names(pod, "/volumes"), names(pod, "/containers/0/volumeMounts"));
    let maps = of_kind(&objects, "ConfigMap");
    for volume in items(pod, "/volumes").iter().filter(|volume| volume["configMap"].is_object()) {
        let name = &volume["configMap"]["name"];
        assert!(maps.iter().any(|map| &map["metadata"]["name"] == name), "{name}");
    }
    let container = &pod["containers"][0];
    let port = &container["ports"][0];
    let listen = words(container, "/args").last().unwrap().clone();
    assert_eq!(listen, format!("0.0.0.0:{}", port["containerPort"]), "not loopback: the kubelet");
    for (probe, page) in
        [("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")]
    {
        let get = &container[probe]["httpGet"];
        assert_eq!((&get["path"], &get["port"]), (&page.into(), &port["name"]), "{probe}");
    }
    assert_eq!(one(&objects, "Service")["spec"]["ports"][0]["targetPort"], port["name"]);
    let security = &pod["securityContext"];
    let user = format!("{}:{}", security["runAsUser"], security["runAsGroup"]);
    assert_eq!(instructions("USER"), [[user]], "the image's user owns the volume");
    assert_eq!(security["fsGroup"], security["runAsGroup"]);
    let own = &container["securityContext"];
    assert_eq!(own["readOnlyRootFilesystem"], true);
    assert_eq!(own["allowPrivilegeEscalation"], false);
}

/// The pod that fills the store has the same volume and user.
#[test]
fn the_store_is_filled_by_its_owner() {
    let (Some(objects), Some(imports)) = (yaml("kubernetes.yaml"), yaml("kubernetes-import.yaml"))
    else {
        return;
    };
    let pod = &one(&objects, "Deployment")["spec"]["template"]["spec"];
    let import = &one(&imports, "Pod")["spec"];
    for key in ["runAsUser", "runAsGroup", "fsGroup"] {
        assert_eq!(import["securityContext"][key], pod["securityContext"][key], "{key}");
    }
    assert_eq!(import["containers"][0]["image"], pod["containers"][0]["image"]);
    assert_eq!(import["volumes"][0], pod["volumes"][0]);
    assert_eq!(import["containers"][0]["volumeMounts"][0], pod["containers"][0]["volumeMounts"][0]);
}

/// What the pod would do with its ConfigMaps: the command line is the container's, but for its place and `--once`.
#[test]
fn the_scheduler_of_the_pod_takes_its_jobs() {
    let Some(objects) = yaml("kubernetes.yaml") else { return };
    let lopper = Lopper::new().clock("2024-06-01T00:20:00Z").segments(["wiki 2015-09-12/P1D"]);
    for map in of_kind(&objects, "ConfigMap") {
        let folder = if map["metadata"]["name"] == "lopper-jobs" { "jobs" } else { "config" };
        for (name, text) in map["data"].as_object().unwrap() {
            lopper.file(&format!("{folder}/{name}"), text.as_str().unwrap());
        }
    }
    lopper.run(["jobs", "validate", "jobs/retention.toml", "jobs/check-health.toml"]).code(0);
    let deployment = one(&objects, "Deployment");
    let args = words(deployment, "/spec/template/spec/containers/0/args").join(" ");
    lopper.run(lopper.here(&format!("{args} --once"))).code(0);
    assert_eq!(lopper.sql("SELECT name FROM jobs"), ["check-health", "retention"]);
    let lopper = lopper.clock("2024-06-01T00:30:00Z");
    lopper.run(lopper.here(&format!("{args} --once"))).code(0);
    assert_eq!(lopper.runs(), ["import done", "check-health done"]);
}
