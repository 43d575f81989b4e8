//! The commands of each update.

use std::time::Duration;

use resilience::store::{StateKey, StoreError, Update};

use crate::call::{Argument, Call};
use crate::request::{epoch_digits, hold, on_breaker, on_key, settle, token, whole_micros};
use crate::{key, notice, script};

/// Returns `None` for an update of a later version of the runtime.
///
/// `epoch` is that of the cache of a value that is stored whatever was [seen](needs_epoch).
pub fn call<'a>(namespace: &str, sender: u128, update: &'a Update, epoch: u64) -> Result<Option<Call<'a>>, StoreError> {
    Ok(Some(match update {
        Update::Settle { window, units } => settle(namespace, &window.borrow(), *units)?,
        Update::Hold { window, time } => hold(namespace, &window.borrow(), *time)?,
        Update::Put { key, value, seen, time } => {
            let epoch = epoch_digits(seen.as_ref().map_or(epoch, |seen| seen.clears)).into();
            let mut arguments = vec![epoch, Argument::Bytes(value), millis(*time)];
            arguments.extend(seen.as_ref().map(|seen| Argument::Bytes(&seen.stamp)));
            on_key(&script::PUT, namespace, &key.borrow(), arguments)
        }
        Update::Mark { key, mark, time } => {
            let arguments = vec![epoch_digits(epoch).into(), Argument::Bytes(mark), millis(Some(*time))];
            on_key(&script::PUT, namespace, &key.borrow(), arguments)
        }
        Update::ResetWindow { key } | Update::Remove { key, unless_changed: None } => remove(namespace, &key.borrow()),
        Update::Remove { key, unless_changed: Some(value) } => {
            on_key(&script::REMOVE, namespace, &key.borrow(), vec![Argument::Bytes(value)])
        }
        Update::Clear { name } => {
            Call::Script { script: &script::CLEAR, keys: vec![key::epoch(namespace, name)], arguments: Vec::new() }
        }
        Update::Leave { key, token: who } => {
            let key = key::of(namespace, &key.borrow()).into();
            Call::Command { name: "ZREM", arguments: vec![key, token(*who)] }
        }
        Update::Open { key, token: who, time, quorum } => {
            let arguments = vec![token(*who), whole_micros(*time).into(), u64::from(*quorum).into()];
            on_breaker(&script::OPEN, namespace, &key.borrow(), arguments)
        }
        Update::Close { key, generation } => {
            on_breaker(&script::CLOSE, namespace, &key.borrow(), vec![generation.to_string().into()])
        }
        Update::Tell(notice) => {
            let Some(message) = notice::write(sender, notice) else { return Ok(None) };
            Call::Command { name: "PUBLISH", arguments: vec![key::channel(namespace).into(), message.into()] }
        }
        _ => return Ok(None),
    }))
}

/// Returns the cache of a value that is stored whatever was seen.
pub fn needs_epoch(update: &Update) -> Option<&str> {
    match update {
        Update::Put { key, seen: None, .. } | Update::Mark { key, .. } => Some(&key.name),
        _ => None,
    }
}

pub fn remove(namespace: &str, key: &StateKey<'_>) -> Call<'static> {
    Call::Command { name: "DEL", arguments: vec![key::of(namespace, key).into()] }
}

/// The deletion that serves where a value cannot be replaced, or a clear cannot be made: an engine without
/// memory still deletes. A cache without an epoch begins another one.
pub fn instead<'a>(namespace: &str, update: &Update) -> Option<Call<'a>> {
    match update {
        Update::Put { key, seen: None, .. } | Update::Mark { key, .. } => Some(remove(namespace, &key.borrow())),
        Update::Clear { name } => {
            Some(Call::Command { name: "DEL", arguments: vec![key::epoch(namespace, name).into()] })
        }
        _ => None,
    }
}

fn millis(time: Option<Duration>) -> Argument<'static> {
    let millis = |time| whole_micros(time).div_ceil(1_000).max(1);
    time.map_or_else(|| String::new().into(), |time| millis(time).to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_for_no_less_than_its_time() {
        for (micros, expected) in
            [(0, "1"), (1, "1"), (1_000, "1"), (1_001, "2"), (1_500, "2"), (3_600_000_000, "3600000")]
        {
            let time = millis(Some(Duration::from_micros(micros)));
            assert!(matches!(&time, Argument::Text(text) if text == expected), "{micros} us: {time:?}");
        }
        assert!(matches!(&millis(None), Argument::Text(text) if text.is_empty()), "for ever");
    }
}
