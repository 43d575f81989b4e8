//! The future of an annotated function is `Send` when the plain one is, and hardly larger.

use std::cell::Cell;
use std::error::Error;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};

use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};
use tokio::task::{LocalSet, yield_now};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("down")]
    Down,
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

/// Whether a type is `Send`. The method on the reference is the weaker candidate.
struct Asked<T>(PhantomData<T>);

impl<T> Asked<T> {
    const fn about(_: &T) -> Self {
        Self(PhantomData)
    }
}

trait IsSend {
    fn is_send(&self) -> bool {
        true
    }
}

trait IsNotSend {
    fn is_send(&self) -> bool {
        false
    }
}

impl<T: Send> IsSend for &Asked<T> {}
impl<T> IsNotSend for Asked<T> {}

macro_rules! is_send {
    ($future:expr) => {
        (&&Asked::about(&$future)).is_send()
    };
}

mod alone_and_together {
    use super::*;

    async fn work(calls: &AtomicU32, text: String) -> Result<String, Fault> {
        yield_now().await;
        if calls.fetch_add(1, SeqCst) < 2 { Err(Fault::Down) } else { Ok(text) }
    }

    async fn spare(_: Arc<AtomicU32>, text: String) -> Result<String, Fault> {
        yield_now().await;
        Ok(text)
    }

    #[retry(max = 3, backoff = "none")]
    async fn retried(calls: Arc<AtomicU32>, text: String) -> Result<String, Fault> {
        work(&calls, text).await
    }

    #[timeout(secs = 60)]
    async fn limited(calls: Arc<AtomicU32>, text: String) -> Result<String, Fault> {
        calls.store(2, SeqCst);
        work(&calls, text).await
    }

    #[circuit_breaker(failure_threshold = 100)]
    async fn guarded(calls: Arc<AtomicU32>, text: String) -> Result<String, Fault> {
        calls.store(2, SeqCst);
        work(&calls, text).await
    }

    #[circuit_breaker(window = 100, failure_rate = 1, slow_call = "9s", slow_rate = 1, key = (text, calls.load(SeqCst)))]
    async fn guarded_by_key(calls: Arc<AtomicU32>, text: String) -> Result<String, Fault> {
        calls.store(2, SeqCst);
        work(&calls, text).await
    }

    #[cached(key = text)]
    async fn kept(calls: Arc<AtomicU32>, text: String) -> Result<String, Fault> {
        calls.store(2, SeqCst);
        work(&calls, text).await
    }

    #[fallback(spare)]
    async fn replaced(calls: Arc<AtomicU32>, text: String) -> Result<String, Fault> {
        work(&calls, text).await
    }

    #[fallback(|fault: Fault| async move { if text.is_empty() { Err(fault) } else { Ok(text) } }, value = String::new())]
    async fn replaced_by_a_closure(calls: Arc<AtomicU32>, text: String) -> Result<String, Fault> {
        work(&calls, text).await
    }

    #[bulkhead(max = 10, queue = 10, wait = "1s")]
    async fn let_in(calls: Arc<AtomicU32>, text: String) -> Result<String, Fault> {
        calls.store(2, SeqCst);
        work(&calls, text).await
    }

    #[rate_limit(max = 1000, wait = "1s", key = text)]
    #[bulkhead(max = 10, queue = 10, wait = "1s", key = (calls.load(SeqCst), text))]
    async fn let_in_by_key(calls: Arc<AtomicU32>, text: String) -> Result<String, Fault> {
        calls.store(2, SeqCst);
        work(&calls, text).await
    }

    #[rate_limit(max = 1000, wait = "1s")]
    async fn slowed_down(calls: Arc<AtomicU32>, text: String) -> Result<String, Fault> {
        calls.store(2, SeqCst);
        work(&calls, text).await
    }

    #[rate_limit(max = 1000, wait = "1s")]
    #[cached(key = text, ttl = 60)]
    #[timeout(secs = 60)]
    #[fallback(spare)]
    #[retry(max = 3, backoff = "none", when = |fault| *fault == Fault::Down, on_retry = |_| {})]
    #[bulkhead(max = 10, queue = 10, wait = "1s")]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 30)]
    async fn all(calls: Arc<AtomicU32>, text: String) -> Result<String, Fault> {
        work(&calls, text).await
    }

