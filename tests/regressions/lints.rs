//! Families of `async-trait` issues about lints.

use async_trait::async_trait;
use resilience::{cached, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

/// AT-85.
mod a_name_that_the_trait_prescribes_is_not_complained_about {
    #![deny(non_snake_case)]
    use super::*;

    #[async_trait]
    trait Foreign {
        #[allow(non_snake_case, reason = "prescribed")]
        async fn camelCase(&self) -> Result<u32, Fault>;

        #[allow(non_snake_case, reason = "prescribed")]
        #[retry(max = 1, backoff = "none")]
        async fn withArguments(&self, flakyOne: &Flaky) -> Result<u32, Fault> {
            flakyOne.call()
        }
    }

    #[async_trait]
    impl Foreign for Flaky {
        #[retry(max = 2, backoff = "none")]
        async fn camelCase(&self) -> Result<u32, Fault> {
            self.call()
        }
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(Flaky::failing(2).camelCase()).await, Ok(3));
        assert_eq!(send(Flaky::failing(2).withArguments(&Flaky::failing(1))).await, Ok(2));
    }
}

/// AT-120, AT-129, AT-183, AT-236, AT-238.
mod lints_see_the_function_that_was_written {
    #![deny(
        clippy::trivially_copy_pass_by_ref,
        clippy::used_underscore_binding,
        clippy::shadow_same,
        clippy::shadow_reuse,
        clippy::shadow_unrelated,
        clippy::async_yields_async,
        clippy::needless_lifetimes,
        single_use_lifetimes,
        unused_lifetimes
    )]
    use super::*;
    use std::future::{Ready, ready};

    #[async_trait]
    trait Lints {
        async fn small(&self, flaky: &Flaky) -> Result<u32, Fault>;

        #[retry(max = 2, backoff = "none")]
        async fn underscore(flaky: &Flaky, _unused: u8, used: u8) -> Result<u8, Fault> {
            flaky.call().map(|_| used)
        }
    }

    #[async_trait]
    impl Lints for () {
        #[retry(max = 2, backoff = "none")]
        async fn small(&self, flaky: &Flaky) -> Result<u32, Fault> {
            flaky.call()
        }
    }

    #[async_trait]
    impl Lints for &Flaky {
        #[fallback(value = 100)]
        #[timeout(secs = 60)]
        async fn small(&self, flaky: &Flaky) -> Result<u32, Fault> {
            yield_now().await;
            flaky.call()
        }
    }

    #[retry(max = 2, backoff = "none")]
    async fn underscore(flaky: &Flaky, _unused: String, used: String) -> Result<String, Fault> {
        flaky.call().map(|_| used)
    }

    #[retry(max = 2, backoff = "none")]
    async fn a_future(flaky: &Flaky) -> Result<Ready<u32>, Fault> {
        flaky.call().map(ready)
    }

    #[cached]
    async fn kept_future(number: u32) -> Ready<u32> {
        ready(number)
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        assert_eq!(send(().small(&Flaky::failing(2))).await, Ok(3));
        assert_eq!(send((&Flaky::failing(0)).small(&Flaky::failing(2))).await, Ok(100));
        assert_eq!(send(<()>::underscore(&Flaky::failing(2), 1, 2)).await, Ok(2));
        assert_eq!(send(underscore(&Flaky::failing(2), "a".into(), "b".into())).await.unwrap(), "b");
        assert_eq!(send(a_future(&Flaky::failing(2))).await.unwrap().await, 3);
        assert_eq!((kept_future(1).await.await, kept_future(1).await.await), (1, 1));
    }
}

/// AT-145.
mod the_return_type_is_no_more_complex_than_written {
    #![deny(clippy::type_complexity)]
    use super::*;

    #[async_trait]
    trait Manage: Sized + Send + Sync + 'static {
        type Connection: Send + Clone + Sync + 'static;
        type Failure: Send + Clone + Sync + 'static;

        fn open(&self) -> Result<Self::Connection, Self::Failure>;

        #[cached(skip(self))]
        #[retry(max = 2, backoff = "none")]
        async fn connect(&self) -> Result<Self::Connection, Self::Failure> {
            yield_now().await;
            self.open()
        }
    }

    #[async_trait]
    impl Manage for Flaky {
        type Connection = u32;
        type Failure = Fault;

        fn open(&self) -> Result<u32, Fault> {
            self.call()
        }
    }

    #[tokio::test]
    async fn test() {
        let flaky = Flaky::failing(2);
        assert_eq!((send(flaky.connect()).await, flaky.connect().await, flaky.calls()), (Ok(3), Ok(3), 3));
    }
}

/// AT-147.
mod nothing_is_said_about_a_unit_that_comes_back {
    #![deny(clippy::let_unit_value, clippy::unused_unit, clippy::semicolon_if_nothing_returned)]
    use super::*;

    #[async_trait]
    trait Units {
        async fn result(flaky: &Flaky) -> Result<(), Fault>;
        async fn option(flaky: &Flaky) -> Option<()>;
        async fn unwritten() -> Result<(), Fault>;
    }

    #[async_trait]
    impl Units for () {
        #[fallback(value = ())]
        #[retry(max = 2, backoff = "none", when_ok = |()| false)]
        async fn result(flaky: &Flaky) -> Result<(), Fault> {
            flaky.call()?;
            Ok(())
        }

        #[timeout(secs = 60)]
        #[retry(max = 2, backoff = "none")]
        async fn option(flaky: &Flaky) -> Option<()> {
            flaky.call().ok()?;
            Some(())
        }

        #[retry(max = 2, backoff = "none")]
        async fn unwritten() -> Result<(), Fault> {
            panic!("not written yet")
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        let (first, second) = (Flaky::failing(2), Flaky::failing(2));
        assert_eq!((send(<()>::result(&first)).await, first.calls()), (Ok(()), 3));
        assert_eq!((send(<()>::option(&second)).await, second.calls()), (Some(()), 3));
        assert!(tokio::spawn(<()>::unwritten()).await.unwrap_err().is_panic());
    }
}
