//! What each request is in commands, and what the answers mean.

use std::time::Duration;

use redis::Value;
use resilience::store::{
    Charge, Charged, Fetched, LeaseRequest, Leased, OpenSignal, Probe, SharedWindow, StateKey, StoreError,
};

use crate::call::{Argument, Call, not_understood, numbers};
use crate::key;
use crate::rate::{LONGEST, UnitTime};
use crate::script::{self, Script};

/// An entry begins with the epoch of its cache, in digits.
const EPOCH_DIGITS: usize = 16;

/// The epoch is followed by the end of the entry in microseconds, which is zero for none, in as many digits.
const HEAD: usize = 2 * EPOCH_DIGITS;

/// The answer of `PTTL` without an entry.
const NO_ENTRY: i64 = -2;

/// Rounded down, as far as a script can hold it.
pub fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).min(LONGEST)
}

/// Rounded up, so that nothing ends too early.
pub fn whole_micros(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX).min(LONGEST)
}

pub fn token(token: u128) -> Argument<'static> {
    Argument::Text(format!("{token:032x}"))
}

pub fn on_key<'a>(
    script: &'static Script,
    namespace: &str,
    key: &StateKey<'_>,
    arguments: Vec<Argument<'a>>,
) -> Call<'a> {
    Call::Script { script, keys: vec![key::of(namespace, key)], arguments }
}

