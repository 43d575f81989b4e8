use async_openai_0_43::error::{ApiErrorResponse, OpenAIError, StreamError};

use super::{Category, Classify, Severity, Verdict, classify_chain};

/// The error of async-openai, which other services with the API of OpenAI return too.
///
/// | case | category | why |
/// |---|---|---|
/// | `ApiError` with the status 401 | permanent, critical | The key is wrong: no call can succeed. |
/// | `ApiError` with the type or code `insufficient_quota`, `billing_hard_limit_reached`, `billing_not_active` | permanent, critical | The account has no credit. OpenAI sends the status 429, which another attempt does not change. |
/// | any other `ApiError` | [`Category::of_http_status`] | The service has answered. |
/// | `Reqwest` | of the `reqwest::Error` | |
/// | `JSONDeserialize`, if the text is not JSON | transient | Something in between has answered, such as a proxy, or the text was cut off. |
/// | `JSONDeserialize`, if the text is JSON | permanent | The answer is not as the crate expects it. |
/// | `StreamError` with `EventStream` | transient | The stream was cut off. |
/// | `StreamError` with `UnknownEvent` | permanent | The answer is not as the crate expects it. |
/// | `FileSaveError`, `FileReadError`, `InvalidArgument` | permanent | The request cannot be sent, or the answer cannot be stored. |
/// | `Boxed`, cases of later versions | of a known error inside, or transient | The error comes from a service of tower, such as a timeout. |
///
/// There is no hint: the error does not have the headers of the response. The client itself waits
/// for the `Retry-After` of a 429 and retries three times, unless
/// `Client::with_http_service(ReqwestService::new(..))` switches that off.
#[diagnostic::do_not_recommend]
impl Classify for OpenAIError {
    fn category(&self) -> Category {
        verdict(self).category()
    }

    fn severity(&self) -> Severity {
        verdict(self).severity()
    }
}

fn verdict(error: &OpenAIError) -> Verdict {
    let category = match error {
        OpenAIError::ApiError(answer) => return of_answer(answer),
        OpenAIError::Reqwest(error) => return Verdict::of(error),
        OpenAIError::JSONDeserialize(error, _) if error.is_data() => Category::Permanent,
        OpenAIError::JSONDeserialize(..) => Category::Transient,
        OpenAIError::StreamError(error) => match &**error {
            StreamError::UnknownEvent(_) => Category::Permanent,
            StreamError::EventStream(_) => Category::Transient,
        },
        OpenAIError::InvalidArgument(_) => Category::Permanent,
        #[cfg(not(target_family = "wasm"))]
        OpenAIError::FileSaveError(_) | OpenAIError::FileReadError(_) => Category::Permanent,
        OpenAIError::Boxed(inner) => {
            return classify_chain(&**inner).map_or(Verdict::new(Category::Transient), Verdict::of);
        }
    };
    Verdict::new(category)
}

fn of_answer(answer: &ApiErrorResponse) -> Verdict {
    let names = [&answer.api_error.code, &answer.api_error.r#type];
    let is_unpaid = names.into_iter().flatten().any(|name| {
        matches!(name.as_str(), "insufficient_quota" | "billing_hard_limit_reached" | "billing_not_active")
    });
    if is_unpaid || answer.status_code.as_u16() == 401 {
        return Verdict::new(Category::Permanent).with_severity(Severity::Critical);
    }
    Verdict::new(Category::of_http_status(answer.status_code.as_u16()))
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::io;

    use async_openai_0_43::error::ApiError;
    use reqwest::StatusCode;

    use super::*;

    fn answer(status: u16, kind: Option<&str>, code: Option<&str>) -> OpenAIError {
        OpenAIError::ApiError(ApiErrorResponse {
            status_code: StatusCode::from_u16(status).expect("a status"),
            api_error: ApiError { r#type: kind.map(Into::into), code: code.map(Into::into), ..ApiError::default() },
        })
    }

    #[test]
    fn answers() {
        use Category::{Permanent, RateLimit, Transient};
        for (error, category) in [
            (answer(429, Some("requests"), Some("rate_limit_exceeded")), RateLimit),
            (answer(429, None, None), RateLimit),
            (answer(500, None, None), Transient),
            (answer(503, None, None), Transient),
            (answer(400, Some("invalid_request_error"), Some("context_length_exceeded")), Permanent),
            (answer(403, None, None), Permanent),
            (answer(404, None, Some("model_not_found")), Permanent),
        ] {
            assert_eq!(verdict(&error), Verdict::new(category), "{error}");
        }
        let critical = Verdict::new(Permanent).with_severity(Severity::Critical);
        for error in [
            answer(401, None, Some("invalid_api_key")),
            answer(429, Some("insufficient_quota"), None),
            answer(429, Some("requests"), Some("insufficient_quota")),
            answer(400, None, Some("billing_hard_limit_reached")),
            answer(429, None, Some("billing_not_active")),
        ] {
            assert_eq!(verdict(&error), critical, "{error}");
        }
    }

    #[test]
    fn every_other_case() {
        use Category::{Network, Permanent, Transient};
        let stream = |error| OpenAIError::StreamError(Box::new(error));
        let boxed = |error: Box<dyn Error + Send + Sync>| OpenAIError::Boxed(error);
        for (error, category) in [
            (OpenAIError::InvalidArgument("no model".into()), Permanent),
            (OpenAIError::FileReadError("no file".into()), Permanent),
            (OpenAIError::FileSaveError("no space".into()), Permanent),
            (stream(StreamError::EventStream("cut off".into())), Transient),
            (boxed("elapsed".into()), Transient),
            (boxed(Box::new(io::Error::from(io::ErrorKind::ConnectionReset))), Network),
        ] {
            assert_eq!(verdict(&error), Verdict::new(category), "{error}");
        }
    }
}
