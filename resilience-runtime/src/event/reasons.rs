/// Why a retry makes no further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryEnd {
    Attempts,
    /// The delay does not fit into a time limit.
    Time,
    /// The error asks for a delay beyond a time limit.
    Hint,
    Budget,
    /// An inner gate would reject the next attempt too.
    Rejected,
    /// The failure is not worth another attempt.
    Permanent,
    /// The process shuts down.
    Shutdown,
}

impl RetryEnd {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Time => "time",
            Self::Hint => "hint",
            Self::Budget => "budget",
            Self::Rejected => "rejected",
            Self::Permanent => "permanent",
            Self::Shutdown => "shutdown",
        }
    }
}

#[cfg(feature = "cached")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaleReason {
    Revalidating,
    Failed,
    /// The process shuts down, and begins no load.
    Shutdown,
}

/// Why a cache did not store an answer.
#[cfg(feature = "cached")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// The answer comes from a fallback, or depends on one.
    Degraded,
    When,
    /// The cache was cleared, or the key invalidated, during the load.
    Invalidated,
    Weight,
    /// The `ttl` of the answer is zero.
    Ttl,
    /// The key cannot be shared with other processes. The answer stays in this process, as with the two reasons below.
    #[cfg(feature = "store")]
    Key,
    /// The value cannot be serialized, or could be read as a different one.
    #[cfg(feature = "store")]
    Format,
    #[cfg(feature = "store")]
    MaxValue,
}

#[cfg(feature = "cached")]
impl SkipReason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Degraded => "degraded",
            Self::When => "when",
            Self::Invalidated => "invalidated",
            Self::Weight => "weight",
            Self::Ttl => "ttl",
            #[cfg(feature = "store")]
            Self::Key => "key",
            #[cfg(feature = "store")]
            Self::Format => "format",
            #[cfg(feature = "store")]
            Self::MaxValue => "max_value",
        }
    }
}
