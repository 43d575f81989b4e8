//! Any sequence of reloads loses no permit, no debt and no entry, and admits nothing that neither the old nor
//! the new settings admit.

#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small random numbers")]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use resilience::config::{load_toml, set};
use resilience::testing::ManualClock;
use resilience::{Bulkhead, BulkheadSnapshot, Cache, RateLimiter, RetryBudget, bulkhead, cached, rate_limit, retry};
use tokio::sync::oneshot;

use crate::common::{Answer, Random, TestError, Watchdog};
use crate::{Calls, alone};

/// Answers when the other end says so.
#[bulkhead(max = 3, queue = 2, config = "modelled")]
async fn held(end: oneshot::Receiver<()>) -> Answer {
    let _ended = end.await;
    Ok(1)
}

/// A bulkhead as its documentation describes it.
#[derive(Debug, Default, PartialEq)]
struct Model {
    inside: VecDeque<u32>,
    waiting: VecDeque<u32>,
    rejected: u64,
}

impl Model {
    fn enter(&mut self, call: u32, max: u32, queue: u32) {
        if self.inside.len() < max as usize {
            self.inside.push_back(call);
        } else if self.waiting.len() < queue as usize {
            self.waiting.push_back(call);
        } else {
            self.rejected += 1;
        }
    }

    fn admit(&mut self, max: u32) {
        while self.inside.len() < max as usize {
            let Some(call) = self.waiting.pop_front() else { return };
            self.inside.push_back(call);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_under_reloads_does_what_the_model_does() {
    let _alone = alone();
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let (mut model, mut calls, mut ends) = (Model::default(), Vec::new(), Vec::new());
        let (mut max, mut queue, mut rejected_before) = (3, 2, None);
        assert_eq!(load_toml(""), Ok(()));
        for step in 0..200 {
            match random.below(8) {
                0..=3 => {
                    let (end, receiver) = oneshot::channel();
                    model.enter(u32::try_from(calls.len()).expect("few calls"), max, queue);
                    calls.push(tokio::spawn(held(receiver)));
                    ends.push(Some(end));
                }
                4..=5 => {
                    let ended = (random.below(16) as usize) % model.inside.len().max(1);
                    if let Some(call) = model.inside.remove(ended) {
                        model.admit(max);
                        drop(ends[call as usize].take());
                    }
                }
                6 => {
                    // A waiting call that is dropped.
                    let left = (random.below(16) as usize) % model.waiting.len().max(1);
                    if let Some(call) = model.waiting.remove(left) {
                        calls[call as usize].abort();
                    }
                }
                _ => {
                    (max, queue) = (1 + random.below(6) as u32, random.below(4) as u32);
                    let text = format!("[modelled.bulkhead]\nmax = {max}\nqueue = {queue}\n");
                    assert_eq!(load_toml(&text), Ok(()));
                    model.admit(max);
                }
            }
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
            let Some(bulkhead) = Bulkhead::named("config::property::held") else { continue };
            let BulkheadSnapshot { in_flight, waiting, rejected, .. } = bulkhead.snapshot();
            let before = *rejected_before.get_or_insert(rejected - model.rejected);
            let seen = (in_flight as usize, waiting as usize, rejected - before);
            assert_eq!(seen, (model.inside.len(), model.waiting.len(), model.rejected), "seed {seed}, step {step}");
        }
        drop(ends);
        for call in calls {
            let _end = call.await;
        }
        let after = Bulkhead::named("config::property::held").expect("called").snapshot();
        assert_eq!((after.in_flight, after.waiting), (0, 0), "seed {seed}: no permit is lost");
    }
}

#[test]
fn a_bulkhead_under_load_from_threads_never_exceeds_any_limit_and_loses_no_permit() {
    #[bulkhead(max = 4, queue = 3, config = "loaded")]
    fn call(now: &AtomicU32, most: &AtomicU32) -> Answer {
        most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
        thread::yield_now();
        now.fetch_sub(1, SeqCst);
        Ok(1)
    }
    let _alone = alone();
    let _watchdog = Watchdog::start();
    let (now, most, is_over) = (AtomicU32::new(0), AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !is_over.load(SeqCst) {
                    let _answer = call(&now, &most);
                }
            });
        }
        let mut random = Random::new(7);
        for _ in 0..300 {
            let (max, queue) = (1 + random.below(6), random.below(4));
            assert_eq!(load_toml(&format!("[loaded.bulkhead]\nmax = {max}\nqueue = {queue}\n")), Ok(()));
        }
        is_over.store(true, SeqCst);
    });
    assert!(most.load(SeqCst) <= 6, "{most:?}");
    assert_eq!(call(&now, &most), Ok(1));
    let name = "config::property::a_bulkhead_under_load_from_threads_never_exceeds_any_limit_and_loses_no_permit::call";
    let found = resilience::snapshot().bulkheads.into_iter().find(|one| one.name.ends_with("call") || one.name == name);
    let after = found.expect("called");
    assert_eq!((after.in_flight, after.waiting), (0, 0), "{}", after.name);
}

