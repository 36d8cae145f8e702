//! How the scheduler follows its job files: what is in force after each look at the directory.

mod any_order;
mod conflicts;
mod files;
mod program;

use std::fs;
use std::path::{Path, PathBuf};

use lopper::schedule::{FileEvent, JobFiles, Read};
use tempfile::TempDir;

/// A directory of job files, and who looks at it.
struct Folder {
    folder: TempDir,
    files: JobFiles,
}

/// The text of a job that says `what`.
fn job(name: &str, what: &str) -> String {
    format!(
        "name = \"{name}\"\ndescription = \"{what}\"\n[[step]]\nop = \"check\"\nsql = \"SELECT 1\"\n"
    )
}

impl Folder {
    /// An empty directory that has been looked at.
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("jobs")).unwrap();
        let mut files = JobFiles::new(folder.path().join("jobs"));
        assert_eq!(files.look(Read::All).len(), 0);
        Self { folder, files }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("jobs").join(name)
    }

    /// Writes a job file in place.
    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// What one look finds: `loaded a (a.toml)`, `removed a (a.toml)`, `broken, kept a.toml`.
    fn look(&mut self) -> Vec<String> {
        self.look_at(Read::Changed)
    }

    /// As `look`, when all is read anew.
    fn reload(&mut self) -> Vec<String> {
        self.look_at(Read::All)
    }

    fn look_at(&mut self, read: Read) -> Vec<String> {
        let found = self.files.look(read).iter().map(told).collect();
        self.tick();
        found
    }

    /// Lets the clock of the file system go on, which it does in steps: looks lie seconds apart.
    fn tick(&self) {
        let scratch = self.folder.path().join("scratch");
        let written = || {
            fs::write(&scratch, "").unwrap();
            fs::metadata(&scratch).unwrap().modified().unwrap()
        };
        let now = written();
        while written() == now {}
    }

    /// What looks find until nothing is left to find: two are enough for every change.
    fn looks(&mut self) -> Vec<String> {
        let found = (0..2).flat_map(|_| self.look()).collect();
        assert_eq!(self.look(), [""; 0], "a third look finds nothing new");
        found
    }

    /// The jobs in force, each with what it says.
    fn in_force(&self) -> Vec<String> {
        let says = |job: &lopper::job::Job| job.description.clone().unwrap_or_default();
        self.files.in_force().map(|job| format!("{} {}", job.name, says(job))).collect()
    }
}

fn told(event: &FileEvent) -> String {
    let name = |path: &Path| path.file_name().unwrap().display().to_string();
    match event {
        FileEvent::InForce { job, path, was } => format!("{was} {job} ({})", name(path)),
        FileEvent::Removed { job, path } => format!("removed {job} ({})", name(path)),
        FileEvent::Broken { path, keeps: true, .. } => format!("broken, kept {}", name(path)),
        FileEvent::Broken { path, .. } => format!("broken {}", name(path)),
        FileEvent::Mended { path } => format!("mended {}", name(path)),
        FileEvent::Unreadable { .. } => "unreadable".to_owned(),
    }
}
