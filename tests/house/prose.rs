//! The pages that strangers read first: short, narrow, and true.

use std::fs;
use std::path::Path;

use crate::source::{Crate, workspace};
use crate::{CRATES, arrows, circles};

/// The widest line of prose, and the widest line of code in the README.
const PROSE_COLUMNS: usize = 100;
const CODE_COLUMNS: usize = 80;

const README_BYTES: usize = 8 * 1024;

fn pages() -> Vec<String> {
    let docs = fs::read_dir(workspace().join("docs")).expect("the folder of pages");
    let docs = docs.map(|entry| format!("docs/{}", entry.expect("an entry").file_name().to_string_lossy()));
    let root = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned);
    root.into_iter().chain(docs.filter(|path| Path::new(path).extension().is_some_and(|it| it == "md"))).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn lines_are_narrow() {
    let wide: Vec<String> = pages().iter().flat_map(|path| wide_lines(path)).collect();
    assert!(wide.is_empty(), "\n{}", wide.join("\n"));
}

fn wide_lines(path: &str) -> Vec<String> {
    let mut is_code = false;
    let mut wide = Vec::new();
    for (number, line) in (1..).zip(read(path).lines()) {
        is_code ^= line.trim_start().starts_with("```");
        // Neither a row of a table nor a link can be broken.
        let is_breakable = is_code || !line.starts_with(['|', '[']) && line.trim().contains(' ');
        let most = if is_code && path == "README.md" { CODE_COLUMNS } else { PROSE_COLUMNS };
        if is_breakable && line.chars().count() > most {
            wide.push(format!("{path}:{number}: {line}"));
        }
    }
    wide
}

#[test]
fn the_readme_is_short() {
    let bytes = read("README.md").len();
    assert!(bytes <= README_BYTES, "{bytes} bytes, the limit is {README_BYTES}");
}

/// The README quotes what `cargo doc` shows for its first example, which is a snapshot of the macros as well.
#[test]
fn the_readme_quotes_the_generated_documentation() {
    let snapshot = read("resilience-macros/snapshots/stacked.expanded.rs");
    let (_, documentation) = snapshot.split_once(r#"doc = "\n# Resilience\n\n"#).expect("the generated documentation");
    let (documentation, _) = documentation.split_once('"').expect("the end of the text");
    let readme = read("README.md");
    let quote: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix('>')).map(str::trim).collect();
    let quote = quote.join(" ").replace("**Resilience**", "");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(&quote), words(&documentation.replace("\\n", " ")));
}

