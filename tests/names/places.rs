//! Where a function is defined decides its name.

use std::fmt::Debug;
use std::marker::PhantomData;

use resilience::{
    Bulkhead, Error, KeyedBulkheads, bulkhead, cached, circuit_breaker, rate_limit, retry, testing, timeout,
};

const MODULE: &str = module_path!();

/// Rejects the second call in progress, with the name of its bulkhead.
fn rejection<E: Debug>(result: Result<(), E>) -> String {
    format!("{:?}", result.expect_err("the first call is in progress"))
}

fn expected(name: &str) -> String {
    format!("{:?}", Error::BulkheadFull { name: format!("{MODULE}::{name}").into() })
}

/// Calls a function that calls itself, which its bulkhead rejects.
macro_rules! named {
    ($name:literal, $call:expr) => {
        assert_eq!(rejection($call), expected($name));
        assert!(Bulkhead::named(&format!("{MODULE}::{}", $name)).is_some());
    };
}

struct One;
struct Two;
struct Holder<T>(PhantomData<T>);
struct Borrowing<'a>(&'a str);

mod elsewhere {
    pub struct Other;
}

trait Load {
    fn load(&self) -> Result<(), Error>;

    #[bulkhead(max = 1)]
    fn provided(&self) -> Result<(), Error> {
        self.provided()
    }
}

trait Blanket {
    fn blanket(&self) -> Result<(), Error>;
}

impl One {
    #[bulkhead(max = 1)]
    fn get(&self) -> Result<(), Error> {
        self.get()
    }

    #[bulkhead(max = 1)]
    fn make() -> Result<(), Error> {
        Self::make()
    }

    #[bulkhead(max = 1)]
    fn plain() -> Result<(), Error> {
        One::plain()
    }

    #[bulkhead(max = 1)]
    async fn wait(&self) -> Result<(), Error> {
        Box::pin(self.wait()).await
    }

    #[bulkhead(max = 1)]
    #[tracing::instrument(skip(self))]
    #[rate_limit(max = 9)]
    fn split(&self) -> Result<(), Error> {
        self.split()
    }
}

impl Two {
    #[bulkhead(max = 1)]
    fn get(&self) -> Result<(), Error> {
        self.get()
    }

    #[bulkhead(max = 1)]
    fn plain() -> Result<(), Error> {
        Two::plain()
    }
}

impl<T> Holder<T> {
    #[bulkhead(max = 1)]
    fn get(&self) -> Result<(), Error> {
        self.get()
    }
}

impl Holder<u8> {
    #[bulkhead(max = 1)]
    fn of_numbers(&self) -> Result<(), Error> {
        self.of_numbers()
    }
}

impl Borrowing<'_> {
    #[bulkhead(max = 1)]
    fn get(&self) -> Result<(), Error> {
        assert!(self.0.is_empty());
        self.get()
    }
}

impl Load for One {
    #[bulkhead(max = 1)]
    fn load(&self) -> Result<(), Error> {
        self.load()
    }
}

impl Load for Two {
    #[bulkhead(max = 1)]
    fn load(&self) -> Result<(), Error> {
        self.load()
    }
}

impl Load for elsewhere::Other {
    #[bulkhead(max = 1)]
    fn load(&self) -> Result<(), Error> {
        self.load()
    }
}

impl Load for Vec<One> {
    #[bulkhead(max = 1)]
    fn load(&self) -> Result<(), Error> {
        self.load()
    }
}

impl<T: Copy> Blanket for T {
    #[bulkhead(max = 1)]
    fn blanket(&self) -> Result<(), Error> {
        self.blanket()
    }
}

#[bulkhead(max = 1)]
fn generic<T: Copy>(value: T) -> Result<(), Error> {
    generic((value, value).0)
}

#[bulkhead(max = 1)]
fn r#type() -> Result<(), Error> {
    r#type()
}

#[test]
fn a_method_has_the_name_of_its_type() {
    // In this order, and the other way round in the reverse order of the methods.
    named!("Two::get", Two.get());
    named!("One::get", One.get());
    named!("One::make", One::make());
    named!("Two::plain", Two::plain());
    named!("One::plain", One::plain());
    named!("One::split", One.split());
}

