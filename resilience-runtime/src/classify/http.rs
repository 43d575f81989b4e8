use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, HeaderName, RETRY_AFTER};

/// Returns how long a response asks to wait: its `Retry-After`, in seconds or as a date.
///
/// A date counts from the `Date` of the response, so that the clocks of the two machines need not
/// agree. Without a `Date` it counts from the time of this machine. A date that has passed is a wait
/// of zero. A value that is neither a number nor a date is `None`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("retry-after", http::HeaderValue::from_static("120"));
/// assert_eq!(resilience::retry_after(&headers), Some(Duration::from_secs(120)));
///
/// headers.insert("date", http::HeaderValue::from_static("Wed, 21 Oct 2015 07:28:00 GMT"));
/// headers.insert("retry-after", http::HeaderValue::from_static("Wed, 21 Oct 2015 07:28:30 GMT"));
/// assert_eq!(resilience::retry_after(&headers), Some(Duration::from_secs(30)));
/// ```
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    wait(text(&RETRY_AFTER)?, text(&DATE))
}

/// Reads the values of the two headers, without space around them.
pub fn wait(asked: &str, date: Option<&str>) -> Option<Duration> {
    if !asked.is_empty() && asked.bytes().all(|digit| digit.is_ascii_digit()) {
        // A number that is too large is a wait for ever.
        return Some(asked.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let until = httpdate::parse_http_date(asked).ok()?;
    let sent = date.and_then(|date| httpdate::parse_http_date(date).ok());
    Some(until.duration_since(sent.unwrap_or_else(SystemTime::now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn asked(retry_after: &'static str, date: Option<&'static str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static(retry_after));
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_static(date));
        }
        super::retry_after(&headers)
    }

    #[test]
    fn seconds_and_dates_in_every_form_are_hints_and_all_else_is_none() {
        const SENT: Option<&str> = Some("Sun, 06 Nov 1994 08:49:30 GMT");
        for date in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(asked(date, SENT), Some(Duration::from_secs(7)), "{date}");
            assert_eq!(asked(date, None), Some(Duration::ZERO), "{date} has passed");
        }
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:29 GMT", SENT), Some(Duration::ZERO));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:37 GMT", Some("yesterday")), Some(Duration::ZERO));
        assert!(asked("Fri, 31 Dec 9999 23:59:59 GMT", None) > Some(Duration::from_secs(1 << 30)));
        assert_eq!((asked("0", None), asked(" 7 ", SENT)), (Some(Duration::ZERO), Some(Duration::from_secs(7))));
        assert_eq!(asked("99999999999999999999999", None), Some(Duration::MAX));
        for other in ["", "-1", "+1", "1.5", "7 s", "soon", "Sun, 06 Nov"] {
            assert_eq!(asked(other, SENT), None, "{other:?}");
        }
        assert_eq!(super::retry_after(&HeaderMap::new()), None);
    }
}
