//! Families of `async-trait` issues about generics, bounds and associated items.

use std::sync::Arc;

use async_trait::async_trait;
use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

/// AT-1.
mod a_method_and_its_impl_are_generic_on_their_own {
    use super::*;

    #[async_trait]
    trait Load {
        async fn load<U: Default>(&self) -> Result<(usize, U), Fault>;
    }

    #[async_trait]
    impl<T: AsRef<Flaky> + Sync> Load for Vec<T> {
        #[timeout(secs = 60)]
        #[retry(max = 2, backoff = "none")]
        async fn load<U: Default>(&self) -> Result<(usize, U), Fault> {
            yield_now().await;
            self[0].as_ref().call()?;
            Ok((self.len(), U::default()))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        let list = vec![Arc::new(Flaky::failing(2))];
        assert_eq!(send(list.load::<u8>()).await, Ok((1, 0)));
        assert_eq!((list.load::<String>().await, list[0].calls()), (Ok((1, String::new())), 4));
    }

    impl AsRef<Self> for Flaky {
        fn as_ref(&self) -> &Self {
            self
        }
    }
}

/// AT-2.
mod bounds_on_associated_types_reach_the_body {
    use super::*;
    use std::future::{Ready, pending, ready};

    #[async_trait]
    trait Flatten: Future {
        #[circuit_breaker(failure_threshold = 100)]
        #[timeout(secs = 1)]
        async fn flatten(self) -> Option<<Self::Output as Future>::Output>
        where
            Self::Output: Future + Send,
            Self: Sized + Send,
        {
            let nested = self.await;
            Some(nested.await)
        }
    }

    impl<T: Future> Flatten for T {}

    #[timeout(secs = 1)]
    async fn flatten<T>(outer: T) -> Option<<T::Output as Future>::Output>
    where
        T: Future<Output: Future>,
    {
        Some(outer.await.await)
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        assert_eq!(send(ready(ready(1)).flatten()).await, Some(1));
        assert_eq!(ready(pending::<u8>()).flatten().await, None);
        assert_eq!(flatten(ready(ready(1))).await, Some(1));
        assert_eq!(flatten(pending::<Ready<u8>>()).await, None);
    }
}

/// AT-28.
mod lifetimes_of_the_trait_reach_arguments_and_result {
    #![allow(clippy::use_self, clippy::ignored_unit_patterns, reason = "as a trait of the user's has it")]
    use super::*;

    #[derive(Clone, Copy)]
    struct Text<'a>(&'a str, &'a Flaky);

