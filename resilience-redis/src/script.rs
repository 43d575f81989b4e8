//! The scripts, each after the parts of others that it needs.

use std::sync::OnceLock;

/// A script that is sent by its hash, and in full if the engine does not know the hash.
#[derive(Debug)]
pub struct Script {
    pub text: &'static str,
    hash: OnceLock<String>,
}

impl Script {
    const fn new(text: &'static str) -> Self {
        Self { text, hash: OnceLock::new() }
    }

    pub fn hash(&self) -> &str {
        self.hash.get_or_init(|| redis::Script::new(self.text).get_hash().to_owned())
    }
}

macro_rules! scripts {
    ($($name:ident = $($file:literal)*;)*) => {
        $(pub static $name: Script = Script::new(concat!($(include_str!(concat!("scripts/", $file, ".lua"))),*));)*
    };
}

scripts! {
    CHARGE = "clock" "window" "charge";
    SETTLE = "clock" "window" "settle";
    HOLD = "clock" "window" "hold";
    EPOCH = "clock" "epoch";
    CLEAR = "clock" "clear";
    PUT = "clock" "put";
    REMOVE = "remove";
    LEASE = "clock" "members" "lease";
    SIGNAL = "clock" "breaker" "signal";
    OPEN = "clock" "members" "breaker" "open";
    CLOSE = "clock" "breaker" "close";
    PROBE = "clock" "members" "breaker" "probe";
}
