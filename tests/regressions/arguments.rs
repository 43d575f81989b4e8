//! Families of `async-trait` issues about arguments and patterns.

use async_trait::async_trait;
use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

/// AT-15.
mod an_ignored_argument_may_be_of_a_type_with_a_trait_object {
    use super::*;
    use std::marker::PhantomData;

    pub trait Marker {}

    #[async_trait]
    trait Marked {
        fn flaky(&self) -> &Flaky;

        #[fallback(Self::spare)]
        #[retry(max = 1, backoff = "none")]
        async fn marked(&self, _: PhantomData<dyn Marker + Send + Sync>) -> Result<u32, Fault>
        where
            Self: Sync,
        {
            yield_now().await;
            self.flaky().call()
        }

        fn spare(_: PhantomData<dyn Marker + Send + Sync>) -> Result<u32, Fault> {
            Ok(100)
        }
    }

    impl Marked for Flaky {
        fn flaky(&self) -> &Flaky {
            self
        }
    }

    #[tokio::test]
    async fn test() {
        let flaky = Flaky::failing(2);
        assert_eq!((send(flaky.marked(PhantomData)).await, flaky.calls()), (Ok(100), 2));
        assert_eq!((flaky.marked(PhantomData).await, flaky.calls()), (Ok(3), 3));
    }
}

/// AT-57.
mod an_ignored_argument_may_be_an_array_of_generic_length {
    use super::*;

    #[async_trait]
    trait Arrays {
        async fn length<T: Send + Sync + Clone, const N: usize>(flaky: &Flaky, _: [T; N]) -> Result<usize, Fault>;
    }

    struct Unit;

    #[async_trait]
    impl Arrays for Unit {
        #[fallback(spare)]
        #[retry(max = 2, backoff = "none")]
        async fn length<T: Send + Sync + Clone, const N: usize>(flaky: &Flaky, _: [T; N]) -> Result<usize, Fault> {
            flaky.call().map(|_| N)
        }
    }

    #[allow(clippy::unused_async, clippy::needless_pass_by_value, reason = "a fallback of the same arguments")]
    async fn spare<T: Send + Clone, const N: usize>(_: &Flaky, list: [T; N]) -> Result<usize, Fault> {
        Ok(list.len() + 100)
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(Unit::length(&Flaky::failing(2), [0; 10])).await, Ok(10));
        assert_eq!(send(Unit::length(&Flaky::failing(3), [String::new(), String::new()])).await, Ok(102));
    }
}

/// AT-125.
mod an_argument_is_dropped_after_the_body {
    use super::*;
    use std::sync::Mutex;

    type Log = Mutex<Vec<&'static str>>;

    struct Noisy<'a>(&'a Log);

    impl Drop for Noisy<'_> {
        fn drop(&mut self) {
            self.0.lock().unwrap().push("drop");
        }
    }

    #[async_trait]
    trait Ordered {
        async fn ignored(_: Noisy<'_>, log: &Log) -> Option<()>;
        async fn consumed(self, log: &Log) -> Option<()>;
    }

    #[async_trait]
    impl Ordered for Noisy<'_> {
        #[timeout(secs = 60)]
        #[circuit_breaker(failure_threshold = 100, allow(late_timeout))]
        async fn ignored(_: Noisy<'_>, log: &Log) -> Option<()> {
            yield_now().await;
            log.lock().unwrap().push("body");
            Some(())
        }

        #[circuit_breaker(failure_threshold = 100)]
        #[timeout(secs = 60)]
        async fn consumed(self, log: &Log) -> Option<()> {
            yield_now().await;
            log.lock().unwrap().push("body");
            Some(())
        }
    }

    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 60)]
    async fn alone(_: Noisy<'_>, log: &Log) -> Option<()> {
        yield_now().await;
        log.lock().unwrap().push("body");
        Some(())
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        let log = Log::default();
        assert!(send(Noisy::ignored(Noisy(&log), &log)).await.is_some());
        assert!(send(Noisy(&log).consumed(&log)).await.is_some());
        assert!(send(alone(Noisy(&log), &log)).await.is_some());
        assert_eq!(log.into_inner().unwrap(), ["body", "drop", "body", "drop", "body", "drop"]);
    }
}

/// AT-177.
mod an_argument_may_be_an_impl_of_a_closure_trait {
    use super::*;

    #[async_trait]
    trait Call {
        async fn once(&self, callback: impl FnMut(&str) -> u32 + Send) -> Option<u32>;
        async fn again(&self, callback: impl FnMut(&str) -> u32 + Send + Sync + Clone) -> Result<u32, Fault>;
        async fn lent(&self, callback: &mut (impl FnMut(&str) -> u32 + Send)) -> Result<u32, Fault>;
    }

    #[async_trait]
    impl Call for Flaky {
        #[timeout(secs = 60)]
        #[circuit_breaker(allow(late_timeout))]
        async fn once(&self, mut callback: impl FnMut(&str) -> u32 + Send) -> Option<u32> {
            yield_now().await;
            Some(callback("x"))
        }

