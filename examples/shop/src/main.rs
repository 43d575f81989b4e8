//! A shop on PostgreSQL, Redis and a language model, and a trial that makes all three fail for a minute.
//!
//! ```text
//! cargo run --manifest-path examples/shop/Cargo.toml --target-dir target -- --compare
//! ```
//!
//! `service` is the shop, and the code to copy. `naked` is the same without attributes. `trial` starts their
//! dependencies, sends customers, injects faults, and reports.

mod naked;
mod service;
mod trial;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};

use service::telemetry;
use trial::chart::Chart;
use trial::report::Report;
use trial::schedule::Schedule;
use trial::{Setup, Shop};

const USAGE: &str = "usage: shop [--naked | --compare] [--seconds N] [--seed N] [--port N] [--answered N]
            [--picture PATH] [--log]

  --naked         run the shop without attributes
  --compare       run both, one after the other
  --seconds N     how long a run takes (60)
  --seed N        which customers come (7)
  --port N        where the protected shop listens (any free port)
  --answered N    the percentage of requests that has to be answered (97)
  --picture PATH  where the picture goes (target/shop.svg)
  --log           print the events of the attributes";

struct Arguments {
    shops: Vec<Shop>,
    length: Duration,
    seed: u64,
    port: u16,
    answered: f64,
    picture: PathBuf,
    log: bool,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut arguments = Arguments {
        shops: vec![Shop::Protected],
        length: Duration::from_mins(1),
        seed: 7,
        port: 0,
        answered: 97.0,
        picture: Path::new("target").join("shop.svg"),
        log: false,
    };
    let mut given = env::args().skip(1);
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or(USAGE);
        match argument.as_str() {
            "--naked" => arguments.shops = vec![Shop::Naked],
            "--compare" => arguments.shops = vec![Shop::Naked, Shop::Protected],
            "--log" => arguments.log = true,
            "--seconds" => arguments.length = Duration::from_secs(value()?.parse()?),
            "--seed" => arguments.seed = value()?.parse()?,
            "--port" => arguments.port = value()?.parse()?,
            "--answered" => arguments.answered = value()?.parse()?,
            "--picture" => arguments.picture = value()?.into(),
            _ => return Err(USAGE.into()),
        }
    }
    if arguments.length < Duration::from_secs(10) {
        return Err("a run of less than 10 seconds leaves the faults no time".into());
    }
    Ok(arguments)
}

async fn run() -> Result<Vec<String>, Box<dyn Error>> {
    let Arguments { shops, length, seed, port, answered, picture, log } = arguments()?;
    let level = if log { tracing::Level::INFO } else { tracing::Level::ERROR };
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();
    let settings = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/settings.toml"));
    let setup = Setup { seed, port, settings, metrics: telemetry::metrics()? };
    let schedule = Schedule::new(length);

    let (mut runs, mut reports, mut missed) = (Vec::new(), Vec::new(), Vec::new());
    for shop in shops {
        let run = trial::run(shop, &schedule, &setup).await?;
        let report = Report::of(&run, &schedule);
        if shop == Shop::Protected {
            missed.extend(report.missed_goals(answered));
        }
        runs.push(run);
        reports.push(report);
    }

    let chart = Chart { schedule: &schedule, runs: runs.iter().zip(&reports).collect() };
    if let Some(folder) = picture.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&picture, chart.draw())?;
    println!();
    for report in &reports {
        println!("{report}");
    }
    println!("picture: {}", picture.display());
    Ok(missed)
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(missed) if missed.is_empty() => {
            println!("all goals are met");
            ExitCode::SUCCESS
        }
        Ok(missed) => {
            println!("missed: {}", missed.join("; "));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
