//! Families of `async-trait` issues about receivers and `Self`.

use std::sync::Arc;

use async_trait::async_trait;
use resilience::{circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

/// AT-9.
mod an_argument_may_be_of_the_type_self {
    use super::*;

    #[async_trait]
    trait Consume: Sized + Clone + Send + Sync + 'static {
        fn flaky(&self) -> &Flaky;

        #[retry(max = 2, backoff = "none")]
        async fn consume(this: Self, _other: Self) -> Result<u32, Fault> {
            yield_now().await;
            this.flaky().call()
        }
    }

    impl Consume for Flaky {
        fn flaky(&self) -> &Flaky {
            self
        }
    }

    #[tokio::test]
    async fn test() {
        let flaky = Flaky::failing(2);
        assert_eq!(send(Flaky::consume(flaky.clone(), flaky.clone())).await, Ok(3));
        assert_eq!(flaky.calls(), 3);
    }
}

/// AT-11.
mod self_may_be_an_arc {
    use super::*;

    #[async_trait]
    trait Example {
        async fn again(self: Arc<Self>) -> Result<usize, Fault>;
        async fn once(self: Arc<Self>) -> Result<usize, Fault>;
    }

    #[async_trait]
    impl Example for Flaky {
        #[fallback(self.spare_count)]
        #[retry(max = 2, backoff = "none")]
        async fn again(self: Arc<Self>) -> Result<usize, Fault> {
            yield_now().await;
            self.call()?;
            Ok(Arc::strong_count(&self))
        }

        #[timeout(secs = 1)]
        #[circuit_breaker(allow(late_timeout))]
        async fn once(self: Arc<Self>) -> Result<usize, Fault> {
            let count = Arc::strong_count(&self);
            yield_now().await;
            drop(self);
            Ok(count)
        }
    }

    impl Flaky {
        #[allow(clippy::unused_async, reason = "an asynchronous fallback")]
        async fn spare_count(&self) -> Result<usize, Fault> {
            self.call().map(|_| 100)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        let flaky = Arc::new(Flaky::failing(2));
        // The caller's, that of the fallback, and the clone for the attempt.
        assert_eq!((send(Arc::clone(&flaky).again()).await, flaky.calls()), (Ok(3), 3));
        assert_eq!((send(Arc::clone(&flaky).once()).await, Arc::strong_count(&flaky)), (Ok(2), 1));
        let failing = Arc::new(Flaky::failing(3));
        assert_eq!((failing.clone().again().await, failing.calls()), (Ok(100), 4));
    }
}

/// AT-23.
mod a_mut_self_stays_mutable_and_makes_no_warning {
    use super::*;

    #[async_trait]
    trait Change: Sized {
        async fn change(self) -> Option<u32>;

        #[timeout(secs = 1)]
        async fn change_by_default(mut self) -> Option<Self>
        where
            Self: Default + Send,
        {
            yield_now().await;
            let _before = std::mem::take(&mut self);
            Some(self)
        }
    }

    #[derive(Debug, Default, Clone, PartialEq, Eq)]
    struct Count(u32);

    #[async_trait]
    impl Change for Count {
        #[timeout(secs = 1)]
        #[circuit_breaker(allow(late_timeout))]
        async fn change(mut self) -> Option<u32> {
            yield_now().await;
            self.0 += 1;
            Some(self.0)
        }
    }

    impl Count {
        #[timeout(secs = 1)]
        async fn native(mut self) -> Option<Self> {
            yield_now().await;
            self.0 += 1;
            Some(self)
        }

        #[circuit_breaker]
        fn blocking(mut self) -> Option<Self> {
            self.0 += 1;
            Some(self)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        assert_eq!(send(Count(1).change()).await, Some(2));
        assert_eq!(send(Count(1).change_by_default()).await, Some(Count(0)));
        assert_eq!((send(Count(1).native()).await, Count(1).blocking()), (Some(Count(2)), Some(Count(2))));
    }
}

/// AT-31.
mod an_annotated_method_may_be_called_by_another_with_borrowing_arguments {
    use super::*;

    #[derive(Clone)]
    struct Named<'a> {
        name: &'a str,
        flaky: Flaky,
    }

    #[async_trait]
    trait Greet<'a> {
        async fn greet(named: Named<'a>) -> Result<String, Fault>;

        #[fallback(value = String::from("nobody"))]
        #[timeout(secs = 60)]
        async fn greet_both(one: Named<'a>, two: Named<'a>) -> Result<String, Fault> {
            let first = Self::greet(one).await?;
            let second = Self::greet(two).await?;
            Ok(first + &second)
        }
    }

