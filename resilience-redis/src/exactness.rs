//! The scripts of windows against exact arithmetic, at times of the test's choice.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Value};
use resilience::store::{
    Charge, Charged, LeaseRequest, Leased, OwnedWindow, Probe, SharedState, SharedStore, SharedWindow, StateKey, Update,
};
use resilience::testing::{FakeEngine, FakeStore, ManualClock};
use services::Redis as Server;

use crate::call::Call;
use crate::rate::LONGEST;
use crate::{request, update};

const NAMES: [&str; 3] = ["one", "two", "three"];

/// A generator for repeatable sequences (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end.max(1)
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        let index = self.below(choices.len() as u64);
        choices[usize::try_from(index).expect("a small number")]
    }

    fn window(&mut self, name: &'static str) -> SharedWindow<'static> {
        let key = StateKey { state: SharedState::RateLimit, name, variant: "", hash: None };
        let max = match self.below(3) {
            0 => 1 + self.below(10),
            1 => self.one_of(&[7, 97, 1_009, 65_537, 999_983]),
            _ => 1 + self.below(3_000_000_000),
        };
        let nanos = [1_000, 7_919, 1_000_000, 1_000_000_007, 60_000_000_000, 86_400_000_000_000];
        let per = Duration::from_nanos(self.one_of(&nanos));
        SharedWindow { key, max, per, burst: 1 + self.below(20_000) }
    }
}

/// Both engines, at one time.
struct Engines {
    redis: MultiplexedConnection,
    fake: FakeEngine,
    store: &'static FakeStore,
    now: u64,
    /// Stops when it is dropped.
    _server: Server,
    _clock: ManualClock,
}

impl Engines {
    /// `None` on a machine without Redis.
    async fn start() -> Option<Self> {
        let server = Server::start(&[])?;
        let client = Client::open(server.url()).expect("a URL");
        // A busy machine answers late.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let redis = client.get_multiplexed_async_connection_with_config(&config).await.expect("a connection");
        let (fake, store) = (FakeEngine::new(), Box::leak(Box::new(FakeStore::new("shop"))));
        store.connect(&fake);
        let now = 1_796_000_000_000_000;
        Some(Self { redis, fake, store, now, _server: server, _clock: ManualClock::install() })
    }

    async fn run(&mut self, call: &Call<'_>) -> Value {
        let Call::Script { script, keys, arguments } = call else { panic!("a script: {call:?}") };
        // The clock is the test's, and nothing ends by the clock of the engine.
        let text = script.text.replace("redis.call('TIME')", "{ ARGV[#ARGV - 1], ARGV[#ARGV] }");
        let text = text.replace(", 'PX', time)", ")");
        assert!(!text.contains("TIME") && !text.contains("PX"), "{text}");
        let mut command = redis::cmd("EVAL");
        command.arg(text).arg(keys.len()).arg(keys);
        for argument in arguments {
            argument.write(&mut command);
        }
        command.arg(self.now / 1_000_000).arg(self.now % 1_000_000);
        command.query_async(&mut self.redis).await.expect("an answer")
    }

    fn advance(&mut self, micros: u64) {
        self.now += micros;
        self.fake.advance(Duration::from_micros(micros));
    }

    async fn charge(&mut self, charge: &Charge<'_>) -> [Charged; 2] {
        let exact = self.store.charge(charge).await.expect("an answer");
        let call = request::charge("shop", charge).expect("a window of the script");
        let Some(call) = call else { return [exact, Charged::Rejected { wait: Duration::MAX }] };
        let answer = self.run(&call).await;
        [exact, request::charged(charge, &answer).expect("an answer")]
    }

    async fn settle(&mut self, window: &OwnedWindow, units: i64) {
        self.store.update(Update::Settle { window: window.clone(), units });
        self.run(&request::settle("shop", &window.borrow(), units).expect("a window of the script")).await;
    }

    async fn hold(&mut self, window: &OwnedWindow, time: Duration) {
        self.store.update(Update::Hold { window: window.clone(), time });
        self.run(&request::hold("shop", &window.borrow(), time).expect("a window of the script")).await;
    }

    async fn forget(&mut self) {
        self.fake.flush();
        redis::cmd("FLUSHALL").exec_async(&mut self.redis).await.expect("an answer");
    }
}

/// The script answers in whole microseconds.
fn rounded_up(charged: Charged) -> Charged {
    let round = |wait: Duration| match u64::try_from(wait.as_nanos().div_ceil(1_000)) {
        Ok(micros) if wait != Duration::MAX => Duration::from_micros(micros),
        _ => Duration::MAX,
    };
    match charged {
        Charged::Passed { units, wait } => Charged::Passed { units, wait: round(wait) },
        Charged::Rejected { wait } => Charged::Rejected { wait: round(wait) },
    }
}

