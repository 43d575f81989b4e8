//! Annotates published crates with attributes that change nothing, and runs their own tests before and after.
//!
//! ```text
//! cargo run --manifest-path foreign/Cargo.toml                 every crate of crates.txt
//! cargo run --manifest-path foreign/Cargo.toml -- quick        the first three
//! cargo run --manifest-path foreign/Cargo.toml -- csv gimli    these
//! cargo run --manifest-path foreign/Cargo.toml -- count        only counts the functions of each
//! ```
//!
//! Functions that do not compile with their attribute are listed with the error, and then left as they are. The program
//! fails if a test of a crate changes its result, and if a function is refused or a warning is new that `known.txt` does not
//! have. A crate without functions to annotate, or without tests, fails too. The first run needs a network.

mod annotate;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::{env, fs};

use annotate::Place;
use serde_json::Value;

type Outcome<T> = Result<T, Box<dyn Error>>;

struct Crate {
    name: String,
    version: String,
    arguments: Vec<String>,
}

/// What cargo says about one build.
#[derive(Default)]
struct Diagnosis {
    /// File, line and text of each error.
    errors: Vec<(PathBuf, usize, String)>,
    warnings: BTreeSet<(String, usize, String)>,
    elsewhere: Vec<String>,
}

#[derive(Default)]
struct Figures {
    functions: usize,
    annotated: usize,
    tests: usize,
    changed: usize,
    new_warnings: usize,
    /// Refusals and warnings that are not in the list.
    unknown: usize,
}

const ROUNDS: usize = 12;

impl Crate {
    /// The copy that cargo has downloaded.
    fn source(&self, work: &Path) -> PathBuf {
        work.join("vendor").join(format!("{}-{}", self.name, self.version))
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the root of the project")?;
    let work = root.join("target/foreign");
    let chosen: Vec<String> = env::args().skip(1).collect();
    let mut crates = listed(&root.join("foreign/crates.txt"))?;
    let only_counts = chosen == ["count"];
    match chosen.as_slice() {
        [] => {}
        _ if only_counts => {}
        [quick] if quick == "quick" => crates.truncate(3),
        names => crates.retain(|one| names.contains(&one.name)),
    }
    fetch(&work, &crates)?;

    let known = fs::read_to_string(root.join("foreign/known.txt"))?;
    let (mut total, mut failed) = (Figures::default(), false);
    println!("| crate | functions | annotated | tests | changed | new warnings |\n|---|---:|---:|---:|---:|---:|");
    for one in &crates {
        if only_counts {
            let functions = annotate::places(&one.source(&work))?.len();
            print_row(&one.name, &Figures { functions, ..Figures::default() });
            total.functions += functions;
            continue;
        }
        match compare(root, &work, one, &known) {
            Ok(figures) => {
                print_row(&format!("{} {}", one.name, one.version), &figures);
                failed |= figures.changed + figures.unknown > 0;
                total.functions += figures.functions;
                total.annotated += figures.annotated;
                total.tests += figures.tests;
                total.changed += figures.changed;
                total.new_warnings += figures.new_warnings;
            }
            Err(error) => {
                eprintln!("{}: {error}", one.name);
                failed = true;
            }
        }
    }
    print_row("all", &total);
    if failed { Err("a crate does not behave as before".into()) } else { Ok(()) }
}

fn print_row(name: &str, figures: &Figures) {
    let Figures { functions, annotated, tests, changed, new_warnings, .. } = figures;
    println!("| {name} | {functions} | {annotated} | {tests} | {changed} | {new_warnings} |");
}

fn listed(file: &Path) -> Outcome<Vec<Crate>> {
    let text = fs::read_to_string(file)?;
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let parse = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        let (name, version) = (words.next()?, words.next()?);
        let mut arguments: Vec<_> = words.collect();
        if !arguments.iter().any(|argument| argument == "--lib") {
            arguments.extend(["--lib", "--tests"].map(str::to_owned));
        }
        Some(Crate { name, version, arguments })
    };
    Ok(lines.filter_map(parse).collect())
}

