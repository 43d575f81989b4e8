//! The cost of a hit beside the peers, its scaling over threads, the size of an entry, and the hit rate of the policy.
//!
//! Each round runs every row once, and the medians are reported. Only the ratios of one run are meaningful.

#![forbid(unsafe_code)]

use std::alloc::System;
use std::collections::HashMap;
use std::future::Future;
use std::hash::RandomState;
use std::hint::black_box;
use std::pin::pin;

use std::sync::{Arc, Barrier, LazyLock, Mutex};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn allocations_made() -> u64 {
    ALLOCATOR.stats().allocations as u64
}

fn live_bytes() -> u64 {
    let stats = ALLOCATOR.stats();
    (stats.bytes_allocated - stats.bytes_deallocated) as u64
}

mod ours {
    use super::{Arc, value};
    use resilience::cached;

    #[cached(max_size = 4_096)]
    pub fn number(key: u64) -> u64 {
        key + 1
    }
    #[cached(max_size = 4_096, ttl = 3_600)]
    pub fn number_ttl(key: u64) -> u64 {
        key + 1
    }
    #[cached(max_size = 4_096)]
    pub async fn number_later(key: u64) -> u64 {
        key + 1
    }
    #[cached(max_size = 4_096, ttl = 3_600)]
    pub async fn number_later_ttl(key: u64) -> u64 {
        key + 1
    }
    #[cached(max_size = 4_096, ttl = 3_600)]
    pub fn prompt_ttl(prompt: &str) -> Arc<str> {
        value(prompt)
    }
    #[cached(max_size = 4_096)]
    pub fn prompt(prompt: &str) -> Arc<str> {
        value(prompt)
    }
    #[cached(name = "million", max_size = 1_100_000, ttl = 3_600)]
    pub fn million(key: u64) -> u64 {
        key
    }
    #[cached(name = "trace", max_size = 1_000)]
    pub fn trace(key: u64) -> u64 {
        key
    }
    #[cached(name = "trace by weight", weigh = |_, _| 1, max_weight = 1_000)]
    pub fn trace_by_weight(key: u64) -> u64 {
        key
    }
}

mod theirs {
    use super::{Arc, value};
    use cached::macros::{cached, concurrent_cached};

    #[cached(max_size = 4096)]
    pub fn number(key: u64) -> u64 {
        key + 1
    }
    #[cached(max_size = 4096, ttl_secs = 3600)]
    pub fn number_ttl(key: u64) -> u64 {
        key + 1
    }
    #[concurrent_cached(max_size = 4096, ttl_secs = 3600)]
    pub fn concurrent_number_ttl(key: u64) -> u64 {
        key + 1
    }
    #[cached(max_size = 4096, ttl_secs = 3600)]
    pub async fn number_later_ttl(key: u64) -> u64 {
        key + 1
    }
    #[cached(max_size = 4096, ttl_secs = 3600, key = "String", convert = { prompt.to_string() })]
    pub fn prompt_ttl(prompt: &str) -> Arc<str> {
        value(prompt)
    }
}

fn value(prompt: &str) -> Arc<str> {
    prompt.repeat(5).into()
}

/// A future that is ready at its first poll.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => unreachable!("all are hits"),
    }
}

const KEYS: u64 = 512;
const CALLS: u64 = 20_000;
const ROUNDS: usize = 41;

struct Row<'a> {
    name: &'static str,
    hit: Box<dyn Fn(u64) + Sync + 'a>,
}

fn row<'a, T>(name: &'static str, hit: impl Fn(u64) -> T + Sync + 'a) -> Row<'a> {
    Row { name, hit: Box::new(move |key| drop(black_box(hit(black_box(key))))) }
}

fn time(hit: &(dyn Fn(u64) + Sync)) -> f64 {
    time_from(0, hit)
}

fn time_from(first: u64, hit: &(dyn Fn(u64) + Sync)) -> f64 {
    let start = Instant::now();
    for call in first..first + CALLS {
        hit(call.wrapping_mul(7) % KEYS);
    }
    start.elapsed().as_nanos() as f64 / CALLS as f64
}

/// The best throughput of two threads over that of one. The second thread runs `ahead` keys ahead of the first.
///
/// On a busy machine the threads may run one after the other, so only rounds in which they overlap count.
fn scaling(hit: &(dyn Fn(u64) + Sync), ahead: u64) -> f64 {
    let alone = (0..21).map(|_| time(hit)).fold(f64::MAX, f64::min);
    let round = || {
        let (both, started) = (Barrier::new(2), Instant::now());
        let run = |first| {
            both.wait();
            let start = started.elapsed();
            let time = time_from(first, hit);
            (start, started.elapsed(), time)
        };
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(|| run(ahead));
            (run(0), other.join().expect("no hit panics"))
        });
        let overlap = one.1.min(other.1).saturating_sub(one.0.max(other.0));
        let whole = one.1.max(other.1) - one.0.min(other.0);
        (overlap * 10 >= whole * 9).then(|| one.2.max(other.2))
    };
    2.0 * alone / (0..1_000).filter_map(|_| round()).take(41).fold(f64::MAX, f64::min)
}

