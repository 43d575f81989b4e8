//! Random calls, drops, waits and invalidations, compared with a small model of the cache.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience::cached;
use tokio::time::{advance, sleep};

use crate::common::{Answer, Random, TestError, Watchdog, secs};

const KEYS: u32 = 3;
const TTL: u64 = 5;

/// What the given run of a body does: it takes this many seconds, and then ends like this.
fn run(seed: u64, number: u32) -> (u64, Answer) {
    let mut random = Random::new(seed << 20 ^ u64::from(number));
    let time = 1 + random.below(4);
    let answer = match random.below(8) {
        0..4 => Ok(number),
        4..7 => Err(TestError::Transient),
        _ => Err(TestError::Permanent),
    };
    (time, answer)
}

/// The runs of bodies.
struct Bodies {
    seed: u64,
    begun: Cell<u32>,
}

impl Bodies {
    async fn run(&self) -> Answer {
        self.begun.set(self.begun.get() + 1);
        let (time, answer) = run(self.seed, self.begun.get());
        sleep(secs(time)).await;
        answer
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Windows {
    revalidate: u64,
    if_error: u64,
    negative: u64,
}

#[derive(Debug, Clone)]
struct Entry {
    answer: Answer,
    expires: u64,
}

#[derive(Debug)]
struct Load {
    key: u32,
    ends: u64,
    answer: Answer,
    leader: u32,
    /// In the order of their arrival.
    waiters: Vec<u32>,
    is_detached: bool,
}

/// The cache as its documentation describes it.
#[derive(Debug, Default)]
struct Model {
    seed: u64,
    windows: Windows,
    now: u64,
    entries: HashMap<u32, Entry>,
    loads: Vec<Load>,
    begun: u32,
    answers: BTreeMap<u32, Answer>,
}

impl Model {
    fn fresh(&self, key: u32) -> Option<Answer> {
        self.entries.get(&key).filter(|entry| self.now < entry.expires).map(|entry| entry.answer.clone())
    }

    fn stale(&self, key: u32, window: u64) -> Option<Answer> {
        let is_usable = |entry: &&Entry| entry.answer.is_ok() && self.now < entry.expires + window;
        self.entries.get(&key).filter(|_| window > 0).filter(is_usable).map(|entry| entry.answer.clone())
    }

    fn call(&mut self, caller: u32, key: u32) {
        if let Some(answer) = self.fresh(key) {
            self.answers.insert(caller, answer);
        } else if let Some(pending) = self.loads.iter().position(|load| load.key == key && !load.is_detached) {
            match self.stale(key, self.windows.revalidate) {
                Some(answer) => _ = self.answers.insert(caller, answer),
                None => self.loads[pending].waiters.push(caller),
            }
        } else {
            let load = self.begin(caller, key);
            self.loads.push(load);
        }
    }

    fn begin(&mut self, leader: u32, key: u32) -> Load {
        self.begun += 1;
        let (time, answer) = run(self.seed, self.begun);
        Load { key, ends: self.now + time, answer, leader, waiters: Vec::new(), is_detached: false }
    }

    fn drop_call(&mut self, caller: u32) {
        for load in &mut self.loads {
            load.waiters.retain(|waiter| *waiter != caller);
        }
        let Some(led) = self.loads.iter().position(|load| load.leader == caller) else { return };
        let load = self.loads.remove(led);
        // One of them leads next, and the others wait for it.
        load.waiters.into_iter().for_each(|waiter| self.call(waiter, load.key));
    }

    fn forget(&mut self, is_meant: impl Fn(u32) -> bool) {
        self.entries.retain(|key, _| !is_meant(*key));
        self.loads.iter_mut().filter(|load| is_meant(load.key)).for_each(|load| load.is_detached = true);
    }

    fn wait_a_second(&mut self) {
        self.now += 1;
        self.loads.sort_by_key(|load| load.leader);
        while let Some(ended) = self.loads.iter().position(|load| load.ends <= self.now) {
            let Load { key, answer, leader, waiters, is_detached, .. } = self.loads.remove(ended);
            let Windows { revalidate, if_error, negative } = self.windows;
            let lives = match &answer {
                Ok(_) => TTL,
                Err(TestError::Permanent) => negative,
                Err(_) => 0,
            };
            let answer = match lives {
                0 => self.stale(key, revalidate.max(if_error)).unwrap_or(answer),
                _ => answer,
            };
            if lives > 0 && !is_detached {
                self.entries.insert(key, Entry { answer: answer.clone(), expires: self.now + lives });
            }
            self.answers.extend([leader].into_iter().chain(waiters).map(|caller| (caller, answer.clone())));
        }
    }
}

type Call<'a> = Pin<Box<dyn Future<Output = Answer> + 'a>>;

/// Polls the calls in their order until nothing changes.
fn poll_all(calls: &mut BTreeMap<u32, Call<'_>>, answers: &mut BTreeMap<u32, Answer>) {
    loop {
        let before = calls.len();
        calls.retain(|caller, call| match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => {
                answers.insert(*caller, answer);
                false
            }
            Poll::Pending => true,
        });
        if calls.len() == before {
            return;
        }
    }
}

async fn compare<'a>(
    (name, seed): (&str, u64),
    windows: Windows,
    bodies: &'a Bodies,
    call: impl Fn(u64, u32, &'a Bodies) -> Call<'a>,
) {
    let mut random = Random::new(seed);
    let mut model = Model { seed, windows, ..Model::default() };
    let (mut calls, mut answers) = (BTreeMap::new(), BTreeMap::new());
    for step in 0..200_u32 {
        let key = u32::try_from(random.below(KEYS.into())).unwrap_or_default();
        match random.below(12) {
            0..6 => {
                calls.insert(step, call(seed, key, bodies));
                model.call(step, key);
            }
            6..8 => {
                let chosen = usize::try_from(random.below(10)).unwrap_or_default();
                if let Some(caller) = calls.keys().nth(chosen).copied() {
                    drop(calls.remove(&caller));
                    model.drop_call(caller);
                }
            }
            8 if random.below(4) == 0 => {
                let Some(cache) = resilience::Cache::named(name) else { continue };
                if random.below(3) == 0 {
                    cache.clear();
                    model.forget(|_| true);
                } else {
                    assert!(cache.invalidate(&(seed, key)).is_ok());
                    model.forget(|forgotten| forgotten == key);
                }
            }
            _ => {
                advance(Duration::from_secs(1)).await;
                model.wait_a_second();
            }
        }
        poll_all(&mut calls, &mut answers);
        assert_eq!(answers, model.answers, "{name}, seed {seed}, step {step}");
        assert_eq!(bodies.begun.get(), model.begun, "{name}, seed {seed}, step {step}");
    }
    for _ in 0..5 {
        advance(Duration::from_secs(1)).await;
        model.wait_a_second();
        poll_all(&mut calls, &mut answers);
    }
    assert!(calls.is_empty() && answers == model.answers, "{name}, seed {seed}: a call is left over");
}

/// BUG-E13, BUG-E17.
#[tokio::test(start_paused = true)]
async fn random_histories_agree_with_a_model_of_the_cache() {
    let _watchdog = Watchdog::start();
    #[cached(name = "model: ttl", key = (seed, key), ttl = 5)]
    async fn ttl(seed: u64, key: u32, bodies: &Bodies) -> Answer {
        bodies.run().await
    }
    #[cached(name = "model: error", key = (seed, key), ttl = 5, stale_if_error = "6s")]
    async fn if_error(seed: u64, key: u32, bodies: &Bodies) -> Answer {
        bodies.run().await
    }
    #[cached(name = "model: revalidate", key = (seed, key), ttl = 5, stale_while_revalidate = "4s")]
    async fn revalidate(seed: u64, key: u32, bodies: &Bodies) -> Answer {
        bodies.run().await
    }
    #[cached(
        name = "model: all", key = (seed, key), ttl = 5, stale_while_revalidate = "3s", stale_if_error = "8s",
        negative_ttl = "2s", when = |answer| *answer != Err(TestError::Transient)
    )]
    async fn all(seed: u64, key: u32, bodies: &Bodies) -> Answer {
        bodies.run().await
    }

    tokio::task::unconstrained(async {
        for seed in 0..60 {
            let bodies = [(); 4].map(|()| Bodies { seed, begun: Cell::new(0) });
            let none = Windows::default();
            compare(("model: ttl", seed), none, &bodies[0], |seed, key, bodies| Box::pin(ttl(seed, key, bodies))).await;
            let windows = Windows { if_error: 6, ..none };
            let call = |seed, key, bodies| -> Call<'_> { Box::pin(if_error(seed, key, bodies)) };
            compare(("model: error", seed), windows, &bodies[1], call).await;
            let windows = Windows { revalidate: 4, ..none };
            let call = |seed, key, bodies| -> Call<'_> { Box::pin(revalidate(seed, key, bodies)) };
            compare(("model: revalidate", seed), windows, &bodies[2], call).await;
            let windows = Windows { revalidate: 3, if_error: 8, negative: 2 };
            let call = |seed, key, bodies| -> Call<'_> { Box::pin(all(seed, key, bodies)) };
            compare(("model: all", seed), windows, &bodies[3], call).await;
        }
    })
    .await;
}
