use std::time::Duration;

use resilience::{Policy, policy};

use crate::{Counter, Failure, Resilience, Watch, millis};
use as_a_user::AGES;

const PAUSE: Duration = millis(150);

fn answer(is_up: bool, calls: &Counter) -> Result<u32, Failure> {
    let call = calls.up();
    if is_up { Ok(call) } else { Err(Failure::Down) }
}

#[sync_and_async::test(real_time)]
async fn a_retry_of_a_policy_pauses() {
    let policy = Policy::named("retried").expect("valid")
        >> policy::retry().max(2).base_delay(PAUSE).constant().no_jitter().build().expect("valid");
    let (watch, calls) = (Watch::start(), Counter::new());
    assert_eq!(called(&policy, || answer(calls.get() == 2, &calls)).await, Ok(3));
    watch.assert_passed(PAUSE * 2);
}

#[sync_and_async::test(real_time)]
async fn a_breaker_of_a_policy_recovers() {
    // Policies of one name share a breaker, and the two tests of this scenario are concurrent.
    let name = std::thread::current().name().expect("a test").to_owned();
    let breaker = policy::circuit_breaker(name).failure_threshold(1).success_threshold(1).recovery(PAUSE * 2);
    let policy = Policy::named("protected").expect("valid") >> breaker.build().expect("valid");
    let (watch, calls) = (Watch::start(), Counter::new());
    assert_eq!(called(&policy, || answer(false, &calls)).await, Err(Failure::Down));
    while called(&policy, || answer(true, &calls)).await != Ok(2) {
        watch.assert_soon();
        sleep(millis(10)).await;
    }
    watch.assert_passed(PAUSE * 2);
}

#[sync_and_async::test(real_time)]
async fn a_rate_limit_of_a_policy_waits() {
    let name = std::thread::current().name().expect("a test").to_owned();
    let limit = policy::rate_limit(name).max(1).per(PAUSE).burst(1).wait(AGES);
    let policy = Policy::named("limited").expect("valid") >> limit.build().expect("valid");
    let (watch, calls) = (Watch::start(), Counter::new());
    for call in 1..=3 {
        assert_eq!(called(&policy, || answer(true, &calls)).await, Ok(call));
    }
    watch.assert_passed(PAUSE * 2);
}

#[tokio::test]
async fn a_timeout_of_a_policy_ends_the_call() {
    let policy: Policy<(), Failure> =
        Policy::named("in time").expect("valid") >> policy::timeout(PAUSE).expect("valid");
    let watch = Watch::start();
    let late = policy.call(std::future::pending).await;
    assert!(matches!(late, Err(Failure::Resilience(Resilience::Timeout { .. }))));
    watch.assert_passed(PAUSE);
}

#[sync_and_async::test(real_time)]
async fn an_entry_of_a_policy_expires() {
    let name = std::thread::current().name().expect("a test").to_owned();
    let layer = policy::cached(name).ttl(PAUSE).build().expect("valid");
    let policy = layer >> Policy::named("expires").expect("valid");
    let (watch, loads) = (Watch::start(), Counter::new());
    while cached(&policy, 1, || answer(true, &loads)).await == Ok(1) {
        watch.assert_soon();
        sleep(millis(10)).await;
    }
    watch.assert_passed(PAUSE);
}

#[sync_and_async::test(real_time)]
async fn a_fallback_of_a_policy_answers() {
    let policy = Policy::named("answers").expect("valid") >> policy::fallback(|_: Failure| Ok(7));
    assert_eq!(called(&policy, || Err(Failure::Down)).await, Ok(7));
}

#[sync_and_async::test(real_time)]
async fn a_bulkhead_of_a_policy_gives_its_permit_back() {
    let layer = policy::bulkhead("one").max(2).queue(1).wait(AGES).build().expect("valid");
    let policy = Policy::named("one at a time").expect("valid") >> layer;
    let calls = Counter::new();
    for call in 1..=3 {
        assert_eq!(called(&policy, || answer(true, &calls)).await, Ok(call));
    }
}
