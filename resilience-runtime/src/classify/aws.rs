use std::error::Error;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::ErrorKind;

use super::chain::of_source;
use super::http::wait;
use super::{Category, Classify, Severity, Verdict};

#[doc = include_str!("aws.md")]
#[diagnostic::do_not_recommend]
impl<E: ProvideErrorMetadata + Error + 'static> Classify for SdkError<E, HttpResponse> {
    fn category(&self) -> Category {
        verdict(self).category()
    }

    fn severity(&self) -> Severity {
        verdict(self).severity()
    }

    fn retry_after(&self) -> Option<Duration> {
        let headers = self.raw_response()?.headers();
        let millis = headers.get("x-amz-retry-after").and_then(|millis| millis.trim().parse().ok());
        millis
            .map(Duration::from_millis)
            .or_else(|| wait(headers.get("retry-after").map(str::trim)?, headers.get("date").map(str::trim)))
    }
}

fn verdict<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, HttpResponse>) -> Verdict {
    match error {
        SdkError::ServiceError(answer) => of_service(answer.err().code(), answer.raw().status().as_u16()),
        SdkError::DispatchFailure(failure) => {
            failure.as_connector_error().map_or(Verdict::new(Category::Transient), Verdict::of)
        }
        SdkError::ConstructionFailure(_) => of_source(error.source()).unwrap_or(Verdict::new(Category::Permanent)),
        _ => Verdict::new(Category::Transient),
    }
}

fn of_service(code: Option<&str>, status: u16) -> Verdict {
    match code {
        Some(
            "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottledException"
            | "RequestThrottled"
            | "TooManyRequestsException"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "BandwidthLimitExceeded"
            | "LimitExceededException"
            | "SlowDown"
            | "EC2ThrottledException",
        ) => Verdict::new(Category::RateLimit),
        Some(
            "RequestTimeout" | "RequestTimeoutException" | "TransactionInProgressException" | "PriorRequestNotComplete",
        ) => Verdict::new(Category::Transient),
        Some(
            "AuthFailure"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "IncompleteSignature"
            | "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "OptInRequired"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClientException",
        ) => Verdict::new(Category::Permanent).with_severity(Severity::Critical),
        // Cut off, or of a proxy; S3 also fails after it has sent the status.
        _ if (200..300).contains(&status) => Verdict::new(Category::Transient),
        _ => Verdict::new(Category::of_http_status(status)),
    }
}

