//! The window of a breaker, and the rates over it.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use resilience_options::Setting;
use resilience_options::circuit_breaker::{
    NO_RATE_OF_PROBES, OPTIONS, TWO_WAYS_TO_CLOSE, TWO_WAYS_TO_OPEN, check_window_time,
};
use syn::Lit;
use syn::spanned::Spanned;

use crate::attribute::describe::{decimal, duration_as_written};
use crate::expand::Config;
use crate::parse::expression::{is_const_expression, is_integer_suffix, literal, negative};
use crate::parse::{Arguments, Const, KeyValue, Unit, checked_duration, count, duration};

pub(super) struct FailureRate {
    window: Window,
    rate: Const<f64>,
}

enum Window {
    Calls(Const<u64>),
    Time(Const<Duration>),
    Constant(TokenStream, Span),
}

impl FailureRate {
    pub(super) fn describe(&self) -> String {
        let rate = self.rate.literal.map_or_else(
            || format!("`{}` of failures", self.rate.tokens),
            |rate| format!("{}% failures", decimal(rate * 100.0)),
        );
        let calls = match &self.window {
            Window::Calls(calls) => format!("the last {} calls", calls.tokens),
            Window::Time(time) => format!("the calls of the last {}", duration_as_written(time)),
            Window::Constant(tokens, _) => format!("the calls of the last `{tokens}`"),
        };
        format!(", which opens at {rate} among {calls}")
    }
}

/// Half of a group is a mistake, since the other half has no obvious default. The caller reports it
/// after reading all arguments, because the other half may be misspelled.
pub(super) fn missing_halves(arguments: &Arguments<'_>, threshold: Option<Span>) -> Vec<(Span, String)> {
    let first = |keys: &[&str]| keys.iter().find_map(|key| arguments.span_of_key(key));
    let window = first(&["window", "window_secs", "window_ms"]);
    let (rate, slow_rate) = (first(&["failure_rate"]), first(&["slow_rate"]));
    let (min_calls, slow_call) = (first(&["min_calls"]), arguments.span_of_any("slow_call"));

    let mut missing = Vec::new();
    if let (Some(_), Some(at)) = (window, threshold) {
        arguments.diagnostics.error(at, TWO_WAYS_TO_OPEN);
    }
    if let (Some(at), None, None) = (window, rate, threshold) {
        let message =
            "`window` says which calls count, and nothing says how many of them may fail; add `failure_rate = 0.5`";
        missing.push((at, message.to_owned()));
    }
    if let Some(at) = arguments.span_of_key("half_open_calls") {
        if let Some(threshold) = arguments.span_of_key("success_threshold") {
            arguments.diagnostics.error(threshold, TWO_WAYS_TO_CLOSE);
        }
        if window.is_none() {
            missing.push((at, NO_RATE_OF_PROBES.to_owned()));
        }
    }
    let in_window = [("failure_rate", rate), ("min_calls", min_calls), ("slow_call", slow_call)];
    // Several arguments without their window are one mistake.
    let alone = in_window.into_iter().find_map(|(key, at)| Some((key, at?))).filter(|_| window.is_none());
    if let Some((key, at)) = alone {
        let message = format!(
            "`{key}` is about the calls in a window; add `window = 100` for the last 100 calls, or `window = \"30s\"`"
        );
        missing.push((at, message));
    }
    match (alone, slow_call, slow_rate) {
        (None, Some(at), None) => {
            let message = "`slow_call` says which calls are slow, and nothing says how many of them may be; add `slow_rate = 0.5`";
            missing.push((at, message.to_owned()));
        }
        (None, None, Some(at)) => {
            let message = "`slow_rate` says how many calls may be slow, and nothing says when a call is; add `slow_call = \"2s\"`";
            missing.push((at, message.to_owned()));
        }
        _ => {}
    }
    missing
}

