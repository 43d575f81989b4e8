//! The grammar of arguments and values, without any attribute. Lowest first: `tokens`,
//! `expression`, `arguments`, `value`, `duration`.

mod arguments;
pub(crate) mod control_flow;
mod duration;
pub(crate) mod expression;
pub(crate) mod foreign;
mod incomplete;
pub(crate) mod moves;
mod patterns;
pub(crate) mod rename_self;
mod spellings;
pub(crate) mod tokens;
mod value;

pub(crate) use arguments::{Arguments, KeyValue, used_later};
pub(crate) use duration::{Unit, checked_duration, duration};
pub(crate) use resilience_options::{Key, ValueKind};
pub(crate) use value::{Const, count, flag, name, number, reject_async, unknown_word, unknown_word_message};