    /// BUG-H21.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_attribute_can_be_spawned_on_a_runtime_with_several_threads() {
        macro_rules! spawned {
            ($($name:ident)*) => {
                $(assert_eq!(tokio::spawn($name(Arc::default(), "t".into())).await.unwrap().unwrap(), "t", stringify!($name));)*
            };
        }
        spawned!(retried limited guarded guarded_by_key kept replaced replaced_by_a_closure let_in let_in_by_key slowed_down all);
    }

    /// BUG-H21.
    #[tokio::test]
    async fn a_future_is_sync_when_the_plain_one_is() {
        const fn sync<T: Sync>(future: T) -> T {
            future
        }
        macro_rules! awaited {
            ($($name:ident)*) => {
                $(assert_eq!(sync($name(Arc::default(), "s".into())).await.unwrap(), "s", stringify!($name));)*
            };
        }
        awaited!(retried limited guarded kept replaced replaced_by_a_closure let_in let_in_by_key slowed_down all);
    }

    /// Functions that call each other, each with five attributes.
    macro_rules! tower {
        ($($name:ident calls $next:ident)*) => {
            $(
                #[cached(key = text)]
                #[timeout(secs = 60)]
                #[fallback(spare, allow(late_fallback))]
                #[retry(max = 3, backoff = "none")]
                #[circuit_breaker(failure_threshold = 100, allow(late_timeout))]
                async fn $name(calls: Arc<AtomicU32>, text: String) -> Result<String, Fault> {
                    $next(calls, text).await
                }
            )*
        };
    }

    tower!(ten calls nine nine calls eight eight calls seven seven calls six six calls five
        five calls four four calls three three calls two two calls one one calls spare);

    /// BUG-H20.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn ten_such_functions_can_call_each_other_within_the_default_recursion_limit() {
        assert_eq!(tokio::spawn(ten(Arc::default(), "t".into())).await.unwrap().unwrap(), "t");
    }
}

mod arguments {
    use super::*;

    /// `Send` and not `Sync`.
    struct Client {
        calls: Cell<u32>,
    }

    impl Client {
        const fn new() -> Self {
            Self { calls: Cell::new(0) }
        }

        fn call(&self) -> Result<u32, Fault> {
            self.calls.set(self.calls.get() + 1);
            if self.calls.get() > 2 { Ok(self.calls.get()) } else { Err(Fault::Down) }
        }
    }

    #[cached(key = id)]
    #[timeout(secs = 60)]
    #[fallback(value = 7)]
    #[rate_limit(max = 100, wait = "1s")]
    #[bulkhead(max = 100, queue = 9, wait = "1s")]
    #[circuit_breaker]
    #[timeout(secs = 30)]
    async fn at_most_once(id: u32, receiver: Receiver<u32>, client: Client) -> Result<u32, Fault> {
        yield_now().await;
        let first = receiver.recv().map_err(|_| Fault::Down)?;
        client.calls.set(first);
        yield_now().await;
        Ok(receiver.recv().map_err(|_| Fault::Down)? + client.calls.get() + id)
    }

    #[retry(max = 3, backoff = "none")]
    async fn cloned(cell: Cell<u32>, calls: &AtomicU32) -> Result<u32, Fault> {
        cell.set(cell.get() + 1);
        yield_now().await;
        if calls.fetch_add(1, SeqCst) < 2 { Err(Fault::Down) } else { Ok(cell.get()) }
    }

    impl Client {
        #[timeout(secs = 60)]
        #[fallback(self.spare)]
        #[retry(max = 3, backoff = "none")]
        #[circuit_breaker(failure_threshold = 100)]
        #[timeout(secs = 30)]
        async fn exclusive(&mut self, log: &mut Vec<Cell<u32>>) -> Result<u32, Fault> {
            log.push(Cell::new(self.calls.get()));
            yield_now().await;
            self.call()
        }

        async fn spare(&mut self, log: &mut Vec<Cell<u32>>) -> Result<u32, Fault> {
            yield_now().await;
            log.push(Cell::new(100));
            *self.calls.get_mut() += 1;
            self.call()
        }

        #[timeout(secs = 60)]
        #[circuit_breaker(allow(late_timeout))]
        async fn owned_once(self) -> Result<u32, Fault> {
            self.calls.set(2);
            yield_now().await;
            self.call()
        }

        #[retry(max = 3, backoff = "none")]
        async fn boxed_again(self: Box<Self>) -> Result<u32, Fault> {
            yield_now().await;
            self.call()
        }

