//! Whatever a function looks like, an attribute on it changes how often it runs and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("down")]
    Down,
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

impl Fault {
    const fn is_timeout(&self) -> bool {
        matches!(self, Self::Resilience(resilience::Error::Timeout { .. }))
    }
}

/// The other side: fails so many calls, then answers with the number of the call.
#[derive(Debug, Default)]
struct Flaky {
    calls: AtomicU32,
    failures: u32,
}

impl Flaky {
    const fn failing(failures: u32) -> Self {
        Self { calls: AtomicU32::new(0), failures }
    }

    fn call(&self) -> Result<u32, Fault> {
        let call = self.calls.fetch_add(1, SeqCst) + 1;
        if call > self.failures { Ok(call) } else { Err(Fault::Down) }
    }

    fn calls(&self) -> u32 {
        self.calls.load(SeqCst)
    }
}

/// Every future that should be `Send` goes through here.
const fn send<T: Send>(future: T) -> T {
    future
}

mod receivers {
    use super::*;
    use std::pin::{Pin, pin};
    use std::rc::Rc;

    #[derive(Debug, Default)]
    struct Service {
        flaky: Flaky,
        log: Vec<u32>,
    }

    impl Service {
        const fn failing(failures: u32) -> Self {
            Self { flaky: Flaky::failing(failures), log: Vec::new() }
        }

        #[retry(max = 3, backoff = "none")]
        async fn by_ref(&self, mut text: String) -> Result<String, Fault> {
            text.push('!');
            yield_now().await;
            let call = self.flaky.call()?;
            Ok(format!("{text}{call}"))
        }

        #[retry(max = 3, backoff = "none")]
        fn by_ref_sync(&self, mut text: String) -> Result<String, Fault> {
            text.push('!');
            let call = self.flaky.call()?;
            Ok(format!("{text}{call}"))
        }

        #[retry(max = 3, backoff = "none")]
        async fn by_mut(&mut self, sink: &mut Vec<u32>) -> Result<u32, Fault> {
            sink.push(self.flaky.calls());
            yield_now().await;
            self.log.push(self.flaky.calls());
            self.flaky.call()
        }

        #[retry(max = 3, backoff = "none")]
        fn by_mut_sync(&mut self, sink: &mut Vec<u32>) -> Result<u32, Fault> {
            sink.push(self.flaky.calls());
            self.log.push(self.flaky.calls());
            self.flaky.call()
        }

        #[retry(max = 3, backoff = "none")]
        async fn by_arc(self: Arc<Self>) -> Result<u32, Fault> {
            yield_now().await;
            self.flaky.call()
        }

        #[retry(max = 3, backoff = "none")]
        fn by_arc_sync(self: Arc<Self>) -> Result<u32, Fault> {
            self.flaky.call()
        }

        #[retry(max = 3, backoff = "none")]
        async fn by_box(self: Box<Self>) -> Result<u32, Fault> {
            yield_now().await;
            self.flaky.call()
        }

        #[allow(clippy::future_not_send, reason = "an `Rc` stays on its thread")]
        #[retry(max = 3, backoff = "none")]
        async fn by_rc(self: Rc<Self>) -> Result<u32, Fault> {
            yield_now().await;
            self.flaky.call()
        }

        #[retry(max = 3, backoff = "none")]
        async fn by_pin(mut self: Pin<&mut Self>) -> Result<u32, Fault> {
            yield_now().await;
            self.log.push(0);
            self.flaky.call()
        }

        #[retry(max = 3, backoff = "none")]
        #[allow(clippy::needless_arbitrary_self_type, reason = "the long spelling is what is tested")]
        fn by_typed_ref(self: &Self) -> Result<u32, Fault> {
            self.flaky.call()
        }

        #[retry(max = 3, backoff = "none")]
        #[allow(clippy::needless_arbitrary_self_type, reason = "the long spelling is what is tested")]
        async fn by_typed_mut(self: &mut Self) -> Result<u32, Fault> {
            yield_now().await;
            self.log.push(1);
            self.flaky.call()
        }

        #[retry(max = 3, backoff = "none")]
        async fn by_ref_to_arc(self: &Arc<Self>) -> Result<u32, Fault> {
            let held = Self::clone_of(self);
            yield_now().await;
            held.flaky.call()
        }

        fn clone_of(this: &Arc<Self>) -> Arc<Self> {
            Arc::clone(this)
        }

        #[retry(max = 3, backoff = "none")]
        async fn by_value(self) -> Result<u32, Fault> {
            yield_now().await;
            self.flaky.call()
        }

        #[retry(max = 3, backoff = "none")]
        async fn by_mut_value(mut self) -> Result<Vec<u32>, Fault> {
            self.log.push(self.flaky.calls());
            yield_now().await;
            self.flaky.call()?;
            Ok(self.log.clone())
        }

        #[timeout(secs = 1)]
        #[circuit_breaker]
        #[timeout(ms = 500)]
        async fn consumed(self, extra: Vec<u32>) -> Result<(Self, Vec<u32>), Fault> {
            yield_now().await;
            Ok((self, extra))
        }

        #[timeout(secs = 1, mode = "cooperative")]
        #[circuit_breaker]
        fn consumed_sync(mut self, extra: Vec<u32>) -> Result<Self, Fault> {
            self.log.extend(extra);
            Ok(self)
        }

        #[timeout(secs = 1)]
        async fn consumed_box(self: Box<Self>) -> Result<Self, Fault> {
            yield_now().await;
            Ok(*self)
        }

        #[timeout(secs = 1)]
        async fn consumed_pin(self: Pin<&mut Self>) -> Result<&mut Vec<u32>, Fault> {
            yield_now().await;
            Ok(&mut self.get_mut().log)
        }

        #[circuit_breaker]
        fn first(&mut self) -> Result<&mut u32, Fault> {
            self.log.first_mut().ok_or(Fault::Down)
        }

        #[timeout(secs = 1)]
        async fn last(&mut self) -> Result<&mut u32, Fault> {
            yield_now().await;
            self.log.last_mut().ok_or(Fault::Down)
        }

        #[retry(max = 3, backoff = "none")]
        async fn without_self(flaky: &Flaky) -> Result<Self, Fault> {
            yield_now().await;
            let call = flaky.call()?;
            Ok(Self { log: vec![call], ..Self::default() })
        }

        #[retry(max = 3, backoff = "none")]
        fn without_self_sync(flaky: &Flaky) -> Result<Self, Fault> {
            let call = flaky.call()?;
            Ok(Self { log: vec![call], ..Self::default() })
        }
    }

