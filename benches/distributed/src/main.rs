//! Shared limits and caches beside their alternatives, in one run.

mod alternatives;
mod border;
mod measure;
mod shared;
mod table;

use std::process::ExitCode;

use alternatives::Alternatives;
use measure::{Row, rounds};

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/distributed.md");

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let Some(server) = services::Redis::start(&[]) else { return ExitCode::FAILURE };
    shared::connect(&server.url()).await;
    let others: &'static Alternatives = Box::leak(Box::new(Alternatives::connect(&server.url()).await));
    let limits = [
        Row::new("`INCR`, and `EXPIRE` for the first", move || others.count()),
        Row::new("`throttle-kit` 2.1.2", move || others.throttle()),
        Row::new("`#[rate_limit(store)]`", shared::limited),
        Row::new("with `lease = 10`", shared::limited_by_10),
        Row::new("with `lease = 1_000`", shared::limited_by_1_000),
    ];
    let caches = [
        Row::new("`GET` of 1 kB", move || others.get()),
        Row::new("`cached` 4.1.0, its Redis store", move || others.cached()),
        Row::new("`#[cached(store)]`, far", shared::far_hit),
        Row::new("`#[cached(store)]`, near", shared::near_hit),
    ];
    shared::fill().await;
    others.fill().await;
    let groups = [rounds(&limits).await, rounds(&caches).await];
    let borders = [
        ("`INCR` and `EXPIRE`", border::admitted(|| others.count_at_border()).await),
        ("`throttle-kit` 2.1.2", border::admitted(|| others.throttle_at_border()).await),
        ("`#[rate_limit(store)]`", border::admitted(shared::at_border).await),
        ("with `burst = 10`", border::admitted(shared::at_border_with_small_burst).await),
    ];
    shared::check();
    let table = table::of(&groups, &borders);
    println!("{table}");
    if std::env::args().any(|argument| argument == "--write") {
        table::write(GUIDE, &table);
    }
    ExitCode::SUCCESS
}