#[tokio::test]
async fn an_asynchronous_method_has_the_name_of_its_type() {
    named!("One::wait", One.wait().await);
}

#[test]
fn a_method_of_a_generic_type_has_its_name_without_parameters() {
    named!("Holder::get", Holder::<u32>(PhantomData).get());
    named!("Holder::get", Holder::<String>(PhantomData).get());
    named!("Holder<u8>::of_numbers", Holder::<u8>(PhantomData).of_numbers());
    named!("Borrowing::get", Borrowing("").get());
}

#[test]
fn a_method_of_a_trait_has_the_name_of_the_type() {
    named!("Two::load", Two.load());
    named!("One::load", One.load());
    named!("elsewhere::Other::load", elsewhere::Other.load());
    named!("Vec<One>::load", vec![One].load());
}

#[test]
fn a_provided_method_and_a_blanket_implementation_have_the_name_of_the_trait() {
    named!("Load::provided", Two.provided());
    named!("Load::provided", One.provided());
    named!("Blanket::blanket", 1_u8.blanket());
    named!("Blanket::blanket", 'a'.blanket());
}

#[test]
fn a_function_has_the_name_of_its_module() {
    named!("generic", generic(1));
    named!("generic", generic("text"));
    named!("type", r#type());
    #[bulkhead(max = 1)]
    fn in_a_function() -> Result<(), Error> {
        in_a_function()
    }
    named!("in_a_function", in_a_function());
    let in_a_closure = || {
        #[bulkhead(max = 1)]
        fn in_a_closure() -> Result<(), Error> {
            in_a_closure()
        }
        in_a_closure()
    };
    named!("in_a_closure", in_a_closure());
}

#[test]
fn a_type_in_a_function_has_its_whole_path() {
    struct Local;
    impl Local {
        #[bulkhead(max = 1)]
        fn get(&self) -> Result<(), Error> {
            self.get()
        }
    }
    let name = std::any::type_name::<Local>();
    assert!(Local.get().is_err() && Bulkhead::named(&format!("{name}::get")).is_some());
}

struct Service;

impl Service {
    #[timeout(secs = 1)]
    #[retry(max = 1, backoff = "none")]
    #[rate_limit(max = 99)]
    #[bulkhead(max = 9)]
    #[circuit_breaker(failure_threshold = 9, allow(late_timeout))]
    async fn ask(&self) -> Result<(), Error> {
        Err(Error::BulkheadFull { name: "elsewhere".into() })
    }

    #[cached(skip(self))]
    fn known(&self, key: u32) -> u32 {
        key
    }

    #[bulkhead(max = 1, key = id)]
    fn keyed(&self, id: u32) -> Option<u32> {
        Some(id)
    }
}

#[tokio::test(start_paused = true)]
async fn events_handles_and_snapshots_use_one_name() {
    let name = format!("{MODULE}::Service::ask");
    let (_failed, events) = testing::record(Service.ask()).await;
    for event in events.of("retry") {
        assert_eq!(event["function"], name.as_str());
    }
    assert!(resilience::CircuitBreaker::named(&name).is_some_and(|breaker| breaker.name() == name));
    assert!(resilience::RateLimiter::named(&name).is_some_and(|limiter| limiter.name() == name));
    assert!(Bulkhead::named(&name).is_some_and(|bulkhead| bulkhead.name() == name));
    let all = resilience::snapshot();
    assert!(all.breakers.iter().any(|breaker| breaker.name == name));
    assert!(all.rate_limiters.iter().any(|limiter| limiter.name == name));
    assert!(all.bulkheads.iter().any(|bulkhead| bulkhead.name == name));

    assert_eq!((Service.known(1), Service.keyed(1)), (1, Some(1)));
    assert!(resilience::Cache::named(&format!("{MODULE}::Service::known")).is_some());
    assert!(KeyedBulkheads::named(&format!("{MODULE}::Service::keyed")).is_some());
}