        async fn boxed_plain(self: Box<Self>) -> Result<u32, Fault> {
            yield_now().await;
            self.call()
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_argument_that_is_not_sync_may_be_taken_by_value_when_the_body_runs_at_most_once() {
        let (sender, receiver) = channel();
        sender.send(3).unwrap();
        sender.send(4).unwrap();
        assert_eq!(tokio::spawn(at_most_once(1, receiver, Client::new())).await.unwrap(), Ok(8));
        assert_eq!(tokio::spawn(Client::new().owned_once()).await.unwrap(), Ok(3));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_argument_that_is_not_sync_may_be_cloned_for_each_attempt() {
        let calls = Box::leak(Box::default());
        assert_eq!(tokio::spawn(cloned(Cell::new(1), calls)).await.unwrap(), Ok(2));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_mutable_receiver_and_argument_need_not_be_sync() {
        let (client, log) = tokio::spawn(async {
            let (mut client, mut log) = (Client::new(), Vec::new());
            assert_eq!(client.exclusive(&mut log).await, Ok(3));
            (client, log)
        })
        .await
        .unwrap();
        assert_eq!((client.calls.get(), log), (3, vec![Cell::new(0), Cell::new(1), Cell::new(2)]));
    }

    #[tokio::test]
    async fn an_owned_receiver_of_a_retried_method_need_not_be_sync() {
        assert!(is_send!(Box::new(Client::new()).boxed_plain()));
        let future = Box::new(Client::new()).boxed_again();
        assert!(is_send!(future));
        assert_eq!(future.await, Ok(3));
    }

    fn is_it_send_for<T: Clone + Send>(value: T) -> impl Future<Output = Result<(), Fault>> + Send {
        #[timeout(secs = 60)]
        #[retry(max = 2, backoff = "none")]
        #[timeout(secs = 30)]
        async fn generic<T: Clone + Send>(value: T) -> Result<(), Fault> {
            yield_now().await;
            drop(value);
            Ok(())
        }
        generic(value)
    }

    #[tokio::test]
    async fn a_generic_argument_needs_no_sync_bound() {
        assert_eq!(is_it_send_for(Cell::new(1)).await, Ok(()));
    }
}

mod results {
    use super::*;

    async fn spare(calls: &AtomicU32) -> Result<u32, Box<dyn Error>> {
        yield_now().await;
        if calls.fetch_add(1, SeqCst) < 7 { Err("spare".into()) } else { Ok(7) }
    }

    #[fallback(spare, spare, |error: Box<dyn Error>| if error.is::<Fault>() { Ok(0) } else { Err(error) })]
    #[retry(max = 3, base_delay_ms = 10, when = |error| error.to_string() != "no", on_retry = |state| assert!(state.error.is_some()))]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 30)]
    async fn boxed_error(calls: &AtomicU32) -> Result<u32, Box<dyn Error>> {
        yield_now().await;
        calls.fetch_add(1, SeqCst);
        Err("down".into())
    }

    #[retry(max = 3, base_delay_ms = 10)]
    async fn local_both_ways(calls: &AtomicU32) -> Result<Rc<u32>, Rc<u32>> {
        yield_now().await;
        let call = Rc::new(calls.fetch_add(1, SeqCst));
        if *call < 2 { Err(call) } else { Ok(call) }
    }

    #[retry(max = 3, when_ok = |value| **value < 2, backoff = |_| std::time::Duration::from_secs(1))]
    async fn local_value(calls: &AtomicU32) -> Option<Rc<u32>> {
        yield_now().await;
        Some(Rc::new(calls.fetch_add(1, SeqCst)))
    }

    /// BUG-H21.
    #[tokio::test(start_paused = true)]
    async fn an_error_or_value_that_is_not_send_is_not_held_across_a_pause() {
        let calls = AtomicU32::new(0);
        assert!(is_send!(boxed_error(&calls)));
        assert_eq!(boxed_error(&calls).await.unwrap_err().to_string(), "spare");
        assert_eq!((boxed_error(&calls).await.unwrap(), calls.load(SeqCst)), (7, 11));
        let calls = AtomicU32::new(0);
        assert!(is_send!(local_both_ways(&calls)));
        assert_eq!(local_both_ways(&calls).await, Ok(Rc::new(2)));
        let calls = AtomicU32::new(0);
        assert!(is_send!(local_value(&calls)));
        assert_eq!(local_value(&calls).await, Some(Rc::new(2)));
    }

    #[cached(key = ())]
    #[timeout(secs = 30)]
    async fn kept_beside_an_error_that_is_not_send(calls: &AtomicU32) -> Result<u32, Box<dyn Error>> {
        yield_now().await;
        if calls.fetch_add(1, SeqCst) == 0 { Err("down".into()) } else { Ok(1) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_cached_function_may_have_an_error_that_is_not_send() {
        let calls = AtomicU32::new(0);
        assert!(is_send!(kept_beside_an_error_that_is_not_send(&calls)));
        assert!(kept_beside_an_error_that_is_not_send(&calls).await.is_err());
        assert_eq!(kept_beside_an_error_that_is_not_send(&calls).await.unwrap(), 1);
    }
}

mod on_one_thread {
    #![allow(clippy::future_not_send, reason = "what these functions are for")]
    use super::*;

    async fn spare(calls: Rc<Cell<u32>>) -> Result<Rc<str>, Fault> {
        yield_now().await;
        calls.set(calls.get() + 10);
        Ok("spare".into())
    }

    #[timeout(secs = 60)]
    #[fallback(spare)]
    #[retry(max = 1, base_delay_ms = 10)]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 30)]
    async fn all(calls: Rc<Cell<u32>>) -> Result<Rc<str>, Fault> {
        let held = Rc::clone(&calls);
        yield_now().await;
        held.set(held.get() + 1);
        Err(Fault::Down)
    }

    #[cached(key = ())]
    #[timeout(secs = 60)]
    async fn kept(calls: Rc<Cell<u32>>) -> Result<u32, Fault> {
        yield_now().await;
        calls.set(calls.get() + 1);
        Ok(calls.get())
    }

    /// BUG-H21.
    #[tokio::test(start_paused = true)]
    async fn a_body_that_stays_on_its_thread_needs_no_send() {
        let calls = Rc::new(Cell::new(0));
        assert!(!is_send!(all(Rc::clone(&calls))));
        let local = LocalSet::new();
        let handle = local.spawn_local(all(Rc::clone(&calls)));
        assert_eq!(&*local.run_until(handle).await.unwrap().unwrap(), "spare");
        assert_eq!(calls.get(), 12);
        assert_eq!(kept(Rc::clone(&calls)).await, Ok(13));
        assert_eq!(kept(Rc::clone(&calls)).await, Ok(13));
    }
}

mod size {
    use super::*;

    macro_rules! functions {
        ($($(#[$meta:meta])* $name:ident($($arg:ident: $ty:ty),*);)*) => {
            $(
                $(#[$meta])*
                async fn $name(calls: &AtomicU32 $(, $arg: $ty)*) -> Result<u32, Fault> {
                    let held = [0_u8; 64];
                    $(let _: $ty = $arg;)*
                    yield_now().await;
                    if calls.fetch_add(1, SeqCst) == u32::from(held[0]) { Err(Fault::Down) } else { Ok(1) }
                }
            )*
        };
    }

    functions! {
        plain();
        plain_of_text(text: String);
        #[retry] retried();
        #[retry] retried_of_text(text: String);
        #[retry(max_elapsed = "30s", when = |_| true)] retried_with_memory();
        #[timeout(secs = 1)] limited();
        #[timeout(secs = 1)] limited_of_text(text: String);
        #[circuit_breaker] guarded();
        #[circuit_breaker(key = text)] guarded_by_text(text: String);
        #[fallback(value = 1)] replaced_by_value();
        #[fallback(spare_now)] replaced();
        #[fallback(spare_of_text)] replaced_of_text(text: String);
        #[cached(key = ())] kept();
        #[cached(key = text)] kept_of_text(text: String);
        #[cached(key = text)] #[timeout(secs = 9)] #[fallback(spare_of_text)] #[retry] #[circuit_breaker] #[timeout(secs = 1)]
        all(text: String);
    }

    fn spare_now(calls: &AtomicU32) -> Result<u32, Fault> {
        calls.load(SeqCst).checked_sub(1).ok_or(Fault::Down)
    }

    fn spare_of_text(calls: &AtomicU32, text: String) -> Result<u32, Fault> {
        drop(text);
        spare_now(calls)
    }

    #[test]
    fn an_attribute_adds_no_more_than_a_few_words_to_the_future() {
        let (calls, text) = (AtomicU32::new(0), String::new);
        let base = size_of_val(&plain(&calls));
        let base_of_text = size_of_val(&plain_of_text(&calls, text()));
        let mut measured = Vec::new();
        macro_rules! adds {
            ($($call:expr, on $base:ident, at most $bytes:literal;)*) => {
                $(measured.push((stringify!($call), size_of_val(&$call) - $base, $bytes));)*
            };
        }
        adds! {
            retried(&calls), on base, at most 40;
            retried_of_text(&calls, text()), on base_of_text, at most 64;
            retried_with_memory(&calls), on base, at most 80;
            limited(&calls), on base, at most 32;
            limited_of_text(&calls, text()), on base_of_text, at most 56;
            guarded(&calls), on base, at most 48;
            guarded_by_text(&calls, text()), on base_of_text, at most 112;
            replaced_by_value(&calls), on base, at most 16;
            replaced(&calls), on base, at most 24;
            replaced_of_text(&calls, text()), on base_of_text, at most 48;
            // With the feature `store`, as here, a word for what the store has answered.
            kept(&calls), on base, at most 112;
            kept_of_text(&calls, text()), on base_of_text, at most 168;
            all(&calls, text()), on base_of_text, at most 288;
        }
        println!("base {base} and {base_of_text}, added: {measured:#?}");
        // The guard that counts the call, and one that a breaker's permit is counted by.
        let counted = if cfg!(feature = "metrics") { 48 } else { 0 };
        measured.retain(|(_, added, at_most)| *added > at_most + counted);
        assert_eq!(measured, []);
    }
}
