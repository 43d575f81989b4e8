//! A body under an attribute compiles, warns and drops as it does without one.
#![allow(clippy::option_if_let_else, clippy::redundant_closure_call, reason = "the form of a body is what is tested")]

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};
use tokio::task::yield_now;
use tracing::instrument;

use crate::{Fault, Flaky, send};

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Busy,
}

#[derive(Debug, Default)]
struct Service {
    state: State,
    busy: bool,
    calls: u32,
}

impl Service {
    const fn call(&mut self) -> Result<u32, Fault> {
        self.calls += 1;
        if self.calls > 2 { Ok(self.calls) } else { Err(Fault::Down) }
    }
}

trait Ask {
    fn ask(&mut self) -> Result<u32, Fault>;
    async fn ask_later(&mut self) -> Result<u32, Fault>;
}

/// Bodies that move the reborrow that an attempt gets.
mod reborrows {
    use super::*;

    impl Service {
        #[retry(max = 3, backoff = "none")]
        #[instrument(skip(self))]
        async fn above_instrument(&mut self) -> Result<u32, Fault> {
            yield_now().await;
            self.call()
        }

        #[instrument(skip(self))]
        #[retry(max = 3, backoff = "none")]
        async fn below_instrument(&mut self) -> Result<u32, Fault> {
            yield_now().await;
            self.call()
        }

        #[retry(max = 3, backoff = "none")]
        #[instrument(skip_all)]
        #[circuit_breaker]
        async fn around_instrument(&mut self, log: &mut Vec<u32>) -> Result<u32, Fault> {
            log.push(self.calls);
            self.call()
        }

        #[retry(max = 3, backoff = "none")]
        #[instrument(skip(self))]
        fn blocking(&mut self) -> Result<u32, Fault> {
            self.call()
        }

        #[retry(max = 3, backoff = "none")]
        async fn in_a_block(&mut self) -> Result<u32, Fault> {
            async move { self.call() }.await
        }

        #[retry(max = 3, backoff = "none")]
        async fn in_a_closure(&mut self) -> Result<u32, Fault> {
            yield_now().await;
            (move || self.call())()
        }

        #[retry(max = 3, backoff = "none")]
        fn in_a_closure_sync(&mut self) -> Result<u32, Fault> {
            (move || self.call())()
        }

        #[retry(max = 3, backoff = "none")]
        async fn under_another_name(&mut self) -> Result<u32, Fault> {
            let this = self;
            yield_now().await;
            this.call()
        }

        #[retry(max = 3, backoff = "none")]
        fn under_another_name_sync(&mut self) -> Result<u32, Fault> {
            let this = self;
            this.call()
        }

        #[fallback(self.zero)]
        #[retry(max = 1, backoff = "none")]
        async fn then_a_method(&mut self) -> Result<u32, Fault> {
            let this = self;
            this.call()
        }

        #[fallback(self.zero)]
        fn then_a_method_sync(&mut self) -> Result<u32, Fault> {
            let this = self;
            this.call()
        }

        #[expect(clippy::unnecessary_wraps, reason = "a fallback")]
        const fn zero(&mut self) -> Result<u32, Fault> {
            self.calls = 0;
            Ok(0)
        }

        #[retry(max = 3, backoff = "none", when = |_| self.calls < 9)]
        fn asked(&mut self) -> Result<u32, Fault> {
            let this = self;
            this.call()
        }

        #[circuit_breaker(when = |_| self.calls < 9)]
        fn asked_once(&mut self) -> Result<u32, Fault> {
            self.call()
        }

        #[circuit_breaker(when = |_| self.calls < 9)]
        async fn asked_once_later(&mut self) -> Result<u32, Fault> {
            yield_now().await;
            self.call()
        }

        #[retry(max = 3, backoff = "none")]
        #[allow(clippy::needless_arbitrary_self_type, reason = "the long spelling is what is tested")]
        async fn typed(self: &mut Self) -> Result<u32, Fault> {
            async move { self.call() }.await
        }
    }