#[tokio::test]
async fn the_scripts_decide_as_exact_arithmetic_does() {
    let Some(mut engines) = Engines::start().await else { return };
    let mut random = Random(0x5eed_cafe_f00d_beef);
    let (mut at_once, mut waiting, mut rejected) = (0, 0, 0);
    for run in 0..60 {
        engines.forget().await;
        let count = usize::try_from(1 + random.below(3)).expect("a small number");
        let windows: Vec<_> = NAMES[..count].iter().map(|name| random.window(name)).collect();
        let burst = windows.iter().map(|window| window.burst).min().unwrap_or(1);
        for step in 0..40 {
            let at = format!("run {run}, step {step}: {windows:?}");
            let window: OwnedWindow = random.one_of(&windows).into();
            let unit = u64::try_from(window.per.as_micros()).expect("a small number") / window.max + 1;
            match random.below(12) {
                0 | 1 => engines.advance(random.below(unit * 3)),
                2 => engines.advance(random.below(unit * burst)),
                3 => {
                    let units = i64::try_from(random.below(2 * burst)).expect("a small number");
                    engines.settle(&window, units - i64::try_from(burst).expect("a small number")).await;
                }
                4 => engines.hold(&window, Duration::from_micros(random.below(unit * burst))).await,
                _ => {
                    let patience = random.one_of(&[0, 0, unit, unit * burst, 1 << 50]);
                    let patience = Duration::from_micros(if patience == 0 { 0 } else { random.below(patience) });
                    let most = random.one_of(&[1, 2, burst + 2]);
                    let charge = Charge {
                        windows: &windows,
                        units: random.below(most + 1),
                        patience,
                        lease: random.one_of(&[0, 0, 0, burst / 2, u64::MAX]),
                    };
                    let [exact, script] = engines.charge(&charge).await;
                    assert_eq!(script, rounded_up(exact), "{at}: {charge:?}");
                    match script {
                        Charged::Passed { wait: Duration::ZERO, .. } => at_once += 1,
                        Charged::Passed { .. } => waiting += 1,
                        Charged::Rejected { .. } => rejected += 1,
                    }
                }
            }
        }
    }
    assert!(at_once > 200 && waiting > 100 && rejected > 200, "{at_once}, {waiting}, {rejected}");
}

#[tokio::test]
async fn a_window_whose_rate_changes_keeps_what_has_passed() {
    /// A change rounds up to a microsecond, and the largest rate here is four times the smallest.
    const ROUNDED: Duration = Duration::from_micros(100);
    let Some(mut engines) = Engines::start().await else { return };
    let mut random = Random(0x5eed_cafe_f00d_beef);
    let (mut passed, mut rejected, mut differ) = (0, 0, 0);
    for run in 0..60 {
        engines.forget().await;
        let mut window = SharedWindow { per: Duration::from_secs(60), ..random.window("one") };
        for step in 0..40 {
            if step % 8 == 0 {
                window.max = 50 + random.below(150);
                window.burst = 1 + random.below(200);
            }
            match random.below(8) {
                0 => engines.advance(random.below(2_000_000)),
                1 => engines.settle(&window.into(), random.below(40).cast_signed() - 20).await,
                2 if step % 3 == 0 => {
                    engines.hold(&window.into(), Duration::from_micros(random.below(4_000_000))).await;
                }
                _ => {
                    let units = random.below(window.burst.min(20) + 1);
                    let charge = Charge { windows: &[window], units, patience: Duration::ZERO, lease: 0 };
                    let answers = engines.charge(&charge).await;
                    let waits = answers.map(|(Charged::Passed { wait, .. } | Charged::Rejected { wait })| wait);
                    let at = format!("run {run}, step {step}: {charge:?}, {answers:?}");
                    assert!(waits[0].abs_diff(waits[1]) <= ROUNDED, "{at}");
                    match answers {
                        [Charged::Passed { .. }, Charged::Passed { .. }] => passed += 1,
                        [Charged::Rejected { .. }, Charged::Rejected { .. }] => rejected += 1,
                        _ => {
                            differ += 1;
                            break;
                        }
                    }
                }
            }
        }
    }
    assert!(passed > 200 && rejected > 200 && differ < 10, "{passed}, {rejected}, {differ}");
}

fn one_a_second() -> SharedWindow<'static> {
    let key = StateKey { state: SharedState::RateLimit, name: "one", variant: "", hash: None };
    SharedWindow { key, max: 1, per: Duration::from_secs(1), burst: 1 }
}

