//! Families of `async-trait` issues about bodies and results.

use std::sync::Arc;

use async_trait::async_trait;
use resilience::{circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

/// AT-45.
mod a_span_of_a_method_contains_those_of_the_methods_it_calls {
    use super::*;
    use std::sync::Mutex;
    use tracing::span::{Attributes, Id};
    use tracing::{Event, Metadata, Subscriber, info, instrument};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
    use tracing_subscriber::registry::LookupSpan;

    /// Records each event with its spans, and each span with its parents.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<String>>>);

    fn path<S: Subscriber + for<'a> LookupSpan<'a>>(id: Option<&Id>, context: &Context<'_, S>) -> String {
        let scope = id.and_then(|id| context.span_scope(id)).into_iter().flatten();
        let mut names: Vec<&str> = scope.map(|span| span.name()).collect();
        names.reverse();
        names.join(">")
    }

    impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Log {
        fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
            self.0.lock().unwrap().push(path(Some(id), &context));
        }

        fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
            if event.metadata().target() == module_path!() {
                let current = context.current_span();
                self.0.lock().unwrap().push(path(current.id(), &context) + "!");
            }
        }

        fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
            metadata.target() == module_path!()
        }
    }

    #[async_trait]
    trait Parent {
        async fn outer(&mut self, by: u32) -> Result<u32, Fault>;
    }

    #[async_trait]
    trait Child {
        async fn inner(&self) -> Result<u32, Fault>;
    }

    #[derive(Debug)]
    struct Both(u32, Flaky);

    #[async_trait]
    impl Parent for Both {
        #[instrument]
        #[retry(max = 1, backoff = "none")]
        async fn outer(&mut self, by: u32) -> Result<u32, Fault> {
            self.0 += by;
            self.inner().await
        }
    }

    #[async_trait]
    impl Child for Both {
        #[retry(max = 1, backoff = "none", nested = true)]
        #[instrument(skip(self))]
        #[timeout(secs = 60)]
        async fn inner(&self) -> Result<u32, Fault> {
            info!(value = self.0);
            yield_now().await;
            self.1.call()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        let log = Log::default();
        let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
        let mut both = Both(0, Flaky::failing(1));
        let future = both.outer(5);
        assert!(log.0.lock().unwrap().is_empty(), "nothing happens before the first poll");
        assert_eq!(send(future).await, Ok(2));
        assert_eq!(*log.0.lock().unwrap(), ["outer", "outer>inner", "outer>inner!", "outer>inner", "outer>inner!"]);
        assert_eq!(both.0, 5);
    }
}

/// AT-81, AT-87.
mod variants_may_be_named_through_self {
    use super::*;

    #[async_trait]
    trait Handle {
        async fn handle(&self, flaky: &Flaky) -> Result<Self, Fault>
        where
            Self: Sized;
        async fn take(self, flaky: &Flaky) -> Result<u32, Fault>;
    }

    #[derive(Debug, Clone, PartialEq, Eq)]
    enum Kind {
        Unit,
        Tuple(),
        Named {},
        Full(u32),
    }

    #[async_trait]
    impl Handle for Kind {
        #[fallback(value = Self::Full(100))]
        #[retry(max = 2, backoff = "none")]
        async fn handle(&self, flaky: &Flaky) -> Result<Self, Fault> {
            flaky.call()?;
            match self {
                Self::Unit => Ok(Self::Tuple()),
                Self::Tuple() => Ok(Self::Named {}),
                Self::Named {} => Ok(Self::Full(1)),
                Self::Full(_) => Err(Fault::Down),
            }
        }

        #[retry(max = 2, backoff = "none")]
        async fn take(self, flaky: &Flaky) -> Result<u32, Fault> {
            yield_now().await;
            let call = flaky.call()?;
            if let Self::Full(number) = self { Ok(call + number) } else { Err(Fault::Down) }
        }
    }

    #[tokio::test]
    async fn test() {
        let flaky = Flaky::failing(2);
        assert_eq!(send(Kind::Unit.handle(&flaky)).await, Ok(Kind::Tuple()));
        assert_eq!(send(Kind::Tuple().handle(&flaky)).await, Ok(Kind::Named {}));
        assert_eq!(send(Kind::Named {}.handle(&flaky)).await, Ok(Kind::Full(1)));
        assert_eq!((send(Kind::Full(1).handle(&flaky)).await, flaky.calls()), (Ok(Kind::Full(100)), 8));
        assert_eq!(send(Kind::Full(10).take(&Flaky::failing(2))).await, Ok(13));
    }
}