fn compare(title: &str, rows: &[Row<'_>]) {
    println!("\n## {title}\n\n| | ns | to the first | allocations | 2 threads |\n|---|---:|---:|---:|---:|");
    for row in rows {
        (0..3).for_each(|_| _ = time(&row.hit));
    }
    let mut times = vec![Vec::new(); rows.len()];
    for _ in 0..ROUNDS {
        for (row, times) in rows.iter().zip(&mut times) {
            times.push(time(&row.hit));
        }
    }
    for times in &mut times {
        times.sort_by(f64::total_cmp);
    }
    for (row, own) in rows.iter().zip(&times) {
        let before = allocations_made();
        time(&row.hit);
        let allocations = (allocations_made() - before) as f64 / CALLS as f64;
        let (median, first) = (own[ROUNDS / 2], times[0][ROUNDS / 2]);
        let (name, scaling) = (row.name, scaling(&row.hit, 0));
        println!("| {name} | {median:.1} | {:.2}x | {allocations:.2} | {scaling:.2}x |", median / first);
    }
}

fn hits() {
    let quick = quick_cache::sync::Cache::<u64, u64>::new(4096);
    let keyed = quick_cache::sync::Cache::<u64, u64, _, _>::with(
        4096,
        4096,
        quick_cache::UnitWeighter,
        RandomState::new(),
        quick_cache::sync::DefaultLifecycle::default(),
    );
    let papaya = papaya::HashMap::<u64, u64, foldhash::quality::RandomState>::default();
    let moka =
        moka::sync::Cache::<u64, u64>::builder().max_capacity(4096).time_to_live(Duration::from_secs(3600)).build();
    for key in 0..KEYS {
        quick.insert(key, key);
        keyed.insert(key, key);
        papaya.pin().insert(key, key);
        moka.insert(key, key);
    }
    compare(
        "A number",
        &[
            row("quick_cache get", |key| quick.get(&key)),
            row("quick_cache get, hasher of std", |key| keyed.get(&key)),
            row("papaya get, no eviction", |key| papaya.pin().get(&key).copied()),
            row("**resilience**", ours::number),
            row("**resilience**, ttl", ours::number_ttl),
            row("cached", theirs::number),
            row("cached, ttl", theirs::number_ttl),
            row("cached, concurrent, ttl", theirs::concurrent_number_ttl),
            row("moka get, ttl", |key| moka.get(&key)),
            row("reading the clock", |_| Instant::now()),
        ],
    );
    // A hit may wait for its lock; a hit of ours does not.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
    compare(
        "A number, asynchronous",
        &[
            row("**resilience**", |key| now(ours::number_later(key))),
            row("**resilience**, ttl", |key| now(ours::number_later_ttl(key))),
            row("cached, ttl", |key| runtime.block_on(theirs::number_later_ttl(key))),
            row("the runtime's `block_on` in the row above", |key| runtime.block_on(std::future::ready(key))),
        ],
    );
    let prompts: Vec<String> = (0..KEYS).map(|key| format!("{key:0200}")).collect();
    let prompt = |key: u64| &*prompts[usize::try_from(key).unwrap_or(0)];
    let map: HashMap<String, Arc<str>> = prompts.iter().map(|prompt| (prompt.clone(), value(prompt))).collect();
    compare(
        "A prompt of 200 bytes to an `Arc<str>`",
        &[
            row("HashMap of std, one thread", |key| map.get(prompt(key)).cloned()),
            row("**resilience**", |key| ours::prompt(prompt(key))),
            row("**resilience**, ttl", |key| ours::prompt_ttl(prompt(key))),
            row("cached, ttl", |key| theirs::prompt_ttl(prompt(key))),
        ],
    );
    threads(&prompts);
}

/// The cost of one entry that two threads read: its lock and, for an `Arc`, its reference count.
fn threads(prompts: &[String]) {
    let prompt = |key: u64| &*prompts[usize::try_from(key).unwrap_or(0)];
    println!("\n## Two threads\n\n| | one key | the same keys | other keys |\n|---|---:|---:|---:|");
    let papaya = papaya::HashMap::<u64, u64, foldhash::quality::RandomState>::default();
    (0..KEYS).for_each(|key| _ = papaya.pin().insert(key, key));
    let rows = [
        [row("**resilience**, a number", |_| ours::number(0)), row("", ours::number)],
        [row("**resilience**, an `Arc<str>`", |_| ours::prompt(prompt(0))), row("", |key| ours::prompt(prompt(key)))],
        [row("papaya, a number", |_| papaya.pin().get(&0).copied()), row("", |key| papaya.pin().get(&key).copied())],
    ];
    for [one, all] in &rows {
        let (one, name) = (scaling(&one.hit, 0), one.name);
        let (same, other) = (scaling(&all.hit, 0), scaling(&all.hit, KEYS / 2));
        println!("| {name} | {one:.2}x | {same:.2}x | {other:.2}x |");
    }
}

fn memory() {
    const ENTRIES: u64 = 1_000_000;
    println!(
        "\n## A million numbers\n\n| | bytes an entry | allocations an entry | ns an entry |\n|---|---:|---:|---:|"
    );
    let measure = |name: &str, fill: &dyn Fn() -> u64| {
        let (live, allocations, start) = (live_bytes(), allocations_made(), Instant::now());
        let entries = fill() as f64;
        let bytes = (live_bytes() - live) as f64 / entries;
        let (made, time) = (allocations_made() - allocations, start.elapsed().as_nanos() as f64 / entries);
        println!("| {name} | {bytes:.1} | {:.2} | {time:.0} |", made as f64 / entries);
    };
    let quick = LazyLock::new(|| quick_cache::sync::Cache::<u64, u64>::new(1_100_000));
    measure("quick_cache, no ttl", &|| {
        (0..ENTRIES).for_each(|key| quick.insert(key, key));
        quick.len() as u64
    });
    measure("**resilience**, ttl", &|| {
        (0..ENTRIES).for_each(|key| _ = black_box(ours::million(key)));
        resilience::Cache::named("million").map_or(1, |cache| cache.len() as u64)
    });
}

/// A generator whose traces are the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn zipf(exponent: f64, seed: u64) -> Vec<u64> {
    let mut sum = 0.0;
    let upto: Vec<f64> = (1..=100_000_u32)
        .map(|rank| {
            sum += f64::from(rank).powf(-exponent);
            sum
        })
        .collect();
    let mut random = Random(seed);
    (0..1_000_000)
        .map(|_| {
            let at = random.next() * sum;
            upto.partition_point(|upto| *upto < at) as u64
        })
        .collect()
}

