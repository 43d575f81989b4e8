use std::error::Error;
use std::time::Duration;

use tonic::Code;

use super::{Category, Classify, classify_chain, resilience_error_in};

#[diagnostic::do_not_recommend]
impl Classify for tonic::Status {
    fn category(&self) -> Category {
        match self.code() {
            Code::ResourceExhausted => Category::RateLimit,
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::Cancelled
            | Code::Internal
            | Code::Unknown => {
                // A status that was created locally carries the failed connection as its source.
                let known = self.source().and_then(|source| classify_chain(source));
                known.map_or(Category::Transient, Classify::category)
            }
            Code::Ok
            | Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::Unimplemented
            | Code::DataLoss
            | Code::Unauthenticated => Category::Permanent,
        }
    }

    /// Returns the push-back of the server (gRFC A6), or the `RetryInfo` of the details.
    fn retry_after(&self) -> Option<Duration> {
        let Some(push_back) = self.metadata().get("grpc-retry-pushback-ms") else { return retry_info(self.details()) };
        let millis = push_back.to_str().ok().and_then(|value| value.parse().ok());
        // A negative or malformed value means "do not retry": no retry waits this long.
        Some(millis.map_or(Duration::MAX, Duration::from_millis))
    }

    /// Looks into the sources of a status that was made from an error.
    fn resilience_error(&self) -> Option<&crate::Error> {
        resilience_error_in(self)
    }
}

/// Decodes four small messages by hand, to avoid a dependency on a decoder:
/// `Status { repeated Any details = 3 }`, `Any { string type_url = 1; bytes value = 2 }`,
/// `RetryInfo { Duration retry_delay = 1 }`, `Duration { int64 seconds = 1; int32 nanos = 2 }`.
fn retry_info(status: &[u8]) -> Option<Duration> {
    let any = fields(status).filter_map(|field| field.message(3)).find(|any| {
        let mut type_urls = fields(any).filter_map(|field| field.message(1));
        type_urls.any(|url| url.ends_with(b"/google.rpc.RetryInfo"))
    })?;
    let info = fields(any).find_map(|field| field.message(2))?;
    let delay = fields(info).find_map(|field| field.message(1))?;
    let number = |wanted| fields(delay).find_map(|field| field.number(wanted)).unwrap_or(0);
    // Negative numbers have their highest bit set and fail the conversion.
    let (seconds, nanos) = (i64::try_from(number(1)).ok()?, i32::try_from(number(2)).ok()?);
    Some(Duration::new(seconds.unsigned_abs(), nanos.unsigned_abs().min(999_999_999)))
}

struct Field<'a> {
    number: u64,
    value: WireValue<'a>,
}

enum WireValue<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

impl<'a> Field<'a> {
    fn message(&self, wanted: u64) -> Option<&'a [u8]> {
        match self.value {
            WireValue::Bytes(bytes) if self.number == wanted => Some(bytes),
            _ => None,
        }
    }

    fn number(&self, wanted: u64) -> Option<u64> {
        match self.value {
            WireValue::Number(number) if self.number == wanted => Some(number),
            _ => None,
        }
    }
}

/// Yields the fields of a message, up to the first that cannot be read.
fn fields(mut bytes: &[u8]) -> impl Iterator<Item = Field<'_>> {
    std::iter::from_fn(move || {
        let tag = varint(&mut bytes)?;
        let value = match tag & 7 {
            0 => WireValue::Number(varint(&mut bytes)?),
            1 => take(&mut bytes, 8).map(|_| WireValue::Fixed)?,
            2 => {
                let length = varint(&mut bytes)?;
                WireValue::Bytes(take(&mut bytes, usize::try_from(length).ok()?)?)
            }
            5 => take(&mut bytes, 4).map(|_| WireValue::Fixed)?,
            _ => return None,
        };
        Some(Field { number: tag >> 3, value })
    })
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use tonic::Status;
    use tonic::metadata::MetadataMap;

    use super::*;

    fn encoded(number: u8, bytes: &[u8]) -> Vec<u8> {
        let length = u8::try_from(bytes.len()).expect("short");
        [&[number << 3 | 2, length], bytes].concat()
    }

    /// What a server sends: a code, a message, another detail, and the wait.
    fn details(delay: &[u8]) -> Vec<u8> {
        let any = |url: &[u8], value: &[u8]| encoded(3, &[encoded(1, url), encoded(2, value)].concat());
        [
            vec![8, 8],
            encoded(2, b"quota"),
            any(b"type.googleapis.com/google.rpc.DebugInfo", b"\x0a\x01x"),
            any(b"type.googleapis.com/google.rpc.RetryInfo", &encoded(1, delay)),
        ]
        .concat()
    }

    #[test]
    fn the_hint_is_read_from_the_details() {
        // 300 seconds and 500,000,000 nanoseconds
        let delay = [8, 0xac, 0x02, 16, 0x80, 0xca, 0xb5, 0xee, 0x01];
        let status = Status::with_details(Code::ResourceExhausted, "quota", details(&delay).into());
        assert_eq!(status.retry_after(), Some(Duration::from_millis(300_500)));
        assert_eq!(retry_info(&details(&[])), Some(Duration::ZERO));
        let minus_one = [8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(retry_info(&details(&minus_one)), None);
    }

    #[test]
    fn details_cut_off_anywhere_are_no_hint_and_no_panic() {
        let whole = details(&[8, 0xac, 0x02]);
        for end in 0..whole.len() {
            assert_eq!(retry_info(&whole[..end]), None, "{end}");
        }
        for first in 0..=u8::MAX {
            assert_eq!(retry_info(&[first, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), None);
        }
    }

    #[test]
    fn a_push_back_goes_before_the_details() {
        let mut metadata = MetadataMap::new();
        metadata.insert("grpc-retry-pushback-ms", "250".parse().expect("ASCII"));
        let details = details(&[8, 9]);
        let status = Status::with_details_and_metadata(Code::Unavailable, "", details.clone().into(), metadata.clone());
        assert_eq!(status.retry_after(), Some(Duration::from_millis(250)));
        metadata.insert("grpc-retry-pushback-ms", "-1".parse().expect("ASCII"));
        let status = Status::with_details_and_metadata(Code::Unavailable, "", details.clone().into(), metadata);
        assert_eq!(status.retry_after(), Some(Duration::MAX), "do not come back");
        let status = Status::with_details(Code::Unavailable, "", details.into());
        assert_eq!(status.retry_after(), Some(Duration::from_secs(9)));
        assert_eq!(Status::unavailable("").retry_after(), None);
    }

    #[test]
    fn codes_are_told_apart() {
        for (code, category) in [
            (Code::Unavailable, Category::Transient),
            (Code::DeadlineExceeded, Category::Transient),
            (Code::ResourceExhausted, Category::RateLimit),
            (Code::InvalidArgument, Category::Permanent),
            (Code::Unauthenticated, Category::Permanent),
        ] {
            assert_eq!(Status::new(code, "").category(), category, "{code}");
        }
        let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert_eq!(Status::from_error(Box::new(reset)).category(), Category::Network);
    }
}