    #[async_trait]
    trait Lend<'a> {
        async fn required(text: Text<'a>) -> Result<&'a str, Fault>;

        #[retry(max = 2, backoff = "none")]
        async fn provided(text: Text<'a>) -> Result<&'a str, Fault> {
            yield_now().await;
            text.1.call().map(|_| text.0)
        }
    }

    #[async_trait]
    impl<'a> Lend<'a> for str {
        #[timeout(secs = 90)]
        #[retry(max = 2, backoff = "none")]
        async fn required(text: Text<'a>) -> Result<&'a str, Fault> {
            yield_now().await;
            text.1.call().map(|_| text.0)
        }
    }

    #[async_trait]
    trait Chained<'a, 'b> {
        async fn both(_: &'a &'b (), flaky: &'b Flaky) -> Result<&'b Flaky, Fault>;
    }

    #[async_trait]
    impl<'a, 'b> Chained<'a, 'b> for &'a () {
        #[retry(max = 2, backoff = "none")]
        async fn both(_: &'a &'b (), flaky: &'b Flaky) -> Result<&'b Flaky, Fault> {
            flaky.call().map(|_| flaky)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        let (text, flaky) = (String::from("lent"), Flaky::failing(2));
        assert_eq!((send(str::required(Text(&text, &flaky))).await, flaky.calls()), (Ok("lent"), 3));
        assert_eq!((send(<str as Lend>::provided(Text(&text, &flaky))).await, flaky.calls()), (Ok("lent"), 4));
        assert_eq!(send(<&()>::both(&&(), &flaky)).await.unwrap().calls(), 5);
    }
}

/// AT-44.
mod where_clauses_of_the_trait_about_self_are_met_in_the_body {
    use super::*;

    #[async_trait]
    trait Static
    where
        Box<Self>: Sized,
        Self: Sized + Send + 'static,
    {
        #[retry(max = 2, backoff = "none")]
        async fn one(flaky: &Flaky) -> Result<usize, Fault> {
            flaky.call().map(|_| size_of::<Self>())
        }
    }

    impl Static for u16 {}

    #[tokio::test]
    async fn test() {
        let flaky = Flaky::failing(2);
        assert_eq!((send(u16::one(&flaky)).await, flaky.calls()), (Ok(2), 3));
    }
}

/// AT-73.
mod an_associated_constant_is_known_in_the_body_and_in_the_attribute {
    use super::*;

    #[async_trait]
    trait Limited: Sync {
        const RETRIES: u32;
        const LABEL: &'static str;
        fn flaky(&self) -> &Flaky;

        #[retry(max = Self::RETRIES, backoff = "none")]
        async fn call(&self) -> Result<String, Fault> {
            self.flaky().call().map(|call| format!("{}{call}", Self::LABEL))
        }
    }

    impl Limited for Flaky {
        const RETRIES: u32 = 4;
        const LABEL: &'static str = "a";
        fn flaky(&self) -> &Flaky {
            self
        }
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(Limited::call(&Flaky::failing(4))).await.unwrap(), "a5");
        let never = Flaky::failing(9);
        assert_eq!((Limited::call(&never).await, never.calls()), (Err(Fault::Down), 5));
    }
}

/// AT-106.
mod a_function_that_makes_futures_may_be_handed_on {
    use super::*;

    #[async_trait]
    trait Pool: Send + Sync {
        type Threads: Sync;

        async fn once<F, Fut, T>(&self, work: F) -> Option<T>
        where
            F: FnOnce(&Self::Threads) -> Fut + Send,
            Fut: Future<Output = T> + Send + 'static;

        async fn again<F, Fut, T>(&self, work: F) -> Result<T, Fault>
        where
            F: Fn(&Self::Threads) -> Fut + Send + Sync + Clone,
            Fut: Future<Output = Result<T, Fault>> + Send + 'static,
            T: Send;
    }

    #[async_trait]
    impl<P> Pool for &P
    where
        P: ?Sized + Pool,
    {
        type Threads = P::Threads;

        #[circuit_breaker(failure_threshold = 100)]
        #[timeout(secs = 1)]
        async fn once<F, Fut, T>(&self, work: F) -> Option<T>
        where
            F: FnOnce(&Self::Threads) -> Fut + Send,
            Fut: Future<Output = T> + Send + 'static,
        {
            (**self).once(work).await
        }

        #[retry(max = 2, backoff = "none")]
        #[timeout(secs = 1)]
        async fn again<F, Fut, T>(&self, work: F) -> Result<T, Fault>
        where
            F: Fn(&Self::Threads) -> Fut + Send + Sync + Clone,
            Fut: Future<Output = Result<T, Fault>> + Send + 'static,
            T: Send,
        {
            (**self).again(work).await
        }
    }

    #[async_trait]
    impl Pool for Flaky {
        type Threads = Self;

        async fn once<F, Fut, T>(&self, work: F) -> Option<T>
        where
            F: FnOnce(&Self) -> Fut + Send,
            Fut: Future<Output = T> + Send + 'static,
        {
            Some(work(self).await)
        }

        async fn again<F, Fut, T>(&self, work: F) -> Result<T, Fault>
        where
            F: Fn(&Self) -> Fut + Send + Sync + Clone,
            Fut: Future<Output = Result<T, Fault>> + Send + 'static,
            T: Send,
        {
            self.call()?;
            work(self).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        let flaky = Flaky::failing(2);
        let (pool, held) = (&&flaky, String::from("held"));
        assert_eq!(send(pool.once(|_| async move { held })).await.unwrap(), "held");
        assert_eq!(send(pool.once(|_| std::future::pending::<u8>())).await, None);
        assert_eq!((send(pool.again(|_| async { Ok(1) })).await, flaky.calls()), (Ok(1), 3));
    }
}

/// AT-110.
mod an_impl_may_have_an_anonymous_lifetime {
    use super::*;

    #[async_trait]
    trait Loader {
        async fn load(&self, key: &str) -> Result<String, Fault>;
    }

    struct Lent<'a>(&'a Flaky);

    #[async_trait]
    impl Loader for Lent<'_> {
        #[cached(key = ((), key))]
        #[retry(max = 2, backoff = "none")]
        async fn load(&self, key: &str) -> Result<String, Fault> {
            yield_now().await;
            self.0.call().map(|call| format!("{key}{call}"))
        }
    }

    impl Lent<'_> {
        #[retry(max = 2, backoff = "none")]
        async fn native(&self, key: &str) -> Result<String, Fault> {
            yield_now().await;
            self.0.call().map(|call| format!("{key}{call}"))
        }
    }

    #[tokio::test]
    async fn test() {
        let flaky = Flaky::failing(2);
        assert_eq!(send(Lent(&flaky).load("k")).await.unwrap(), "k3");
        assert_eq!((send(Lent(&flaky).load("k")).await.unwrap().as_str(), flaky.calls()), ("k3", 3));
        assert_eq!(send(Lent(&flaky).native("k")).await.unwrap(), "k4");
    }
}

/// AT-123.
mod a_parameter_of_the_trait_may_have_a_default {
    use super::*;

