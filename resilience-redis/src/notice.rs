//! Messages between processes: JSON with the token of the sender, which ignores its own messages.

use std::fmt::Write as _;

use resilience::store::{KeyHash, Notice, NoticeKind, SharedState};

const FORM: u32 = 1;

type NoticeFields = (u32, String, char, String, Option<String>, String);

const STATES: [SharedState; 4] =
    [SharedState::Cache, SharedState::RateLimit, SharedState::Breaker, SharedState::Bulkhead];

const KINDS: [(NoticeKind, &str); 4] = [
    (NoticeKind::Invalidated, "invalidated"),
    (NoticeKind::Cleared, "cleared"),
    (NoticeKind::Signal, "signal"),
    (NoticeKind::Held, "held"),
];

/// Returns `None` for a kind that this version does not know.
pub fn write(sender: u128, notice: &Notice) -> Option<String> {
    let (_, kind) = KINDS.iter().find(|(kind, _)| *kind == notice.kind)?;
    let hash = notice.hash.map(|hash| {
        let mut digits = String::with_capacity(32);
        let _infallible = write!(digits, "{hash}");
        digits
    });
    let sender = format!("{sender:032x}");
    serde_json::to_string(&(FORM, sender, notice.state.letter(), &notice.name, hash, kind)).ok()
}

/// Returns `None` for a message of this process, and for one of an unknown version.
pub fn read(own: u128, message: &[u8]) -> Option<Notice> {
    let (form, sender, letter, name, hash, kind): NoticeFields = serde_json::from_slice(message).ok()?;
    if form != FORM || u128::from_str_radix(&sender, 16).ok()? == own {
        return None;
    }
    let state = STATES.into_iter().find(|state| state.letter() == letter)?;
    let (kind, _) = KINDS.into_iter().find(|(_, word)| *word == kind)?;
    let hash = match hash {
        Some(digits) => Some(KeyHash::from_u128(u128::from_str_radix(&digits, 16).ok()?)),
        None => None,
    };
    Some(Notice { state, name, hash, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reaches_others_as_it_was_sent() {
        for (kind, _) in KINDS {
            for hash in [None, Some(KeyHash::from_u128(7))] {
                let notice = Notice { state: SharedState::Cache, name: "a \"name\"".to_owned(), hash, kind };
                let message = write(1, &notice).expect("a known kind");
                assert_eq!(read(2, message.as_bytes()), Some(notice));
                assert_eq!(read(1, message.as_bytes()), None, "one's own");
            }
        }
    }

    #[test]
    fn a_message_that_is_not_understood_is_none() {
        for message in [
            "",
            "7",
            "[]",
            r#"[2,"1","c","answers",null,"cleared"]"#,
            r#"[1,"1","x","answers",null,"cleared"]"#,
            r#"[1,"1","c","answers",null,"renamed"]"#,
            r#"[1,"1","c","answers","no digits","cleared"]"#,
        ] {
            assert_eq!(read(2, message.as_bytes()), None, "{message}");
        }
    }
}
