//! The keys of states in the engine.
//!
//! `shop:l:{search:0f..}:1m` is a window. What stands in braces decides the node of a cluster, so
//! that all keys of one script are on one node.

use std::fmt::Write as _;

use resilience::store::StateKey;

pub fn of(namespace: &str, key: &StateKey<'_>) -> String {
    let mut text = begin(namespace, key.state.letter(), key.name);
    if let Some(hash) = key.hash {
        let _infallible = write!(text, ":{hash}");
    }
    text.push('}');
    if !key.variant.is_empty() {
        text.push(':');
        push_escaped(&mut text, key.variant, &[]);
    }
    text
}

/// The key of the epoch of a cache, which all its entries share.
pub fn epoch(namespace: &str, cache: &str) -> String {
    let mut text = begin(namespace, 'e', cache);
    text.push('}');
    text
}

pub fn channel(namespace: &str) -> String {
    let mut text = String::with_capacity(namespace.len() + 8);
    push_escaped(&mut text, namespace, b":");
    text.push_str(":notices");
    text
}

fn begin(namespace: &str, kind: char, name: &str) -> String {
    let mut text = String::with_capacity(namespace.len() + name.len() + 48);
    push_escaped(&mut text, namespace, b":");
    text.push(':');
    text.push(kind);
    text.push_str(":{");
    push_escaped(&mut text, name, b":");
    text
}

/// Escapes a part, so that keys are unambiguous and braces do not become a hash tag.
fn push_escaped(text: &mut String, part: &str, more: &[u8]) {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !b"{}%*?[]\\".contains(byte) && !more.contains(byte);
    if part.as_bytes().iter().all(is_plain) {
        text.push_str(part);
        return;
    }
    for byte in part.bytes() {
        if is_plain(&byte) {
            text.push(char::from(byte));
        } else {
            let _infallible = write!(text, "%{byte:02x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use resilience::store::{KeyHash, SharedState};

    use super::*;

    fn key<'a>(name: &'a str, variant: &'a str, hash: Option<u128>) -> StateKey<'a> {
        StateKey { state: SharedState::RateLimit, name, variant, hash: hash.map(KeyHash::from_u128) }
    }

    #[test]
    fn a_key_says_what_it_is_and_tags_what_belongs_together() {
        assert_eq!(of("shop", &key("search", "", None)), "shop:l:{search}");
        assert_eq!(of("shop", &key("search", "1m", Some(7))), "shop:l:{search:00000000000000000000000000000007}:1m");
        assert_eq!(epoch("shop", "answers"), "shop:e:{answers}");
        assert_eq!(channel("shop"), "shop:notices");
    }

    #[test]
    fn parts_are_escaped_so_that_no_two_states_share_a_key() {
        assert_eq!(of("a:b", &key("c::d", "x:y", None)), "a%3ab:l:{c%3a%3ad}:x:y");
        assert_eq!(of("{}", &key("}*", " ü", None)), "%7b%7d:l:{%7d%2a}:%20%c3%bc");
        assert_ne!(of("a", &key("b:00", "", None)), of("a", &key("b", "", None)));
    }
}