#[test]
fn links_and_paths_lead_to_files() {
    let broken: Vec<String> =
        pages().iter().flat_map(|path| [broken_links(path), broken_paths(path)].concat()).collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

fn broken_links(path: &str) -> Vec<String> {
    let text = read(path);
    let inline = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let definitions = text.lines().filter(|line| line.starts_with('[')).filter_map(|line| line.split("]: ").nth(1));
    let folder = workspace().join(path).parent().expect("a page is in a folder").to_owned();
    inline
        .chain(definitions)
        .filter(|link| !link.starts_with("https://") && !link.starts_with('#'))
        .filter(|link| !folder.join(link.split('#').next().unwrap_or_default()).exists())
        .map(|link| format!("{path}: {link}"))
        .collect()
}

#[test]
fn no_empty_line_tears_a_table() {
    let pages = pages().into_iter().map(|path| (read(&path), path));
    let sources = CRATES.into_iter().flat_map(|name| Crate::read(name).files).map(|file| (file.text, file.path));
    let torn: Vec<String> = pages.chain(sources).flat_map(|(text, path)| torn_tables(&path, &text)).collect();
    assert!(torn.is_empty(), "a table ends at its first empty line:\n{}", torn.join("\n"));
    assert_eq!(torn_tables("page", "/// | a |\n/// |---|\n/// | 1 |\n///\n/// | 2 |\n"), ["page:4"]);
    assert_eq!(torn_tables("page", "| a |\n|---|\n| 1 |\n\n| b |\n|---|\n| 2 |\n"), [""; 0]);
}

fn torn_tables(path: &str, text: &str) -> Vec<String> {
    let content = |line: &str| line.trim_start().trim_start_matches("///").trim_start_matches("//!").trim().to_owned();
    let lines: Vec<String> = text.lines().map(content).chain([String::new()]).collect();
    let is_torn = |lines: &[String]| match lines {
        [row, empty, next, after] => {
            row.starts_with('|') && empty.is_empty() && next.starts_with('|') && !after.starts_with("|-")
        }
        _ => false,
    };
    (2..)
        .zip(lines.windows(4))
        .filter(|(_, lines)| is_torn(lines))
        .map(|(number, _)| format!("{path}:{number}"))
        .collect()
}

/// Between pages, the repository has relative paths, which lead nowhere in the documentation that rustdoc builds. There
/// a definition before the page takes precedence, so such a link needs a label.
#[test]
fn pages_of_the_documentation_link_by_labels_that_rustdoc_knows() {
    let pages = read("src/docs.rs");
    let names = pages.split("\"../docs/").skip(1).filter_map(|rest| rest.split('"').next());
    let names: Vec<String> = names.map(|name| format!("docs/{name}")).collect();
    assert!(names.len() >= 10, "{names:?}");
    let readme = [("README.md".to_owned(), read("src/lib.rs"))];
    let pages = names.into_iter().map(|name| (name, pages.clone())).chain(readme);
    let lost: Vec<String> = pages.flat_map(|(page, known)| lost_links(&page, &known)).collect();
    assert!(lost.is_empty(), "\n{}", lost.join("\n"));
}

fn lost_links(page: &str, known: &str) -> Vec<String> {
    let text = read(page);
    let is_relative = |link: &str| !link.starts_with("https://") && !link.starts_with('#');
    let inline = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let inline = inline.filter(|link| is_relative(link)).map(|link| format!("{page}: give `{link}` a label"));
    let definitions = text.lines().filter(|line| line.starts_with('[')).filter_map(|line| line.split_once("]: "));
    let unknown = definitions
        .filter(|(label, link)| is_relative(link) && !known.contains(&format!("\"{label}]: ")))
        .map(|(label, _)| format!("{page}: define `{label}]` for rustdoc, too"));
    inline.chain(unknown).collect()
}

/// Paths of the workspace that a page names in backticks.
fn broken_paths(page: &str) -> Vec<String> {
    const FOLDERS: [&str; 8] = [
        "benches/",
        "docs/",
        "resilience-macros/",
        "resilience-options/",
        "resilience-redis/",
        "resilience-runtime/",
        "tests/",
        "ui-tests/",
    ];
    read(page)
        .split('`')
        .filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)) && !word.contains(['<', ' ', '\n']))
        .filter(|path| !workspace().join(path).exists())
        .map(|path| format!("{page}: {path}"))
        .collect()
}

/// The table of the runtime's rooms names each of them, below those that it imports from.
#[test]
fn the_architecture_lists_the_rooms_in_their_order() {
    let runtime = Crate::read("resilience-runtime");
    let page = read("docs/ARCHITECTURE.md");
    let table = page.split_once("| room | content |").expect("the table of rooms").1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split('|').nth(1).unwrap_or_default().split('`').collect()).collect();
    let row_of = |room: &str| rows.iter().position(|names| names.contains(&room));

    let missing: Vec<&str> = runtime.rooms().filter(|room| row_of(room).is_none()).collect();
    assert!(missing.is_empty(), "the table lacks {missing:?}");

    let circles = circles::of(&runtime);
    let is_in_circle = |one: &String, other: &String| {
        circles.iter().any(|circle| circle.rooms.contains(one) && circle.rooms.contains(other))
    };
    let wrong: Vec<String> = arrows::of(&runtime)
        .into_iter()
        .filter(|((from, to), _)| row_of(from) < row_of(to) && !is_in_circle(from, to))
        .map(|((from, to), references)| format!("{from} is above {to}, and imports from it: {}", references[0]))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
