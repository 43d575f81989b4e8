//! Clearing a cache and invalidating a key, also during a load.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

use futures_util::FutureExt;
use resilience::{Cache, cached};
use tokio::time::sleep;

use crate::common::{Answer, Script, Watchdog, alone, awaiting, poll_at_most, secs};

/// Ends the other threads, also when the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// What happens during a call of a key's code, and how many calls precede it.
type Happening = (u32, Box<dyn FnMut()>);

std::thread_local! {
    static MEANWHILE: RefCell<Option<Happening>> = const { RefCell::new(None) };
}

fn let_it_happen() {
    let Some((before, mut meanwhile)) = MEANWHILE.take() else { return };
    match before.checked_sub(1) {
        Some(before) => MEANWHILE.set(Some((before, meanwhile))),
        None => meanwhile(),
    }
}

/// A key whose code triggers a [`Happening`].
struct Eventful(u32);

impl PartialEq for Eventful {
    fn eq(&self, other: &Self) -> bool {
        let_it_happen();
        self.0 == other.0
    }
}
impl Eq for Eventful {}
impl Hash for Eventful {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let_it_happen();
        self.0.hash(state);
    }
}
impl Clone for Eventful {
    fn clone(&self) -> Self {
        let_it_happen();
        Self(self.0)
    }
}
impl Drop for Eventful {
    fn drop(&mut self) {
        let_it_happen();
    }
}

/// BUG-E13, BUG-E14: Checked at each poll of a pending load.
#[tokio::test(start_paused = true)]
async fn a_load_pending_at_a_clear_is_not_cached() {
    let _watchdog = Watchdog::start();
    #[cached(name = "handle.under_way", skip(script))]
    async fn call(polls: usize, script: &awaiting::Script<'_>) -> Answer {
        awaiting::pause().await;
        script.run().await
    }

    for polls in 0..=2 {
        let clock = awaiting::Clock::start();
        let script = Script::fails(0, &clock);
        let mut under_way = Box::pin(call(polls, &script));
        assert_eq!(poll_at_most(polls, &mut under_way).await, None);
        if let Some(cache) = resilience::Cache::named("handle.under_way") {
            cache.clear();
        }
        assert_eq!(under_way.await, Ok(1));
        assert_eq!(call(polls, &script).await, Ok(if polls == 0 { 1 } else { 2 }), "after {polls} polls");
    }
}

/// BUG-E14.
#[tokio::test(start_paused = true)]
async fn calls_after_a_clear_do_not_join_an_earlier_load() {
    let _watchdog = Watchdog::start();
    #[cached(name = "handle.late", skip(script))]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.next();
        sleep(secs(1)).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    let late = async {
        awaiting::pause().await;
        resilience::Cache::named("handle.late").expect("called").clear();
        tokio::join!(call(&script), call(&script))
    };
    let ((leader, waiter), late) = tokio::join!(async { tokio::join!(call(&script), call(&script)) }, late);
    assert_eq!((leader, waiter), (Ok(1), Ok(1)), "who waited already gets the value");
    assert_eq!(late, (Ok(2), Ok(2)), "who comes later gets a new one, together");
    assert_eq!((call(&script).await, script.calls()), (Ok(2), 2));
}

/// BUG-E1, BUG-E14.
#[tokio::test(start_paused = true)]
async fn dropping_a_load_from_before_a_clear_leaves_the_later_load_alone() {
    let _watchdog = Watchdog::start();
    #[cached(name = "handle.dropped", skip(script))]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.next();
        sleep(secs(1)).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    let mut old = Box::pin(call(&script));
    assert_eq!(poll_at_most(1, &mut old).await, None);
    resilience::Cache::named("handle.dropped").expect("called").clear();
    let mut new = Box::pin(call(&script));
    assert_eq!(poll_at_most(1, &mut new).await, None);
    drop(old);
    assert_eq!(tokio::join!(call(&script), new), (Ok(2), Ok(2)));
    assert_eq!(script.calls(), 2);
}

/// BUG-E14: also without coalescing.
#[sync_and_async::test]
async fn a_body_that_clears_its_own_cache_is_not_cached() {
    let _alone = alone();
    #[cached(name = "handle.within", skip(script))]
    async fn call(script: &Script<'_>) -> Answer {
        resilience::Cache::named("handle.within").expect("called").clear();
        script.run().await
    }
    #[cached(name = "handle.within.alone", skip(script), coalesce = false)]
    async fn keeps_loads_apart(script: &Script<'_>) -> Answer {
        resilience::Cache::named("handle.within.alone").expect("called").clear();
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!([call(&script).await, call(&script).await], [Ok(1), Ok(2)]);
    assert_eq!([keeps_loads_apart(&script).await, keeps_loads_apart(&script).await], [Ok(3), Ok(4)]);
    assert!(resilience::Cache::named("handle.within").expect("called").is_empty());
}

#[sync_and_async::test]
async fn a_cache_can_be_cleared_any_number_of_times() {
    let _alone = alone();
    #[cached(name = "handle.often", skip(script))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    for times in 1..=600 {
        assert_eq!([call(&script).await, call(&script).await], [Ok(times), Ok(times)]);
        resilience::Cache::named("handle.often").expect("called").clear();
    }
}