/// AT-149.
mod an_early_return_coerces_as_the_last_expression_does {
    use super::*;

    trait Shown: Sync {
        fn shown(&self) -> &'static str;
    }

    struct Thing;
    impl Shown for Thing {
        fn shown(&self) -> &'static str {
            "thing"
        }
    }

    #[async_trait]
    trait Early {
        #[retry(max = 2, backoff = "none")]
        async fn early(flaky: &Flaky) -> Result<&'static dyn Shown, Fault> {
            if flaky.call()? > 3 {
                return Ok(&Thing);
            }
            Ok(&Thing)
        }
    }

    impl Early for () {}

    #[retry(max = 2, backoff = "none")]
    fn blocking(flaky: &Flaky) -> Result<Box<dyn Shown>, Fault> {
        if flaky.call()? == 3 {
            return Ok(Box::new(Thing));
        }
        Err(Fault::Down)
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(<()>::early(&Flaky::failing(2))).await.map(Shown::shown), Ok("thing"));
        assert_eq!(blocking(&Flaky::failing(2)).map(|thing| thing.shown()), Ok("thing"));
    }
}

/// AT-154.
mod items_at_the_start_of_a_body_stay_in_front {
    #![deny(clippy::items_after_statements)]
    use super::*;

    #[async_trait]
    trait Items {
        async fn items(&mut self, by: u32) -> Result<u32, Fault>;
    }

    #[async_trait]
    impl Items for Flaky {
        #[fallback(value = 100)]
        #[retry(max = 2, backoff = "none")]
        #[timeout(secs = 60)]
        async fn items(&mut self, by: u32) -> Result<u32, Fault> {
            const MORE: u32 = 10;
            const fn times(number: u32) -> u32 {
                number * MORE
            }
            self.call().map(|call| times(call) + by)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        assert_eq!(send(Flaky::failing(2).items(1)).await, Ok(31));
    }
}

/// AT-158.
mod a_path_may_begin_with_self {
    #![allow(clippy::use_self, reason = "the answer of a call is no `Self`")]
    use super::*;

    fn outside(flaky: &Flaky) -> Result<u32, Fault> {
        flaky.call()
    }

    #[async_trait]
    trait Paths: Sized + Send + Sync {
        async fn shared(&self, flaky: &Flaky) -> Result<u32, Fault>;
        async fn exclusive(&mut self, flaky: &Flaky) -> Result<u32, Fault>;
        async fn owned(self, flaky: &Flaky) -> Result<u32, Fault>;
    }

    #[async_trait]
    impl Paths for u32 {
        #[retry(max = 2, backoff = "none")]
        async fn shared(&self, flaky: &Flaky) -> Result<u32, Fault> {
            self::outside(flaky).map(|call| call + *self)
        }

        #[retry(max = 2, backoff = "none")]
        async fn exclusive(&mut self, flaky: &Flaky) -> Result<u32, Fault> {
            *self += 1;
            self::outside(flaky).map(|call| call + *self)
        }

        #[retry(max = 2, backoff = "none")]
        async fn owned(self, flaky: &Flaky) -> Result<u32, Fault> {
            use self::outside as imported;
            yield_now().await;
            imported(flaky).map(|call| call + self)
        }
    }

    #[tokio::test]
    async fn test() {
        assert_eq!(send(1.shared(&Flaky::failing(2))).await, Ok(4));
        assert_eq!(send(1.exclusive(&Flaky::failing(2))).await, Ok(7));
        assert_eq!(send(1.owned(&Flaky::failing(2))).await, Ok(4));
    }
}

/// AT-169.
mod a_trait_with_annotated_defaults_makes_objects {
    use super::*;

    #[async_trait]
    trait Object: ::core::marker::Sync {
        fn flaky(&self) -> &Flaky;

        #[fallback(value = 100)]
        #[retry(max = 2, backoff = "none")]
        #[circuit_breaker(failure_threshold = 100)]
        #[timeout(secs = 60)]
        async fn provided(&self) -> Result<u32, Fault> {
            yield_now().await;
            self.flaky().call()
        }
    }

