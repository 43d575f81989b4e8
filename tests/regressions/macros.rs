//! Families of `async-trait` issues about macros in and around a method.

use std::sync::Arc;

use async_trait::async_trait;
use resilience::{circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

/// AT-17.
mod self_may_be_an_argument_of_a_macro {
    #![allow(clippy::useless_format, clippy::uninlined_format_args, reason = "what is tested")]
    use super::*;

    #[async_trait]
    trait Describe {
        async fn shared(&self) -> Result<String, Fault>;
        async fn exclusive(&mut self) -> Result<String, Fault>;
        async fn owned(self) -> Result<String, Fault>;
    }

    #[derive(Debug)]
    struct Named {
        name: String,
        flaky: Flaky,
    }

    #[async_trait]
    impl Describe for Named {
        #[retry(max = 2, backoff = "none")]
        async fn shared(&self) -> Result<String, Fault> {
            assert!(!self.name.is_empty(), "{self:?}");
            self.flaky.call()?;
            Ok(format!("{} {}", self.name, vec![self; 2].len()))
        }

        #[retry(max = 2, backoff = "none")]
        async fn exclusive(&mut self) -> Result<String, Fault> {
            self.name += "!";
            assert!(!self.name.is_empty(), "{:?}", self);
            self.flaky.call()?;
            Ok(format!("{}", self.name))
        }

        #[circuit_breaker]
        async fn owned(self) -> Result<String, Fault> {
            Ok(format!("{}", self.name))
        }
    }

    #[tokio::test]
    async fn test() {
        let mut named = Named { name: "a".into(), flaky: Flaky::failing(2) };
        assert_eq!(send(named.shared()).await.unwrap(), "a 2");
        named.flaky = Flaky::failing(2);
        assert_eq!(send(named.exclusive()).await.unwrap(), "a!!!");
        assert_eq!(named.flaky.calls(), 3);
        assert_eq!(send(named.owned()).await.unwrap(), "a!!!");
    }
}

/// AT-46.
mod parameters_and_bounds_may_be_pieces_of_a_macro {
    use super::*;

    macro_rules! commands {
        ($trait:ident, $generic:tt: $bound:tt, $($kind:tt)*) => {
            #[async_trait]
            trait $trait: Sized + Send + Sync {
                fn flaky(&self) -> &Flaky;

                #[retry(max = 2, backoff = "none")]
                async fn run<$generic: $bound + Send + Clone>(
                    &mut self,
                    argument: $generic,
                ) -> Result<$generic, Fault> {
                    yield_now().await;
                    self.flaky().call().map(|_| argument)
                }
            }

            impl $trait for Flaky {
                fn flaky(&self) -> &Flaky {
                    self
                }
            }
        };
    }

    commands!(Tokens, K: Sync,);

    macro_rules! by_ident {
        ($generic:ident: $bound:ident) => {
            #[async_trait]
            trait Idents: Sized + Send + Sync {
                fn flaky(&self) -> &Flaky;

                #[retry(max = 2, backoff = "none")]
                async fn run<$generic: $bound + Send + Clone>(
                    &mut self,
                    argument: $generic,
                ) -> Result<$generic, Fault> {
                    yield_now().await;
                    self.flaky().call().map(|_| argument)
                }
            }

            impl Idents for Flaky {
                fn flaky(&self) -> &Flaky {
                    self
                }
            }
        };
    }

    by_ident!(K: Sync);

    #[tokio::test]
    async fn test() {
        let mut flaky = Flaky::failing(2);
        assert_eq!((send(Tokens::run(&mut flaky, "t")).await, flaky.calls()), (Ok("t"), 3));
        let mut flaky = Flaky::failing(2);
        assert_eq!((send(Idents::run(&mut flaky, "i")).await, flaky.calls()), (Ok("i"), 3));
    }
}

/// AT-53.
mod self_may_be_a_constructor_in_the_body {
    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    struct Unit;
    #[derive(Debug, PartialEq, Eq)]
    struct Tuple(u32);
    #[derive(Debug, PartialEq, Eq)]
    struct Named {
        x: u32,
    }

    #[async_trait]
    trait Make: Sized {
        async fn make(flaky: &Flaky) -> Result<Self, Fault>;
    }

    #[async_trait]
    impl Make for Unit {
        #[retry(max = 2, backoff = "none")]
        async fn make(flaky: &Flaky) -> Result<Self, Fault> {
            flaky.call()?;
            Ok(Self)
        }
    }

    #[async_trait]
    impl Make for Tuple {
        #[fallback(value = Self(100))]
        #[retry(max = 2, backoff = "none")]
        async fn make(flaky: &Flaky) -> Result<Self, Fault> {
            Ok(Self(flaky.call()?))
        }
    }

    #[async_trait]
    impl Make for Named {
        #[fallback(|_| Ok(Self { x: 100 }))]
        #[retry(max = 2, backoff = "none")]
        async fn make(flaky: &Flaky) -> Result<Self, Fault> {
            Ok(Self { x: flaky.call()? })
        }
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(Unit::make(&Flaky::failing(2))).await, Ok(Unit));
        assert_eq!(send(Tuple::make(&Flaky::failing(2))).await, Ok(Tuple(3)));
        assert_eq!(send(Tuple::make(&Flaky::failing(3))).await, Ok(Tuple(100)));
        assert_eq!(send(Named::make(&Flaky::failing(2))).await, Ok(Named { x: 3 }));
        assert_eq!(send(Named::make(&Flaky::failing(3))).await, Ok(Named { x: 100 }));
    }
}