/// Replaces the value of a cached function again and again while other threads call it. No call that starts after
/// that returns an earlier one.
fn replace_under_load(version: &AtomicU32, call: fn(u32) -> u32, replace: fn()) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(SeqCst) {
                    call(1);
                }
            });
        }
        let _over = Over(&over);
        for number in 1..=200 {
            version.store(number, SeqCst);
            replace();
            assert_eq!(call(1), number);
        }
    });
}

/// BUG-E14: no call that starts after a clear returns a value from before it.
#[test]
fn no_thread_gets_an_old_value_after_a_clear() {
    let _watchdog = Watchdog::start();
    static VERSION: AtomicU32 = AtomicU32::new(0);

    #[cached(name = "handle.threads")]
    fn call(key: u32) -> u32 {
        let version = VERSION.load(SeqCst);
        std::thread::yield_now();
        version * key
    }

    replace_under_load(&VERSION, call, || {
        if let Some(cache) = Cache::named("handle.threads") {
            cache.clear();
        }
    });
}

#[sync_and_async::test]
async fn invalidate_removes_one_key() {
    let _alone = alone();
    #[cached(name = "handle.invalidate", skip(script))]
    async fn call(number: u32, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| number * 100 + call)
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!([call(1, &script).await, call(2, &script).await], [Ok(101), Ok(202)]);
    let cache = resilience::Cache::named("handle.invalidate").expect("called");
    assert_eq!(cache.invalidate(&1_u32), Ok(true));
    assert_eq!((cache.invalidate(&1_u32), cache.invalidate(&3_u32)), (Ok(false), Ok(false)));
    assert_eq!([call(1, &script).await, call(2, &script).await], [Ok(103), Ok(202)]);
}

#[sync_and_async::test]
async fn invalidate_takes_the_key_as_it_is_stored() {
    let _alone = alone();
    #[cached(name = "handle.none")]
    async fn none() -> u32 {
        pause().await;
        0
    }
    #[cached(name = "handle.text")]
    async fn text(text: &str) -> usize {
        pause().await;
        text.len()
    }
    #[cached(name = "handle.list")]
    async fn list(list: &[u8]) -> usize {
        pause().await;
        list.len()
    }
    #[cached(name = "handle.several")]
    async fn several(text: &str, number: u32) -> usize {
        pause().await;
        text.len() + number as usize
    }
    #[cached(name = "handle.pair")]
    async fn pair(pair: (u8, u8)) -> u8 {
        pause().await;
        pair.0 + pair.1
    }
    #[cached(name = "handle.expression", key = text.to_uppercase())]
    async fn expression(text: &str, noise: u32) -> usize {
        pause().await;
        text.len() + noise as usize
    }

    let cache = |name| resilience::Cache::named(name).expect("called");
    none().await;
    assert_eq!(cache("handle.none").invalidate(&()), Ok(true));
    for _ in 0..2 {
        text("a").await;
        let borrowed = String::from("a");
        assert_eq!(cache("handle.text").invalidate(&*borrowed), Ok(true));
    }
    text("a").await;
    assert_eq!(cache("handle.text").invalidate(&"a".to_owned()), Ok(true));
    list(&[1, 2]).await;
    assert_eq!(cache("handle.list").invalidate(&[1_u8, 2][..]), Ok(true));
    several("a", 1).await;
    assert_eq!(cache("handle.several").invalidate(&("a".to_owned(), 1_u32)), Ok(true));
    pair((1, 2)).await;
    assert_eq!(cache("handle.pair").invalidate(&(1_u8, 2_u8)), Ok(true));
    expression("a", 1).await;
    assert_eq!(cache("handle.expression").invalidate("A"), Ok(true));
}

#[sync_and_async::test]
async fn invalidating_a_key_of_another_type_is_an_error_and_no_panic() {
    let _alone = alone();
    #[cached(name = "handle.wrong")]
    async fn call(text: &str, number: u32) -> usize {
        pause().await;
        text.len() + number as usize
    }

    call("a", 1).await;
    let cache = resilience::Cache::named("handle.wrong").expect("called");
    let error = cache.invalidate("a").expect_err("one part of two");
    assert_eq!(
        error.to_string(),
        "the keys of this cache are `(alloc::string::String, u32)`, not `alloc::string::String`"
    );
    assert!(cache.invalidate(&("a".to_owned(), 1_u64)).is_err());
    assert!(!cache.is_empty());
}