        #[retry(max = 2, backoff = "none")]
        async fn again(&self, mut callback: impl FnMut(&str) -> u32 + Send + Sync + Clone) -> Result<u32, Fault> {
            yield_now().await;
            let answer = callback("xy");
            self.call().map(|_| answer)
        }

        #[retry(max = 2, backoff = "none")]
        async fn lent(&self, callback: &mut (impl FnMut(&str) -> u32 + Send)) -> Result<u32, Fault> {
            yield_now().await;
            let answer = callback("xy");
            self.call().map(|_| answer)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        let mut total = 0;
        let mut add = |text: &str| {
            total += u32::try_from(text.len()).unwrap();
            total
        };
        assert_eq!(send(Flaky::failing(2).lent(&mut add)).await, Ok(6));
        assert_eq!(send(Flaky::failing(2).once(&mut add)).await, Some(7));
        let mut own = 0;
        let copied = move |text: &str| {
            own += u32::try_from(text.len()).unwrap();
            own
        };
        assert_eq!(send(Flaky::failing(2).again(copied)).await, Ok(2), "each attempt has its own");
    }
}

/// AT-199.
mod an_ignored_argument_lives_as_long_as_the_call {
    use super::*;
    use std::cell::Cell;

    struct Counts<'a>(&'a Cell<u32>);

    impl Drop for Counts<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[async_trait(?Send)]
    trait Ignore {
        async fn ignore(drops: &Cell<u32>, _: Counts<'_>) -> Option<u32>;
    }

    #[async_trait(?Send)]
    impl Ignore for () {
        #[circuit_breaker(failure_threshold = 100)]
        #[timeout(secs = 60)]
        async fn ignore(drops: &Cell<u32>, _: Counts<'_>) -> Option<u32> {
            yield_now().await;
            Some(drops.get())
        }
    }

    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 60)]
    #[allow(clippy::future_not_send, reason = "a cell says when")]
    async fn alone(drops: &Cell<u32>, _: Counts<'_>) -> Option<u32> {
        yield_now().await;
        Some(drops.get())
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        let drops = Cell::new(0);
        assert_eq!((<()>::ignore(&drops, Counts(&drops)).await, drops.get()), (Some(0), 1));
        let future = <()>::ignore(&drops, Counts(&drops));
        assert_eq!(drops.get(), 1);
        drop(future);
        assert_eq!(drops.get(), 2, "a call that never began");
        assert_eq!((alone(&drops, Counts(&drops)).await, drops.get()), (Some(2), 3));
    }
}

/// AT-204.
mod an_argument_may_be_a_reference_or_a_pointer_to_an_impl_trait {
    use super::*;

    #[async_trait(?Send)]
    trait Refer {
        async fn reference(flaky: &impl AsRef<Flaky>) -> Result<u32, Fault>;
        async fn pointer(flaky: &Flaky, at: *const impl AsRef<Flaky>) -> Result<bool, Fault>;
    }

    #[async_trait(?Send)]
    impl Refer for () {
        #[retry(max = 2, backoff = "none")]
        async fn reference(flaky: &impl AsRef<Flaky>) -> Result<u32, Fault> {
            yield_now().await;
            flaky.as_ref().call()
        }

        #[timeout(secs = 60)]
        #[retry(max = 2, backoff = "none")]
        async fn pointer(flaky: &Flaky, at: *const impl AsRef<Flaky>) -> Result<bool, Fault> {
            yield_now().await;
            flaky.call().map(|_| at.is_null())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        assert_eq!(<()>::reference(&Flaky::failing(2)).await, Ok(3));
        assert_eq!(<()>::pointer(&Flaky::failing(2), &raw const *Box::new(Flaky::failing(0))).await, Ok(false));
    }
}

/// AT-226, AT-288.
mod cfg_on_parameters_is_honoured {
    #![allow(clippy::non_minimal_cfg, clippy::unnecessary_wraps, reason = "what is tested")]
    use super::*;

    #[async_trait]
    trait Conditional {
        async fn plain(&self, number: u8) -> Result<u8, Fault>;
        async fn wildcard(&self, _: u8) -> Result<u32, Fault>;
        async fn tuple(&self, (left, right): (u8, u8)) -> Result<u8, Fault>;
        async fn off<#[cfg(any())] T: Send>(flaky: &Flaky, #[cfg(any())] value: T) -> Result<u32, Fault>;
        async fn on<#[cfg(all())] T: Send + Sync + Clone>(flaky: &Flaky, #[cfg(all())] value: T) -> Result<T, Fault>;
    }

    #[async_trait]
    impl Conditional for Flaky {
        #[retry(max = 2, backoff = "none")]
        async fn plain(&self, #[cfg(any())] no_type: Missing, #[cfg(all())] number: u8) -> Result<u8, Fault> {
            self.call().map(|_| number)
        }

        #[fallback(Self::spare)]
        #[retry(max = 2, backoff = "none")]
        async fn wildcard(&self, #[cfg(any())] _: Missing, #[cfg(all())] _: u8) -> Result<u32, Fault> {
            self.call()
        }