/// AT-68.
mod a_macro_defined_in_the_body_may_mention_self {
    use super::*;

    #[async_trait]
    trait Shared: Sync {
        fn flaky(&self) -> &Flaky;

        #[retry(max = 2, backoff = "none")]
        async fn shared(&self) -> Result<u32, Fault> {
            macro_rules! call {
                () => {{
                    let this: &Self = self;
                    this.flaky().call()
                }};
            }
            call!()
        }

        #[retry(max = 2, backoff = "none")]
        async fn exclusive(&mut self) -> Result<u32, Fault>
        where
            Self: Send,
        {
            macro_rules! call {
                () => {{
                    let this: &mut Self = self;
                    this.flaky().call()
                }};
            }
            yield_now().await;
            call!()
        }
    }

    impl Shared for Flaky {
        fn flaky(&self) -> &Flaky {
            self
        }
    }

    impl Flaky {
        #[retry(max = 2, backoff = "none")]
        async fn native(&mut self) -> Result<u32, Fault> {
            macro_rules! call {
                () => {{
                    let this: &mut Self = self;
                    this.call()
                }};
            }
            yield_now().await;
            call!()
        }
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(Flaky::failing(2).shared()).await, Ok(3));
        assert_eq!(send(Flaky::failing(2).exclusive()).await, Ok(3));
        assert_eq!(send(Flaky::failing(2).native()).await, Ok(3));
    }
}

/// AT-92.
mod self_may_be_an_argument_of_a_macro_as_a_type_and_as_a_path {
    use super::*;

    macro_rules! same {
        ($($tokens:tt)*) => { $($tokens)* };
    }

    struct Generic<T>(T);

    impl<T> Generic<T> {
        const INHERENT: u32 = 1;

        const fn inherent() -> u32 {
            2
        }
    }

    #[async_trait]
    trait Items
    where
        same!(Self): Send + Sync,
    {
        const OF_TRAIT: u32;
        type Number: From<u32> + Send;

        #[retry(max = 2, backoff = "none")]
        async fn provided(&self, flaky: &Flaky) -> Result<u32, Fault> {
            same!(let _number: Option<Self::Number> = None;);
            same!(let _number: Option<<Self as Items>::Number> = None;);
            flaky.call()?;
            Ok(same!(Self::OF_TRAIT) + same!(<Self>::OF_TRAIT) + same!(<Self as Items>::OF_TRAIT))
        }

        async fn required(&self, flaky: &Flaky) -> Result<u32, Fault>;
        async fn exclusive(&mut self, flaky: &Flaky) -> Result<u32, Fault>;
    }