    #[tokio::test]
    async fn a_shared_receiver_is_seen_by_every_attempt() {
        let service = Service::failing(2);
        assert_eq!(send(service.by_ref("a".into())).await.unwrap(), "a!3");
        assert_eq!(Service::failing(2).by_ref_sync("a".into()).unwrap(), "a!3");
        assert_eq!(Service::failing(2).by_typed_ref().unwrap(), 3);
        assert_eq!(send(Arc::new(Service::failing(2)).by_ref_to_arc()).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn an_exclusive_receiver_is_borrowed_anew_by_every_attempt() {
        let (mut service, mut sink) = (Service::failing(2), Vec::new());
        assert_eq!(send(service.by_mut(&mut sink)).await.unwrap(), 3);
        assert_eq!((sink, service.log), (vec![0, 1, 2], vec![0, 1, 2]));

        let (mut service, mut sink) = (Service::failing(2), Vec::new());
        assert_eq!(service.by_mut_sync(&mut sink).unwrap(), 3);
        assert_eq!((sink, service.log), (vec![0, 1, 2], vec![0, 1, 2]));

        assert_eq!(send(Service::failing(1).by_typed_mut()).await.unwrap(), 2);
        assert_eq!(send(pin!(Service::failing(1)).by_pin()).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn an_owned_receiver_is_borrowed_by_every_attempt() {
        assert_eq!(send(Arc::new(Service::failing(2)).by_arc()).await.unwrap(), 3);
        assert_eq!(Arc::new(Service::failing(2)).by_arc_sync().unwrap(), 3);
        assert_eq!(send(Box::new(Service::failing(2)).by_box()).await.unwrap(), 3);
        assert_eq!(Rc::new(Service::failing(2)).by_rc().await.unwrap(), 3);
        assert_eq!(send(Service::failing(2).by_value()).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn limit_changes_to_an_owned_receiver_are_seen_by_the_next_attempt() {
        assert_eq!(send(Service::failing(2).by_mut_value()).await.unwrap(), [0, 1, 2]);
    }

    /// H2, H29.
    #[tokio::test]
    async fn a_body_that_runs_at_most_once_may_consume_its_receiver() {
        let (service, extra) = send(Service::default().consumed(vec![7])).await.unwrap();
        assert_eq!(service.consumed_sync(extra).unwrap().log, [7]);
        let boxed = Box::new(Service { log: vec![8], ..Service::default() });
        assert_eq!(send(boxed.consumed_box()).await.unwrap().log, [8]);
        assert_eq!(send(pin!(Service::default()).consumed_pin()).await.unwrap().len(), 0);
    }

    #[tokio::test]
    async fn a_body_that_runs_at_most_once_may_lend_out_of_an_exclusive_receiver() {
        let mut service = Service { log: vec![1, 2], ..Service::default() };
        *service.first().unwrap() += 10;
        *send(service.last()).await.unwrap() += 20;
        assert_eq!(service.log, [11, 22]);
    }

    #[tokio::test]
    async fn an_associated_function_needs_no_receiver() {
        assert_eq!(send(Service::without_self(&Flaky::failing(2))).await.unwrap().log, [3]);
        assert_eq!(Service::without_self_sync(&Flaky::failing(2)).unwrap().log, [3]);
    }

    struct Model {
        id: u32,
        flaky: Flaky,
        spare_calls: AtomicU32,
    }

    impl Model {
        #[cached(key = (self.id, query))]
        #[timeout(secs = 10)]
        #[fallback(self.spare, Self::canned)]
        #[retry(max = 2, backoff = "none")]
        #[circuit_breaker(failure_threshold = 100)]
        #[timeout(secs = 1)]
        async fn ask(&self, query: String) -> Result<String, Fault> {
            yield_now().await;
            let call = self.flaky.call()?;
            Ok(format!("{query}{call}"))
        }

        async fn spare(&self, query: String) -> Result<String, Fault> {
            yield_now().await;
            self.spare_calls.fetch_add(1, SeqCst);
            if query == "easy" { Ok("spare".into()) } else { Err(Fault::Down) }
        }

        fn canned(query: String) -> Result<String, Fault> {
            if query.is_empty() { Err(Fault::Down) } else { Ok(query + " canned") }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_whole_stack_goes_on_a_method() {
        let model = |id, failures| Model { id, flaky: Flaky::failing(failures), spare_calls: AtomicU32::new(0) };
        let up = model(1, 2);
        assert_eq!(send(up.ask("q".into())).await.unwrap(), "q3");
        assert_eq!(send(up.ask("q".into())).await.unwrap(), "q3", "kept");
        let down = model(2, u32::MAX);
        assert_eq!(down.ask("easy".into()).await.unwrap(), "spare");
        assert_eq!(down.ask("hard".into()).await.unwrap(), "hard canned");
        assert_eq!(down.ask(String::new()).await, Err(Fault::Down));
        assert_eq!((up.flaky.calls(), down.flaky.calls(), down.spare_calls.load(SeqCst)), (3, 9, 3));
    }

    struct Counter {
        value: u32,
        spare: u32,
    }

    impl Counter {
        #[fallback(self.reset)]
        #[retry(max = 2, backoff = "none")]
        async fn bump(&mut self, log: &mut Vec<u32>) -> Option<u32> {
            self.value += 1;
            log.push(self.value);
            yield_now().await;
            None
        }

        async fn reset(&mut self, log: &mut Vec<u32>) -> Option<u32> {
            yield_now().await;
            log.push(0);
            self.value = 0;
            Some(self.spare)
        }

        #[fallback(value = self.spare)]
        async fn or_spare(&mut self) -> Option<u32> {
            yield_now().await;
            self.spare += 1;
            None
        }

        #[fallback(value = self.spare)]
        fn or_spare_sync(&mut self) -> Option<u32> {
            self.spare += 1;
            None
        }
    }

    #[derive(Debug, PartialEq, Eq)]
    struct TooFew {
        seen: usize,
        wanted: usize,
    }

    impl Counter {
        const fn goes_on(&self, fault: &TooFew) -> bool {
            fault.seen < fault.wanted && self.spare > 0
        }

        #[retry(max = 5, backoff = "none", when = self.goes_on)]
        async fn count(&mut self, log: &mut Vec<u32>) -> Result<u32, TooFew> {
            self.value += 1;
            yield_now().await;
            log.push(self.value);
            Err(TooFew { seen: log.len(), wanted: 3 })
        }

        #[retry(max = 5, backoff = "none", when = |fault| self.goes_on(fault))]
        fn count_sync(&mut self, log: &mut Vec<u32>) -> Result<u32, TooFew> {
            self.value += 1;
            log.push(self.value);
            Err(TooFew { seen: log.len(), wanted: 3 })
        }

        #[retry(max = 5, backoff = "none", when = self.goes_on)]
        async fn count_owned(self: Arc<Self>, log: &mut Vec<u32>) -> Result<u32, TooFew> {
            yield_now().await;
            log.push(self.value);
            Err(TooFew { seen: log.len(), wanted: 3 })
        }
    }

    #[tokio::test]
    async fn a_predicate_may_ask_the_receiver_between_the_attempts() {
        let mut counter = Counter { value: 0, spare: 5 };
        let enough = || Err(TooFew { seen: 3, wanted: 3 });
        assert_eq!(send(counter.count(&mut Vec::new())).await, enough());
        assert_eq!(counter.count_sync(&mut Vec::new()), enough());
        assert_eq!(counter.value, 6);
        assert_eq!(send(Arc::new(counter).count_owned(&mut Vec::new())).await, enough());
    }

    #[tokio::test]
    async fn a_fallback_gets_the_exclusive_receiver_after_the_attempts() {
        let (mut counter, mut log) = (Counter { value: 0, spare: 5 }, Vec::new());
        assert_eq!(send(counter.bump(&mut log)).await, Some(5));
        assert_eq!((log, counter.value), (vec![1, 2, 3, 0], 0));
        assert_eq!(send(counter.or_spare()).await, Some(6));
        assert_eq!(counter.or_spare_sync(), Some(7));
    }
}

mod traits {
    use super::*;
    use std::fmt::Debug;

    trait Fetch {
        type Id: Clone + Debug + Send + Sync;
        type Failure;

        fn flaky(&self) -> &Flaky;

        fn fetch(&self, url: &str) -> impl Future<Output = Result<String, Fault>> + Send;

        #[allow(async_fn_in_trait, reason = "the default body is what is tested")]
        #[retry(max = 3, backoff = "none")]
        #[timeout(secs = 1)]
        async fn default_body(&self, label: String) -> Result<String, Fault> {
            yield_now().await;
            let call = self.flaky().call()?;
            Ok(format!("{label}{call}"))
        }

        #[retry(max = 3, backoff = "none")]
        fn generic_default<K: Into<Self::Id> + Clone>(&self, key: K) -> Result<(Self::Id, u32), Self::Failure>
        where
            Self: Sized,
        {
            let call = self.load()?;
            Ok((key.into(), call))
        }

        fn load(&self) -> Result<u32, Self::Failure>;

        #[allow(async_fn_in_trait, reason = "async functions in traits are what is tested")]
        async fn update(&mut self, by: u32) -> Result<u32, Fault>;
    }

    #[derive(Debug)]
    struct Remote {
        flaky: Flaky,
        sum: u32,
    }

    impl Fetch for Remote {
        type Id = String;
        type Failure = Fault;

        fn flaky(&self) -> &Flaky {
            &self.flaky
        }

        #[retry(max = 3, backoff = "none")]
        async fn fetch(&self, url: &str) -> Result<String, Fault> {
            yield_now().await;
            self.flaky.call()?;
            Ok(url.to_owned())
        }

        #[circuit_breaker(failure_threshold = 100)]
        fn load(&self) -> Result<u32, Fault> {
            self.flaky.call()
        }

        #[retry(max = 3, backoff = "none")]
        async fn update(&mut self, by: u32) -> Result<u32, Fault> {
            self.sum += by;
            yield_now().await;
            self.flaky.call()?;
            Ok(self.sum)
        }
    }

    /// H19, H25.
    #[tokio::test(start_paused = true)]
    async fn attributes_go_on_the_methods_of_a_trait_and_on_default_bodies() {
        let mut remote = Remote { flaky: Flaky::failing(2), sum: 0 };
        assert_eq!(remote.fetch("u").await.unwrap(), "u");
        assert_eq!(remote.flaky.calls(), 3);
        remote.flaky = Flaky::failing(2);
        assert_eq!(send(remote.default_body("d".into())).await.unwrap(), "d3");
        remote.flaky = Flaky::failing(2);
        assert_eq!(remote.generic_default("k"), Ok(("k".to_owned(), 3)));
        remote.flaky = Flaky::failing(2);
        assert_eq!(send(remote.update(5)).await.unwrap(), 15);
    }

    trait Source<T> {
        fn next(&mut self) -> Option<T>;
    }

    impl<T: Clone, const N: usize> Source<T> for ([T; N], Flaky) {
        #[retry(max = 3, backoff = "none")]
        fn next(&mut self) -> Option<T> {
            self.1.call().ok()?;
            self.0.first().cloned()
        }
    }

    impl<S: Source<T> + ?Sized, T> Source<T> for Box<S> {
        #[retry(max = 1, backoff = "none", nested = true)]
        fn next(&mut self) -> Option<T> {
            (**self).next()
        }
    }

    /// H25.
    #[test]
    fn generic_and_blanket_implementations_work_behind_a_trait_object() {
        let mut source: Box<dyn Source<u8>> = Box::new(([7, 8], Flaky::failing(3)));
        assert_eq!(source.next(), Some(7));
        assert_eq!(Source::next(&mut Box::new(([7_u8], Flaky::failing(5)))), Some(7), "4 and then 2 of 4 attempts");
    }

    struct Pair<T, const N: usize>([T; N]);

    impl<T: Clone + Debug + Send + Sync, const N: usize> Pair<T, N> {
        const RETRIES: u32 = 3;

        #[retry(max = Self::RETRIES, backoff = "none")]
        async fn build(flaky: &Flaky, values: [T; N]) -> Result<Self, Fault> {
            yield_now().await;
            flaky.call()?;
            Ok(Self(values))
        }

        #[fallback(Self::spare)]
        fn first(&self, index: usize) -> Result<T, usize> {
            self.0.get(index).cloned().ok_or(index)
        }

        const fn spare(index: usize) -> Result<T, usize> {
            Err(index + N)
        }
    }

    trait Named {
        #[cached(skip(self))]
        fn name(&self, prefix: &str) -> String {
            format!("{prefix} {}", std::any::type_name::<Self>())
        }
    }

    impl Named for u8 {}
    impl Named for u16 {}

    impl<T: Send + Sync, const N: usize> Pair<T, N> {
        #[cached(skip(self))]
        fn kept_name(&self, prefix: &str) -> String {
            format!("{prefix} {} {N} {}", std::any::type_name::<T>(), self.0.len())
        }
    }

    /// H25.
    #[test]
    fn a_method_of_a_generic_type_or_a_trait_is_cached_per_type() {
        assert_eq!((&*0_u8.name("is"), &*0_u16.name("is")), ("is u8", "is u16"));
        assert_eq!(Pair([0_u8]).kept_name("is"), "is u8 1 1");
        assert_eq!(Pair([0_u16]).kept_name("is"), "is u16 1 1");
        assert_eq!(Pair([0_u8; 2]).kept_name("is"), "is u8 2 2");
    }

    struct Often<const N: u32>(Flaky);

    impl<const N: u32> Often<N> {
        #[retry(max = N, backoff = "none")]
        fn ask(&self) -> Result<u32, Fault> {
            self.0.call()
        }

        #[resilience::bulkhead(max = N)]
        async fn together(&self) -> Option<u32> {
            yield_now().await;
            self.0.call().ok()
        }
    }

    #[tokio::test]
    async fn a_const_parameter_of_the_impl_is_a_constant() {
        let four = Often::<4>(Flaky::failing(5));
        assert_eq!((four.ask().is_err(), four.0.calls()), (true, 5));
        let one = Often::<1>(Flaky::failing(2));
        assert_eq!((one.ask().is_err(), one.0.calls()), (true, 2));
        let two = Often::<2>(Flaky::failing(0));
        let (first, second, third) = tokio::join!(two.together(), two.together(), two.together());
        assert_eq!([first.is_some(), second.is_some(), third.is_some()], [true, true, false]);
    }

    /// H6, H8.
    #[tokio::test]
    async fn generic_parameters_of_the_impl_are_in_reach() {
        let pair = send(Pair::build(&Flaky::failing(3), ["a", "b"])).await.unwrap();
        assert_eq!((pair.first(1), pair.first(5)), (Ok("b"), Err(7)));
    }
}

mod async_trait_methods {
    use super::*;
    use async_trait::async_trait;

    #[async_trait]
    trait Backend: Send + Sync {
        async fn read(&self, (name, depth): (String, u32)) -> Result<String, Fault>;
        async fn write(&mut self, text: String, count: &mut u32) -> Result<String, Fault>;
        async fn once(&mut self, text: String) -> Result<String, Fault>;
        async fn shared(self: Arc<Self>, text: String) -> Result<String, Fault>;
        async fn boxed(self: Box<Self>, text: String) -> Result<String, Fault>;
        async fn whole_stack(&self, query: &str) -> Result<String, Fault>;

        #[retry(max = 3, backoff = "none")]
        async fn default_body(&self, mut text: String) -> Result<String, Fault> {
            text.push('?');
            self.read((text, 0)).await
        }
    }

    struct Memory {
        id: u32,
        flaky: Flaky,
        text: String,
    }

    impl Memory {
        const fn failing(id: u32, failures: u32) -> Self {
            Self { id, flaky: Flaky::failing(failures), text: String::new() }
        }

        async fn spare(&self, query: &str) -> Result<String, Fault> {
            yield_now().await;
            Ok(format!("spare {query} of {}", self.id))
        }
    }

    #[async_trait]
    impl Backend for Memory {
        #[timeout(secs = 5)]
        #[retry(max = 3, backoff = "none")]
        async fn read(&self, (mut name, depth): (String, u32)) -> Result<String, Fault> {
            name.push('!');
            yield_now().await;
            let call = self.flaky.call()?;
            Ok(format!("{name}{depth}{call}"))
        }

        #[retry(max = 3, backoff = "none")]
        #[timeout(secs = 5)]
        async fn write(&mut self, text: String, count: &mut u32) -> Result<String, Fault> {
            *count += 1;
            self.text.push_str(&text);
            yield_now().await;
            self.flaky.call()?;
            Ok(self.text.clone())
        }

        #[timeout(secs = 5)]
        #[circuit_breaker]
        async fn once(&mut self, text: String) -> Result<String, Fault> {
            yield_now().await;
            self.text = text;
            Ok(self.text.clone())
        }

        #[retry(max = 3, backoff = "none")]
        async fn shared(self: Arc<Self>, text: String) -> Result<String, Fault> {
            yield_now().await;
            let call = self.flaky.call()?;
            Ok(format!("{text}{call}"))
        }

        #[retry(max = 3, backoff = "none")]
        async fn boxed(self: Box<Self>, text: String) -> Result<String, Fault> {
            yield_now().await;
            let call = self.flaky.call()?;
            Ok(format!("{text}{call}"))
        }

        #[cached(key = (self.id, query))]
        #[timeout(secs = 10)]
        #[fallback(self.spare)]
        #[retry(max = 2, backoff = "none")]
        #[circuit_breaker(failure_threshold = 100)]
        #[timeout(secs = 1)]
        async fn whole_stack(&self, query: &str) -> Result<String, Fault> {
            yield_now().await;
            let call = self.flaky.call()?;
            Ok(format!("{query}{call}"))
        }
    }

    /// H19.
    #[tokio::test(start_paused = true)]
    async fn every_receiver_works_under_async_trait() {
        let mut memory: Box<dyn Backend> = Box::new(Memory::failing(1, 2));
        let mut count = 0;
        assert_eq!(send(memory.write("a".into(), &mut count)).await.unwrap(), "aaa");
        assert_eq!(count, 3);
        assert_eq!(send(memory.read(("n".into(), 4))).await.unwrap(), "n!44");
        assert_eq!(memory.default_body("n".into()).await.unwrap(), "n?!05");
        assert_eq!(send(memory.once("b".into())).await.unwrap(), "b");
        assert_eq!(send(memory.boxed("c".into())).await.unwrap(), "c6");
        let shared: Arc<dyn Backend> = Arc::new(Memory::failing(2, 2));
        assert_eq!(send(shared.shared("c".into())).await.unwrap(), "c3");
    }

    /// H19.
    #[tokio::test(start_paused = true)]
    async fn the_whole_stack_works_under_async_trait() {
        let up: Box<dyn Backend> = Box::new(Memory::failing(3, 1));
        assert_eq!(send(up.whole_stack("q")).await.unwrap(), "q2");
        assert_eq!(send(up.whole_stack("q")).await.unwrap(), "q2", "kept");
        let down: Box<dyn Backend> = Box::new(Memory::failing(4, u32::MAX));
        assert_eq!(send(down.whole_stack("q")).await.unwrap(), "spare q of 4");
    }

    #[async_trait(?Send)]
    trait Local {
        async fn local<T: Clone + Into<String>>(&mut self, text: T) -> Result<String, Fault>
        where
            T: 'static;
    }

    #[async_trait(?Send)]
    impl Local for std::rc::Rc<Flaky> {
        #[retry(max = 3, backoff = "none")]
        async fn local<T: Clone + Into<String>>(&mut self, text: T) -> Result<String, Fault>
        where
            T: 'static,
        {
            let held = Self::clone(self);
            yield_now().await;
            held.call()?;
            Ok(text.into())
        }
    }

    #[tokio::test]
    async fn futures_that_stay_on_their_thread_work_under_async_trait() {
        let mut flaky = std::rc::Rc::new(Flaky::failing(3));
        assert_eq!(flaky.local("x").await.unwrap(), "x");
    }
}

mod returned_futures {
    use super::*;
    use futures_util::future::{BoxFuture, LocalBoxFuture};
    use std::pin::Pin;

    type Answer = Result<String, Fault>;

    #[retry(max = 3, backoff = "none")]
    #[allow(clippy::manual_async_fn, reason = "the form is what is tested")]
    fn as_impl(flaky: &Flaky, text: String) -> impl Future<Output = Answer> + Send {
        async move {
            yield_now().await;
            flaky.call()?;
            Ok(text)
        }
    }

    #[retry(max = 3, backoff = "none")]
    fn as_impl_after_statements<T: AsRef<str> + Clone + Send + Sync>(
        flaky: &Flaky,
        text: T,
    ) -> impl Future<Output = Answer> + Send + use<'_, T> {
        let early = flaky.call();
        let text = text.as_ref().to_owned();
        async move {
            yield_now().await;
            early?;
            Ok(text)
        }
    }

    #[retry(max = 3, backoff = "none")]
    fn as_box(flaky: &Flaky, text: String) -> Pin<Box<dyn Future<Output = Answer> + Send + '_>> {
        Box::pin(async move {
            yield_now().await;
            flaky.call()?;
            Ok(text)
        })
    }

    #[retry(max = 3, backoff = "none")]
    fn as_box_future<'a>(flaky: &'a Flaky, text: &'a str) -> BoxFuture<'a, Answer> {
        let text = text.to_uppercase();
        Box::pin(async move {
            flaky.call()?;
            Ok(text)
        })
    }

    #[retry(max = 3, backoff = "none")]
    fn as_local_box_future(flaky: std::rc::Rc<Flaky>) -> LocalBoxFuture<'static, Answer> {
        Box::pin(async move {
            yield_now().await;
            flaky.call().map(|call| call.to_string())
        })
    }

    fn push_later(sink: &mut Vec<u32>) -> BoxFuture<'_, Option<usize>> {
        Box::pin(async move {
            yield_now().await;
            sink.push(1);
            (sink.len() > 2).then_some(sink.len())
        })
    }

    #[timeout(secs = 1)]
    fn lent_once(sink: &mut Vec<u32>) -> BoxFuture<'_, Option<usize>> {
        push_later(sink)
    }

    #[retry(max = 3, backoff = "none")]
    fn lent_again(sink: &mut Vec<u32>) -> BoxFuture<'_, Option<usize>> {
        push_later(sink)
    }

    #[retry(max = 3, backoff = "none")]
    fn lent_as_impl(sink: &mut Vec<u32>) -> impl Future<Output = Option<usize>> + Send {
        push_later(sink)
    }

    #[retry(max = 3, backoff = "none")]
    fn as_unpin_box(flaky: &Flaky) -> Box<dyn Future<Output = Answer> + Send + Unpin + '_> {
        Box::new(Box::pin(async move {
            yield_now().await;
            flaky.call().map(|call| call.to_string())
        }))
    }

    #[timeout(ms = 50)]
    fn slow() -> BoxFuture<'static, Answer> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            Ok(String::new())
        })
    }

    fn spare(_: &Flaky, text: String) -> BoxFuture<'_, Answer> {
        Box::pin(async move { Ok(format!("spare {text}")) })
    }

    #[cached(key = text)]
    #[timeout(secs = 10)]
    #[fallback(spare)]
    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 1)]
    fn whole_stack(flaky: &Flaky, text: String) -> BoxFuture<'_, Answer> {
        Box::pin(async move {
            yield_now().await;
            flaky.call()?;
            Ok(text)
        })
    }

    struct Owner {
        sink: Vec<u32>,
    }

    impl Owner {
        #[retry(max = 3, backoff = "none")]
        fn by_mut(&mut self) -> BoxFuture<'_, Option<usize>> {
            push_later(&mut self.sink)
        }

        #[timeout(secs = 1)]
        fn by_mut_once(&mut self) -> Pin<Box<dyn Future<Output = Option<usize>> + Send + '_>> {
            push_later(&mut self.sink)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_may_return_its_future() {
        let flaky = || Flaky::failing(2);
        assert_eq!(send(as_impl(&flaky(), "a".into())).await.unwrap(), "a");
        assert_eq!(send(as_impl_after_statements(&flaky(), "a")).await.unwrap(), "a");
        assert_eq!(send(as_box(&flaky(), "a".into())).await.unwrap(), "a");
        assert_eq!(send(as_box_future(&flaky(), "a")).await.unwrap(), "A");
        assert_eq!(as_local_box_future(std::rc::Rc::new(flaky())).await.unwrap(), "3");
        assert_eq!(send(as_unpin_box(&flaky())).await.unwrap(), "3");
        assert!(send(slow()).await.unwrap_err().is_timeout());
        assert_eq!(send(whole_stack(&flaky(), "a".into())).await.unwrap(), "a");
        assert_eq!(whole_stack(&Flaky::failing(9), "b".into()).await.unwrap(), "spare b");
    }

    #[tokio::test(start_paused = true)]
    async fn a_returned_future_may_borrow_exclusively() {
        assert_eq!(send(lent_once(&mut vec![0, 0])).await, Some(3));
        assert_eq!(send(lent_again(&mut Vec::new())).await, Some(3));
        assert_eq!(send(lent_as_impl(&mut Vec::new())).await, Some(3));
        let mut owner = Owner { sink: Vec::new() };
        assert_eq!(send(owner.by_mut()).await, Some(3));
        assert_eq!(send(owner.by_mut_once()).await, Some(4));
    }

    /// H18.
    #[tokio::test]
    async fn limit_statements_in_front_of_a_returned_future_run_with_each_attempt_and_not_before_the_first_poll() {
        let flaky = Flaky::failing(2);
        let future = as_impl_after_statements(&flaky, "a");
        assert_eq!(flaky.calls(), 0);
        future.await.unwrap();
        assert_eq!(flaky.calls(), 3);
    }
}

