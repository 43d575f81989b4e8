//! The cost of each attribute on the success path and, for breakers, on the other paths, beside the naked call, a
//! hand-written lower bound and the peers.
//!
//! ```text
//! cargo run --release --features peers -- table [rounds [group..]]     nanoseconds, allocations, sizes, two threads
//! cargo run --release --features peers -- measure ROUNDS [GROUP]..     the same for `benches/report`, separated by tabs
//! cargo run --release -- list                                the rows, one per line
//! cargo run --release -- run ROW CALLS                       for an instruction counter, which counts `measured`
//! cargo run --release -- facts                               allocations and sizes, which are exact
//! cargo run --release -- expiry                              checks that a cache entry expires on time
//! ```
//!
//! The rows of a group are interleaved round by round, so that noise hits them alike. Quote ratios.

#![forbid(unsafe_code)]

mod hand;
#[cfg(feature = "peers")]
mod peers;
mod rows;

use std::alloc::System;
use std::error::Error;
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use rows::Row;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CALLS: u64 = 20_000;

/// Of two naked threads over one, or the machine is too busy to tell.
const LEAST_SCALING: f64 = 1.8;

/// The function that an instruction counter looks at.
#[inline(never)]
fn measured(row: &Row, calls: u64) {
    (row.run)(calls);
    black_box(calls);
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rows = rows::all();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => rows.iter().filter(|row| !row.is_rare).for_each(|row| println!("{}/{}", row.group, row.name)),
        ["facts"] => {
            for row in rows.iter().filter(|row| !row.is_rare) {
                let future = row.future.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string());
                println!("{}/{}\t{}\t{future}", row.group, row.name, allocations(row));
            }
        }
        ["run", name, calls] => {
            let found = rows.iter().find(|row| format!("{}/{}", row.group, row.name) == name);
            let row = found.ok_or_else(|| format!("no row `{name}`"))?;
            // The first calls create the shared state.
            (row.run)(1_000);
            measured(row, calls.parse()?);
        }
        ["expiry"] => expiry()?,
        ["table"] => table(&rows, 61, &[]),
        ["table", rounds, ref groups @ ..] => table(&rows, rounds.parse()?, groups),
        ["measure", rounds, ref groups @ ..] => measure(&rows, rounds.parse()?, groups),
        _ => {
            return Err(
                "usage: overhead table [ROUNDS [GROUP..]] | measure ROUNDS [GROUP].. | list | facts | run ROW CALLS | expiry"
                    .into(),
            );
        }
    }
    Ok(())
}

/// No test sees the coarse clock, which is left out where time can be paused. This program cannot pause time, so it checks
/// entries that expire at every point between two ticks, on both sides of the coarse clock's margin.
fn expiry() -> Result<(), String> {
    const TTL: Duration = Duration::from_millis(1300);
    static LOADS: AtomicU32 = AtomicU32::new(0);

    #[resilience::cached(ttl = TTL, key = entry)]
    fn load(entry: usize) -> u32 {
        LOADS.fetch_add(1, Ordering::Relaxed)
    }

    let mut entries: Vec<_> = (0..32)
        .map(|entry| {
            let before = Instant::now();
            let loaded = load(entry);
            let stored = Instant::now();
            std::thread::sleep(Duration::from_micros(200));
            (entry, loaded, before, stored)
        })
        .collect();
    while let Some(&(.., first)) = entries.first() {
        let mut early_or_late = None;
        entries.retain(|&(entry, loaded, before, stored)| {
            let asked = Instant::now();
            let is_kept = load(entry) == loaded;
            // Rounding of its time stamp may expire it early.
            let lived = before.elapsed() + Duration::from_nanos(128);
            if (is_kept && asked - stored >= TTL) || (!is_kept && lived < TTL) {
                early_or_late = Some(lived);
            }
            is_kept
        });
        if let Some(lived) = early_or_late {
            return Err(format!("an entry that should live for {TTL:?} has lived for {lived:?}"));
        }
        // There is no pause at the end: the coarse clock lags by a few milliseconds at most.
        if first.elapsed() < TTL - Duration::from_millis(20) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(())
}

/// The allocations per call, over a hundred calls.
fn allocations(row: &Row) -> f64 {
    (row.run)(1_000);
    let region = Region::new(ALLOCATOR);
    (row.run)(100);
    let once = region.change().allocations;
    let region = Region::new(ALLOCATOR);
    (row.run)(200);
    // Both counts include the task of the runtime.
    (region.change().allocations.saturating_sub(once)) as f64 / 100.0
}

fn is_chosen(row: &Row, chosen: &[&str]) -> bool {
    chosen.is_empty() || chosen.contains(&row.group)
}

/// Of the named groups, or of all.
fn groups(rows: &[Row], chosen: &[&str]) -> Vec<&'static str> {
    let mut groups: Vec<&str> = rows.iter().filter(|row| is_chosen(row, chosen)).map(|row| row.group).collect();
    groups.dedup();
    groups
}