    #[async_trait]
    impl<T: Send + Sync> Items for Generic<T>
    where
        same!(Self): Send,
    {
        const OF_TRAIT: u32 = 100;
        type Number = u64;

        #[fallback(value = same!(Self::INHERENT))]
        #[retry(max = 2, backoff = "none")]
        async fn required(&self, flaky: &Flaky) -> Result<u32, Fault> {
            same!(flaky.call()?;);
            same!(let _: &T = &self.0;);
            Ok(same!(Self::INHERENT) + same!(<Self>::inherent()) + same!(Self::OF_TRAIT))
        }

        #[retry(max = 2, backoff = "none")]
        async fn exclusive(&mut self, flaky: &Flaky) -> Result<u32, Fault> {
            same!(flaky.call()?;);
            same!(let _: &mut T = &mut self.0;);
            Ok(same!(Self::INHERENT) + same!(<Self>::inherent()) + same!(Self::provided(self, flaky).await?))
        }
    }

    trait Parent {
        fn parent() -> Result<u32, Fault>;
    }

    #[async_trait]
    trait OfParent: Parent {
        #[retry(max = 2, backoff = "none")]
        async fn through_macros() -> Result<u32, Fault> {
            macro_rules! inner {
                ($($tokens:tt)*) => {
                    Self::parent()
                };
            }
            same!(Self::parent()?;);
            inner!()
        }
    }

    struct Once;
    impl Parent for Once {
        fn parent() -> Result<u32, Fault> {
            static CALLS: std::sync::LazyLock<Flaky> = std::sync::LazyLock::new(|| Flaky::failing(2));
            CALLS.call()
        }
    }
    impl OfParent for Once {}

    #[tokio::test]
    async fn test() {
        let flaky = Flaky::failing(2);
        assert_eq!((send(Generic(()).provided(&flaky)).await, flaky.calls()), (Ok(300), 3));
        assert_eq!(send(Generic(()).required(&Flaky::failing(2))).await, Ok(103));
        assert_eq!(send(Generic(()).required(&Flaky::failing(3))).await, Ok(1));
        assert_eq!(send(Generic(()).exclusive(&Flaky::failing(2))).await, Ok(303));
        assert_eq!(send(Once::through_macros()).await, Ok(4));
    }
}

/// AT-104.
mod a_type_and_an_expression_may_be_pieces_of_a_macro {
    use super::*;

    #[async_trait]
    trait Identify {
        async fn id(&self, flaky: &Flaky) -> Result<u32, Fault>;
    }

    macro_rules! identify {
        ($ty:ty, $id:expr, $retries:expr) => {
            #[async_trait]
            impl Identify for $ty {
                #[retry(max = $retries, backoff = "none")]
                async fn id(&self, flaky: &Flaky) -> Result<u32, Fault> {
                    flaky.call()?;
                    $id
                }
            }
        };
    }

    struct One;
    identify!(One, Ok(1), 1 + 1);

    #[tokio::test]
    async fn test() {
        assert_eq!(send(One.id(&Flaky::failing(2))).await, Ok(1));
        assert_eq!(send(One.id(&Flaky::failing(3))).await, Err(Fault::Down));
    }
}

/// AT-161.
mod self_may_stand_in_a_macro_that_makes_futures {
    use super::*;

    #[async_trait]
    trait Select {
        async fn arc(self: Arc<Self>) -> Result<u32, Fault>;
        async fn exclusive(&mut self) -> Result<u32, Fault>;
    }

    #[async_trait]
    impl Select for Flaky {
        #[retry(max = 2, backoff = "none")]
        async fn arc(self: Arc<Self>) -> Result<u32, Fault> {
            tokio::select! {
                answer = async { self.call() } => answer,
                () = std::future::pending() => unreachable!("{:?}", self),
            }
        }

        #[timeout(secs = 60)]
        #[retry(max = 2, backoff = "none")]
        async fn exclusive(&mut self) -> Result<u32, Fault> {
            let (answer, ()) = tokio::join!(async { self.call() }, yield_now());
            answer
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        let flaky = Arc::new(Flaky::failing(2));
        assert_eq!((send(Arc::clone(&flaky).arc()).await, flaky.calls()), (Ok(3), 3));
        assert_eq!(send(Flaky::failing(2).exclusive()).await, Ok(3));
    }
}
