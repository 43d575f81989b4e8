//! Chooses which failures of a load are an outage: `(&&&OutageProbe::new(result_type)).__resilience_outage()`.

use std::marker::PhantomData;

use crate::cache::{AlwaysOutage, OutageByClass, OutageIfLayer};
use crate::classify::Classify;

#[derive(Debug)]
pub struct OutageProbe<R>(PhantomData<fn() -> R>);

impl<R> OutageProbe<R> {
    pub const fn new(result_type: PhantomData<fn() -> R>) -> Self {
        Self(result_type)
    }
}

pub trait OutageIfClassify {
    fn __resilience_outage(&self) -> OutageByClass {
        OutageByClass
    }
}

impl<T, E: Classify> OutageIfClassify for &&OutageProbe<Result<T, E>> {}

pub trait OutageIfOption {
    fn __resilience_outage(&self) -> OutageIfLayer {
        OutageIfLayer
    }
}

impl<T> OutageIfOption for &OutageProbe<Option<T>> {}

pub trait OutageOtherwise {
    fn __resilience_outage(&self) -> AlwaysOutage {
        AlwaysOutage
    }
}

impl<R> OutageOtherwise for OutageProbe<R> {}