/// `None` if the call can never pass.
pub fn charge(namespace: &str, charge: &Charge<'_>) -> Result<Option<Call<'static>>, StoreError> {
    let spare = charge.lease.saturating_sub(charge.units).min(LONGEST);
    let mut numbers = Vec::with_capacity(3 + 6 * charge.windows.len());
    numbers.extend([micros(charge.patience), spare, u64::from(charge.units > 0)]);
    for window in charge.windows {
        let burst = window.burst.max(1);
        if charge.units > burst {
            return Ok(None);
        }
        let unit = UnitTime::of(window)?;
        let (cost, burst) = (unit.times(charge.units), unit.times(burst));
        numbers.extend([unit.numerator, unit.parts, cost.whole, cost.rest, burst.whole, burst.rest]);
    }
    let keys = charge.windows.iter().map(|window| key::of(namespace, &window.key)).collect();
    Ok(Some(Call::Script { script: &script::CHARGE, keys, arguments: vec![Argument::Numbers(numbers)] }))
}

pub fn charged(charge: &Charge<'_>, answer: &Value) -> Result<Charged, StoreError> {
    let [passed, wait] = numbers(answer)?;
    let wait = Duration::from_micros(wait);
    if passed == 0 {
        return Ok(Charged::Rejected { wait });
    }
    let [_, _, spare] = numbers(answer)?;
    Ok(Charged::Passed { units: charge.units.saturating_add(spare), wait })
}

pub fn settle(namespace: &str, window: &SharedWindow<'_>, units: i64) -> Result<Call<'static>, StoreError> {
    let unit = UnitTime::of(window)?;
    let time = unit.times(units.unsigned_abs());
    let direction = if units < 0 { "-1" } else { "1" };
    let mut arguments = vec![Argument::Text(direction.to_owned())];
    arguments.extend([time.whole, time.rest, unit.parts, LONGEST, unit.numerator].map(Argument::from));
    Ok(on_key(&script::SETTLE, namespace, &window.key, arguments))
}

pub fn hold(namespace: &str, window: &SharedWindow<'_>, time: Duration) -> Result<Call<'static>, StoreError> {
    let unit = UnitTime::of(window)?;
    let others = unit.times(window.burst.max(1) - 1);
    let arguments =
        [whole_micros(time), others.whole, others.rest, unit.parts, unit.numerator].map(Argument::from).into();
    Ok(on_key(&script::HOLD, namespace, &window.key, arguments))
}

/// One byte more than the largest value shows that there is more.
pub fn entry(namespace: &str, key: &StateKey<'_>, max_value: usize) -> Call<'static> {
    let last = HEAD.saturating_add(max_value) as u64;
    Call::Command { name: "GETRANGE", arguments: vec![key::of(namespace, key).into(), 0.into(), last.into()] }
}

/// The time that is left, the entry, and the epoch of its cache, in this order: an entry that is
/// replaced in between looks older than it is, or cleared.
pub fn fetch(namespace: &str, key: &StateKey<'_>, max_value: usize) -> [Call<'static>; 3] {
    [
        Call::Command { name: "PTTL", arguments: vec![key::of(namespace, key).into()] },
        entry(namespace, key, max_value),
        Call::Command { name: "GET", arguments: vec![key::epoch(namespace, key.name).into()] },
    ]
}

pub const fn time() -> Call<'static> {
    Call::Command { name: "TIME", arguments: Vec::new() }
}

pub fn clock_of(answer: &Value) -> Result<u64, StoreError> {
    let Value::Array(parts) = answer else { return Err(not_understood()) };
    let number = |part: &Value| match part {
        Value::BulkString(digits) => number_of(digits),
        _ => None,
    };
    match parts.iter().map(number).collect::<Option<Vec<_>>>().as_deref() {
        Some([seconds, micros]) => seconds.checked_mul(1_000_000).and_then(|whole| whole.checked_add(*micros)),
        _ => None,
    }
    .ok_or_else(not_understood)
}

fn number_of(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

pub fn first_epoch(namespace: &str, cache: &str) -> Call<'static> {
    Call::Script { script: &script::EPOCH, keys: vec![key::epoch(namespace, cache)], arguments: Vec::new() }
}

pub fn epoch_of(answer: &Value) -> Result<Option<u64>, StoreError> {
    match answer {
        Value::Nil => Ok(None),
        Value::BulkString(digits) => number_of(digits).map(Some).ok_or_else(not_understood),
        _ => Err(not_understood()),
    }
}

/// The value of an entry, unless the cache has been cleared since.
pub fn fetched(left: &Value, entry: Value, epoch: u64, max_value: usize) -> Result<Fetched, StoreError> {
    let (Value::Int(left), Value::BulkString(bytes)) = (left, entry) else { return Err(not_understood()) };
    // There was none yet when the time was read.
    if *left == NO_ENTRY || !is_current(&bytes, epoch, max_value) {
        return Ok(Fetched { clears: epoch, ..Fetched::default() });
    }
    let left = u64::try_from(*left).ok().map(Duration::from_millis);
    Ok(Fetched { value: Some(without_head(bytes)), left, clears: epoch })
}

/// Returns `None` if a request has to decide, because the entry has a later epoch or is about to end.
pub fn fetched_by(entry: Value, epoch: u64, clock: u64, max_value: usize) -> Result<Option<Fetched>, StoreError> {
    let Value::BulkString(bytes) = entry else { return Err(not_understood()) };
    if !is_current(&bytes, epoch, max_value) {
        let is_later = bytes.get(..EPOCH_DIGITS).and_then(number_of).is_some_and(|of_entry| of_entry > epoch);
        return Ok((!is_later).then(|| Fetched { clears: epoch, ..Fetched::default() }));
    }
    let left = match number_of(&bytes[EPOCH_DIGITS..HEAD]) {
        Some(0) => None,
        Some(end) if end > clock => Some(Duration::from_micros(end - clock)),
        _ => return Ok(None),
    };
    Ok(Some(Fetched { value: Some(without_head(bytes)), left, clears: epoch }))
}

fn is_current(bytes: &[u8], epoch: u64, max_value: usize) -> bool {
    bytes.len() >= HEAD && bytes.len() - HEAD <= max_value && bytes[..EPOCH_DIGITS] == *epoch_digits(epoch).as_bytes()
}

fn without_head(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.drain(..HEAD);
    bytes
}

pub fn epoch_digits(epoch: u64) -> String {
    format!("{epoch:0EPOCH_DIGITS$}")
}

/// The engine need not know the calls in `left` as left yet.
pub fn lease(namespace: &str, lease: &LeaseRequest<'_>, left: &[u128]) -> Call<'static> {
    let mut arguments = vec![u64::from(lease.max).into(), token(lease.token), whole_micros(lease.time).into()];
    arguments.extend(left.iter().map(|left| token(*left)));
    on_key(&script::LEASE, namespace, &lease.key, arguments)
}

pub fn leased(answer: &Value) -> Result<Leased, StoreError> {
    let [held, next] = numbers(answer)?;
    Ok(if held == 1 { Leased::Held } else { Leased::Full { next: Duration::from_micros(next) } })
}

/// A script for a breaker. It has the keys of the signal, of who has opened, and of who probes.
pub fn on_breaker(
    script: &'static Script,
    namespace: &str,
    key: &StateKey<'_>,
    arguments: Vec<Argument<'static>>,
) -> Call<'static> {
    let signal = key::of(namespace, key);
    let keys = vec![format!("{signal}#opened"), format!("{signal}#probes")];
    Call::Script { script, keys: [vec![signal], keys].concat(), arguments }
}

pub fn signal(namespace: &str, key: &StateKey<'_>) -> Call<'static> {
    on_breaker(&script::SIGNAL, namespace, key, Vec::new())
}

pub fn signalled(answer: &Value) -> Result<OpenSignal, StoreError> {
    let [generation, left] = numbers(answer)?;
    Ok(OpenSignal { generation, left: Duration::from_micros(left) })
}

pub fn probe(namespace: &str, probe: &Probe<'_>) -> Call<'static> {
    let generation = probe.generation.to_string().into();
    let arguments = vec![generation, u64::from(probe.max).into(), token(probe.token), whole_micros(probe.time).into()];
    on_breaker(&script::PROBE, namespace, &probe.key, arguments)
}

pub fn may_probe(answer: &Value) -> Result<bool, StoreError> {
    let [may] = numbers(answer)?;
    Ok(may == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_no_later_and_a_lease_no_earlier_than_its_time() {
        for (nanos, down, up) in [(0, 0, 0), (1, 0, 1), (1_000, 1, 1), (1_001, 1, 2), (1_999, 1, 2)] {
            let time = Duration::from_nanos(nanos);
            assert_eq!((micros(time), whole_micros(time)), (down, up), "{time:?}");
        }
        assert_eq!((micros(Duration::MAX), whole_micros(Duration::MAX)), (LONGEST, LONGEST));
    }

    const MINUTE: u64 = 60_000_000;

    fn bytes(epoch: u64, end: u64, value: &str) -> Value {
        Value::BulkString(format!("{}{}{value}", epoch_digits(epoch), epoch_digits(end)).into_bytes())
    }

    #[test]
    fn a_value_that_was_stored_while_the_time_was_read_is_found_by_the_next_request() {
        let entry = || bytes(7, MINUTE, "value");
        let found = fetched(&Value::Int(60_000), entry(), 7, 100).expect("an answer");
        assert_eq!((found.value.as_deref(), found.left), (Some(&b"value"[..]), Some(Duration::from_secs(60))));
        let missed = fetched(&Value::Int(NO_ENTRY), entry(), 7, 100).expect("an answer");
        assert_eq!((missed.value, missed.left, missed.clears), (None, None, 7));
    }

    #[test]
    fn an_entry_alone_is_a_value_a_miss_or_not_enough() {
        let answer = |entry| fetched_by(entry, 7, 1_000_000, 5).expect("an answer");
        let found = |left| Some(Fetched { value: Some(b"value".to_vec()), left, clears: 7 });
        let missed = || Some(Fetched { clears: 7, ..Fetched::default() });
        assert_eq!(answer(bytes(7, MINUTE, "value")), found(Some(Duration::from_secs(59))));
        assert_eq!(answer(bytes(7, 1_000_001, "value")), found(Some(Duration::from_micros(1))));
        assert_eq!(answer(bytes(7, 0, "value")), found(None), "without an end");
        assert_eq!(answer(bytes(7, 1_000_000, "value")), None, "its end may have been moved");
        assert_eq!(answer(bytes(8, MINUTE, "value")), None, "the cache may have been cleared");
        assert_eq!(answer(bytes(6, MINUTE, "value")), missed(), "the cache has been cleared since");
        assert_eq!(answer(bytes(7, MINUTE, "larger")), missed(), "a value of a program that allows more");
        assert_eq!(answer(bytes(7, MINUTE, "")).and_then(|found| found.value), Some(Vec::new()));
        for foreign in ["", "7", "0000000000000007", "000000000000000700000000000000", "a text of another program.."] {
            assert_eq!(answer(Value::BulkString(foreign.into())), missed(), "{foreign}");
        }
        let without_end = Value::BulkString(format!("{}a number of digits", epoch_digits(7)).into_bytes());
        assert_eq!(answer(without_end), None);
        assert!(fetched_by(Value::Int(7), 7, 0, 5).is_err());
    }

    #[test]
    fn the_clock_of_an_engine_has_seconds_and_microseconds() {
        let part = |digits: &str| Value::BulkString(digits.into());
        assert_eq!(clock_of(&Value::Array(vec![part("7"), part("000009")])), Ok(7_000_009));
        let largest = u64::MAX.to_string();
        for parts in [vec![], vec![part("7")], vec![part("7"), part("x")], vec![part(&largest), part("0")]] {
            assert!(clock_of(&Value::Array(parts)).is_err());
        }
        assert!(clock_of(&Value::Nil).is_err());
    }
}