/// Lets cargo download the crates, in one copy each.
fn fetch(work: &Path, crates: &[Crate]) -> Outcome<()> {
    for one in crates {
        if one.source(work).exists() {
            continue;
        }
        let package = work.join("fetch").join(&one.name);
        fs::create_dir_all(package.join("src"))?;
        fs::write(package.join("src/lib.rs"), "")?;
        let Crate { name, version, .. } = one;
        fs::write(
            package.join("Cargo.toml"),
            format!(
                "[package]\nname = \"fetch\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n{name} = \"={version}\"\n"
            ),
        )?;
        let vendor = package.join("vendor");
        let output = cargo(&package).arg("vendor").arg(&vendor).output()?;
        check(&output).map_err(|error| format!("{name} {version} cannot be downloaded:\n{error}"))?;
        fs::create_dir_all(work.join("vendor"))?;
        fs::rename(vendor.join(name), one.source(work))?;
        fs::remove_dir_all(vendor)?;
    }
    Ok(())
}

fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder).stdin(Stdio::null());
    command
}

fn check(output: &Output) -> Outcome<()> {
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned().into()) }
}

/// Copies a package. The manifest of a published crate belongs to no workspace.
fn copy(from: &Path, to: &Path, addition: &str) -> Outcome<()> {
    for entry in fs::read_dir(from)? {
        let (path, target) = (
            entry.as_ref().map(fs::DirEntry::path),
            to.join(entry.as_ref().map(fs::DirEntry::file_name).unwrap_or_default()),
        );
        let path = path.map_err(|error| error.to_string())?;
        if path.is_dir() {
            copy(&path, &target, "")?;
        } else {
            fs::create_dir_all(to)?;
            fs::copy(&path, &target)?;
        }
    }
    if !addition.is_empty() {
        let manifest = fs::read_to_string(from.join("Cargo.toml"))?;
        fs::write(to.join("Cargo.toml"), format!("{manifest}\n{addition}"))?;
    }
    Ok(())
}

fn compare(root: &Path, work: &Path, one: &Crate, known: &str) -> Outcome<Figures> {
    let source = one.source(work);
    let [plain, annotated] =
        ["plain", "annotated"].map(|kind| work.join(kind).join(format!("{}-{}", one.name, one.version)));
    let ours = format!(
        "[dependencies.resilience]\npackage = \"resilience-fn\"\npath = {:?}\ndefault-features = false\n\n[workspace]\n",
        root.display().to_string()
    );
    copy(&source, &plain, &ours)?;
    copy(&source, &annotated, &ours)?;

    let before = diagnose(work, &plain, one)?;
    if let Some((file, line, error)) = before.errors.first() {
        return Err(format!("does not compile by itself: {}:{line}: {error}", file.display()).into());
    }
    let all: BTreeSet<Place> = annotate::places(&source)?.into_iter().collect();
    let mut places = all.clone();
    let (mut after, mut unknown) = (Diagnosis::default(), 0);
    for round in 0..=ROUNDS {
        annotate::annotate(&source, &annotated, &places)?;
        after = diagnose(work, &annotated, one)?;
        if after.errors.is_empty() && after.elsewhere.is_empty() {
            break;
        }
        let wrong = refused(&places, &after);
        if wrong.is_empty() || round == ROUNDS {
            let first = after.errors.iter().map(|(file, line, error)| format!("{}:{line}: {error}", file.display()));
            return Err(first.chain(after.elsewhere.iter().cloned()).next().unwrap_or_default().into());
        }
        for (place, error) in wrong {
            let (file, line) = (place.file.display(), place.lines().start().to_owned());
            unknown += report(known, &format!("{} {file} `{}`", one.name, place.name));
            eprintln!("    line {line}, #[{}]: {error}", place.attribute);
            places.remove(&place);
        }
    }
    let new_warnings: Vec<_> = after.warnings.difference(&before.warnings).collect();
    for (file, line, warning) in &new_warnings {
        unknown += report(known, &format!("{} {file}: {warning}", one.name));
        eprintln!("    line {line}");
    }

    let (expected, found) = (tests(work, &plain, one)?, tests(work, &annotated, one)?);
    if all.is_empty() || expected.is_empty() {
        return Err(format!("{} functions and {} tests", all.len(), expected.len()).into());
    }
    let changed: Vec<_> = expected.iter().filter(|(test, result)| found.get(*test) != Some(*result)).collect();
    for (test, result) in &changed {
        eprintln!("{}: test {test}: {result}, then {}", one.name, found.get(*test).map_or("not run", String::as_str));
    }
    Ok(Figures {
        functions: all.len(),
        annotated: places.len(),
        tests: expected.len(),
        changed: changed.len(),
        new_warnings: new_warnings.len(),
        unknown,
    })
}