#[test]
fn a_rate_limit_under_reloads_keeps_its_debt_in_calls() {
    #[rate_limit(name = "modelled limit", max = 5, per = "1s", burst = 5)]
    fn call() -> Answer {
        Ok(1)
    }
    let _alone = alone();
    let clock = ManualClock::install();
    for seed in 0..60 {
        let mut random = Random::new(seed);
        assert_eq!(load_toml(""), Ok(()));
        let _first = call();
        RateLimiter::named("modelled limit").expect("called");
        resilience::testing::reset();
        // The calls ahead of the rate, and how fast they are forgotten.
        let (mut debt, mut max, mut per, mut burst) = (0.0_f64, 5_u32, 1_000_u64, 5_u32);
        for step in 0..300 {
            match random.below(10) {
                0..=5 => {
                    let room = f64::from(burst) - debt;
                    let admitted = call().is_ok();
                    if (room - 1.0).abs() > 1e-6 {
                        assert_eq!(admitted, room > 1.0, "seed {seed}, step {step}: room for {room}");
                    }
                    debt += f64::from(u8::from(admitted));
                }
                6..=8 => {
                    let millis = random.below(400);
                    clock.advance(Duration::from_millis(millis));
                    debt = (debt - millis as f64 * f64::from(max) / per as f64).max(0.0);
                }
                _ => {
                    (max, per) = (1 + random.below(20) as u32, 500 + random.below(3_000));
                    burst = 1 + random.below(8) as u32;
                    let text =
                        format!("[\"modelled limit\".rate_limit]\nmax = {max}\nper_ms = {per}\nburst = {burst}\n");
                    assert_eq!(load_toml(&text), Ok(()));
                }
            }
        }
    }
}

#[test]
fn a_cache_and_a_budget_under_reloads_lose_nothing() {
    #[cached(name = "modelled cache", ttl = "1h", max_size = 1000, skip(calls))]
    fn load(key: u32, calls: &Calls) -> u32 {
        calls.add();
        key
    }
    #[retry(max = 3, backoff = "none", budget = "modelled budget", config = "modelled retry")]
    fn failing(calls: &Calls) -> Answer {
        calls.add();
        Err(TestError::Transient)
    }
    let _alone = alone();
    let (loads, calls, mut random) = (Calls::default(), Calls::default(), Random::new(3));
    for key in 0..50 {
        assert_eq!(load(key, &loads), key);
    }
    assert_eq!(loads.take(), 50);
    let nothing = "[\"modelled budget\".budget]\nratio = 0\nmin_per_second = 0\n";
    assert_eq!(load_toml(&format!("{nothing}capacity = 100")), Ok(()));
    let mut spent = 0;
    for _ in 0..60 {
        let (size, capacity) = (200 + random.below(5_000), 50 + random.below(100));
        let text = format!(
            "{nothing}capacity = {capacity}\n[\"modelled cache\".cached]\nmax_size = {size}\nttl = \"{}m\"\n\
             [\"modelled retry\".retry]\nmax = {}",
            1 + random.below(90),
            1 + random.below(3),
        );
        assert_eq!(load_toml(&text), Ok(()));
        assert!(failing(&calls).is_err());
        spent += calls.take() - 1;
        let left = RetryBudget::named("modelled budget").expect("called").snapshot().available;
        assert_eq!(u64::from(left), capacity.saturating_sub(u64::from(spent)), "no retry is forgotten");
        assert_eq!(Cache::named("modelled cache").expect("called").len(), 50);
        for key in 0..50 {
            assert_eq!(load(key, &loads), key);
        }
        assert_eq!(loads.take(), 0, "no entry is lost");
    }
    assert_eq!(set("modelled cache.cached.max_size", 10), Ok(()));
    assert!(Cache::named("modelled cache").expect("called").len() <= 10);
}
