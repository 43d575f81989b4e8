//! One command for the engine.

use redis::{Cmd, Value};
use resilience::store::StoreError;

use crate::script::Script;

const LARGEST: u64 = i64::MAX.unsigned_abs();

#[derive(Debug)]
pub enum Call<'a> {
    Script { script: &'static Script, keys: Vec<String>, arguments: Vec<Argument<'a>> },
    Command { name: &'static str, arguments: Vec<Argument<'a>> },
}

#[derive(Debug)]
pub enum Argument<'a> {
    Number(u64),
    Text(String),
    Bytes(&'a [u8]),
    /// Packed as doubles.
    Numbers(Vec<u64>),
}

impl Argument<'_> {
    pub fn write(&self, command: &mut Cmd) {
        match self {
            Self::Number(number) => command.arg((*number).min(LARGEST)),
            Self::Text(text) => command.arg(text),
            Self::Bytes(bytes) => command.arg(bytes),
            Self::Numbers(numbers) => command.arg(packed(numbers)),
        };
    }
}

#[expect(clippy::cast_precision_loss, reason = "no request names a number above 2^51")]
fn packed(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| (*number as f64).to_le_bytes()).collect()
}

impl From<u64> for Argument<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<String> for Argument<'_> {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Call<'_> {
    /// With `in_full`, a script is sent with its text.
    pub fn to_command(&self, in_full: bool) -> Cmd {
        match self {
            Self::Script { script, keys, arguments } => {
                let mut command = redis::cmd(if in_full { "EVAL" } else { "EVALSHA" });
                command.arg(if in_full { script.text } else { script.hash() });
                command.arg(keys.len()).arg(keys);
                for argument in arguments {
                    argument.write(&mut command);
                }
                command
            }
            Self::Command { name, arguments } => {
                let mut command = redis::cmd(name);
                for argument in arguments {
                    argument.write(&mut command);
                }
                command
            }
        }
    }

    pub const fn script(&self) -> Option<&'static Script> {
        match self {
            Self::Script { script, .. } => Some(*script),
            Self::Command { .. } => None,
        }
    }
}

pub fn numbers<const N: usize>(answer: &Value) -> Result<[u64; N], StoreError> {
    let number = |value: &Value| match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    };
    let found: Option<Vec<u64>> = match answer {
        Value::Array(values) => values.iter().map(number).collect(),
        Value::Int(_) => number(answer).map(|number| vec![number]),
        _ => None,
    };
    let found = found.unwrap_or_default();
    found.get(..N).and_then(|found| found.try_into().ok()).ok_or_else(not_understood)
}

pub fn not_understood() -> StoreError {
    StoreError::Refused("its answer is none of this version".to_owned())
}