#[tokio::test]
async fn a_turn_at_the_very_end_of_the_patience_is_taken() {
    let Some(mut engines) = Engines::start().await else { return };
    let wait = Duration::from_secs(1);
    let (passed, rejected) = (Charged::Passed { units: 1, wait }, Charged::Rejected { wait });
    for (patience, expected) in [(wait, passed), (wait.saturating_sub(Duration::from_micros(1)), rejected)] {
        engines.forget().await;
        let charge = Charge { windows: &[one_a_second()], units: 1, patience, lease: 0 };
        engines.charge(&charge).await;
        assert_eq!(engines.charge(&charge).await, [expected; 2], "{patience:?}");
    }
}

/// Otherwise the numbers of a script would be exact no more.
#[tokio::test]
async fn a_window_is_behind_by_71_years_at_most() {
    let Some(mut engines) = Engines::start().await else { return };
    for _ in 0..9 {
        engines.settle(&one_a_second().into(), i64::MAX).await;
    }
    let charge = Charge { windows: &[one_a_second()], units: 1, patience: Duration::ZERO, lease: 0 };
    let [_, script] = engines.charge(&charge).await;
    assert_eq!(script, Charged::Rejected { wait: Duration::from_micros(LONGEST) });
}

#[tokio::test]
async fn a_hold_that_is_longer_by_a_part_of_a_microsecond_applies() {
    let Some(mut engines) = Engines::start().await else { return };
    let windows = [SharedWindow { max: 3, burst: 3, ..one_a_second() }];
    let charge = |units| Charge { windows: &windows, units, patience: Duration::ZERO, lease: 0 };
    engines.charge(&charge(3)).await;
    // Two units later than that, the window is behind by a second and two thirds of a microsecond.
    engines.hold(&windows[0].into(), Duration::from_micros(333_334)).await;
    let [exact, script] = engines.charge(&charge(2)).await;
    assert_eq!(script, rounded_up(exact));
}

/// A breaker that was opened and closed again must not look as it did before.
#[tokio::test]
async fn each_change_of_a_breaker_is_a_later_generation_whatever_the_clock_of_the_engine_says() {
    let Some(mut engines) = Engines::start().await else { return };
    let key = StateKey { state: SharedState::Breaker, name: "llm", variant: "", hash: None };
    let mut last = 0;
    for _ in 0..3 {
        for is_open in [true, false] {
            let update = if is_open {
                Update::Open { key: key.into(), token: 1, time: Duration::from_secs(60), quorum: 1 }
            } else {
                Update::Close { key: key.into(), generation: last }
            };
            let call = update::call("shop", 1, &update, 0).expect("an update").expect("of this version");
            engines.run(&call).await;
            let answer = engines.run(&request::signal("shop", &key)).await;
            let signal = request::signalled(&answer).expect("an answer");
            assert!(signal.generation > last && signal.left.is_zero() != is_open, "{signal:?} after {last}");
            last = signal.generation;
            engines.now -= 5_000_000;
        }
    }
}

#[tokio::test]
async fn each_clearing_of_a_cache_is_a_later_epoch_whatever_the_clock_of_the_engine_says() {
    let Some(mut engines) = Engines::start().await else { return };
    let clear = Update::Clear { name: "answers".to_owned() };
    let mut last = 0;
    for _ in 0..3 {
        let call = update::call("shop", 1, &clear, 0).expect("an update").expect("of this version");
        engines.run(&call).await;
        let epoch = engines.run(&request::first_epoch("shop", "answers")).await;
        let epoch = request::epoch_of(&epoch).expect("a number").expect("it was cleared");
        assert!(epoch > last, "{epoch} after {last}");
        last = epoch;
        engines.now -= 5_000_000;
    }
}

/// An hour, as after a failover to a replica whose clock is behind.
const BACK: u64 = 3_600_000_000;

#[tokio::test]
async fn a_clock_of_the_engine_that_goes_back_makes_no_call_of_a_limit_wait_for_longer() {
    let Some(mut engines) = Engines::start().await else { return };
    let windows = [one_a_second()];
    let charge = Charge { windows: &windows, units: 1, patience: Duration::ZERO, lease: 0 };
    let call = request::charge("shop", &charge).expect("a window of the script").expect("it may pass");
    let hold = request::hold("shop", &windows[0], Duration::from_secs(10)).expect("a window of the script");
    let passed = Charged::Passed { units: 1, wait: Duration::ZERO };
    for (first, wait) in [(&call, 1), (&hold, 10)] {
        engines.forget().await;
        engines.run(first).await;
        engines.now -= BACK;
        for gone in 0..wait {
            let answer = request::charged(&charge, &engines.run(&call).await).expect("an answer");
            assert_eq!(answer, Charged::Rejected { wait: Duration::from_secs(wait - gone) }, "after {gone} s");
            engines.now += 1_000_000;
        }
        assert_eq!(request::charged(&charge, &engines.run(&call).await), Ok(passed));
    }
}