mod generics {
    use super::*;
    use resilience::{Category, Classify};
    use std::borrow::Cow;
    use std::collections::HashMap;
    use std::fmt::{Debug, Display};
    use std::str::FromStr;

    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 1)]
    async fn everything<'a, 'b: 'a, T, const N: usize>(
        flaky: &Flaky,
        text: T,
        tail: &'a [u8; N],
        other: &'b str,
    ) -> Result<(String, &'a [u8], &'b str), Fault>
    where
        T: AsRef<str> + Clone + Send + Sync + 'a,
    {
        yield_now().await;
        flaky.call()?;
        Ok((text.as_ref().to_owned(), &tail[..], other))
    }

    #[retry(max = 3, backoff = "none")]
    fn elided<'a>(flaky: &Flaky, pages: &'a [String], index: usize) -> Result<&'a str, Fault> {
        flaky.call()?;
        pages.get(index).map(String::as_str).ok_or(Fault::Down)
    }

    #[retry(max = 3, backoff = "none")]
    async fn only_in_the_result<T: FromStr>(flaky: &Flaky) -> Result<T, T::Err>
    where
        T::Err: From<Fault>,
    {
        yield_now().await;
        flaky.call()?;
        "7".parse()
    }

    #[retry(max = N, backoff = "none")]
    fn as_often_as<const N: u32>(flaky: &Flaky) -> Result<u32, Fault> {
        flaky.call()
    }

    trait Limits {
        const RETRIES: u32;
    }

    #[retry(max = T::RETRIES, backoff = "none")]
    async fn as_often_as_its<T: Limits>(flaky: &Flaky) -> Result<u32, Fault> {
        yield_now().await;
        flaky.call()
    }

    struct Twice;

    impl Limits for Twice {
        const RETRIES: u32 = 2;
    }

    #[retry(max = 3, backoff = "none")]
    async fn impl_trait(
        flaky: &Flaky,
        convert: impl Fn(u32) -> u32 + Clone + Send + Sync,
        items: impl IntoIterator<Item = u32> + Clone + Send,
    ) -> Result<impl Display, Fault> {
        let sum: u32 = items.into_iter().map(convert).sum();
        yield_now().await;
        flaky.call()?;
        Ok(sum)
    }

    #[retry(max = 3, backoff = "none")]
    fn returns_a_function(flaky: &Flaky, by: u32) -> Result<impl Fn(u32) -> Result<u32, String> + use<>, Fault> {
        flaky.call()?;
        Ok(move |x: u32| x.checked_sub(by).ok_or_else(|| "too small".to_owned()))
    }

    #[retry(max = 3, backoff = "none")]
    fn returns_a_borrowing_function(flaky: &Flaky) -> Result<impl for<'x> Fn(&'x str) -> &'x str + use<>, Fault> {
        flaky.call()?;
        Ok(str::trim)
    }

    #[retry(max = 3, backoff = "none")]
    async fn returns_two(flaky: &Flaky) -> Result<(impl Debug, impl Iterator<Item = impl Debug>), Fault> {
        yield_now().await;
        flaky.call()?;
        Ok((1, [2, 3].into_iter()))
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_exclusive_impl(flaky: &Flaky, next: &mut impl Iterator<Item = u32>) -> Result<u32, Fault> {
        let value = next.next().ok_or(Fault::Down)?;
        yield_now().await;
        flaky.call()?;
        Ok(value)
    }

    #[retry(max = 3, backoff = "none")]
    async fn by_dyn(flaky: &Flaky, each: &mut (dyn FnMut() + Send), map: &(dyn Fn(u32) -> u32 + Sync)) -> Option<u32> {
        each();
        yield_now().await;
        flaky.call().ok().map(map)
    }

    #[allow(clippy::future_not_send, reason = "nothing is said about the closure's future")]
    #[retry(max = 3, backoff = "none")]
    async fn by_async_closure(call: &impl AsyncFn() -> Result<u32, Fault>) -> Result<u32, Fault> {
        call().await
    }

    #[allow(clippy::future_not_send, reason = "nothing is said about the closure's future")]
    #[retry(max = 3, backoff = "none")]
    async fn by_async_closure_value(call: impl AsyncFn() -> Result<u32, Fault> + Clone) -> Result<u32, Fault> {
        call().await
    }

    #[cached]
    fn kept_per_type<T: Default + Clone + Debug + Send + Sync + 'static>(calls: &'static str) -> (T, u32) {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        assert_eq!(calls, "k");
        (T::default(), CALLS.fetch_add(1, SeqCst))
    }

    #[circuit_breaker]
    fn maps<K: std::hash::Hash + Eq, V: Clone>(map: &HashMap<K, V>, key: &K) -> Option<V> {
        map.get(key).cloned()
    }

    #[timeout(secs = 1)]
    async fn cow<'a>(text: Cow<'a, str>) -> Result<Cow<'a, str>, Fault> {
        yield_now().await;
        Ok(text)
    }

    /// H6, H7, H8.
    #[tokio::test(start_paused = true)]
    async fn lifetimes_and_generics_of_every_kind_are_kept() {
        let flaky = || Flaky::failing(2);
        assert_eq!(send(everything(&flaky(), "t", b"ab", "o")).await.unwrap(), ("t".into(), &b"ab"[..], "o"));
        assert_eq!(elided(&flaky(), &["p".into()], 0).unwrap(), "p");
        let counted = flaky();
        assert_eq!(impl_trait(&counted, |x| x * 2, vec![1, 2]).await.unwrap().to_string(), "6");
        assert_eq!(returns_a_function(&flaky(), 3).unwrap()(5), Ok(2));
        let counted = flaky();
        let (first, rest) = send(returns_two(&counted)).await.unwrap();
        assert_eq!(format!("{first:?}{:?}", rest.collect::<Vec<_>>()), "1[2, 3]");
        assert_eq!(maps(&HashMap::from([(1, 2)]), &1), Some(2));
        assert_eq!(send(cow("c".into())).await.unwrap(), "c");
    }

    /// The result type of a closure cannot name `impl Trait`, so a closure in its place is taken for one lifetime.
    #[test]
    fn limit_a_returned_function_that_holds_for_every_lifetime_is_a_named_one() {
        assert_eq!(returns_a_borrowing_function(&Flaky::failing(2)).unwrap()(" a "), "a");
    }

    /// H6.
    #[tokio::test]
    async fn a_generic_may_stand_in_the_result_only() {
        #[derive(Debug, PartialEq)]
        struct Seven;
        impl FromStr for Seven {
            type Err = Fault;
            fn from_str(text: &str) -> Result<Self, Fault> {
                if text == "7" { Ok(Self) } else { Err(Fault::Down) }
            }
        }
        assert_eq!(send(only_in_the_result::<Seven>(&Flaky::failing(2))).await, Ok(Seven));
    }

    #[tokio::test]
    async fn a_value_may_depend_on_a_generic() {
        assert_eq!(as_often_as::<1>(&Flaky::failing(9)), Err(Fault::Down));
        assert_eq!(as_often_as::<1>(&Flaky::failing(1)), Ok(2));
        assert_eq!(as_often_as::<9>(&Flaky::failing(9)), Ok(10));
        let flaky = Flaky::failing(9);
        assert_eq!(as_often_as_its::<Twice>(&flaky).await, Err(Fault::Down));
        assert_eq!(flaky.calls(), 3);
    }

    #[tokio::test]
    async fn exclusive_arguments_of_any_type_are_lent_to_each_attempt() {
        assert_eq!(by_exclusive_impl(&Flaky::failing(2), &mut [4, 5, 6].into_iter()).await.unwrap(), 6);
        let mut times = 0;
        assert_eq!(send(by_dyn(&Flaky::failing(2), &mut || times += 1, &|call| call * 2)).await, Some(6));
        assert_eq!(times, 3);
    }

    #[tokio::test]
    async fn an_asynchronous_closure_is_an_argument_like_any_other() {
        let flaky = Flaky::failing(2);
        let call = async || {
            yield_now().await;
            flaky.call()
        };
        assert_eq!(by_async_closure(&call).await, Ok(3));
        assert_eq!(by_async_closure_value(call).await, Ok(4));
    }

    #[test]
    fn a_generic_function_is_cached_per_type() {
        assert_eq!((kept_per_type::<u8>("k"), kept_per_type::<u8>("k")), ((0, 0), (0, 0)));
        assert_eq!(kept_per_type::<String>("k"), (String::new(), 1));
    }

    struct Permanent;

    impl Classify for Permanent {
        fn category(&self) -> Category {
            Category::Permanent
        }
    }

    #[retry(max = 3, backoff = "none")]
    fn with_the_bound<E: Classify>(calls: &AtomicU32, error: impl Fn() -> E + Clone) -> Result<u32, E> {
        calls.fetch_add(1, SeqCst);
        Err(error())
    }

    #[retry(max = 3, backoff = "none")]
    fn without_the_bound<E>(calls: &AtomicU32, error: impl Fn() -> E + Clone) -> Result<u32, E> {
        calls.fetch_add(1, SeqCst);
        Err(error())
    }

    #[test]
    fn limit_the_class_of_a_generic_error_is_seen_only_through_a_written_bound() {
        let (with, without) = (AtomicU32::new(0), AtomicU32::new(0));
        assert!(with_the_bound(&with, || Permanent).is_err());
        assert!(without_the_bound(&without, || Permanent).is_err());
        assert_eq!((with.into_inner(), without.into_inner()), (1, 4));
    }
}

