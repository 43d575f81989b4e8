use std::borrow::Cow;

use resilience_options::OptionValue;
use resilience_options::retry::{NO_ATTEMPT, rules};
use resilience_options::suggest::{did_you_mean, list};

use super::RetryConfig;
use crate::settings::{CodeTraits, Overridable};
use crate::time::backoff::{Backoff, Fixed, Jitter};
use crate::time::{self, Moment};

const BACKOFFS: [(&str, Backoff); 6] = [
    ("exponential", Backoff::Exponential),
    ("linear", Backoff::Linear),
    ("constant", Backoff::Constant),
    ("fibonacci", Backoff::Fibonacci),
    ("decorrelated", Backoff::Decorrelated),
    ("none", Backoff::None),
];

const JITTERS: [(&str, Jitter); 2] = [("full", Jitter::Full), ("equal", Jitter::Equal)];

impl Overridable for RetryConfig {
    const ATTRIBUTE: &'static str = "retry";

    type Live = Self;

    fn set_option(mut self, option: &str, value: &OptionValue) -> Result<Self, String> {
        match (option, value) {
            // Zero is no retry, as in a policy. In an attribute, which could be removed, it is a mistake.
            ("max", OptionValue::Count(0)) | ("attempts", OptionValue::Count(1)) => return Ok(self.retries(0)),
            ("attempts", OptionValue::Count(0)) => return Err(NO_ATTEMPT.to_owned()),
            ("backoff", OptionValue::Word(word)) => self.delays.backoff = word_of("backoff", word, &BACKOFFS, "")?,
            ("jitter", OptionValue::Word(word)) => {
                let others = "; also `true`, `false`, or a ratio such as 0.1";
                self.delays.jitter = word_of("jitter", word, &JITTERS, others)?;
            }
            ("jitter", OptionValue::Flag(is_on)) => {
                self.delays.jitter = if *is_on { Jitter::Full } else { Jitter::None }
            }
            ("jitter", OptionValue::Number(ratio)) => {
                rules::jitter.check(*ratio)?;
                self.delays.jitter = Jitter::Ratio(Fixed::from_f64(*ratio));
            }
            _ => return crate::validation::plain(self.set_plain(option, value)),
        }
        Ok(self)
    }

    fn validated(self) -> Result<Self, &'static str> {
        self.try_checked()
    }

    fn switched_off(self) -> Self {
        self.retries(0)
    }

    fn begin(&self) -> Option<Moment> {
        self.max_elapsed.map(|_| time::now())
    }

    fn values(&self) -> Vec<(&'static str, Option<OptionValue>)> {
        let word = |word: &str| Some(OptionValue::Word(word.to_owned()));
        let count = |count: u32| Some(OptionValue::Count(count.into()));
        let delays = &self.delays;
        let jitter = match delays.jitter {
            Jitter::None => Some(OptionValue::Flag(false)),
            Jitter::Full => word("full"),
            Jitter::Equal => word("equal"),
            Jitter::Ratio(ratio) => Some(OptionValue::Number(ratio.to_f64())),
        };
        vec![
            ("max", count(self.attempts - 1)),
            ("attempts", count(self.attempts)),
            ("backoff", word(word_of_backoff(delays.backoff))),
            ("base_delay", Some(OptionValue::Time(delays.base))),
            ("factor", Some(OptionValue::Number(delays.factor.to_f64()))),
            ("max_delay", Some(OptionValue::Time(delays.max))),
            ("jitter", jitter),
            ("max_elapsed", self.max_elapsed.map(OptionValue::Time)),
            ("nested", Some(OptionValue::Flag(self.nested))),
        ]
    }

    fn ignores(&self, option: &str, code: CodeTraits) -> Option<&'static str> {
        (code.computes_delays && matches!(option, "backoff" | "base_delay" | "factor" | "jitter"))
            .then_some("does nothing here: the delays come from a function, `backoff = ..`")
    }

    fn leaves_idle(&self, option: &str) -> Option<Cow<'static, str>> {
        let backoff = self.delays.backoff;
        let is_used = match option {
            "base_delay" => backoff != Backoff::None,
            "factor" => backoff == Backoff::Exponential,
            "jitter" => !matches!(backoff, Backoff::None | Backoff::Decorrelated),
            _ => true,
        };
        let why = if backoff == Backoff::Decorrelated { ", which is random by itself" } else { "" };
        let written = word_of_backoff(backoff);
        let message = || format!("`{option}` does nothing with `backoff = \"{written}\"`{why}; remove one of them");
        (!is_used).then(|| Cow::Owned(message()))
    }
}

fn word_of_backoff(backoff: Backoff) -> &'static str {
    BACKOFFS.iter().find(|(_, known)| *known == backoff).map_or("", |(name, _)| name)
}

fn word_of<T: Copy>(key: &str, word: &str, known: &[(&str, T)], others: &str) -> Result<T, String> {
    let names = || known.iter().map(|(name, _)| *name);
    known.iter().find(|(name, _)| *name == word).map(|(_, value)| *value).ok_or_else(|| {
        let hint = did_you_mean(word, names(), '"')
            .unwrap_or_else(|| format!("; known are {}{others}", list(names()).replace('`', "\"")));
        format!("unknown {key} \"{word}\"{hint}")
    })
}