#[tokio::test]
async fn a_clock_of_the_engine_that_goes_back_leaves_no_breaker_open_for_longer() {
    let Some(mut engines) = Engines::start().await else { return };
    let key = StateKey { state: SharedState::Breaker, name: "llm", variant: "", hash: None };
    let minute = Duration::from_secs(60);
    let open = Update::Open { key: key.into(), token: 1, time: minute, quorum: 1 };
    let call = update::call("shop", 1, &open, 0).expect("an update").expect("of this version");
    engines.run(&call).await;
    engines.now -= BACK;
    let mut generation = 0;
    for (pause, left) in [(0, 60), (1, 59), (59, 0)] {
        engines.now += pause * 1_000_000;
        let signal = request::signalled(&engines.run(&request::signal("shop", &key)).await).expect("an answer");
        assert_eq!(signal.left, Duration::from_secs(left));
        generation = signal.generation;
    }
    let probe = Probe { key, generation, max: 1, token: 1, time: minute };
    let may_probe = request::may_probe(&engines.run(&request::probe("shop", &probe)).await);
    assert_eq!(may_probe, Ok(true), "its recovery time is over");
}

#[tokio::test]
async fn a_clock_of_the_engine_that_goes_back_keeps_no_place_for_longer_than_its_lease() {
    let Some(mut engines) = Engines::start().await else { return };
    let key = StateKey { state: SharedState::Bulkhead, name: "gpu", variant: "", hash: None };
    let lease = |token, seconds| LeaseRequest { key, max: 2, token, time: Duration::from_secs(seconds) };
    let asked = async |engines: &mut Engines, lease| {
        request::leased(&engines.run(&request::lease("shop", &lease, &[])).await).expect("an answer")
    };
    let full = |next| Leased::Full { next: Duration::from_secs(next) };
    for (token, seconds) in [(1, 30), (2, 60)] {
        assert_eq!(asked(&mut engines, lease(token, seconds)).await, Leased::Held);
    }
    engines.now -= BACK;
    assert_eq!(asked(&mut engines, lease(3, 30)).await, full(30), "as long as a lease");
    engines.now += 10_000_000;
    assert_eq!(asked(&mut engines, lease(3, 30)).await, full(20), "the clock goes back once");
    assert_eq!(asked(&mut engines, lease(2, 60)).await, Leased::Held, "it is renewed");
    engines.now += 20_000_000;
    assert_eq!(asked(&mut engines, lease(3, 30)).await, Leased::Held, "the first process has died");
    engines.now -= BACK;
    assert_eq!(asked(&mut engines, lease(4, 30)).await, full(30));
    engines.now += 30_000_000;
    assert_eq!(asked(&mut engines, lease(4, 30)).await, Leased::Held);
    assert_eq!(asked(&mut engines, lease(5, 30)).await, full(10), "that of the second was renewed later");
    engines.now += 10_000_000;
    assert_eq!(asked(&mut engines, lease(5, 30)).await, Leased::Held);
}

#[tokio::test]
async fn a_clock_of_the_engine_that_goes_back_lets_no_process_vote_or_probe_for_longer() {
    let Some(mut engines) = Engines::start().await else { return };
    let key = StateKey { state: SharedState::Breaker, name: "llm", variant: "", hash: None };
    let minute = Duration::from_secs(60);
    for (pause, is_open) in [(59, true), (60, false)] {
        engines.forget().await;
        for token in [1, 2, 3] {
            let open = Update::Open { key: key.into(), token, time: minute, quorum: 3 };
            engines.run(&update::call("shop", token, &open, 0).expect("an update").expect("of this version")).await;
            match token {
                1 => engines.now -= BACK,
                2 => engines.now += pause * 1_000_000,
                _ => {}
            }
        }
        let signal = engines.run(&request::signal("shop", &key)).await;
        let signal = request::signalled(&signal).expect("an answer");
        assert_eq!(signal.generation > 0, is_open, "{pause} seconds later");
    }
    let open = Update::Open { key: key.into(), token: 2, time: Duration::from_micros(1), quorum: 1 };
    engines.run(&update::call("shop", 2, &open, 0).expect("an update").expect("of this version")).await;
    let signal = engines.run(&request::signal("shop", &key)).await;
    let generation = request::signalled(&signal).expect("an answer").generation;
    engines.now += 1;
    for (back, token, may_probe) in [(0, 1, true), (BACK, 2, false), (0, 2, true)] {
        let probe = Probe { key, generation, max: 1, token, time: minute };
        engines.now -= back;
        let answer = request::may_probe(&engines.run(&request::probe("shop", &probe)).await);
        assert_eq!(answer, Ok(may_probe), "process {token}");
        if back > 0 {
            engines.now += 60_000_000;
        }
    }
}
