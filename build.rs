//! Rebuilds when a statement or a migration changes: `embed_migrations!` does not see new files by itself.

fn main() {
    println!("cargo:rerun-if-changed=sql");
}
