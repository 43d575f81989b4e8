//! Measures the source of the implementation crates, and fails when it gets less orderly than `limits.rs` allows:
//! circles of modules, type names defined twice, comments on private items.
//!
//! `cargo test --test house -- --nocapture` prints the figures.

mod arrows;
mod circles;
mod comments;
mod items;
mod limits;
mod prose;
mod source;

use std::collections::BTreeSet;

use crate::circles::Circle;
use crate::comments::Comments;
use crate::items::Definition;
use crate::limits::{LIMITS, Limits};
use crate::source::Crate;

const CRATES: [&str; 4] = ["resilience-macros", "resilience-options", "resilience-redis", "resilience-runtime"];

#[test]
fn figures() {
    let mut total = 0;
    for name in CRATES {
        let house = Crate::read(name);
        total += house.lines();
        println!("{}", figures_of(&house));
    }
    total += source::lines_below("src") + source::lines_below("tests") + source::lines_below("examples");
    println!("lines in all, with the facade, tests and examples: {total}");
}

/// `cargo test --workspace` leaves out programs that need a feature.
#[test]
fn the_check_of_the_project_runs_each_test_that_needs_a_feature() {
    let read = |path: &str| std::fs::read_to_string(path).expect("it is part of the repository");
    let (manifest, check) = (read("Cargo.toml"), read(".ci/run"));
    let targets = manifest.split("\n[[").filter_map(|table| table.strip_prefix("test]]"));
    let names: Vec<_> = targets
        .filter(|table| table.contains("required-features"))
        .map(|table| table.split('"').nth(1).expect("its name comes first"))
        .collect();
    assert!(names.contains(&"metrics"), "{names:?}");
    let run: BTreeSet<_> = check.split("--test ").skip(1).filter_map(|rest| rest.split_whitespace().next()).collect();
    let forgotten: Vec<_> = names.into_iter().filter(|name| !run.contains(name)).collect();
    assert!(forgotten.is_empty(), "add `--test ..` to `.ci/run` for {forgotten:?}");
}

/// On a machine where they happen to be installed, a step that comes too early fails for nobody.
#[test]
fn the_check_of_the_project_installs_programs_before_it_runs_tests() {
    let check = std::fs::read_to_string(".ci/run").expect("it is part of the repository");
    let [last_installed, first_used] =
        [check.rfind("apt-get install"), ["cargo test", "cargo run"].iter().filter_map(|run| check.find(run)).min()];
    assert!(last_installed.is_some() && last_installed < first_used, "move the installation in `.ci/run` up");
}

#[test]
fn no_module_circles() {
    each_crate(|house, limits| {
        let circles = circles::of(house);
        let rooms: usize = circles.iter().map(|circle| circle.rooms.len()).sum();
        let list: String = circles.iter().map(Circle::to_string).collect();
        check("rooms in circles of modules", rooms, limits.rooms_in_circles, &list)
    });
}

#[test]
fn no_type_name_is_defined_twice() {
    each_crate(|house, limits| {
        let twice = items::defined_twice(house);
        let list: String = twice.iter().map(|(name, places)| duplicate(name, places)).collect();
        check("type names defined twice", twice.len(), limits.type_names_defined_twice, &list)
    });
}

#[test]
fn comments_on_private_items_are_rare() {
    each_crate(|house, limits| {
        let comments = Comments::of(house);
        let limit = limits.private_comments_per_thousand;
        let list = comments.densest_files(12);
        check("comment lines on private items for 1,000 lines of code", comments.private_per_thousand(), limit, &list)
    });
}

/// Runs one check on each crate, and reports the failures of all together.
fn each_crate(check: impl Fn(&Crate, &Limits) -> Result<(), String>) {
    let failures: Vec<String> = CRATES
        .into_iter()
        .zip(&LIMITS)
        .filter_map(|(name, limits)| {
            let house = Crate::read(name);
            check(&house, limits).err().map(|failure| format!("{name}: {failure}"))
        })
        .collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn check(subject: &str, found: usize, limit: usize, list: &str) -> Result<(), String> {
    if found > limit { Err(format!("{subject}: {found}, the limit is {limit}\n{list}")) } else { Ok(()) }
}

fn duplicate(name: &str, places: &[Definition]) -> String {
    let places: Vec<String> = places.iter().map(|place| format!("      {}\n", place.location)).collect();
    format!("   {name}\n{}", places.concat())
}

fn figures_of(house: &Crate) -> String {
    let comments = Comments::of(house);
    let circles = circles::of(house);
    let rooms: BTreeSet<&str> = house.rooms().collect();
    let duplicates = items::defined_twice(house);
    let names: Vec<&str> = duplicates.iter().map(|(name, _)| name.as_str()).collect();
    let longest_file = house.files.iter().max_by_key(|file| file.lines()).expect("a crate has a file");
    let longest_function = items::functions(house).into_iter().max_by_key(|function| function.lines);
    let longest_function = longest_function.expect("a crate has a function");
    let list: String = circles.iter().map(Circle::to_string).collect();
    format!(
        "{name}
   lines: {lines} in {files} files, {code} of them code, without tests
   rooms: {rooms}, in circles: {circled}, circles: {circles}
   type names defined twice: {twice} of {types} {names:?}
   comment lines for 100 lines of code: {private:.1} on private items, {all:.1} on all
   longest file: {file_lines} lines, {file}
   longest function: {function_lines} lines, {function}
   names in private.rs: {private_names}
{list}",
        name = house.name,
        lines = house.lines(),
        files = house.files.len(),
        code = comments.code(),
        rooms = rooms.len(),
        circled = circles.iter().map(|circle| circle.rooms.len()).sum::<usize>(),
        circles = circles.len(),
        twice = duplicates.len(),
        types = items::type_names(house),
        private = comments.private_per_hundred(),
        all = comments.all_per_hundred(),
        file_lines = longest_file.lines(),
        file = longest_file.path,
        function_lines = longest_function.lines,
        function = longest_function.location,
        private_names = items::names_for_generated_code(house),
    )
}
