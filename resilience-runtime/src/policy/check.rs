//! What the macros reject about a combination of layers.

use std::sync::Arc;
use std::time::Duration;

use super::gate::GateSite;
use super::rate_limit::RateLimitLayer;
use super::{Layer, LayerKind};
use crate::instance::NamedInstance;

struct Position<'a, T, E> {
    layer: &'a LayerKind<T, E>,
    above: &'a [Arc<Layer<T, E>>],
}

pub(super) fn problems<T, E>(layers: &[Arc<Layer<T, E>>]) -> Vec<String> {
    let positions =
        layers.iter().enumerate().map(|(index, layer)| Position { layer: &layer.0, above: &layers[..index] });
    positions.flat_map(|position| position.problems()).collect()
}

impl<T, E> Position<'_, T, E> {
    fn problems(&self) -> Vec<String> {
        let found = match self.layer {
            LayerKind::Timeout(layer) => [layer.whole().and_then(|limit| self.limit(limit)), None],
            LayerKind::Retry(layer) => [self.nested_retry(), self.first_delay(layer.first_delay())],
            LayerKind::Fallback(layer) => [self.hidden_failures(layer.takes_all()), None],
            LayerKind::CircuitBreaker(layer) => [self.second_breaker(&layer.site), None],
            LayerKind::Bulkhead(layer) => [self.second_bulkhead(&layer.site), self.wait(layer.config.longest_wait())],
            LayerKind::RateLimit(RateLimitLayer(layer)) => {
                [self.second_limit(&layer.site), self.wait(layer.config.longest_wait())]
            }
        };
        found.into_iter().flatten().collect()
    }

    fn above(&self) -> impl DoubleEndedIterator<Item = &LayerKind<T, E>> {
        self.above.iter().map(|layer| &layer.0)
    }

    fn shortest_limit(&self) -> Option<Duration> {
        self.above()
            .filter_map(|layer| if let LayerKind::Timeout(timeout) = layer { timeout.whole() } else { None })
            .min()
    }

    fn limit(&self, limit: Duration) -> Option<String> {
        let around = self.shortest_limit().filter(|around| *around <= limit)?;
        Some(format!(
            "this limit ({limit:?}) can never be reached: the timeout around it ends the call after {around:?}; make the inner one shorter"
        ))
    }

    fn nested_retry(&self) -> Option<String> {
        let outer = self
            .above()
            .rev()
            .find_map(|layer| if let LayerKind::Retry(outer) = layer { Some(outer) } else { None })?;
        (!outer.is_nested()).then(|| {
            "a retry inside of a retry multiplies the attempts; keep one of them, with the larger number, or say \
             `nested(true)` on the outer one"
                .to_owned()
        })
    }

    fn first_delay(&self, first: Option<Duration>) -> Option<String> {
        let (first, limit) = first.zip(self.shortest_limit()).filter(|(first, limit)| limit <= first)?;
        Some(format!(
            "the first delay ({first:?}) never fits into the timeout around it ({limit:?}), so nothing is ever retried; \
             shorten `base_delay` or raise the timeout"
        ))
    }

    fn hidden_failures(&self, takes_all: bool) -> Option<String> {
        let above = match self.above().next_back()? {
            LayerKind::Retry(_) => "retry",
            LayerKind::CircuitBreaker(_) => "circuit_breaker",
            _ => return None,
        };
        takes_all.then(|| {
            format!(
                "a fallback directly below `{above}` hides every failure from it; move the fallback above it, or say with \
                 `when` which errors it takes"
            )
        })
    }

    fn wait(&self, wait: Option<Duration>) -> Option<String> {
        let (wait, limit) = wait.zip(self.shortest_limit()).filter(|(wait, limit)| limit <= wait)?;
        Some(format!(
            "a `wait` of {wait:?} never fits into the timeout around it ({limit:?}); shorten `wait` or raise the timeout"
        ))
    }

    fn second_breaker(&self, site: &GateSite<crate::CircuitBreaker>) -> Option<String> {
        let name =
            self.repeated(
                site,
                |layer| if let LayerKind::CircuitBreaker(other) = layer { Some(&other.site) } else { None },
            )?;
        Some(format!(
            "two circuit breakers `{name}` in one policy would count each call twice; remove one, or give it another name"
        ))
    }

    fn second_bulkhead(&self, site: &GateSite<crate::Bulkhead>) -> Option<String> {
        let name =
            self.repeated(site, |layer| if let LayerKind::Bulkhead(other) = layer { Some(&other.site) } else { None })?;
        Some(format!(
            "two bulkheads `{name}` in one policy would take two permits for each call; remove one, or give it another name"
        ))
    }

    fn second_limit(&self, site: &GateSite<crate::RateLimiter>) -> Option<String> {
        let name = self.repeated(site, |layer| {
            if let LayerKind::RateLimit(RateLimitLayer(other)) = layer { Some(&other.site) } else { None }
        })?;
        Some(format!(
            "two rate limits `{name}` in one policy would count each call twice; remove one, or give it another name"
        ))
    }

    fn repeated<'s, G: NamedInstance>(
        &self,
        site: &'s GateSite<G>,
        other: impl Fn(&LayerKind<T, E>) -> Option<&GateSite<G>>,
    ) -> Option<&'s str> {
        let own = site.explicit_name()?;
        self.above().filter_map(other).any(|other| other.explicit_name() == Some(own)).then_some(own.0)
    }
}