/// Prints a finding, and returns 1 for one that nobody knows yet.
fn report(known: &str, finding: &str) -> usize {
    let is_known = known.lines().any(|line| line == finding);
    eprintln!("{finding}{}", if is_known { ", as before" } else { "" });
    usize::from(!is_known)
}

/// The functions that an error points into.
fn refused(places: &BTreeSet<Place>, diagnosis: &Diagnosis) -> BTreeMap<Place, String> {
    let mut wrong = BTreeMap::new();
    for (file, line, error) in &diagnosis.errors {
        // The innermost one.
        let inside = places.iter().filter(|place| place.file == *file && place.lines().contains(line));
        if let Some(place) = inside.min_by_key(|place| place.lines().end() - place.lines().start()) {
            wrong.entry(place.clone()).or_insert_with(|| error.clone());
        }
    }
    wrong
}

fn diagnose(work: &Path, package: &Path, one: &Crate) -> Outcome<Diagnosis> {
    let mut command = cargo(package);
    command.args(["test", "--no-run", "--message-format=json", "--target-dir"]).arg(work.join("target"));
    let output = command.args(&one.arguments).output()?;
    let mut diagnosis = Diagnosis::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        let message = &message["message"];
        let text = message["message"].as_str().unwrap_or_default();
        match message["level"].as_str() {
            Some("error") => {
                let code = message["code"]["code"].as_str().unwrap_or_default();
                let error = format!("{code} {text}");
                let places: Vec<_> = message["spans"].as_array().into_iter().flatten().filter_map(place).collect();
                if places.is_empty() && !text.starts_with("aborting") {
                    diagnosis.elsewhere.push(error.clone());
                }
                diagnosis.errors.extend(places.into_iter().map(|(file, line)| (file, line, error.clone())));
            }
            Some("warning") => {
                let mut places = message["spans"].as_array().into_iter().flatten().filter_map(place);
                if let Some((file, line)) = places.next() {
                    diagnosis.warnings.insert((file.display().to_string(), line, text.to_owned()));
                }
            }
            _ => {}
        }
    }
    if !output.status.success() && diagnosis.errors.is_empty() && diagnosis.elsewhere.is_empty() {
        diagnosis.elsewhere.push(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(diagnosis)
}

/// The file and line in the package that a span or its expansion stands at.
fn place(span: &Value) -> Option<(PathBuf, usize)> {
    let file = Path::new(span["file_name"].as_str()?);
    if file.is_relative() && file.starts_with("src") {
        return Some((file.to_owned(), usize::try_from(span["line_start"].as_u64()?).ok()?));
    }
    place(&span["expansion"]["span"])
}

/// The tests of a package with their results.
fn tests(work: &Path, package: &Path, one: &Crate) -> Outcome<BTreeMap<String, String>> {
    let mut command = cargo(package);
    command.args(["test", "--no-fail-fast", "--target-dir"]).arg(work.join("target"));
    let output = command.args(&one.arguments).output()?;
    let (mut results, mut program) = (BTreeMap::new(), 0);
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if line.starts_with("running ") {
            program += 1;
        }
        if let Some((test, result)) = line.strip_prefix("test ").and_then(|line| line.rsplit_once(" ... ")) {
            results.insert(format!("{program} {test}"), result.to_owned());
        }
    }
    Ok(results)
}
