//! What a fallback sees: the arguments and the error.

use std::cell::RefCell;

use resilience::{fallback, retry};

use crate::common::{Answer, Counter, Parcel, TestError, secs};

#[sync_and_async::test]
async fn a_fallback_gets_the_same_arguments() {
    type Seen = RefCell<Vec<(String, u32, Vec<u8>)>>;

    async fn second(name: &str, number: u32, list: Vec<u8>, seen: &Seen, scratch: &mut u32) -> Answer {
        pause().await;
        *scratch += 1;
        seen.borrow_mut().push((name.to_owned(), number, list));
        Err(TestError::Permanent)
    }
    #[fallback(second, |_| { third(name, number, list, seen, scratch) })]
    async fn call(name: &str, mut number: u32, mut list: Vec<u8>, seen: &Seen, scratch: &mut u32) -> Answer {
        pause().await;
        // The others start from the values of the caller.
        number += 1;
        list.push(9);
        *scratch += 1;
        seen.borrow_mut().push((name.to_owned(), number, list));
        Err(TestError::Transient)
    }
    fn third(name: &str, number: u32, list: Vec<u8>, seen: &Seen, scratch: &mut u32) -> Answer {
        *scratch += 1;
        seen.borrow_mut().push((name.to_owned(), number, list));
        Ok(7)
    }

    let (seen, mut scratch) = (RefCell::default(), 0);
    assert_eq!(call("a", 1, vec![1], &seen, &mut scratch).await, Ok(7));
    let original = ("a".to_owned(), 1, vec![1]);
    assert_eq!(seen.take(), [("a".to_owned(), 2, vec![1, 9]), original.clone(), original]);
    assert_eq!(scratch, 3, "what is borrowed exclusively is borrowed by one after the other");
}

#[sync_and_async::test]
async fn a_closure_sees_the_error_and_the_arguments() {
    #[fallback(|error| if error.is_transient() { Ok(question.len() as u64 + extra) } else { Err(error) })]
    async fn call(question: &str, extra: u64, script: &Script<'_>) -> Result<u64, TestError> {
        script.run().await.map(u64::from)
    }

    let clock = Clock::start();
    assert_eq!(call("four", 10, &Script::fails(1, &clock)).await, Ok(14));
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!(call("four", 10, &script).await, Err(TestError::Permanent));
}

#[sync_and_async::test]
async fn a_closure_after_another_fallback_sees_its_error() {
    async fn second(_: &Script<'_>) -> Result<u64, TestError> {
        Err(TestError::RateLimited(secs(9)))
    }
    #[fallback(second, |error| Ok(error.retry_after().map_or(0, |wait| wait.as_secs())))]
    async fn call(script: &Script<'_>) -> Result<u64, TestError> {
        script.run().await.map(u64::from)
    }

    let clock = Clock::start();
    assert_eq!(call(&Script::fails(1, &clock)).await, Ok(9));
}

#[sync_and_async::test]
async fn a_method_falls_back_to_methods() {
    struct Client {
        base: u32,
        uses: u32,
    }

    impl Client {
        async fn small(&self, number: u32) -> Answer {
            pause().await;
            Ok(self.base + number)
        }

        async fn remember(&mut self, number: u32) -> Answer {
            pause().await;
            self.uses += 1;
            Ok(self.uses + number)
        }

        async fn free(number: u32) -> Answer {
            pause().await;
            Ok(number)
        }

        #[fallback(self.small)]
        async fn shared(&self, number: u32) -> Answer {
            pause().await;
            Err(TestError::Transient)
        }

        #[fallback(self.remember)]
        async fn exclusive(&mut self, number: u32) -> Answer {
            pause().await;
            self.uses += 10;
            Err(TestError::Transient)
        }

        #[fallback(|_| Self::free(self.base + number))]
        async fn closure(&self, number: u32) -> Answer {
            pause().await;
            Err(TestError::Transient)
        }
    }

    let mut client = Client { base: 100, uses: 0 };
    assert_eq!(client.shared(1).await, Ok(101));
    assert_eq!(client.exclusive(1).await, Ok(12));
    assert_eq!(client.closure(1).await, Ok(101));
}

#[sync_and_async::test]
async fn a_fallback_may_be_generic_or_a_function_of_a_type() {
    struct Small;

    impl Small {
        async fn ask(number: u32) -> Result<String, TestError> {
            pause().await;
            Ok(format!("small {number}"))
        }
    }
    async fn show<T: std::fmt::Display>(value: T) -> Result<String, TestError> {
        pause().await;
        Ok(value.to_string())
    }
    #[fallback(Small::ask)]
    async fn to_type(number: u32) -> Result<String, TestError> {
        pause().await;
        Err(TestError::Transient)
    }
    #[fallback(show::<u32>)]
    async fn to_generic(number: u32) -> Result<String, TestError> {
        pause().await;
        Err(TestError::Transient)
    }

    assert_eq!(to_type(7).await, Ok("small 7".to_owned()));
    assert_eq!(to_generic(7).await, Ok("7".to_owned()));
}

#[sync_and_async::test]
async fn an_argument_is_cloned_only_when_another_use_may_follow() {
    async fn second(parcel: Parcel<'_>, script: &Script<'_>) -> Answer {
        drop(parcel);
        script.run().await
    }
    #[fallback(second, second, value = 99)]
    async fn call(parcel: Parcel<'_>, script: &Script<'_>) -> Answer {
        drop(parcel);
        script.run().await
    }

    let clock = Clock::start();
    for (failures, clones) in [(0, 1), (1, 2), (2, 2), (3, 2)] {
        let counter = Counter::new();
        assert!(call(Parcel::new(&counter), &Script::fails(failures, &clock)).await.is_ok());
        assert_eq!(counter.get(), clones, "after {failures} failures: the last use moves");
    }
}

#[sync_and_async::test]
async fn the_last_attempt_leaves_the_argument_to_an_outer_fallback() {
    async fn second(parcel: Parcel<'_>, _: &Script<'_>) -> Answer {
        Ok(u32::try_from(parcel.content.len()).unwrap_or_default())
    }
    #[fallback(second)]
    #[retry(max = 2, backoff = "none")]
    async fn call(mut parcel: Parcel<'_>, script: &Script<'_>) -> Answer {
        parcel.content.push(7);
        script.run().await
    }

    let clock = Clock::start();
    for (failures, expected, clones) in [(0, 1, 1), (2, 3, 3), (3, 0, 3)] {
        let counter = Counter::new();
        assert_eq!(call(Parcel::new(&counter), &Script::fails(failures, &clock)).await, Ok(expected));
        assert_eq!(counter.get(), clones, "after {failures} failures");
    }
}

#[sync_and_async::test]
async fn an_argument_no_fallback_takes_need_not_be_clone() {
    struct Unique(u32);

    async fn second(unique: &Unique, _: &Script<'_>) -> Answer {
        Ok(unique.0)
    }
    #[fallback(value = 99)]
    async fn by_value(unique: Unique, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| call + unique.0)
    }
    #[fallback(|_| script.next())]
    async fn not_named(unique: Unique, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| call + unique.0)
    }
    #[fallback(second)]
    async fn by_reference(unique: &Unique, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| call + unique.0)
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!(by_value(Unique(7), &script).await, Ok(99));
    assert_eq!(not_named(Unique(7), &script).await, Ok(3));
    let script = Script::fails(9, &clock);
    assert_eq!(by_reference(&Unique(7), &script).await, Ok(7));
}
