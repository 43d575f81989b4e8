use std::fmt;
use std::time::Duration;

/// The value of a field of a [`RecordedEvent`](super::RecordedEvent). Compare it with plain values:
/// `event["attempt"] == 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A text: a name, a location in the source, or an enumerated value.
    Text(String),
    /// A number.
    Number(u64),
    /// A duration.
    Time(Duration),
}

impl Value {
    /// Returns the text, or `None` for another kind of value.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Returns the number, or `None` for another kind of value.
    pub fn as_u64(&self) -> Option<u64> {
        if let Self::Number(number) = *self { Some(number) } else { None }
    }

    /// Returns the duration, or `None` for another kind of value.
    pub fn as_duration(&self) -> Option<Duration> {
        if let Self::Time(time) = *self { Some(time) } else { None }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Time(time) => write!(f, "{time:?}"),
        }
    }
}

/// The values that the table of events writes into fields.
pub(crate) trait RecordedField {
    fn value(self) -> Option<Value>;
}

impl<T: RecordedField> RecordedField for Option<T> {
    fn value(self) -> Option<Value> {
        self.and_then(RecordedField::value)
    }
}

impl<T: fmt::Display> RecordedField for tracing::field::DisplayValue<T> {
    fn value(self) -> Option<Value> {
        Some(Value::Text(self.to_string()))
    }
}

macro_rules! recorded_field {
    ($($field:ty => $variant:ident;)*) => {$(
        impl From<$field> for Value {
            fn from(value: $field) -> Self {
                Self::$variant(value.into())
            }
        }

        impl RecordedField for $field {
            fn value(self) -> Option<Value> {
                Some(self.into())
            }
        }
    )*};
}

recorded_field! { &str => Text; String => Text; u32 => Number; u64 => Number; Duration => Time; }

impl PartialEq<str> for Value {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == Some(text)
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, text: &&str) -> bool {
        self == *text
    }
}

impl PartialEq<Duration> for Value {
    fn eq(&self, time: &Duration) -> bool {
        self.as_duration() == Some(*time)
    }
}

// A literal without a suffix is an `i32`.
macro_rules! number {
    ($($number:ty),*) => {$(
        impl PartialEq<$number> for Value {
            fn eq(&self, number: &$number) -> bool {
                self.as_u64().is_some_and(|own| u64::try_from(*number) == Ok(own))
            }
        }
    )*};
}

number!(i32, u32, u64, usize);
