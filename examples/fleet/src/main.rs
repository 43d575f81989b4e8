//! Four processes of one service that share a limit, a cache, a breaker and a bulkhead, and an engine that fails.
//!
//! ```text
//! cargo run --manifest-path examples/fleet/Cargo.toml --target-dir target
//! ```
//!
//! `service` is the service, and the code to copy. `child` sends it the load of one process. `parent` starts the
//! processes, the engine and the `upstream`, and injects faults. `report` checks the results, and `picture` draws them.

mod child;
mod parent;
mod picture;
mod report;
mod service;
#[path = "../../llm_gateway/svg.rs"]
mod svg;
mod upstream;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};

use report::Report;

const USAGE: &str = "usage: fleet [--seconds N] [--seed N] [--picture PATH]

  --seconds N     how long the run takes (30)
  --seed N        which calls come (7)
  --picture PATH  where the picture goes (target/fleet.svg)";

struct Arguments {
    length: Duration,
    seed: u64,
    picture: PathBuf,
    /// The arguments of a process that the parent starts: its number, the engine and the upstream.
    child: (Option<usize>, Option<String>, Option<String>),
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let picture = Path::new("target").join("fleet.svg");
    let mut arguments = Arguments { length: Duration::from_secs(30), seed: 7, picture, child: (None, None, None) };
    let mut given = env::args().skip(1);
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or(USAGE);
        match argument.as_str() {
            "--seconds" => arguments.length = Duration::from_secs(value()?.parse()?),
            "--seed" => arguments.seed = value()?.parse()?,
            "--picture" => arguments.picture = value()?.into(),
            "--process" => arguments.child.0 = Some(value()?.parse()?),
            "--engine" => arguments.child.1 = Some(value()?),
            "--upstream" => arguments.child.2 = Some(value()?),
            _ => return Err(USAGE.into()),
        }
    }
    if arguments.length < Duration::from_secs(12) {
        return Err("a run of less than 12 seconds leaves the faults no time".into());
    }
    Ok(arguments)
}

/// Returns the goals that were missed.
async fn run() -> Result<Vec<String>, Box<dyn Error>> {
    let Arguments { length, seed, picture, child } = arguments()?;
    if let (Some(process), Some(engine), Some(upstream)) = child {
        child::run(child::Orders { process, seed, length, engine, upstream: upstream.parse()? }).await?;
        return Ok(Vec::new());
    }
    let Some(run) = parent::run(length, seed).await? else { return Ok(Vec::new()) };
    let report = Report::of(&run);
    println!("\n{report}");
    if let Some(folder) = picture.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&picture, picture::draw(&run, &report))?;
    println!("picture: {}", picture.display());
    let missed = report.missed_goals();
    if missed.is_empty() {
        println!("all goals are met");
    } else {
        println!("missed: {}", missed.join("; "));
    }
    Ok(missed)
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(missed) if missed.is_empty() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