/// The rows of a group, each with its median of nanoseconds a call.
fn times<'a>(rows: &'a [Row], group: &str, rounds: usize) -> Vec<(&'a Row, f64)> {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.group == group).collect();
    let mut times = vec![Vec::with_capacity(rounds); rows.len()];
    for round in 0..=rounds {
        for turn in 0..rows.len() {
            let index = (turn + round) % rows.len();
            let row = rows[index];
            let start = thread_time();
            measured(row, row.calls(CALLS));
            // The first round warms up.
            if round > 0 {
                times[index].push((thread_time() - start).as_secs_f64() * 1e9 / row.calls(CALLS) as f64);
            }
        }
    }
    rows.into_iter().zip(times.into_iter().map(median)).collect()
}

fn scalings<'a>(rows: &'a [Row], rounds: usize, chosen: &[&str]) -> impl Iterator<Item = (&'a Row, Option<f64>)> {
    rows.iter().filter(move |row| row.scales && is_chosen(row, chosen)).map(move |row| {
        let naked = rows.iter().find(|naked| naked.group == row.group).unwrap_or(row);
        (row, scaling(row, naked, rounds))
    })
}

fn table(rows: &[Row], rounds: usize, chosen: &[&str]) {
    for group in groups(rows, chosen) {
        println!("\n{group:<14}{:>34}{:>10}{:>12}{:>10}{:>10}", "", "ns/call", "over naked", "allocs", "future B");
        let times = times(rows, group, rounds);
        let naked = times.first().map_or(0.0, |(_, nanos)| *nanos);
        for (row, nanos) in times {
            let future = row.future.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string());
            let over = nanos - naked;
            println!("{:<48}{nanos:>10.2}{over:>12.2}{:>10}{future:>10}", row.name, allocations(row));
        }
    }
    println!("\ntwo threads: throughput over that of one");
    for (row, ratio) in scalings(rows, rounds, chosen) {
        let times = ratio.map_or_else(|| "discarded".to_owned(), |ratio| format!("{ratio:.2}x"));
        println!("{:<56}{times:>12}", format!("{}/{}", row.group, row.name));
    }
}

fn measure(rows: &[Row], rounds: usize, chosen: &[&str]) {
    for group in groups(rows, chosen) {
        for (row, nanos) in times(rows, group, rounds) {
            let future = row.future.map_or_else(String::new, |bytes| bytes.to_string());
            println!("time\t{group}\t{}\t{nanos:.3}\t{}\t{future}", row.name, allocations(row));
        }
    }
    for (row, ratio) in scalings(rows, rounds, chosen) {
        let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.3}"));
        println!("threads\t{}\t{}\t{ratio}", row.group, row.name);
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// The processor time of this thread, which neighbours change little and waiting does not change.
fn thread_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(now).unwrap_or_default()
}

/// The throughput of two threads on one object, over that of one thread. Each thread has a core of its own, and a round
/// in which the naked call does not scale either is discarded.
fn scaling(row: &Row, naked: &Row, rounds: usize) -> Option<f64> {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let timed = |row: &Row, threads: usize| {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let core = cores.get(thread).copied();
                scope.spawn(move || {
                    core.map(core_affinity::set_for_current);
                    (row.run)(CALLS * 10);
                });
            }
        });
        start.elapsed().as_secs_f64()
    };
    let ratio = |row| 2.0 * timed(row, 1) / timed(row, 2);
    let ratios: Vec<f64> = (0..rounds.min(21)).filter(|_| ratio(naked) >= LEAST_SCALING).map(|_| ratio(row)).collect();
    if ratios.is_empty() { None } else { Some(median(ratios)) }
}