    impl Ask for Service {
        #[retry(max = 3, backoff = "none")]
        fn ask(&mut self) -> Result<u32, Fault> {
            let this = self;
            this.call()
        }

        #[retry(max = 3, backoff = "none")]
        #[instrument(skip(self))]
        async fn ask_later(&mut self) -> Result<u32, Fault> {
            async move { self.call() }.await
        }
    }

    #[async_trait::async_trait]
    trait Boxed {
        async fn boxed(&mut self) -> Result<u32, Fault>;
    }

    #[async_trait::async_trait]
    impl Boxed for Service {
        #[retry(max = 3, backoff = "none")]
        #[instrument(skip(self))]
        async fn boxed(&mut self) -> Result<u32, Fault> {
            async move { self.call() }.await
        }
    }

    #[tokio::test]
    async fn each_attempt_has_a_reborrow_that_the_body_may_move() {
        assert_eq!(send(Service::default().above_instrument()).await, Ok(3));
        assert_eq!(send(Service::default().below_instrument()).await, Ok(3));
        let mut log = Vec::new();
        assert_eq!(send(Service::default().around_instrument(&mut log)).await, Ok(3));
        assert_eq!(log, [0, 1, 2]);
        assert_eq!(Service::default().blocking(), Ok(3));
        assert_eq!(send(Service::default().in_a_block()).await, Ok(3));
        assert_eq!(send(Service::default().in_a_closure()).await, Ok(3));
        assert_eq!(Service::default().in_a_closure_sync(), Ok(3));
        assert_eq!(send(Service::default().under_another_name()).await, Ok(3));
        assert_eq!(Service::default().under_another_name_sync(), Ok(3));
        assert_eq!(send(Service::default().typed()).await, Ok(3));
        assert_eq!(send(Service::default().boxed()).await, Ok(3));
        assert_eq!(Service::default().ask(), Ok(3));
        assert_eq!(Service::default().ask_later().await, Ok(3));
    }

    #[tokio::test]
    async fn another_layer_may_use_the_receiver_after_the_body() {
        let mut service = Service::default();
        assert_eq!(send(service.then_a_method()).await, Ok(0));
        assert_eq!(service.then_a_method_sync(), Ok(0));
        assert_eq!(service.asked(), Ok(3));
        assert_eq!(service.asked_once(), Ok(4));
        assert_eq!(service.asked_once_later().await, Ok(5));
    }
}

/// Bodies that return a borrow on one path only.
mod borrowed_results {
    use super::*;

    #[circuit_breaker]
    fn guarded(o: &mut Option<u32>) -> Option<&mut u32> {
        if let Some(x) = o { Some(x) } else { None }
    }

    #[timeout(secs = 9, mode = "cooperative")]
    fn limited(o: &mut Option<u32>) -> Option<&mut u32> {
        if let Some(x) = o { Some(x) } else { None }
    }

    #[bulkhead(max = 9)]
    #[rate_limit(max = 999)]
    fn admitted<'a>(o: &'a mut Option<u32>, _log: &mut Vec<u32>) -> Result<&'a mut u32, resilience::Error> {
        if let Some(x) = o {
            return Ok(x);
        }
        Err(resilience::Error::BulkheadFull { name: "none".into() })
    }

    /// The alternative needs no argument, and the body runs once.
    #[fallback(|()| None)]
    fn answered(v: &mut Vec<u32>) -> Option<&mut u32> {
        v.first_mut()
    }

    #[fallback(|()| None)]
    #[timeout(secs = 9)]
    async fn answered_later(v: &mut Vec<u32>) -> Option<&mut u32> {
        yield_now().await;
        v.first_mut()
    }

    struct Holder(Option<u32>);

    impl Holder {
        #[circuit_breaker]
        fn inside(&mut self) -> Option<&mut u32> {
            if let Some(x) = &mut self.0 { Some(x) } else { None }
        }

        #[fallback(|()| None)]
        fn answered(&mut self) -> Option<&mut u32> {
            self.0.as_mut()
        }
    }

    #[tokio::test]
    async fn a_body_may_return_a_borrow_on_one_path() {
        let mut option = Some(1);
        *guarded(&mut option).unwrap() += 1;
        *limited(&mut option).unwrap() += 1;
        *admitted(&mut option, &mut Vec::new()).unwrap() += 1;
        assert_eq!(option, Some(4));
        assert!(guarded(&mut None).is_none() && limited(&mut None).is_none());
        let mut list = vec![5];
        *answered(&mut list).unwrap() += 1;
        *send(answered_later(&mut list)).await.unwrap() += 1;
        assert_eq!(list, [7]);
        assert!(answered(&mut Vec::new()).is_none());
        assert!(answered_later(&mut Vec::new()).await.is_none());
        let mut holder = Holder(Some(1));
        *holder.inside().unwrap() += 1;
        *holder.answered().unwrap() += 1;
        assert_eq!(holder.0, Some(3));
    }
}