        #[retry(max = 2, backoff = "none")]
        async fn tuple(
            &self,
            #[cfg(any())] (left, right): (Missing, u8),
            #[cfg(all())] (left, mut right): (u8, u8),
        ) -> Result<u8, Fault> {
            right += left;
            self.call().map(|_| right)
        }

        #[retry(max = 2, backoff = "none")]
        async fn off<#[cfg(any())] T: Send>(flaky: &Flaky, #[cfg(any())] value: T) -> Result<u32, Fault> {
            flaky.call()
        }

        #[retry(max = 2, backoff = "none")]
        async fn on<#[cfg(all())] T: Send + Sync + Clone>(flaky: &Flaky, #[cfg(all())] value: T) -> Result<T, Fault> {
            flaky.call().map(|_| value)
        }
    }

    impl Flaky {
        const fn spare(number: u8) -> Result<u32, Fault> {
            Ok(number as u32)
        }
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(Flaky::failing(2).plain(7)).await, Ok(7));
        assert_eq!(send(Flaky::failing(2).wildcard(7)).await, Ok(3));
        assert_eq!(send(Flaky::failing(3).wildcard(7)).await, Ok(7));
        assert_eq!(send(Flaky::failing(2).tuple((1, 2))).await, Ok(3), "each attempt starts from the caller's pair");
        assert_eq!(send(Flaky::off(&Flaky::failing(2))).await, Ok(3));
        assert_eq!(send(Flaky::on(&Flaky::failing(2), "t")).await, Ok("t"));
    }
}

/// AT-232.
mod a_pattern_may_look_through_a_reference {
    use super::*;

    #[async_trait]
    trait Take<T> {
        async fn take(&self, thing: &T) -> Result<u32, Fault>;
    }

    struct Ignores(Flaky);
    struct Splits(Flaky);

    #[async_trait]
    impl<T: Sync> Take<T> for Ignores {
        #[retry(max = 2, backoff = "none")]
        async fn take(&self, _: &T) -> Result<u32, Fault> {
            yield_now().await;
            self.0.call()
        }
    }

    #[async_trait]
    impl<T: Sync + Into<u32> + Copy> Take<(T, T)> for Splits {
        #[cached(key = (self.0.failures, (*a).into(), (*b).into()))]
        #[retry(max = 2, backoff = "none")]
        async fn take(&self, (a, b): &(T, T)) -> Result<u32, Fault> {
            yield_now().await;
            self.0.call().map(|call| call + (*a).into() + (*b).into())
        }
    }

    #[async_trait]
    impl<T: Sync> Take<(T, T, T)> for Splits {
        #[retry(max = 2, backoff = "none")]
        async fn take(&self, (_a, _b, _): &(T, T, T)) -> Result<u32, Fault> {
            yield_now().await;
            self.0.call()
        }
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(Ignores(Flaky::failing(2)).take(&())).await, Ok(3));
        let splits = Splits(Flaky::failing(2));
        assert_eq!((send(splits.take(&(1_u8, 2_u8))).await, splits.0.calls()), (Ok(6), 3));
        assert_eq!((send(splits.take(&(1_u8, 2_u8))).await, splits.0.calls()), (Ok(6), 3), "kept");
        assert_eq!((send(splits.take(&(1, 2, 3))).await, splits.0.calls()), (Ok(4), 4));
    }
}

/// AT-234.
mod a_pattern_may_leave_out_a_part_that_is_dropped {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    static DROPS: AtomicU32 = AtomicU32::new(0);

    #[derive(Clone)]
    struct Droppable;

    impl Drop for Droppable {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
        }
    }

    #[derive(Clone)]
    struct Pair<T, U>(T, U);

    #[async_trait]
    trait Split {
        async fn split(flaky: &Flaky, pair: Pair<Droppable, u32>) -> Result<u32, Fault>;
    }

    struct Underscore;
    struct Dots;

    #[async_trait]
    impl Split for Underscore {
        #[timeout(secs = 60)]
        #[circuit_breaker(failure_threshold = 100, allow(late_timeout))]
        async fn split(flaky: &Flaky, Pair(_, number): Pair<Droppable, u32>) -> Result<u32, Fault> {
            yield_now().await;
            flaky.call().map(|_| number)
        }
    }

    #[async_trait]
    impl Split for Dots {
        #[retry(max = 2, backoff = "none")]
        async fn split(flaky: &Flaky, Pair { 1: number, .. }: Pair<Droppable, u32>) -> Result<u32, Fault> {
            yield_now().await;
            flaky.call().map(|_| number)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        assert_eq!(send(Underscore::split(&Flaky::failing(0), Pair(Droppable, 1))).await, Ok(1));
        assert_eq!(DROPS.swap(0, SeqCst), 1);
        assert_eq!(send(Dots::split(&Flaky::failing(2), Pair(Droppable, 2))).await, Ok(2));
        assert_eq!(DROPS.load(SeqCst), 3, "one for each attempt");
    }
}