    impl Object for Flaky {
        fn flaky(&self) -> &Flaky {
            self
        }
    }

    #[async_trait(?Send)]
    trait Local {
        #[retry(max = 2, backoff = "none")]
        async fn provided(&self, flaky: &Flaky) -> Result<u32, Fault> {
            let held = std::rc::Rc::new(1);
            yield_now().await;
            flaky.call().map(|call| call * *held)
        }
    }

    impl Local for () {}

    #[tokio::test(start_paused = true)]
    async fn test() {
        let objects: [Box<dyn Object>; 2] = [Box::new(Flaky::failing(2)), Box::new(Flaky::failing(3))];
        assert_eq!((send(objects[0].provided()).await, send(objects[1].provided()).await), (Ok(3), Ok(100)));
        let local: &dyn Local = &();
        assert_eq!(local.provided(&Flaky::failing(2)).await, Ok(3));
    }
}

mod bodies_that_async_trait_names_apart {
    #![allow(clippy::use_self, clippy::unimplemented, reason = "as a trait of the user's has it")]
    use super::*;

    #[async_trait]
    trait Forms: Sized {
        async fn destructured(&self, flaky: &Flaky, parts: (u8, u8, u8, u8)) -> Result<u8, Fault>;

        /// Only the signature determines the type of the result.
        #[retry(max = 2, backoff = "none")]
        async fn inferred(flaky: &Flaky) -> Result<Box<dyn Iterator<Item = u32> + Send>, Fault> {
            flaky.call()?;
            Ok(Box::new(std::iter::empty()))
        }

        async fn with_inner_items(self, flaky: &Flaky) -> Result<u32, Fault>;
        async fn with_inner_items_exclusive(&mut self, flaky: &Flaky) -> Result<u32, Fault>;

        #[retry(max = 2, backoff = "none")]
        async fn unwritten() -> Result<u32, Fault> {
            unimplemented!("later")
        }
    }

    #[async_trait]
    #[allow(clippy::items_after_statements, clippy::needless_pub_self, reason = "what is tested")]
    impl Forms for u32 {
        #[timeout(secs = 60)]
        #[retry(max = 2, backoff = "none")]
        async fn destructured(&self, flaky: &Flaky, (a, ref mut b, ref c, d): (u8, u8, u8, u8)) -> Result<u8, Fault> {
            *b += 1;
            yield_now().await;
            flaky.call().map(|_| a + *b + *c + d)
        }

        #[retry(max = 2, backoff = "none")]
        async fn with_inner_items(self, flaky: &Flaky) -> Result<u32, Fault> {
            struct Inner(u32);

            impl Inner {
                const fn get(self) -> u32 {
                    self.0
                }
            }

            let call = flaky.call()?;
            Ok(Inner(self + call).get())
        }

        #[retry(max = 2, backoff = "none")]
        async fn with_inner_items_exclusive(&mut self, flaky: &Flaky) -> Result<u32, Fault> {
            struct Inner(u32);

            trait Get {
                fn get(&self) -> u32;
                fn double(&self) -> u32 {
                    2 * self.get()
                }
            }

            impl Get for Inner {
                fn get(&self) -> u32 {
                    self.0
                }
            }

            mod inner {
                use super::{self as outside};

                pub(self) const fn twice(number: u32) -> u32 {
                    2 * number
                }

                pub const fn half_of_twice(number: u32) -> u32 {
                    let _ = size_of::<outside::Flaky>();
                    self::twice(number) / 2
                }
            }

            *self += 1;
            let call = flaky.call()?;
            let same: fn(u32) -> u32 = inner::half_of_twice;
            Ok(Inner(same(*self) + call).double())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn test() {
        assert_eq!(send(1.destructured(&Flaky::failing(2), (1, 2, 3, 4))).await, Ok(11));
        assert_eq!(send(u32::inferred(&Flaky::failing(2))).await.unwrap().count(), 0);
        assert_eq!(send(1.with_inner_items(&Flaky::failing(2))).await, Ok(4));
        assert_eq!(send(1.with_inner_items_exclusive(&Flaky::failing(2))).await, Ok(14));
        assert!(tokio::spawn(u32::unwritten()).await.unwrap_err().is_panic());
    }
}
