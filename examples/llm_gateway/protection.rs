//! The ways in which the customers' questions are asked.

use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use resilience::{circuit_breaker, fallback, rate_limit, retry, timeout};

use crate::gateway::{Answer, AskError, Gateway};
use crate::model::Model;
use crate::traffic::Arrival;
use crate::{
    FAILURES_IN_A_ROW, TOKENS_A_SECOND, ask, ask_small_model, ask_streamed, canned_answer, estimate, is_transient,
    server_hint,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    /// The form of most integrations.
    Nothing,
    /// Shows the effect of the other layers alone.
    AllButCache,
    Everything,
}

pub(crate) struct Reply {
    /// `None` if there was none.
    pub(crate) answer: Option<Answer>,
    /// True if a streamed answer stalled.
    pub(crate) stalled: bool,
}

impl Protection {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "unprotected",
            Self::AllButCache => "no cache",
            Self::Everything => "protected",
        }
    }

    pub(crate) async fn reply(self, gateway: &Gateway, arrival: &Arrival) -> Reply {
        if arrival.streamed {
            self.streamed(gateway, &arrival.question).await
        } else {
            Reply { answer: self.whole(gateway, &arrival.question).await.ok(), stalled: false }
        }
    }

    async fn whole(self, gateway: &Gateway, question: &str) -> Result<Answer, AskError> {
        match self {
            Self::Nothing => gateway.complete(Model::Primary, question).await,
            Self::AllButCache => ask_uncached(gateway, question).await,
            Self::Everything => ask(gateway, question).await,
        }
    }

    /// A customer who has read half an answer when the model falls silent gets a whole one instead.
    async fn streamed(self, gateway: &Gateway, question: &str) -> Reply {
        let mut begun = None;
        let parts = match self {
            Self::Nothing => gateway.stream(Model::Primary, question).await,
            Self::AllButCache | Self::Everything => ask_streamed(gateway, question).await,
        };
        let result = match parts {
            Ok(parts) => append(&mut begun, parts).await,
            Err(error) => Err(error),
        };
        let stalled = begun.is_some() && result.is_err();
        let answer = match result {
            Ok(()) => begun,
            Err(_) if self == Self::Nothing => None,
            Err(_) => self.whole(gateway, question).await.ok(),
        };
        Reply { answer, stalled }
    }
}

async fn append(
    answer: &mut Option<Answer>,
    mut parts: BoxStream<'static, Result<Answer, AskError>>,
) -> Result<(), AskError> {
    while let Some(part) = parts.try_next().await? {
        match answer {
            Some(answer) => answer.text.push_str(&part.text),
            None => *answer = Some(part),
        }
    }
    Ok(())
}

#[timeout(secs = 2)]
#[fallback(ask_small_model, canned_answer)]
#[retry(
    max = 3,
    base_delay = "30ms",
    max_delay = "300ms",
    when = is_transient,
    retry_after = server_hint
)]
#[circuit_breaker(
    name = "llm",
    failure_threshold = FAILURES_IN_A_ROW,
    success_threshold = 2,
    recovery = "500ms"
)]
#[rate_limit(
    name = "llm-tokens",
    max = TOKENS_A_SECOND,
    per = "1s",
    wait = "200ms",
    cost = estimate(query),
    settle = |answer: &Answer| answer.tokens
)]
#[rate_limit(name = "llm", learn = true, wait = "300ms", spread = "50ms", retry_after = server_hint)]
#[timeout(ms = 300)]
async fn ask_uncached(gateway: &Gateway, query: &str) -> Result<Answer, AskError> {
    gateway.complete(Model::Primary, query).await
}