pub(super) fn parse(arguments: &mut Arguments<'_>, config: &mut Config) -> Option<FailureRate> {
    let window = window(arguments);
    match &window {
        Some(Window::Calls(calls)) => config.set("window", Some(calls)),
        Some(Window::Time(time)) => config.set("window_time", Some(time)),
        Some(Window::Constant(tokens, span)) => {
            config.set_by_type(["windowed", "takes_a_u32_or_a_duration"], tokens, *span);
        }
        None => {}
    }
    let failure_rate = rate(arguments, &OPTIONS.failure_rate);
    config.set("failure_rate", failure_rate.as_ref());
    let min_calls = arguments.count(&OPTIONS.min_calls);
    config.set("min_calls", min_calls.as_ref());
    if let Some(calls) = &min_calls {
        config.check_by("judged", calls.span);
    }
    let slow_call = arguments.duration(&OPTIONS.slow_call);
    config.set("slow_call", slow_call.as_ref());
    let slow_rate = rate(arguments, &OPTIONS.slow_rate);
    config.set("slow_rate", slow_rate.as_ref());

    if let (Some(Window::Calls(Const { literal: Some(size), .. })), Some(least)) = (&window, &min_calls) {
        if let Some(calls) = least.literal.filter(|calls| calls > size) {
            arguments.diagnostics.error(
                least.span,
                format_args!(
                    "`min_calls` ({calls}) is more than the `window` of {size} calls ever holds, so that the breaker would never open; lower it"
                ),
            );
        }
    }
    window.zip(failure_rate).map(|(window, rate)| FailureRate { window, rate })
}

fn window(arguments: &mut Arguments<'_>) -> Option<Window> {
    let has_unit = arguments.has("window_secs") || arguments.has("window_ms");
    if has_unit || !arguments.has("window") {
        let time = arguments.unchecked_duration("window", Unit::Text);
        return window_of_time(arguments, time);
    }
    let pair = arguments.take("window")?;
    match literal(&pair.value) {
        Some(Lit::Int(number)) if is_integer_suffix(number.suffix()) => window_of_calls(arguments, &pair),
        None if negative(&pair.value).is_some() => window_of_calls(arguments, &pair),
        None if is_const_expression(&pair.value) => {
            Some(Window::Constant(pair.value.to_token_stream(), pair.value.span()))
        }
        Some(Lit::Str(_) | Lit::Int(_)) => {
            let time = duration(arguments, Some("window"), &pair, Unit::Text);
            window_of_time(arguments, time)
        }
        _ => {
            arguments.diagnostics.error_at(
                &pair.value,
                "`window` of `#[circuit_breaker]` takes a number of calls or a duration: `window = 100`, `window = \"30s\"`",
            );
            None
        }
    }
}

fn window_of_calls(arguments: &Arguments<'_>, pair: &KeyValue) -> Option<Window> {
    count(arguments, pair, &OPTIONS.window).map(Window::Calls)
}

fn window_of_time(arguments: &Arguments<'_>, time: Option<Const<Duration>>) -> Option<Window> {
    checked_duration(arguments, time, check_window_time).map(Window::Time)
}

fn rate(arguments: &mut Arguments<'_>, setting: &Setting<f64>) -> Option<Const<f64>> {
    let key = setting.key.name;
    let pair = arguments.take(key)?;
    let number = match literal(&pair.value) {
        Some(Lit::Int(number)) if is_integer_suffix(number.suffix()) => number.base10_parse().ok(),
        Some(Lit::Float(number)) => number.base10_parse().ok(),
        _ => None,
    };
    let Some(percent) = number.filter(|percent: &f64| *percent > 1.0 && *percent <= 100.0) else {
        return crate::parse::number(arguments, &pair, setting);
    };
    let rate = decimal(percent / 100.0);
    arguments
        .diagnostics
        .error_at(&pair.value, format_args!("{}; {percent} percent are `{rate}`", setting.rule.problem));
    None
}