/// The failure of a connection, inside of a `SdkError::DispatchFailure`.
///
/// | kind | category | why |
/// |---|---|---|
/// | timeout | transient | The request may have been carried out. |
/// | user | permanent | The request is invalid. |
/// | other, transient or server error | transient | as the connector says |
/// | other, throttling | rate limit | as the connector says |
/// | other, client error | permanent | as the connector says |
/// | other, without a kind | of a known error inside, or transient | Credentials that cannot be loaded come this way, from a file or from a service. |
/// | io | of a known error inside, or network | |
#[diagnostic::do_not_recommend]
impl Classify for ConnectorError {
    fn category(&self) -> Category {
        let inside = |otherwise| of_source(self.source()).map_or(otherwise, Verdict::category);
        if self.is_timeout() {
            return Category::Transient;
        }
        if self.is_user() {
            return Category::Permanent;
        }
        match self.as_other() {
            Some(ErrorKind::ThrottlingError) => Category::RateLimit,
            Some(ErrorKind::ClientError) => Category::Permanent,
            Some(_) => Category::Transient,
            None if self.is_io() => inside(Category::Network),
            None => inside(Category::Transient),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;
    use crate::classify_chain;

    type Failure = SdkError<ErrorMetadata, HttpResponse>;

    fn response(status: u16, headers: &[(&'static str, &'static str)]) -> HttpResponse {
        let mut response = HttpResponse::new(StatusCode::try_from(status).expect("a status"), SdkBody::empty());
        for (name, value) in headers {
            response.headers_mut().insert(*name, *value);
        }
        response
    }

    fn answer(code: Option<&str>, status: u16) -> Failure {
        let mut error = ErrorMetadata::builder();
        if let Some(code) = code {
            error = error.code(code);
        }
        Failure::service_error(error.build(), response(status, &[]))
    }

    fn connector(error: ConnectorError) -> Failure {
        Failure::dispatch_failure(error)
    }

    #[test]
    fn an_answer_is_told_by_its_code_or_its_status() {
        use Category::{Permanent, RateLimit, Resource, Transient};
        for (code, status, category) in [
            (Some("ThrottlingException"), 400, RateLimit),
            (Some("ProvisionedThroughputExceededException"), 400, RateLimit),
            (Some("SlowDown"), 503, RateLimit),
            (Some("RequestTimeout"), 400, Transient),
            (Some("InternalError"), 500, Transient),
            (Some("NoSuchKey"), 404, Permanent),
            (Some("AccessDenied"), 403, Permanent),
            (Some("InternalError"), 200, Transient),
            (None, 200, Transient),
            (None, 429, RateLimit),
            (None, 503, Transient),
            (None, 507, Resource),
            (None, 400, Permanent),
        ] {
            let error = answer(code, status);
            assert_eq!((error.category(), error.severity()), (category, Severity::Error), "{code:?} {status}");
        }
        let expired = answer(Some("ExpiredToken"), 400);
        assert_eq!((expired.category(), expired.severity()), (Permanent, Severity::Critical));
    }

    #[test]
    fn every_other_case() {
        use Category::{Network, Permanent, RateLimit, Transient};
        let io = |kind| Box::new(io::Error::from(kind));
        let other = |kind| connector(ConnectorError::other("other".into(), kind));
        for (error, category) in [
            (Failure::construction_failure("no bucket"), Permanent),
            (Failure::construction_failure(io::Error::from(io::ErrorKind::TimedOut)), Transient),
            (Failure::timeout_error("late"), Transient),
            (Failure::response_error("cut off", response(200, &[])), Transient),
            (connector(ConnectorError::timeout("late".into())), Transient),
            (connector(ConnectorError::user("no host".into())), Permanent),
            (connector(ConnectorError::io("hung up".into())), Network),
            (connector(ConnectorError::io(io(io::ErrorKind::ConnectionRefused))), Network),
            (connector(ConnectorError::other(io(io::ErrorKind::NotFound), None)), Permanent),
            (other(None), Transient),
            (other(Some(ErrorKind::TransientError)), Transient),
            (other(Some(ErrorKind::ServerError)), Transient),
            (other(Some(ErrorKind::ThrottlingError)), RateLimit),
            (other(Some(ErrorKind::ClientError)), Permanent),
        ] {
            assert_eq!(error.category(), category, "{error:?}");
            assert_eq!(error.retry_after(), None, "{error:?}");
        }
    }

    #[test]
    fn the_hint_of_the_service_is_in_two_headers() {
        let hint = |headers: &[(&'static str, &'static str)]| {
            Failure::service_error(ErrorMetadata::builder().build(), response(503, headers)).retry_after()
        };
        assert_eq!(hint(&[("x-amz-retry-after", "250"), ("retry-after", "9")]), Some(Duration::from_millis(250)));
        assert_eq!(hint(&[("retry-after", "9")]), Some(Duration::from_secs(9)));
        assert_eq!(hint(&[("x-amz-retry-after", "soon"), ("retry-after", "9")]), Some(Duration::from_secs(9)));
        let dates = [("date", "Wed, 21 Oct 2015 07:28:00 GMT"), ("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT")];
        assert_eq!(hint(&dates), Some(Duration::from_secs(30)));
        assert_eq!(hint(&[]), None);
        let cut = Failure::response_error("cut off", response(503, &[("retry-after", "4")]));
        assert_eq!(cut.retry_after(), Some(Duration::from_secs(4)));
    }

    #[test]
    fn an_erased_error_tells_of_the_connection() {
        let refused = connector(ConnectorError::io(Box::new(io::Error::from(io::ErrorKind::ConnectionRefused))));
        let erased: Box<dyn Error> = Box::new(refused);
        assert_eq!(classify_chain(&*erased).map(Classify::category), Some(Category::Network));
        let answered: Box<dyn Error> = Box::new(answer(None, 503));
        assert!(classify_chain(&*answered).is_none());
    }
}