    #[async_trait]
    trait Lend<T = ()>: Sync {
        fn flaky(&self) -> &Flaky;

        #[retry(max = 2, backoff = "none")]
        async fn lend(&self, text: &T) -> Result<&str, Fault>
        where
            T: 'async_trait + Sync,
        {
            assert_eq!(size_of_val(text), size_of::<T>());
            self.flaky().call().map(|_| "default")
        }
    }

    impl<T> Lend<T> for Flaky {
        fn flaky(&self) -> &Flaky {
            self
        }
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(Flaky::failing(2).lend(&())).await, Ok("default"));
        assert_eq!(send(Flaky::failing(2).lend(&"x")).await, Ok("default"));
    }
}

/// AT-281.
mod an_impl_trait_may_stand_in_the_result {
    use super::*;

    #[async_trait]
    trait Opaque {
        type Failure;
        async fn text(&self) -> Result<impl AsRef<str> + Send + Sync, Self::Failure>;
    }

    #[async_trait]
    impl Opaque for Flaky {
        type Failure = Fault;

        #[timeout(secs = 60)]
        #[retry(max = 2, backoff = "none")]
        async fn text(&self) -> Result<impl AsRef<str> + Send + Sync, Self::Failure> {
            yield_now().await;
            self.call().map(|call| call.to_string())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        assert_eq!(send(Flaky::failing(2).text()).await.unwrap().as_ref(), "3");
    }
}

/// AT-283.
mod functions_of_a_bound_are_found_through_self {
    use super::*;

    #[async_trait]
    trait Blanket {
        async fn run(flaky: &Flaky) -> Result<u32, Fault>;
    }

    trait Bound {
        fn add(number: u32) -> u32;
        fn spare(flaky: &Flaky) -> Result<u32, Fault>;
    }

    #[async_trait]
    impl<T: Bound> Blanket for T {
        #[fallback(Self::spare)]
        #[retry(max = 2, backoff = "none")]
        async fn run(flaky: &Flaky) -> Result<u32, Fault> {
            flaky.call().map(Self::add)
        }
    }

    impl Bound for () {
        fn add(number: u32) -> u32 {
            number + 10
        }

        fn spare(flaky: &Flaky) -> Result<u32, Fault> {
            Ok(flaky.calls() + 100)
        }
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(<()>::run(&Flaky::failing(2))).await, Ok(13));
        assert_eq!(send(<()>::run(&Flaky::failing(9))).await, Ok(103));
    }
}
