//! The regression tests of `async-trait`, asked of our attributes: each module is one family of bugs that its users met,
//! by the number it has there (`issue_45` is `dtolnay/async-trait#45`), with the promise that the bug broke. A method
//! stands under `#[async_trait]`, and beside it, where the family has a meaning there too, on a native trait or alone.
//!
//! Families without a counterpart:
//!
//! | family | why |
//! |---|---|
//! | 25 | specialisation is unstable; that `default fn` survives is tested in `resilience-macros` |
//! | 152 | `impl Trait` in an associated type is unstable, and our attributes see only `Self::Assoc` there |
//! | 266 | a function that returns `!` has no result to act on: it is rejected, see `ui-tests/fail/stack/never_returns.rs` |

use std::sync::Arc;

use async_trait::async_trait;
use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

mod issue_1_a_method_and_its_impl_are_generic_on_their_own {
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

mod issue_2_bounds_on_associated_types_reach_the_body {
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

mod issue_9_an_argument_may_be_of_the_type_self {
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

mod issue_11_self_may_be_an_arc {
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
        #[circuit_breaker]
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
        assert_eq!((send(Arc::clone(&flaky).again()).await, flaky.calls()), (Ok(2), 3));
        assert_eq!((send(Arc::clone(&flaky).once()).await, Arc::strong_count(&flaky)), (Ok(2), 1));
        let failing = Arc::new(Flaky::failing(3));
        assert_eq!((failing.clone().again().await, failing.calls()), (Ok(100), 4));
    }
}

mod issue_15_an_ignored_argument_may_be_of_a_type_with_a_trait_object {
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

mod issue_17_self_may_be_an_argument_of_a_macro {
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

mod issue_23_a_mut_self_stays_mutable_and_makes_no_warning {
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
        #[circuit_breaker]
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

mod issue_28_lifetimes_of_the_trait_reach_arguments_and_result {
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

mod issue_31_an_annotated_method_may_be_called_by_another_with_borrowing_arguments {
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

mod issue_42_a_constructor_may_return_self_or_name_the_type {
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

mod issue_44_where_clauses_of_the_trait_about_self_are_met_in_the_body {
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

mod issue_45_a_span_of_a_method_contains_those_of_the_methods_it_calls {
    use super::*;
    use std::sync::Mutex;
    use tracing::span::{Attributes, Id};
    use tracing::{Event, Metadata, Subscriber, info, instrument};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
    use tracing_subscriber::registry::LookupSpan;

    /// Writes down each event with the spans it is in, and each span with the ones around it.
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

mod issue_46_parameters_and_bounds_may_be_pieces_of_a_macro {
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

mod issue_53_self_may_be_a_constructor_in_the_body {
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

mod issue_57_an_ignored_argument_may_be_an_array_of_generic_length {
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

mod issue_68_a_macro_defined_in_the_body_may_mention_self {
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

mod issue_73_an_associated_constant_is_known_in_the_body_and_in_the_attribute {
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

mod issue_81_and_87_variants_may_be_named_through_self {
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

mod issue_83_a_receiver_may_be_spelled_with_its_type {
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

mod issue_85_a_name_that_the_trait_prescribes_is_not_complained_about {
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

mod issue_89_self_may_be_a_trait_object {
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

mod issue_92_self_may_be_an_argument_of_a_macro_as_a_type_and_as_a_path {
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

mod issue_104_a_type_and_an_expression_may_be_pieces_of_a_macro {
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

mod issue_106_a_function_that_makes_futures_may_be_handed_on {
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

mod issue_110_an_impl_may_have_an_anonymous_lifetime {
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

mod issue_120_129_183_236_238_lints_see_the_function_that_was_written {
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

mod issue_123_a_parameter_of_the_trait_may_have_a_default {
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

mod issue_134_a_constant_parameter_and_an_owned_self_go_together {
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

mod pull_125_an_argument_is_dropped_after_the_body {
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
        #[circuit_breaker(failure_threshold = 100)]
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

mod issue_145_the_return_type_is_no_more_complex_than_written {
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

mod issue_147_nothing_is_said_about_a_unit_that_comes_back {
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

mod issue_149_an_early_return_coerces_as_the_last_expression_does {
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

mod issue_154_items_at_the_start_of_a_body_stay_in_front {
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

mod issue_158_a_path_may_begin_with_self {
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

mod issue_161_self_may_stand_in_a_macro_that_makes_futures {
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

mod issue_169_a_trait_with_annotated_defaults_makes_objects {
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

mod issue_177_an_argument_may_be_an_impl_of_a_closure_trait {
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
        #[circuit_breaker]
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

mod issue_199_an_ignored_argument_lives_as_long_as_the_call {
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

mod issue_204_an_argument_may_be_a_reference_or_a_pointer_to_an_impl_trait {
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

mod issue_210_an_arc_of_self_has_a_default_body {
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

mod issue_226_and_288_cfg_on_parameters_is_honoured {
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

mod issue_232_a_pattern_may_look_through_a_reference {
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

mod issue_234_a_pattern_may_leave_out_a_part_that_is_dropped {
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
        #[circuit_breaker(failure_threshold = 100)]
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

mod issue_277_a_typed_receiver_may_be_mut {
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

mod issue_281_an_impl_trait_may_stand_in_the_result {
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

mod issue_283_functions_of_a_bound_are_found_through_self {
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

mod issue_300_an_exclusive_receiver_may_be_borrowed_again {
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

mod bodies_that_async_trait_names_apart {
    #![allow(clippy::use_self, clippy::unimplemented, reason = "as a trait of the user's has it")]
    use super::*;

    #[async_trait]
    trait Forms: Sized {
        async fn destructured(&self, flaky: &Flaky, parts: (u8, u8, u8, u8)) -> Result<u8, Fault>;

        /// The type of the result is known from the signature only.
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
