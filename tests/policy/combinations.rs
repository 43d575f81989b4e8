//! `build` rejects the combinations of layers that the attributes reject, in the same words.

use resilience::policy::{self, CachedPolicy, Layer};
use resilience::{Error, Policy};

use super::Invalid;
use crate::common::{millis, secs};

type Plain = Policy<u32, Error>;
type Part = Layer<u32, Error>;

fn problems(policy: Plain) -> Vec<String> {
    match policy.build() {
        Ok(_) => Vec::new(),
        Err(invalid) => {
            assert_eq!(invalid.layer(), "stack");
            invalid.problems().iter().map(ToString::to_string).collect()
        }
    }
}

fn retry() -> Result<Part, policy::InvalidPolicy> {
    policy::retry().base_delay(millis(10)).build()
}

fn breaker(name: &'static str) -> Result<Part, policy::InvalidPolicy> {
    policy::circuit_breaker(name).build()
}

fn bulkhead(name: &'static str) -> Result<Part, policy::InvalidPolicy> {
    policy::bulkhead(name).max(1).build()
}

fn limit(name: &'static str) -> Result<Part, policy::InvalidPolicy> {
    policy::rate_limit(name).max(1).build()
}

#[test]
fn sensible_combinations_are_accepted() -> Invalid {
    let all: Plain = Policy::new()
        >> policy::fallback(|_| Ok(0))
        >> policy::timeout(secs(60))?
        >> policy::retry().nested(true).build()?
        >> policy::retry().build()?
        >> policy::rate_limit("combined").max(1).wait(secs(59)).build()?
        >> policy::bulkhead("combined").max(1).queue(1).wait(secs(59)).build()?
        >> breaker("combined")?
        >> breaker("another")?
        >> policy::fallback(|_| Ok(1)).when(|_| false)
        >> policy::timeout(secs(59))?;
    assert_eq!(problems(all), Vec::<String>::new());
    let immediate: Plain = Policy::new() >> policy::timeout(millis(1))? >> policy::retry().no_delay().build()?;
    assert_eq!(problems(immediate), Vec::<String>::new());
    let once: Plain = Policy::new() >> policy::timeout(millis(1))? >> policy::retry().max(0).build()?;
    assert_eq!(problems(once), Vec::<String>::new());
    let computed = policy::retry().backoff(|_| millis(1)).build()?;
    assert_eq!(problems(Policy::new() >> policy::timeout(millis(2))? >> computed), Vec::<String>::new());
    let far: Plain =
        Policy::new() >> policy::retry().build()? >> policy::timeout(secs(9))? >> policy::fallback(|_| Ok(0));
    assert_eq!(problems(far), Vec::<String>::new(), "the fallback is not directly below the retry");
    Ok(())
}

#[test]
fn each_mistake_has_the_words_of_the_attributes() -> Invalid {
    let new = Plain::new;
    let one = |policy: Plain, expected: &str| assert_eq!(problems(policy), [expected]);
    for (above, word) in [(retry()?, "retry"), (breaker("hidden")?, "circuit_breaker")] {
        one(
            new() >> above >> policy::fallback(|_| Ok(0)),
            &format!(
                "a fallback directly below `{word}` hides every failure from it; move the fallback above it, or say with \
                 `when` which errors it takes"
            ),
        );
    }
    one(
        new() >> retry()? >> bulkhead("between")? >> retry()?,
        "a retry inside of a retry multiplies the attempts; keep one of them, with the larger number, or say `nested(true)` \
         on the outer one",
    );
    one(
        new() >> breaker("twice")? >> retry()? >> breaker("twice")?,
        "two circuit breakers `twice` in one policy would count each call twice; remove one, or give it another name",
    );
    one(
        new() >> bulkhead("twice")? >> bulkhead("twice")?,
        "two bulkheads `twice` in one policy would take two permits for each call; remove one, or give it another name",
    );
    one(
        new() >> limit("twice")? >> limit("twice")?,
        "two rate limits `twice` in one policy would count each call twice; remove one, or give it another name",
    );
    one(
        new() >> policy::timeout(secs(1))? >> policy::timeout(secs(1))?,
        "this limit (1s) can never be reached: the timeout around it ends the call after 1s; make the inner one shorter",
    );
    one(
        new() >> policy::timeout(secs(1))? >> policy::retry().build()?,
        "the first delay (1s) never fits into the timeout around it (1s), so nothing is ever retried; shorten `base_delay` \
         or raise the timeout",
    );
    let wait = "a `wait` of 2s never fits into the timeout around it (2s); shorten `wait` or raise the timeout";
    one(new() >> policy::timeout(secs(2))? >> policy::bulkhead("waits").max(1).queue(1).wait(secs(2)).build()?, wait);
    one(new() >> policy::timeout(secs(2))? >> policy::rate_limit("waits").max(1).wait(secs(2)).build()?, wait);
    Ok(())
}

#[test]
fn all_mistakes_are_reported_at_once_from_the_outside_in() -> Invalid {
    let wrong: Plain = Policy::named("wrong")?
        >> policy::timeout(secs(1))?
        >> policy::retry().build()?
        >> breaker("doubled")?
        >> policy::retry().no_delay().build()?
        >> policy::fallback(|_| Ok(0))
        >> breaker("doubled")?
        >> policy::timeout(secs(5))?;
    let cached: CachedPolicy<u32, u32, Error> = policy::cached("wrong").build()? >> wrong.clone();
    let found = problems(wrong);
    let starts =
        ["the first delay", "a retry inside", "a fallback directly", "two circuit breakers", "this limit (5s)"];
    assert!(found.len() == 5 && found.iter().zip(starts).all(|(text, start)| text.starts_with(start)), "{found:#?}");
    let invalid = cached.build().map(|_| ()).expect_err("the same layers");
    assert_eq!(invalid.problems().len(), 5);
    assert_eq!(invalid.to_string(), format!("invalid stack in a policy: {}", found.join("; ")));
    Ok(())
}