mod arguments {
    use super::*;

    #[derive(Clone)]
    struct Point {
        x: u32,
        names: Vec<String>,
        rest: u8,
    }

    #[retry(max = 3, backoff = "none")]
    #[allow(clippy::too_many_arguments, reason = "one of each kind")]
    fn patterns_sync(
        flaky: &Flaky,
        (label, (mut numbers, _)): (String, (Vec<u32>, u8)),
        Point { x, mut names, .. }: Point,
        [first, .., last]: [u32; 3],
        &[shift, ..]: &[u32; 3],
        &mut ref mut sink: &mut Vec<u32>,
        whole @ (_, inner): (u8, u8),
        ref tail: String,
    ) -> Result<(String, u32), Fault> {
        numbers.push(x);
        names.push(label);
        sink.push(shift);
        flaky.call()?;
        let sum = numbers.iter().sum::<u32>() + first + last + shift + u32::from(whole.0 + inner);
        Ok((names.join("") + tail, sum))
    }

    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 1)]
    async fn patterns(
        flaky: &Flaky,
        (label, (mut numbers, _)): (String, (Vec<u32>, u8)),
        Point { x, mut names, rest: _ }: Point,
        [first, .., last]: [u32; 3],
        &[shift, ..]: &[u32; 3],
        mut sink: &mut Vec<u32>,
        whole @ (_, inner): (u8, u8),
    ) -> Result<(String, u32), Fault> {
        let mut other = Vec::new();
        numbers.push(x);
        names.push(label);
        sink.push(shift);
        yield_now().await;
        sink = &mut other;
        sink.push(shift);
        flaky.call()?;
        Ok((names.join(""), numbers.iter().sum::<u32>() + first + last + u32::from(whole.0 + inner)))
    }

    #[timeout(secs = 1)]
    async fn patterns_once((mut label, _): (String, u8), Point { mut names, .. }: Point) -> Result<String, Fault> {
        label.push('!');
        yield_now().await;
        names.push(label);
        Ok(names.concat())
    }

    #[cached]
    fn patterns_of_a_key(
        (label, count): (String, u32),
        [low, high]: [u8; 2],
        mut list: Vec<u8>,
        slice: &[u8],
        text: &str,
    ) -> usize {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        assert_eq!(CALLS.fetch_add(1, SeqCst), 0, "kept");
        list.push(low + high);
        label.len() + count as usize + list.len() + slice.len() + text.len()
    }

    const fn point() -> Point {
        Point { x: 1, names: Vec::new(), rest: 9 }
    }

    /// H2, H4.
    #[tokio::test(start_paused = true)]
    async fn every_attempt_starts_from_the_values_of_the_caller() {
        let (flaky, mut sink) = (Flaky::failing(2), Vec::new());
        let tuple = || ("a".to_owned(), (vec![10], 0));
        let got = patterns_sync(&flaky, tuple(), point(), [2, 3, 4], &[5; 3], &mut sink, (6, 7), "e".into());
        assert_eq!((got, sink), (Ok(("ae".into(), 35)), vec![5, 5, 5]));

        let (flaky, mut sink) = (Flaky::failing(2), Vec::new());
        let got = send(patterns(&flaky, tuple(), point(), [2, 3, 4], &[5; 3], &mut sink, (6, 7))).await;
        assert_eq!((got, sink), (Ok(("a".into(), 30)), vec![5, 5, 5]));

        let Point { x, names, rest } = point();
        assert_eq!((x, names.len(), rest), (1, 0, 9));
        assert_eq!(send(patterns_once(("a".into(), 0), point())).await.unwrap(), "a!");
    }

    /// H4.
    #[test]
    fn a_key_takes_patterns_whole() {
        let call = || patterns_of_a_key(("a".into(), 1), [2, 3], vec![4], b"xy", "z");
        assert_eq!((call(), call()), (7, 7));
    }

    #[cached(key = (a, *b + 1))]
    fn key_of_parts((a, b): (String, u32), _label: &str) -> String {
        format!("{a}{b}")
    }

    #[fallback(|error| Ok(format!("{a}{b}{error}")))]
    fn answer_of_parts((a, b): (String, u32)) -> Result<String, String> {
        if a.len() > 5 { Ok(a) } else { Err(format!("!{b}")) }
    }

    #[test]
    fn a_key_and_a_fallback_closure_see_what_a_pattern_binds() {
        assert_eq!(key_of_parts(("a".into(), 1), "one"), "a1");
        assert_eq!(key_of_parts(("a".into(), 1), "other"), "a1");
        assert_eq!(answer_of_parts(("a".into(), 1)).unwrap(), "a1!1");
    }

    #[retry(max = 3, backoff = "none")]
    async fn mutable(flaky: &Flaky, mut count: u32, mut list: Vec<u32>) -> Result<(u32, Vec<u32>), Fault> {
        count += 1;
        list.push(count);
        yield_now().await;
        flaky.call()?;
        Ok((count, list))
    }

    #[timeout(secs = 1)]
    #[circuit_breaker]
    async fn mutable_once(mut count: u32, mut list: Vec<u32>) -> Result<(u32, Vec<u32>), Fault> {
        count += 1;
        yield_now().await;
        list.push(count);
        Ok((count, list))
    }

    #[circuit_breaker]
    fn mutable_once_sync(mut count: u32, mut list: Vec<u32>) -> Result<(u32, Vec<u32>), Fault> {
        count += 1;
        list.push(count);
        Ok((count, list))
    }

    /// H2.
    #[tokio::test(start_paused = true)]
    async fn mutable_arguments_start_anew() {
        let expected = (6, vec![9, 6]);
        assert_eq!(send(mutable(&Flaky::failing(2), 5, vec![9])).await.unwrap(), expected);
        assert_eq!(send(mutable_once(5, vec![9])).await.unwrap(), expected);
        assert_eq!(mutable_once_sync(5, vec![9]).unwrap(), expected);
    }

    struct NotClone(u32);

    async fn ignored_spare(_: &Flaky, number: u32, _: u8, text: String, (): ()) -> Result<String, Fault> {
        yield_now().await;
        Ok(format!("{number}{text}"))
    }

    #[fallback(ignored_spare)]
    #[retry(max = 3, backoff = "none")]
    async fn ignored(flaky: &Flaky, _: u32, _: u8, _unused: String, unit: ()) -> Result<String, Fault> {
        yield_now().await;
        flaky.call()?;
        let () = unit;
        Ok(String::new())
    }

    fn number_and_text(number: u8, text: &str) -> Option<String> {
        (number > 0).then(|| format!("{number}{text}"))
    }

    #[cached]
    #[fallback(number_and_text)]
    fn ignored_by_name(_number: u8, _text: &str) -> Option<String> {
        None
    }

    #[retry(max = 3, backoff = "none")]
    fn ignored_and_not_clone(flaky: &Flaky, _: NotClone, _: &mut NotClone) -> Result<u32, Fault> {
        flaky.call()
    }

    /// H4, H29.
    #[tokio::test]
    async fn an_ignored_argument_reaches_the_fallback_and_needs_no_clone_otherwise() {
        assert_eq!(send(ignored(&Flaky::failing(2), 1, 2, "t".into(), ())).await.unwrap(), "");
        assert_eq!(ignored(&Flaky::failing(9), 1, 2, "t".into(), ()).await.unwrap(), "1t");
        assert_eq!(ignored_by_name(1, "t").unwrap(), "1t");
        assert_eq!(ignored_and_not_clone(&Flaky::failing(2), NotClone(0), &mut NotClone(1)).unwrap(), 3);
    }

    fn configured_spare(here: u32, _: u8) -> Option<u32> {
        (here < 1_000).then(|| here + 100)
    }

    #[cached]
    #[fallback(configured_spare)]
    #[retry(max = 3, backoff = "none")]
    fn configured(
        #[cfg(not(test))] gone: NotClone,
        #[cfg(test)] here: u32,
        #[allow(unused_variables, reason = "not in this configuration")] only_elsewhere: u8,
        #[cfg(not(test))] (gone, too): (u8, u8),
    ) -> Option<u32> {
        #[cfg(not(test))]
        drop(gone);
        here.checked_sub(10)
    }

    #[timeout(secs = 1)]
    async fn configured_once(#[cfg(not(test))] gone: &mut NotClone, #[cfg(test)] mut here: u32) -> Option<u32> {
        here += 1;
        yield_now().await;
        Some(here)
    }

    /// H5.
    #[tokio::test]
    async fn cfg_on_an_argument_is_honoured_everywhere() {
        assert_eq!((configured(11, 0), configured(1, 0)), (Some(1), Some(101)));
        assert_eq!(send(configured_once(1)).await, Some(2));
    }

    #[retry(max = 3, backoff = "none")]
    async fn linted(
        flaky: &Flaky,
        #[expect(unused_variables, reason = "the lint belongs to the argument")] spare: String,
        #[allow(unused_mut, reason = "the lint belongs to the argument")] mut list: Vec<u32>,
    ) -> Result<Vec<u32>, Fault> {
        yield_now().await;
        flaky.call()?;
        Ok(list)
    }

    #[tokio::test]
    async fn lint_levels_on_an_argument_are_honoured() {
        assert_eq!(linted(&Flaky::failing(2), String::new(), vec![1]).await.unwrap(), [1]);
    }

    fn r#else(r#type: String, r#mut: &mut Vec<u32>) -> Option<String> {
        r#mut.push(0);
        (!r#type.is_empty()).then_some(r#type)
    }

    #[fallback(r#else)]
    #[retry(max = 1, backoff = "none")]
    fn r#match(r#type: String, r#mut: &mut Vec<u32>) -> Option<String> {
        r#mut.push(1);
        (r#type == "raw").then_some(r#type)
    }

    #[cached(key = (r#type, r#ref), name = "raw")]
    #[fallback(|()| Some(r#type))]
    async fn r#async(r#type: String, r#ref: &str) -> Option<String> {
        yield_now().await;
        (r#type == r#ref).then_some(r#type)
    }

    #[allow(clippy::needless_pass_by_value, reason = "`share` is about arguments by value")]
    #[retry(max = 2, backoff = "none", share(r#box))]
    fn r#loop(flaky: &Flaky, r#box: NotClone) -> Result<u32, Fault> {
        flaky.call().map(|call| call + r#box.0)
    }

    #[cached(skip(r#ref))]
    fn r#static(r#type: u8, r#ref: &str) -> String {
        r#type.to_string() + r#ref
    }

    /// H11.
    #[tokio::test]
    async fn raw_identifiers_are_names_like_any_other() {
        let mut sink = Vec::new();
        assert_eq!(r#match("raw".into(), &mut sink), Some("raw".into()));
        assert_eq!(r#match("cooked".into(), &mut sink), Some("cooked".into()));
        assert_eq!(sink, [1, 1, 1, 0]);
        assert_eq!(send(r#async("a".into(), "b")).await, Some("a".into()));
        assert_eq!(r#loop(&Flaky::failing(2), NotClone(4)), Ok(7));
        assert_eq!((&*r#static(1, "a"), &*r#static(1, "b")), ("1a", "1a"));
    }

    #[timeout(secs = 1)]
    async fn optional(sink: Option<&mut Vec<u32>>, next: Box<dyn FnOnce() -> u32 + Send>) -> Option<usize> {
        yield_now().await;
        let sink = sink?;
        sink.push(next());
        Some(sink.len())
    }

    #[allow(clippy::mut_mut, reason = "the form is what is tested")]
    #[retry(max = 2, backoff = "none")]
    fn nested(flaky: &Flaky, sink: &mut &mut [u32], text: &mut str) -> Result<u32, Fault> {
        sink[0] += 1;
        text.make_ascii_uppercase();
        flaky.call()
    }

    #[tokio::test]
    async fn references_inside_of_values_and_references_to_references_work() {
        assert_eq!(send(optional(Some(&mut vec![0]), Box::new(|| 1))).await, Some(2));
        let (mut numbers, mut text) = ([0], "a".to_owned());
        assert_eq!(nested(&Flaky::failing(2), &mut &mut numbers[..], &mut text), Ok(3));
        assert_eq!((numbers, &*text), ([3], "A"));
    }
}

mod bodies {
    use super::*;

    #[retry(max = 2, backoff = "none")]
    async fn recursive(flaky: &Flaky, depth: u32) -> Result<u32, Fault> {
        if depth == 0 {
            return flaky.call();
        }
        Ok(1 + Box::pin(recursive(flaky, depth - 1)).await?)
    }

    #[retry(max = 2, backoff = "none")]
    fn recursive_sync(flaky: &Flaky, depth: u32) -> Result<u32, Fault> {
        if depth == 0 {
            return flaky.call();
        }
        Ok(1 + recursive_sync(flaky, depth - 1)?)
    }

    #[tokio::test]
    async fn a_function_may_call_itself() {
        assert_eq!(send(recursive(&Flaky::failing(2), 5)).await.unwrap(), 8);
        assert_eq!(recursive_sync(&Flaky::failing(2), 5).unwrap(), 8);
    }

    #[retry(max = 2, backoff = "none")]
    async fn control_flow(flaky: &Flaky, numbers: Vec<u32>) -> Result<u32, Fault> {
        let capped = |x: u32| -> u32 {
            if x > 1 {
                return 10;
            }
            x
        };
        let mut sum = 0;
        'outer: for x in &numbers {
            let mut rounds = 2;
            loop {
                if *x == 9 {
                    break 'outer;
                }
                if *x == 5 {
                    continue 'outer;
                }
                rounds -= 1;
                if rounds == 0 {
                    break;
                }
                yield_now().await;
            }
            sum += capped(*x);
        }
        let from_block = 'block: {
            if sum > 100 {
                break 'block 1;
            }
            async { 2 }.await
        };
        let Some(last) = numbers.last() else { return Err(Fault::Down) };
        flaky.call()?;
        if let Some(first) = numbers.first()
            && first < last
        {
            return Ok(sum + from_block);
        }
        Err(Fault::Down)
    }

    #[retry(max = 2, backoff = "none")]
    fn control_flow_sync(flaky: &Flaky, numbers: &[u32]) -> Result<u32, Fault> {
        let mut limit = 2;
        let found = 'search: loop {
            for x in numbers {
                if *x > limit {
                    break 'search *x;
                }
            }
            if limit == 0 {
                return Err(Fault::Down);
            }
            limit -= 1;
        };
        flaky.call()?;
        Ok(found)
    }

    /// H9.
    #[tokio::test]
    async fn early_returns_question_marks_and_labels_mean_what_they_mean_in_the_plain_function() {
        assert_eq!(send(control_flow(&Flaky::failing(2), vec![1, 2, 5, 9, 3, 7])).await.unwrap(), 13);
        assert_eq!(control_flow_sync(&Flaky::failing(2), &[1, 2, 3]).unwrap(), 3);
        let flaky = Flaky::failing(0);
        assert_eq!(control_flow_sync(&flaky, &[0]), Err(Fault::Down));
        assert_eq!(control_flow(&flaky, vec![]).await, Err(Fault::Down));
        assert_eq!(flaky.calls(), 0);
    }

    #[timeout(secs = 1)]
    #[retry(max = 1)]
    #[circuit_breaker]
    async fn panics(number: u8) -> Option<u8> {
        panic!("here {number}")
    }

    #[retry(max = 1)]
    fn panics_sync(number: u8) -> Option<u8> {
        panic!("here {number}")
    }

    #[timeout(secs = 2)]
    async fn waits_for_ever(_held: String) -> Result<(), Fault> {
        std::future::pending::<()>().await;
        unreachable!("it waits for ever")
    }

    #[timeout(secs = 2)]
    async fn loops_for_ever(mut calls: u64) -> Result<u32, Fault> {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            calls += 1;
            if calls > 1_000 {
                return Ok(0);
            }
        }
    }

    #[retry(max = 1)]
    async fn not_written_yet() -> Result<Vec<String>, Fault> {
        todo!()
    }

    #[retry(max = 1)]
    async fn never_fails(number: u8) -> Result<u8, std::convert::Infallible> {
        yield_now().await;
        Ok(number)
    }

    #[retry(max = 1)]
    fn never_fails_sync(number: u8) -> Result<u8, std::convert::Infallible> {
        Ok(number)
    }

    /// H9, H12.
    #[tokio::test(start_paused = true)]
    async fn bodies_that_never_end_or_never_fail_compile_without_a_warning() {
        assert!(tokio::spawn(panics(1)).await.unwrap_err().is_panic());
        assert!(tokio::spawn(not_written_yet()).await.unwrap_err().is_panic());
        assert!(std::panic::catch_unwind(|| panics_sync(1)).is_err());
        assert!(waits_for_ever(String::new()).await.unwrap_err().is_timeout());
        assert!(loops_for_ever(0).await.unwrap_err().is_timeout());
        assert_eq!((never_fails(1).await, never_fails_sync(2)), (Ok(1), Ok(2)));
    }

    /// Items and inner attributes stay in front.
    #[retry(max = 2, backoff = "none")]
    async fn items(flaky: &Flaky, mut number: u32) -> Result<u32, Fault> {
        #![allow(non_snake_case, reason = "an inner attribute is about the body")]
        use std::ops::Add as _;
        const ONE: u32 = 1;
        static CALLS: AtomicU32 = AtomicU32::new(0);
        #[derive(Debug)]
        struct Local(u32);
        impl Local {
            const fn get(&self) -> u32 {
                self.0
            }
        }
        macro_rules! twice {
            ($e:expr) => {
                $e + $e
            };
        }
        fn helper() -> Result<u32, Fault> {
            CALLS.fetch_add(1, SeqCst).checked_add(0).ok_or(Fault::Down)
        }
        let Odd = number.add(ONE);
        number = Local(Odd).get();
        yield_now().await;
        flaky.call()?;
        Ok(twice!(number) + helper()?)
    }

    #[retry(max = 2, backoff = "none")]
    fn items_sync(flaky: &Flaky, mut number: u32) -> Result<u32, Fault> {
        #![allow(non_snake_case, reason = "an inner attribute is about the body")]
        const fn helper(number: u32) -> u32 {
            number + 1
        }
        let Odd = helper(number);
        number = Odd;
        flaky.call()?;
        Ok(number)
    }

    #[retry(max = 2, backoff = "none")]
    fn inner_attribute_first(flaky: &Flaky) -> Result<u32, Fault> {
        #![allow(clippy::items_after_statements, reason = "an inner attribute is about the body")]
        let call = flaky.call()?;
        const TEN: u32 = 10;
        Ok(call + TEN)
    }

    /// H17.
    #[tokio::test]
    async fn nested_items_and_inner_attributes_stay_where_they_are() {
        assert_eq!(send(items(&Flaky::failing(2), 4)).await.unwrap(), 10);
        assert_eq!(items_sync(&Flaky::failing(2), 4).unwrap(), 5);
        assert_eq!(inner_attribute_first(&Flaky::failing(2)).unwrap(), 13);
    }

    #[retry(max = 2, backoff = "none")]
    async fn consumes(flaky: &Flaky, list: Vec<u32>, text: String) -> Result<usize, Fault> {
        let handle = tokio::spawn(async move { list.into_iter().map(|x| x as usize).sum::<usize>() });
        let text = text;
        yield_now().await;
        flaky.call()?;
        Ok(handle.await.unwrap_or_default() + text.into_bytes().len())
    }

    #[tokio::test]
    async fn a_body_may_consume_its_arguments_on_every_attempt() {
        assert_eq!(send(consumes(&Flaky::failing(2), vec![1, 2], "abc".into())).await.unwrap(), 6);
    }

    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    async fn outer(flaky: &Flaky) -> Result<u32, Fault> {
        #[retry(max = 1, backoff = "none")]
        #[circuit_breaker(failure_threshold = 100)]
        async fn inner(flaky: &Flaky) -> Result<u32, Fault> {
            #[cached]
            fn innermost(number: u32) -> u32 {
                number + 100
            }
            yield_now().await;
            flaky.call().map(innermost)
        }
        if flaky.calls() < 2 {
            return flaky.call();
        }
        inner(flaky).await
    }

    #[tokio::test]
    async fn an_annotated_function_may_stand_inside_of_another() {
        assert_eq!(send(outer(&Flaky::failing(3))).await.unwrap(), 104);
    }

    #[track_caller]
    #[retry(max = 1)]
    fn where_from() -> Option<u32> {
        Some(std::panic::Location::caller().line())
    }

    #[test]
    fn limit_a_tracked_caller_is_the_body() {
        assert_ne!(where_from(), Some(line!()));
    }
}

mod results {
    use super::*;
    use std::error::Error;
    use std::fmt::Display;
    use std::io;

    type Own<T> = Result<T, Fault>;
    type Fixed = Result<u32, Fault>;

    #[retry(max = 3, backoff = "none")]
    async fn coerced(flaky: &Flaky) -> Result<Box<dyn Display + Send>, Fault> {
        yield_now().await;
        if flaky.call()? > 5 {
            return Ok(Box::new("text"));
        }
        Ok(Box::new(3))
    }

    #[retry(max = 3, backoff = "none")]
    fn coerced_sync(flaky: &Flaky) -> Result<Arc<dyn Display>, Box<dyn Error + Send + Sync>> {
        flaky.call()?;
        if flaky.calls() > 5 { Err("late".into()) } else { Ok(Arc::new(3)) }
    }

    #[timeout(secs = 1)]
    #[circuit_breaker]
    async fn coerced_slice(list: &[u32; 1]) -> Result<&[u32], Fault> {
        yield_now().await;
        Ok(list)
    }

    #[retry(max = 3, backoff = "none")]
    async fn of_io(flaky: &Flaky) -> io::Result<u32> {
        yield_now().await;
        flaky.call().map_err(|_| io::Error::from(io::ErrorKind::ConnectionReset))
    }

    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 1)]
    async fn of_anyhow(flaky: &Flaky, text: String) -> anyhow::Result<u32> {
        yield_now().await;
        let call = flaky.call()?;
        anyhow::ensure!(call > 2, "too early: {call}");
        Ok(text.parse::<u32>()? + call)
    }

    #[retry(max = 3, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    fn of_own(flaky: &Flaky) -> Own<()> {
        flaky.call()?;
        Ok(())
    }

    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 1)]
    async fn of_fixed(flaky: &Flaky) -> Fixed {
        yield_now().await;
        flaky.call()
    }

    #[retry(max = 3, backoff = "none")]
    #[timeout(secs = 1)]
    async fn of_option(flaky: &Flaky) -> Option<u32> {
        if flaky.call().is_err() {
            std::future::pending::<()>().await;
        }
        Some(flaky.calls())
    }

    #[retry(max = 3, backoff = "none")]
    fn of_nested(flaky: &Flaky) -> Result<Option<Result<u32, ()>>, Fault> {
        flaky.call()?;
        Ok(Some(Err(())))
    }

    #[timeout(ms = 5)]
    async fn late_as_boxed_error() -> Result<u32, Box<dyn Error + Send + Sync>> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok("3".parse()?)
    }

    #[timeout(ms = 5)]
    async fn late_as_anyhow() -> anyhow::Result<()> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(())
    }

    #[cached]
    fn plain(text: &str) -> Arc<str> {
        text.into()
    }

    #[cached]
    fn borrowed_for_ever(number: u32) -> Option<&'static str> {
        ["zero", "one"].get(number as usize).copied()
    }

    #[cached]
    async fn plain_later(numbers: &[u8]) -> Vec<u8> {
        yield_now().await;
        numbers.to_vec()
    }

    #[allow(clippy::type_complexity, reason = "an alias would hide what is looked at")]
    #[cached]
    fn of_a_function(by: usize) -> Option<Arc<dyn Fn(&str) -> usize + Send + Sync>> {
        Some(Arc::new(move |text| text.len() * by))
    }

    #[cached]
    async fn of_a_function_pointer(_number: u32) -> for<'a> fn(&'a str, &str) -> &'a str {
        yield_now().await;
        |one, _| one
    }

    #[timeout(secs = 9, mode = "thread")]
    fn of_a_function_elsewhere(text: String, scale: fn(&str) -> usize) -> Result<usize, Fault> {
        Ok(scale(&text))
    }

    /// What its arguments borrow, a function borrows when it is called.
    #[tokio::test]
    async fn a_function_that_takes_references_borrows_nothing() {
        assert_eq!(of_a_function(2).unwrap()("ab"), 4);
        assert_eq!(of_a_function_pointer(1).await("one", "other"), "one");
        assert_eq!(of_a_function_elsewhere("ab".to_owned(), str::len), Ok(2));
    }

    /// H9.
    #[tokio::test(start_paused = true)]
    async fn a_result_coerces_as_in_the_plain_function() {
        assert_eq!(send(coerced(&Flaky::failing(2))).await.unwrap().to_string(), "3");
        assert_eq!(coerced_sync(&Flaky::failing(2)).unwrap().to_string(), "3");
        assert_eq!(send(coerced_slice(&[1])).await.unwrap(), [1]);
    }

    /// H24.
    #[tokio::test(start_paused = true)]
    async fn an_alias_is_judged_by_what_it_stands_for() {
        let flaky = || Flaky::failing(2);
        assert_eq!(send(of_io(&flaky())).await.unwrap(), 3);
        assert_eq!(send(of_anyhow(&flaky(), "4".into())).await.unwrap(), 7);
        assert!(of_own(&flaky()).is_ok());
        assert_eq!(send(of_fixed(&flaky())).await.unwrap(), 3);
        assert_eq!(of_nested(&flaky()).unwrap(), Some(Err(())));
        assert_eq!(send(of_option(&flaky())).await, Some(3), "a timed out attempt is a `None`");
    }

    #[tokio::test(start_paused = true)]
    async fn common_error_types_hold_a_rejection_as_they_are() {
        let boxed = send(late_as_boxed_error()).await.unwrap_err();
        assert!(matches!(boxed.downcast_ref(), Some(resilience::Error::Timeout { .. })));
        let erased = send(late_as_anyhow()).await.unwrap_err();
        assert!(matches!(erased.downcast_ref(), Some(resilience::Error::Timeout { .. })));
    }

    #[tokio::test]
    async fn a_plain_value_can_be_cached() {
        assert!(Arc::ptr_eq(&plain("a"), &plain("a")));
        assert_eq!(send(plain_later(&[1])).await, plain_later(&[1]).await);
        assert_eq!((borrowed_for_ever(1), borrowed_for_ever(2)), (Some("one"), None));
    }
}