    struct Hello;

    #[async_trait]
    impl<'a> Greet<'a> for Hello {
        #[retry(max = 2, backoff = "none")]
        async fn greet(named: Named<'a>) -> Result<String, Fault> {
            yield_now().await;
            named.flaky.call().map(|call| format!("{}{call}", named.name))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        let (a, b) = (Flaky::failing(2), Flaky::failing(1));
        let named = |name, flaky: &Flaky| Named { name, flaky: flaky.clone() };
        assert_eq!(send(Hello::greet_both(named("a", &a), named("b", &b))).await.unwrap(), "a3b2");
        let never = Flaky::failing(9);
        assert_eq!(Hello::greet_both(named("c", &never), named("b", &b)).await.unwrap(), "nobody");
        assert_eq!((never.calls(), b.calls()), (3, 2));
    }
}

/// AT-42.
mod a_constructor_may_return_self_or_name_the_type {
    use super::*;

    #[async_trait]
    trait Context: Sized {
        async fn of(flaky: Flaky) -> Result<Self, Fault>;
        async fn named(flaky: Flaky) -> Result<Self, Fault>;
    }

    #[derive(Debug)]
    struct Token(u32);

    #[async_trait]
    #[allow(clippy::use_self, reason = "that both spellings work")]
    impl Context for Token {
        #[retry(max = 2, backoff = "none")]
        async fn of(flaky: Flaky) -> Result<Self, Fault> {
            flaky.call().map(Self)
        }

        #[retry(max = 2, backoff = "none")]
        #[circuit_breaker(failure_threshold = 100)]
        async fn named(flaky: Flaky) -> Result<Token, Fault> {
            flaky.call().map(Token)
        }
    }

    impl Token {
        #[retry(max = 2, backoff = "none")]
        async fn native(flaky: &Flaky) -> Result<Self, Fault> {
            flaky.call().map(Self)
        }
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(Token::of(Flaky::failing(2))).await.unwrap().0, 3);
        assert_eq!(send(Token::named(Flaky::failing(2))).await.unwrap().0, 3);
        assert_eq!(send(Token::native(&Flaky::failing(2))).await.unwrap().0, 3);
    }
}

/// AT-83.
mod a_receiver_may_be_spelled_with_its_type {
    #![allow(clippy::needless_arbitrary_self_type, reason = "what is tested")]
    use super::*;

    #[async_trait]
    trait Spelled {
        async fn shared(self: &Self) -> Result<u32, Fault>;
        async fn exclusive(self: &mut Self) -> Result<u32, Fault>;
    }

    #[async_trait]
    impl Spelled for Flaky {
        #[retry(max = 2, backoff = "none")]
        async fn shared(self: &Self) -> Result<u32, Fault> {
            self.call()
        }

        #[fallback(self.shared)]
        #[retry(max = 2, backoff = "none")]
        async fn exclusive(self: &mut Self) -> Result<u32, Fault> {
            yield_now().await;
            self.call()
        }
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(Flaky::failing(2).shared()).await, Ok(3));
        assert_eq!(send(Flaky::failing(2).exclusive()).await, Ok(3));
        assert_eq!(send(Flaky::failing(4).exclusive()).await, Ok(5));
    }
}

/// AT-89.
mod self_may_be_a_trait_object {
    use super::*;

    #[async_trait]
    trait Run {
        async fn run(&self) -> Result<u32, Fault>;
    }

    #[async_trait]
    impl Run for dyn Fn() -> Result<u32, Fault> + Send + Sync {
        #[timeout(secs = 60)]
        #[retry(max = 2, backoff = "none")]
        async fn run(&self) -> Result<u32, Fault> {
            yield_now().await;
            self()
        }
    }

    #[async_trait]
    #[allow(unused_parens, reason = "what is tested")]
    impl Run for (dyn Fn(u8) -> Result<u32, Fault> + Send + Sync) {
        #[fallback(value = 100)]
        #[retry(max = 1, backoff = "none")]
        async fn run(&self) -> Result<u32, Fault> {
            yield_now().await;
            self(1)
        }
    }

    trait Native {
        fn native(&self) -> impl Future<Output = Result<u32, Fault>> + Send;
    }