/// BUG-E14.
#[tokio::test(start_paused = true)]
async fn a_load_of_an_invalidated_key_is_not_cached_and_not_joined() {
    let _watchdog = Watchdog::start();
    macro_rules! under_way {
        ($name:literal, $coalesce:literal) => {{
            #[cached(name = $name, skip(script), coalesce = $coalesce)]
            async fn call(number: u32, script: &awaiting::Script<'_>) -> Answer {
                let answer = script.next();
                sleep(secs(1)).await;
                answer.map(|call| number * 100 + call)
            }

            let clock = awaiting::Clock::start();
            let script = Script::fails(0, &clock);
            let late = async {
                awaiting::pause().await;
                assert_eq!(resilience::Cache::named($name).expect("called").invalidate(&1_u32), Ok(false));
                call(1, &script).await
            };
            let (old, other, late) = tokio::join!(call(1, &script), call(2, &script), late);
            assert_eq!((old, other, late), (Ok(101), Ok(202), Ok(103)));
            assert_eq!((call(1, &script).await, call(2, &script).await), (Ok(103), Ok(202)), "kept");
        }};
    }

    under_way!("handle.invalidate.coalesced", true);
    under_way!("handle.invalidate.alone", false);
}

/// BUG-E14.
#[test]
fn no_thread_gets_an_old_value_after_an_invalidation() {
    let _watchdog = Watchdog::start();
    static VERSION: AtomicU32 = AtomicU32::new(0);

    #[cached(name = "handle.threads.one")]
    fn call(key: u32) -> u32 {
        let version = VERSION.load(SeqCst);
        std::thread::yield_now();
        version * key
    }

    replace_under_load(&VERSION, call, || {
        if let Some(cache) = Cache::named("handle.threads.one") {
            cache.invalidate(&1_u32).expect("its type");
        }
    });
}

/// BUG-E13, BUG-E14: a load ends during an invalidation or a clear, at every possible point.
#[tokio::test(start_paused = true)]
async fn a_load_that_ends_during_an_invalidation_is_not_cached() {
    let _watchdog = Watchdog::start();
    static VERSION: AtomicU32 = AtomicU32::new(0);

    #[cached(name = "handle.middle")]
    async fn call(key: Eventful) -> u32 {
        let version = VERSION.load(SeqCst) + key.0;
        awaiting::pause().await;
        version
    }

    let drop_it: [fn(Cache); 2] = [|cache| assert!(cache.invalidate(&Eventful(0)).is_ok()), Cache::clear];
    for drop_it in drop_it {
        for before in 0..12 {
            let mut load = Box::pin(call(Eventful(0)));
            assert_eq!(poll_at_most(1, &mut load).await, None);
            VERSION.fetch_add(1, SeqCst);
            let ends = move || assert!(load.as_mut().now_or_never().is_some());
            MEANWHILE.set(Some((before, Box::new(ends))));
            drop_it(resilience::Cache::named("handle.middle").expect("called"));
            drop(MEANWHILE.take());
            assert_eq!(call(Eventful(0)).await, VERSION.load(SeqCst), "at call {before} of a key's code");
            resilience::Cache::named("handle.middle").expect("called").clear();
        }
    }
}

/// BUG-E14, BUG-E31: a clear at any point of a load leaves no unreachable entry.
#[test]
fn a_clear_in_the_middle_of_a_load_leaves_no_dead_entry() {
    static LOADS: AtomicU32 = AtomicU32::new(0);

    #[cached(name = "handle.dead")]
    fn call(key: Eventful) -> u32 {
        drop(key);
        LOADS.fetch_add(1, SeqCst)
    }

    call(Eventful(0));
    let cache = resilience::Cache::named("handle.dead").expect("called");
    for before in 0..20 {
        cache.clear();
        MEANWHILE.set(Some((before, Box::new(move || cache.clear()))));
        call(Eventful(0));
        drop(MEANWHILE.take());
        let (len, loads) = (cache.len(), LOADS.load(SeqCst));
        call(Eventful(0));
        let is_kept = LOADS.load(SeqCst) == loads;
        assert_eq!(len, usize::from(is_kept), "at call {before} of a key's code");
    }
}

#[sync_and_async::test]
async fn a_load_from_before_a_clear_takes_no_room_from_later_entries() {
    let _alone = alone();
    #[cached(name = "handle.room", max_size = 1, skip(script))]
    async fn call(number: u32, script: &Script<'_>) -> Answer {
        if number == 2 {
            resilience::Cache::named("handle.room").expect("called").clear();
            boxed(call(1, script)).await?;
        }
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!([call(1, &script).await, call(2, &script).await], [Ok(1), Ok(3)]);
    assert_eq!(call(1, &script).await, Ok(2), "kept after the clear");
    resilience::Cache::named("handle.room").expect("called").clear();
}

#[test]
fn invalidate_reaches_every_store_with_that_key_type() {
    #[cached(name = "handle.invalidate.generic")]
    fn call<T: Clone + Eq + Hash + Send + Sync + 'static, const N: u32>(value: T) -> (T, u32) {
        (value, N)
    }

    call::<u8, 1>(1);
    call::<u8, 2>(1);
    call::<u16, 1>(1);
    let cache = resilience::Cache::named("handle.invalidate.generic").expect("called");
    assert_eq!((cache.invalidate(&1_u8), cache.len()), (Ok(true), 1));
    assert_eq!((cache.invalidate(&1_u16), cache.len()), (Ok(true), 0));
    assert!(cache.invalidate(&1_u32).is_err());
}