/// A flag that is set for the time of a call. This program denies warnings.
mod assignments {
    use super::*;

    macro_rules! flagged {
        ($($(#[$meta:meta])* $name:ident $later:ident $free:ident $owned:ident $owned_later:ident;)*) => { $(
            impl Service {
                $(#[$meta])*
                fn $name(&mut self) -> Result<u32, Fault> {
                    self.busy = true;
                    let answer = self.call();
                    self.busy = false;
                    answer
                }

                $(#[$meta])*
                async fn $later(&mut self) -> Result<u32, Fault> {
                    self.busy = true;
                    yield_now().await;
                    let answer = self.call();
                    self.busy = false;
                    answer
                }

                $(#[$meta])*
                fn $owned(mut self) -> Result<Self, Fault> {
                    self.busy = true;
                    let answer = self.call();
                    self.busy = false;
                    answer.map(|_| self)
                }

                $(#[$meta])*
                async fn $owned_later(mut self) -> Result<u32, Fault> {
                    self.busy = true;
                    yield_now().await;
                    let answer = self.call();
                    self.busy = false;
                    answer
                }
            }

            $(#[$meta])*
            fn $free(service: &mut Service, mut left: u32) -> Result<u32, Fault> {
                service.busy = true;
                left += 1;
                if State::Busy == service.state {
                    return Err(Fault::Down);
                }
                let answer = service.call();
                service.busy = false;
                answer.map(|answer| answer + left)
            }
        )* };
    }

    flagged! {
        #[circuit_breaker] guarded guarded_later guarded_free guarded_owned guarded_owned_later;
        #[bulkhead(max = 9)] admitted admitted_later admitted_free admitted_owned admitted_owned_later;
        #[rate_limit(max = 999)] paced paced_later paced_free paced_owned paced_owned_later;
        #[fallback(|fault| Err(fault))]
        answered answered_later answered_free answered_owned answered_owned_later;
    }

    impl Service {
        #[retry(max = 3, backoff = "none")]
        fn retried(&mut self) -> Result<u32, Fault> {
            self.busy = true;
            let answer = self.call();
            self.busy = false;
            answer
        }

        #[retry(max = 3, backoff = "none")]
        async fn retried_later(&mut self) -> Result<u32, Fault> {
            self.busy = true;
            yield_now().await;
            let answer = self.call();
            self.busy = false;
            answer
        }

        #[fallback(self.retried)]
        fn or_retried(&mut self) -> Result<u32, Fault> {
            self.busy = true;
            let answer = self.call();
            self.busy = false;
            answer
        }
    }

    #[retry(max = 3, backoff = "none")]
    fn retried_free(service: &mut Service) -> Result<u32, Fault> {
        service.busy = true;
        if State::Busy == service.state {
            return Err(Fault::Down);
        }
        let answer = service.call();
        service.busy = false;
        answer
    }

    #[tokio::test]
    async fn an_assignment_before_and_after_the_call_is_none_that_is_never_read() {
        let up = || Service { calls: 4, ..Service::default() };
        let mut service = up();
        assert_eq!(service.guarded(), Ok(5));
        assert_eq!(send(service.guarded_later()).await, Ok(6));
        assert_eq!(service.admitted(), Ok(7));
        assert_eq!(send(service.admitted_later()).await, Ok(8));
        assert_eq!(service.paced(), Ok(9));
        assert_eq!(send(service.paced_later()).await, Ok(10));
        assert_eq!(service.answered(), Ok(11));
        assert_eq!(send(service.answered_later()).await, Ok(12));
        assert!(!service.busy);
        for free in [guarded_free, admitted_free, paced_free, answered_free] {
            assert_eq!(free(&mut up(), 1), Ok(7));
        }
        for owned in [Service::guarded_owned, Service::admitted_owned, Service::paced_owned, Service::answered_owned] {
            assert_eq!(owned(up()).unwrap().calls, 5);
        }
        assert_eq!(send(up().guarded_owned_later()).await, Ok(5));
        assert_eq!(send(up().admitted_owned_later()).await, Ok(5));
        assert_eq!(send(up().paced_owned_later()).await, Ok(5));
        assert_eq!(send(up().answered_owned_later()).await, Ok(5));
        assert_eq!(Service::default().retried(), Ok(3));
        assert_eq!(Service::default().or_retried(), Ok(3));
        assert_eq!(Service::default().retried_later().await, Ok(3));
        assert_eq!(retried_free(&mut Service::default()), Ok(3));
    }
}

/// A receiver that is passed by value.
mod owned {
    use super::*;

    /// Counts its clones.
    struct Counted {
        flaky: Arc<Flaky>,
        clones: Arc<AtomicU32>,
        text: String,
    }

    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.clones.fetch_add(1, SeqCst);
            Self { flaky: Arc::clone(&self.flaky), clones: Arc::clone(&self.clones), text: self.text.clone() }
        }
    }

    const fn keep<T>(value: T) -> T {
        value
    }

    impl Counted {
        fn failing(failures: u32) -> Self {
            Self { flaky: Arc::new(Flaky::failing(failures)), clones: Arc::default(), text: "text".to_owned() }
        }

        #[retry(max = 3, backoff = "none")]
        fn consumed(self) -> Result<Self, Fault> {
            self.flaky.call()?;
            Ok(self)
        }

        #[retry(max = 3, backoff = "none")]
        async fn consumed_later(self) -> Result<Self, Fault> {
            yield_now().await;
            self.flaky.call()?;
            Ok(self)
        }

        #[retry(max = 3, backoff = "none")]
        fn field(self) -> Result<String, Fault> {
            self.flaky.call()?;
            Ok(self.text)
        }

        #[retry(max = 3, backoff = "none")]
        async fn field_later(self) -> Result<String, Fault> {
            yield_now().await;
            self.flaky.call()?;
            Ok(self.text)
        }

        #[retry(max = 3, backoff = "none")]
        fn changed(mut self) -> Result<String, Fault> {
            self.text.push('!');
            self.flaky.call()?;
            Ok(self.text)
        }

        #[retry(max = 3, backoff = "none")]
        async fn changed_later(mut self) -> Result<String, Fault> {
            self.text.push('!');
            yield_now().await;
            self.flaky.call()?;
            Ok(self.text)
        }

        #[retry(max = 3, backoff = "none")]
        fn in_an_arc(self: Arc<Self>) -> Result<Arc<Self>, Fault> {
            self.flaky.call()?;
            Ok(keep(self))
        }

        #[retry(max = 3, backoff = "none")]
        async fn in_an_arc_later(self: Arc<Self>) -> Result<u32, Fault> {
            let this = self;
            async move { this.flaky.call() }.await
        }

        #[retry(max = 3, backoff = "none")]
        fn in_a_box(self: Box<Self>) -> Result<String, Fault> {
            self.flaky.call()?;
            Ok(self.text)
        }

        #[retry(max = 3, backoff = "none", when = |_| self.text.len() == 4)]
        fn asked(self) -> Result<Self, Fault> {
            self.flaky.call()?;
            Ok(self)
        }

        #[retry(max = 3, backoff = "none", when = |_| self.text.len() == 4)]
        async fn asked_later(mut self) -> Result<String, Fault> {
            self.text.push('!');
            yield_now().await;
            self.flaky.call()?;
            Ok(self.text)
        }

        #[retry(max = 3, backoff = "none", share(self))]
        fn shared(self) -> Result<u32, Fault> {
            self.flaky.call()
        }

        #[retry(max = 3, backoff = "none", share(self))]
        async fn shared_later(self) -> Result<u32, Fault> {
            yield_now().await;
            self.flaky.call()
        }

        #[fallback(Self::other)]
        fn or_other(self, text: String) -> Result<String, Fault> {
            self.flaky.call()?;
            Ok(self.text + &text)
        }

        fn other(text: String) -> Result<String, Fault> {
            if text.is_empty() { Err(Fault::Down) } else { Ok(text) }
        }

        #[cached(key = self.text.len(), ttl = 60)]
        #[retry(max = 3, backoff = "none")]
        #[circuit_breaker(key = self.text.clone())]
        async fn keyed(self) -> Result<String, Fault> {
            yield_now().await;
            self.flaky.call()?;
            Ok(self.text)
        }
    }

    #[tokio::test]
    async fn each_attempt_has_a_clone_of_an_owned_receiver_and_the_last_one_moves_it() {
        let counted = Counted::failing(3);
        let clones = Arc::clone(&counted.clones);
        assert!(counted.consumed().is_ok());
        assert_eq!(clones.swap(0, SeqCst), 3);
        let counted = Counted::failing(3);
        let clones = Arc::clone(&counted.clones);
        assert!(send(counted.consumed_later()).await.is_ok());
        assert_eq!(clones.swap(0, SeqCst), 3);

        assert_eq!(Counted::failing(2).field().unwrap(), "text");
        assert_eq!(send(Counted::failing(2).field_later()).await.unwrap(), "text");
        assert_eq!(Counted::failing(2).changed().unwrap(), "text!");
        assert_eq!(send(Counted::failing(2).changed_later()).await.unwrap(), "text!");
        assert_eq!(Arc::new(Counted::failing(2)).in_an_arc().unwrap().flaky.calls(), 3);
        assert_eq!(send(Arc::new(Counted::failing(2)).in_an_arc_later()).await, Ok(3));
        assert_eq!(Box::new(Counted::failing(2)).in_a_box().unwrap(), "text");
    }

    #[tokio::test]
    async fn a_layer_may_ask_an_owned_receiver_that_each_attempt_has_a_clone_of() {
        assert!(Counted::failing(2).asked().is_ok());
        assert_eq!(send(Counted::failing(2).asked_later()).await.unwrap(), "text!");
        assert_eq!(send(Counted::failing(2).keyed()).await.unwrap(), "text");
    }

    #[tokio::test]
    async fn an_owned_receiver_can_be_shared_by_all_attempts() {
        let counted = Counted::failing(2);
        let clones = Arc::clone(&counted.clones);
        assert_eq!(counted.shared(), Ok(3));
        assert_eq!(send(Counted { clones: Arc::clone(&clones), ..Counted::failing(2) }.shared_later()).await, Ok(3));
        assert_eq!(clones.load(SeqCst), 0);
    }

    #[test]
    fn a_fallback_that_does_not_use_the_receiver_leaves_it_to_the_body() {
        let counted = Counted::failing(0);
        let clones = Arc::clone(&counted.clones);
        assert_eq!(counted.or_other("!".to_owned()).unwrap(), "text!");
        assert_eq!(Counted::failing(1).or_other("other".to_owned()).unwrap(), "other");
        assert_eq!(clones.load(SeqCst), 0);
    }
}

/// When the plain function drops what it was given.
mod drops {
    #![allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps, reason = "the plain functions are compared")]

    use super::*;

    type Log = Arc<Mutex<Vec<&'static str>>>;

    struct Noisy(&'static str, Log);

    impl Drop for Noisy {
        fn drop(&mut self) {
            self.1.lock().unwrap().push(self.0);
        }
    }

    struct Parts {
        first: Noisy,
        _second: Noisy,
    }

    macro_rules! twins {
        ($($(#[$meta:meta])* $name:ident $later:ident $part:ident $part_later:ident;)*) => { $(
            $(#[$meta])*
            fn $name(a: Noisy, b: Noisy, _: Noisy, (c, _): (Noisy, Noisy), take: bool) -> Option<u32> {
                let _local = Noisy("local", Arc::clone(&b.1));
                if take {
                    drop(a);
                }
                (c.0 == "c").then_some(1)
            }

            $(#[$meta])*
            async fn $later(a: Noisy, b: Noisy, _: Noisy, (c, _): (Noisy, Noisy), take: bool) -> Option<u32> {
                let _local = Noisy("local", Arc::clone(&b.1));
                yield_now().await;
                if take {
                    drop(a);
                }
                (c.0 == "c").then_some(1)
            }

            impl Parts {
                $(#[$meta])*
                fn $part(self, b: Noisy, take: bool) -> Option<u32> {
                    let _local = Noisy("local", Arc::clone(&b.1));
                    if take {
                        drop(self.first);
                    }
                    Some(1)
                }

                $(#[$meta])*
                async fn $part_later(self, b: Noisy, take: bool) -> Option<u32> {
                    let _local = Noisy("local", Arc::clone(&b.1));
                    yield_now().await;
                    if take {
                        drop(self.first);
                    }
                    Some(1)
                }
            }
        )* };
    }

    twins! {
        plain plain_later plain_part plain_part_later;
        #[circuit_breaker] guarded guarded_later guarded_part guarded_part_later;
        #[bulkhead(max = 9)] #[circuit_breaker] admitted admitted_later admitted_part admitted_part_later;
        #[rate_limit(max = 999)] paced paced_later paced_part paced_part_later;
    }

    fn order(call: impl FnOnce(&dyn Fn(&'static str) -> Noisy)) -> Vec<&'static str> {
        let log = Log::default();
        call(&|name| Noisy(name, Arc::clone(&log)));
        log.lock().unwrap().clone()
    }

    fn now<F: Future>(future: F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(future)
    }

    #[test]
    fn arguments_are_dropped_as_by_the_plain_function() {
        type Twin = fn(Noisy, Noisy, Noisy, (Noisy, Noisy), bool) -> Option<u32>;
        for take in [true, false] {
            let of = |twin: Twin| {
                order(|noisy| {
                    let _ = twin(noisy("a"), noisy("b"), noisy("_"), (noisy("c"), noisy("(_)")), take);
                })
            };
            for twin in [guarded, admitted, paced] {
                assert_eq!(of(twin), of(plain));
            }
            assert_eq!(of(|a, b, w, c, take| now(plain_later(a, b, w, c, take))), of(plain));
            assert_eq!(of(|a, b, w, c, take| now(guarded_later(a, b, w, c, take))), of(plain));
            assert_eq!(of(|a, b, w, c, take| now(admitted_later(a, b, w, c, take))), of(plain));
            assert_eq!(of(|a, b, w, c, take| now(paced_later(a, b, w, c, take))), of(plain));
        }
    }

    #[test]
    fn a_receiver_with_a_field_moved_is_dropped_as_by_the_plain_function() {
        type Twin = fn(Parts, Noisy, bool) -> Option<u32>;
        for take in [true, false] {
            let of = |twin: Twin| {
                order(|noisy| {
                    let _ = twin(Parts { first: noisy("first"), _second: noisy("second") }, noisy("b"), take);
                })
            };
            for twin in [Parts::guarded_part, Parts::admitted_part, Parts::paced_part] {
                assert_eq!(of(twin), of(Parts::plain_part));
            }
            assert_eq!(of(|this, b, take| now(this.plain_part_later(b, take))), of(Parts::plain_part));
            assert_eq!(of(|this, b, take| now(this.guarded_part_later(b, take))), of(Parts::plain_part));
            assert_eq!(of(|this, b, take| now(this.admitted_part_later(b, take))), of(Parts::plain_part));
            assert_eq!(of(|this, b, take| now(this.paced_part_later(b, take))), of(Parts::plain_part));
        }
    }
}