    impl Native for dyn Fn() -> Result<u32, Fault> + Send + Sync {
        #[retry(max = 2, backoff = "none")]
        async fn native(&self) -> Result<u32, Fault> {
            yield_now().await;
            self()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        let flaky = Flaky::failing(2);
        let call = {
            let flaky = flaky.clone();
            move || flaky.call()
        };
        let object: &(dyn Fn() -> Result<u32, Fault> + Send + Sync) = &call;
        assert_eq!((send(object.run()).await, flaky.calls()), (Ok(3), 3));
        assert_eq!((send(object.native()).await, flaky.calls()), (Ok(4), 4));
        let failing = |_: u8| Err(Fault::Down);
        let object: &(dyn Fn(u8) -> Result<u32, Fault> + Send + Sync) = &failing;
        assert_eq!(send(object.run()).await, Ok(100));
    }
}

/// AT-134.
mod a_constant_parameter_and_an_owned_self_go_together {
    use super::*;

    #[async_trait]
    trait Run {
        async fn run<const TWICE: bool>(self) -> Result<u32, Fault>
        where
            Self: Sized;

        #[retry(max = 2, backoff = "none")]
        async fn provided<const TWICE: bool>(self) -> Result<bool, Fault>
        where
            Self: Sized + Send + Sync + AsRef<Flaky>,
        {
            yield_now().await;
            self.as_ref().call().map(|_| TWICE)
        }
    }

    #[async_trait]
    impl Run for Flaky {
        #[retry(max = 2, backoff = "none")]
        async fn run<const TWICE: bool>(self) -> Result<u32, Fault>
        where
            Self: Sized,
        {
            yield_now().await;
            self.call().map(|call| if TWICE { 2 * call } else { call })
        }
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(Flaky::failing(2).run::<true>()).await, Ok(6));
        assert_eq!(send(Flaky::failing(2).run::<false>()).await, Ok(3));
        assert_eq!(send(Flaky::failing(2).provided::<true>()).await, Ok(true));
    }
}

/// AT-210.
mod an_arc_of_self_has_a_default_body {
    use super::*;

    #[async_trait]
    trait Provided: Send + Sync + 'static {
        fn flaky(&self) -> &Flaky;

        #[retry(max = 2, backoff = "none")]
        async fn provided(self: Arc<Self>) -> Result<u32, Fault> {
            yield_now().await;
            self.flaky().call()
        }
    }

    impl Provided for Flaky {
        fn flaky(&self) -> &Flaky {
            self
        }
    }

    #[tokio::test]
    async fn test() {
        let object: Arc<dyn Provided> = Arc::new(Flaky::failing(2));
        assert_eq!((send(Arc::clone(&object).provided()).await, object.flaky().calls()), (Ok(3), 3));
    }
}

/// AT-277.
mod a_typed_receiver_may_be_mut {
    #![allow(clippy::needless_arbitrary_self_type, clippy::trivially_copy_pass_by_ref, reason = "what is tested")]
    use super::*;

    #[async_trait]
    trait Point {
        async fn point(&self, other: &'static Flaky) -> Result<u32, Fault>;
    }

    #[async_trait]
    impl Point for &'static Flaky {
        #[retry(max = 2, backoff = "none")]
        async fn point(mut self: &Self, other: &'static Flaky) -> Result<u32, Fault> {
            let first = self.call();
            yield_now().await;
            redirect(&mut self, Box::leak(Box::new(other)));
            first.and_then(|_| self.call())
        }
    }

    const fn redirect<'a>(this: &mut &'a &'static Flaky, to: &'a &'static Flaky) {
        *this = to;
    }

    #[tokio::test]
    async fn test() {
        let (flaky, other) = (Box::leak(Box::new(Flaky::failing(2))), Box::leak(Box::new(Flaky::failing(0))));
        assert_eq!(send((&&*flaky).point(other)).await, Ok(1));
        assert_eq!((flaky.calls(), other.calls()), (3, 1), "each attempt starts from the receiver it was called on");
    }
}

/// AT-300.
mod an_exclusive_receiver_may_be_borrowed_again {
    use super::*;

    #[async_trait]
    trait Borrow {
        async fn borrow(&mut self) -> Result<u32, Fault>;
    }

    #[async_trait]
    impl Borrow for Flaky {
        #[retry(max = 2, backoff = "none")]
        async fn borrow(&mut self) -> Result<u32, Fault> {
            let again: &mut Self = &mut *self;
            let deeper = &mut *again;
            yield_now().await;
            deeper.call()
        }
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(Flaky::failing(2).borrow()).await, Ok(3));
    }
}