mod made_by_macros {
    use super::*;

    macro_rules! fetcher {
        ($(#[$meta:meta])* $vis:vis fn $name:ident($arg:ident: $ty:ty) -> $ret:ty, $retries:expr, $secs:literal, $body:block) => {
            $(#[$meta])*
            #[retry(max = $retries, backoff = "none")]
            #[timeout(secs = $secs)]
            $vis async fn $name(flaky: &Flaky, $arg: $ty, own: String) -> $ret {
                assert!(own.is_empty());
                yield_now().await;
                flaky.call()?;
                $body
            }
        };
    }

    fetcher!(
        /// A doc comment of the caller.
        #[must_use = "it is a number"]
        pub fn by_exclusive(sink: &mut Vec<u32>) -> Result<usize, Fault>,
        1 + 2, 1,
        { sink.push(1); Ok(sink.len()) }
    );
    fetcher!(fn by_value(list: Vec<u32>) -> Result<Vec<u32>, Fault>, 3, 1, { Ok(list) });
    fetcher!(
        #[circuit_breaker(name = "macro", failure_threshold = 100)]
        #[allow(clippy::needless_pass_by_value)]
        fn by_shared(text: &str) -> Result<String, Fault>, 3, 1, { Ok(text.to_owned()) }
    );

    macro_rules! with_stack {
        ($name:ident, $label:literal, $arg:ident, $other:path, $when:expr, $key:expr, $ttl:expr, $limit:literal, $body:expr) => {
            #[cached(ttl = $ttl, key = $key)]
            #[timeout($limit)]
            #[fallback($other, |_error| Ok($arg), allow(late_fallback))]
            #[retry(max = 2, backoff = "none", when = $when)]
            #[circuit_breaker(name = $label, failure_threshold = 100)]
            async fn $name(flaky: &Flaky, $arg: String) -> Result<String, Fault> {
                yield_now().await;
                flaky.call()?;
                $body
            }
        };
    }

    fn only_easy(_: &Flaky, text: String) -> Result<String, Fault> {
        if text == "easy" { Ok(text + " spare") } else { Err(Fault::Down) }
    }

    with_stack!(
        stacked,
        "stacked",
        text,
        self::only_easy,
        |error| *error == Fault::Down,
        (text.trim(), 1),
        60,
        "10s",
        Ok(text + "!")
    );

    macro_rules! block_body {
        ($name:ident $body:block) => {
            #[retry(max = 2, backoff = "none")]
            fn $name() -> Option<u32> $body
        };
    }

    block_body!(whole_body { Some(2) });

    macro_rules! method {
        ($($name:ident($self:ident, $arg:ident: $ty:ty) $body:block)*) => {
            struct Made {
                flaky: Flaky,
                sum: u32,
            }
            impl Made {
                $(
                    #[retry(max = 2, backoff = "none")]
                    async fn $name(&mut $self, $arg: $ty) -> Result<u32, Fault> $body

                    #[allow(dead_code)]
                    #[fallback(Self::zero)]
                    fn first(&$self) -> Result<u32, Fault> {
                        $self.flaky.call()
                    }
                )*
                const fn zero() -> Result<u32, Fault> {
                    Ok(0)
                }
            }
        };
    }

    method!(add(self, number: u32) {
        self.sum += number;
        yield_now().await;
        self.flaky.call()?;
        Ok(self.sum)
    });

    macro_rules! at_the_facade {
        ($facade:path) => {
            #[retry(max = 2, backoff = "none", crate = $facade)]
            fn by_its_path() -> Option<u32> {
                Some(3)
            }
        };
    }

    at_the_facade!(::resilience);

    macro_rules! get {
        ($self:ident.$field:ident) => {
            $self.$field
        };
    }

    impl Made {
        #[retry(max = 2, backoff = "none")]
        async fn through_a_macro(&mut self, mut text: String) -> Result<String, Fault> {
            macro_rules! sum {
                () => {
                    self.sum
                };
            }
            sum!() += 1;
            yield_now().await;
            text.push_str(&get!(self.sum).to_string());
            get!(self.flaky).call()?;
            Ok(text)
        }
    }

    /// H3.
    #[tokio::test(start_paused = true)]
    async fn a_function_may_be_made_by_a_macro() {
        let flaky = || Flaky::failing(2);
        let mut sink = Vec::new();
        assert_eq!(send(by_exclusive(&flaky(), &mut sink, String::new())).await.unwrap(), 1);
        assert_eq!(send(by_value(&flaky(), vec![1], String::new())).await.unwrap(), [1]);
        assert_eq!(send(by_shared(&flaky(), "t", String::new())).await.unwrap(), "t");
        assert_eq!((whole_body(), by_its_path()), (Some(2), Some(3)));
    }

    /// H3.
    #[tokio::test(start_paused = true)]
    async fn the_values_of_a_whole_stack_may_come_from_a_macro() {
        let flaky = Flaky::failing(2);
        assert_eq!(send(stacked(&flaky, " a".into())).await.unwrap(), " a!");
        assert_eq!(stacked(&flaky, "a ".into()).await.unwrap(), " a!", "kept under `text.trim()`");
        assert_eq!(stacked(&Flaky::failing(9), "easy".into()).await.unwrap(), "easy spare");
        assert_eq!(stacked(&Flaky::failing(9), "hard".into()).await.unwrap(), "hard");
    }

    /// H3.
    #[tokio::test]
    async fn self_may_come_from_a_macro_and_go_into_one() {
        let mut made = Made { flaky: Flaky::failing(2), sum: 0 };
        assert_eq!(send(made.add(5)).await.unwrap(), 15);
        made.flaky = Flaky::failing(2);
        assert_eq!(send(made.through_a_macro("t".into())).await.unwrap(), "t18");
    }
}

mod outer_attributes {
    use super::*;

    /// Above.
    #[must_use]
    #[retry(max = 2, backoff = "none")]
    /// Between.
    #[inline]
    #[circuit_breaker(failure_threshold = 100)]
    #[allow(clippy::shadow_unrelated)]
    /// Below.
    #[cold]
    fn documented(flaky: &Flaky) -> Option<u32> {
        flaky.call().ok()
    }

    #[deprecated = "use the other one"]
    #[retry(max = 2, backoff = "none")]
    #[doc(hidden)]
    async fn old(flaky: &Flaky) -> Result<u32, Fault> {
        yield_now().await;
        flaky.call()
    }

    #[retry(max = 2, backoff = "none")]
    #[deprecated(note = "use the other one")]
    #[cfg(test)]
    #[timeout(secs = 1)]
    #[inline(never)]
    async fn older(flaky: &Flaky) -> Result<u32, Fault> {
        yield_now().await;
        flaky.call()
    }

    #[retry(max = 2, backoff = "none")]
    #[cfg(not(test))]
    fn not_here() -> NoSuchType {}

    #[cfg(not(test))]
    #[retry(max = 2, backoff = "none")]
    fn not_here_either() -> NoSuchType {}

    #[rustfmt::skip]
    #[allow(unused_variables)]
    #[retry(max = 2, backoff = "none")]
    #[expect(non_snake_case, reason = "the level is about the whole function")]
    fn Levels(flaky: &Flaky, spare: u8) -> Result<u32, Fault> {
        flaky.call()
    }

    /// H13, H14.
    #[tokio::test(start_paused = true)]
    async fn other_attributes_stay_wherever_they_stand() {
        assert_eq!(documented(&Flaky::failing(2)), Some(3));
        assert_eq!(Levels(&Flaky::failing(2), 0), Ok(3));
        #[expect(deprecated, reason = "the warning is still given")]
        let both = (old(&Flaky::failing(2)).await, older(&Flaky::failing(2)).await);
        assert_eq!(both, (Ok(3), Ok(3)));
    }

    /// H13.
    #[test]
    fn must_use_is_still_heard() {
        #[expect(unused_must_use, reason = "the warning is still given")]
        {
            documented(&Flaky::failing(0));
        }
    }
}

mod clones {
    use super::*;

    /// Counts how often it was cloned.
    struct Counted(Arc<AtomicU32>);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, SeqCst);
            Self(Arc::clone(&self.0))
        }
    }

    #[retry(max = 3, backoff = "none")]
    async fn retried(flaky: &Flaky, counted: Counted) -> Result<u32, Fault> {
        yield_now().await;
        drop(counted);
        flaky.call()
    }

    #[retry(max = 3, backoff = "none")]
    fn retried_sync(flaky: &Flaky, counted: Counted) -> Result<u32, Fault> {
        drop(counted);
        flaky.call()
    }

    #[retry(attempts = 1)]
    async fn tried(flaky: &Flaky, counted: Counted) -> Result<u32, Fault> {
        yield_now().await;
        drop(counted);
        flaky.call()
    }

    async fn spare(_: &Flaky, counted: Counted) -> Result<u32, Fault> {
        yield_now().await;
        drop(counted);
        Err(Fault::Down)
    }

    #[fallback(spare, spare)]
    #[circuit_breaker(failure_threshold = 100)]
    async fn replaced(flaky: &Flaky, counted: Counted) -> Result<u32, Fault> {
        yield_now().await;
        drop(counted);
        flaky.call()
    }

    #[fallback(spare)]
    #[timeout(secs = 9)]
    #[retry(max = 1, backoff = "none")]
    #[timeout(secs = 1)]
    async fn replaced_after_retries(flaky: &Flaky, counted: Counted) -> Result<u32, Fault> {
        yield_now().await;
        drop(counted);
        flaky.call()
    }

    #[retry(max = 3, backoff = "none", share(counted))]
    async fn shared(flaky: &Flaky, counted: Counted) -> Result<u32, Fault> {
        yield_now().await;
        assert_eq!(Arc::strong_count(&counted.0), 2);
        flaky.call()
    }

    async fn clones<F: Future>(failures: u32, call: impl FnOnce(&'static Flaky, Counted) -> F) -> u32 {
        let flaky: &'static Flaky = Box::leak(Box::new(Flaky::failing(failures)));
        let count = Arc::new(AtomicU32::new(0));
        call(flaky, Counted(Arc::clone(&count))).await;
        count.load(SeqCst)
    }

    #[tokio::test]
    async fn an_attempt_clones_when_another_may_follow_and_the_last_one_moves() {
        assert_eq!(clones(0, retried).await, 1, "success at once");
        assert_eq!(clones(2, retried).await, 3, "success on the third attempt of four");
        assert_eq!(clones(3, retried).await, 3, "success on the last attempt");
        assert_eq!(clones(9, retried).await, 3);
        assert_eq!(clones(0, tried).await, 0);
    }

    #[tokio::test]
    async fn synchronous_attempts_clone_as_often() {
        let blocking = |flaky, counted| std::future::ready(retried_sync(flaky, counted));
        assert_eq!(clones(0, blocking).await, 1);
        assert_eq!(clones(9, blocking).await, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_fallback_moves() {
        assert_eq!(clones(0, replaced).await, 1, "one for the body, none for the fallbacks");
        assert_eq!(clones(9, replaced).await, 2);
        assert_eq!(clones(9, replaced_after_retries).await, 2);
    }

    #[tokio::test]
    async fn a_shared_argument_is_not_cloned() {
        assert_eq!(clones(9, shared).await, 0);
    }

    struct NotClone(u32);

    #[cached(key = id, ttl = 60)]
    #[timeout(secs = 9)]
    #[fallback(value = 0)]
    #[retry(attempts = 1)]
    #[circuit_breaker]
    #[timeout(secs = 1)]
    async fn at_most_once(id: u32, mut once: NotClone, list: Vec<NotClone>) -> Result<u32, Fault> {
        once.0 += id;
        yield_now().await;
        Ok(once.0 + list.into_iter().map(|each| each.0).sum::<u32>())
    }

    #[cached(skip(once))]
    #[timeout(secs = 9, mode = "cooperative")]
    #[fallback(value = 0)]
    #[circuit_breaker]
    fn at_most_once_sync(id: u32, mut once: NotClone) -> Result<u32, Fault> {
        once.0 += id;
        Ok(once.0)
    }

    /// H29.
    #[tokio::test(start_paused = true)]
    async fn a_stack_that_runs_the_body_at_most_once_asks_for_no_clone() {
        assert_eq!(send(at_most_once(1, NotClone(1), vec![NotClone(5)])).await.unwrap(), 7);
        assert_eq!(at_most_once_sync(1, NotClone(1)).unwrap(), 2);
    }

    #[cached(key = ())]
    #[timeout(secs = 1)]
    async fn kept(counted: Counted) -> Result<u32, Fault> {
        yield_now().await;
        drop(counted);
        Ok(1)
    }

    /// H29.
    #[tokio::test(start_paused = true)]
    async fn a_cache_clones_no_argument_outside_of_its_key() {
        assert_eq!(clones(0, |_, counted| kept(counted)).await, 0, "a miss");
        assert_eq!(clones(0, |_, counted| kept(counted)).await, 0, "a hit");
    }
}

mod drop_order {
    use super::*;
    use std::sync::Mutex;

    /// Says when it is dropped.
    #[derive(Clone)]
    struct Noisy(&'static str, Arc<Mutex<Vec<&'static str>>>);

    impl Drop for Noisy {
        fn drop(&mut self) {
            self.1.lock().unwrap().push(self.0);
        }
    }

    macro_rules! twins {
        ($($(#[$meta:meta])* $name:ident)*) => {
            $(
                $(#[$meta])*
                async fn $name(a: Noisy, _: Noisy, (b, _): (Noisy, Noisy), _c: Noisy, d: Noisy) -> Option<&'static str> {
                    let local = Noisy("local", Arc::clone(&a.1));
                    yield_now().await;
                    drop(d.1.lock());
                    (b.0 == "b").then_some(local.0)
                }
            )*
        };
    }

    twins! {
        plain
        #[timeout(secs = 1)]
        limited
        #[timeout(secs = 1)] #[circuit_breaker] #[timeout(ms = 500)]
        stacked
        #[retry(attempts = 1)]
        tried
    }

    #[allow(clippy::needless_pass_by_value, reason = "they are dropped")]
    fn plain_sync(a: Noisy, _: Noisy, (b, _): (Noisy, Noisy), _c: Noisy) -> Option<&'static str> {
        let local = Noisy("local", Arc::clone(&a.1));
        (b.0 == "b").then_some(local.0)
    }

    #[allow(clippy::needless_pass_by_value, reason = "they are dropped")]
    #[circuit_breaker]
    fn limited_sync(a: Noisy, _: Noisy, (b, _): (Noisy, Noisy), _c: Noisy) -> Option<&'static str> {
        let local = Noisy("local", Arc::clone(&a.1));
        (b.0 == "b").then_some(local.0)
    }

    fn noisy(log: &Arc<Mutex<Vec<&'static str>>>, name: &'static str) -> Noisy {
        Noisy(name, Arc::clone(log))
    }

    async fn order<F: Future>(call: impl FnOnce(Noisy, Noisy, (Noisy, Noisy), Noisy, Noisy) -> F) -> Vec<&'static str> {
        let log = Arc::default();
        let [a, wild, b, inner, c, d] = ["a", "_", "b", "(_)", "_c", "d"].map(|name| noisy(&log, name));
        call(a, wild, (b, inner), c, d).await;
        log.lock().unwrap().clone()
    }

    /// H4.
    #[tokio::test(start_paused = true)]
    async fn arguments_of_a_body_that_runs_at_most_once_are_dropped_in_the_order_of_the_plain_function() {
        let expected = order(plain).await;
        assert_eq!(order(limited).await, expected);
        assert_eq!(order(stacked).await, expected);
        assert_eq!(order(tried).await, expected);

        let blocking = |f: fn(_, _, _, _) -> _| move |a, b, c, d, _| std::future::ready(f(a, b, c, d));
        assert_eq!(order(blocking(limited_sync)).await, order(blocking(plain_sync)).await);
    }
}
