//! The grammar of arguments and values, without any attribute. Lowest first: `tokens`,
//! `expression`, `key`, `arguments`, `value`, `duration`.

mod arguments;
mod duration;
pub(crate) mod expression;
mod key;
pub(crate) mod tokens;
mod value;

pub(crate) use arguments::{Arguments, KeyValue, later};
pub(crate) use duration::{Unit, duration, non_zero};
pub(crate) use key::{Key, ValueKind};
pub(crate) use value::{Const, count, flag, name, ratio, reject_async, unknown_word, unknown_word_message};
