//! What adding an attribute takes: its module, its page, and one line in each of a few files.

use std::fs;
use std::path::{Path, PathBuf};

use super::Definition;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// `RateLimit` for `rate_limit`.
fn type_name(attribute: &str) -> String {
    attribute.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

#[test]
fn an_attribute_is_named_in_its_module_the_registry_and_the_root() {
    for Definition { name, .. } in Definition::all() {
        let path = format!("{name}::{}", type_name(name));
        let own = [source().join("attribute").join(name), source().join(format!("attribute/{name}.rs"))];
        let is_foreign = |file: &PathBuf| own.iter().all(|own| !file.starts_with(own));
        let rust = files(&source()).into_iter().filter(|file| file.extension().is_some_and(|rs| rs == "rs"));
        let naming: Vec<String> = rust
            .filter(|file| is_foreign(file) && read(file).contains(&path))
            .map(|file| file.strip_prefix(source()).unwrap_or(&file).display().to_string())
            .collect();
        let mut naming = naming;
        naming.sort();
        assert_eq!(naming, ["attribute/mod.rs", "lib.rs"], "`{path}`");
    }
}

#[test]
fn an_attribute_has_a_page_with_its_arguments() {
    let root = read(&source().join("lib.rs"));
    for Definition { name, keys, .. } in Definition::all().filter(|definition| !definition.keys.is_empty()) {
        assert!(root.contains(&format!("pub fn {name}(")), "`{name}` is no attribute of this crate");
        assert!(root.contains(&format!("#[doc = crate::attribute::{name}::arguments!()]")), "`{name}` has no table");
        let page = read(&source().join(format!("attribute/{name}.md")));
        for heading in ["# Errors", "# Cancellation", "# Panics", "# Observability"] {
            assert!(page.lines().any(|line| line == heading), "the page of `{name}` has no section `{heading}`");
        }
        for key in keys.iter().filter(|key| key.is_listed()) {
            assert!(!key.default.is_empty(), "`{}` of `{name}` has no default", key.name);
        }
    }
}