fn ratios() {
    println!("\n## Hits of a million accesses to 100,000 keys, room for 1,000\n");
    println!("| | quick_cache | moka | **resilience** | **resilience** by weight |\n|---|---:|---:|---:|---:|");
    let numbered = |seed| zipf(1.0, seed).into_iter().zip(0_u64..);
    let traces: [(&str, Vec<u64>); 5] = [
        ("zipf 0.8", zipf(0.8, 1)),
        ("zipf 1.0", zipf(1.0, 2)),
        (
            "a third of it keys of one time",
            numbered(3).map(|(key, at)| if at % 3 == 0 { 10_000_000 + at } else { key }).collect(),
        ),
        ("a hot set that moves", numbered(4).map(|(key, at)| key + at / 100_000 * 1_000_000).collect()),
        (
            "half of it a loop over 1,500",
            numbered(5).map(|(key, at)| if at % 2 == 0 { 5_000_000 + at / 2 % 1_500 } else { key }).collect(),
        ),
    ];
    for (name, trace) in &traces {
        let count = |hit: &dyn Fn(u64) -> bool| {
            trace.iter().filter(|key| hit(**key)).count() as f64 / trace.len() as f64 * 100.0
        };
        let quick = quick_cache::sync::Cache::<u64, u64>::new(1_000);
        let quick = count(&|key| {
            quick.get(&key).is_some() || {
                quick.insert(key, key);
                false
            }
        });
        let moka = moka::sync::Cache::<u64, u64>::new(1_000);
        let moka = count(&|key| {
            moka.get(&key).is_some() || {
                moka.insert(key, key);
                false
            }
        });
        let own = |name: &str, call: fn(u64) -> u64| {
            call(u64::MAX);
            let hits = || resilience::Cache::named(name).map_or(0, |cache| cache.stats().hits);
            if let Some(cache) = resilience::Cache::named(name) {
                cache.clear();
            }
            let before = hits();
            trace.iter().for_each(|key| _ = black_box(call(*key)));
            (hits() - before) as f64 / trace.len() as f64 * 100.0
        };
        let (own, weighed) = (own("trace", ours::trace), own("trace by weight", ours::trace_by_weight));
        println!("| {name} | {quick:.1} % | {moka:.1} % | {own:.1} % | {weighed:.1} % |");
    }
}

/// The cost of a miss, without the body.
fn misses() {
    static STORE: LazyLock<Mutex<HashMap<u64, u64>>> = LazyLock::new(Mutex::default);
    println!("\n## A miss\n");
    for round in 0..3_u64 {
        let keys = round * 200_000..(round + 1) * 200_000;
        let start = Instant::now();
        keys.clone().for_each(|key| _ = black_box(ours::trace(key + (1 << 40))));
        let own = start.elapsed();
        let start = Instant::now();
        keys.clone().for_each(|key| drop(STORE.lock().map(|mut store| store.insert(key, key))));
        let map = start.elapsed();
        println!("- resilience {:?}, a map behind a lock {:?}", own / 200_000, map / 200_000);
    }
}

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let parts: [(&str, fn()); 4] = [("hits", hits), ("memory", memory), ("ratios", ratios), ("misses", misses)];
    for (name, part) in parts {
        if wanted.is_empty() || wanted == name {
            part();
        }
    }
}
