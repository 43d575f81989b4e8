use std::sync::{Arc, Weak};

use super::live::Effective;
use super::merge::{MergeProblem, Merged, PassedOver, TracedValue, merge, passed_over, traced};
use super::overrides::OverrideSet;
use super::targets::{Target, register};
use super::{CodeTraits, LayerSettings, Overridable, SettingsCell};
use crate::event::SourceLocation;

#[derive(Debug)]
pub struct LayerCell<C: Overridable> {
    section: String,
    written: C,
    code: CodeTraits,
    cell: SettingsCell<C>,
}

impl<C: Overridable> LayerSettings<C> {
    pub(crate) const NONE: Self = Self { layer: None };

    pub(crate) fn new(section: &str, written: &C, code: CodeTraits) -> Self {
        let (section, written) = (section.to_owned(), *written);
        let cell = Arc::new(LayerCell { section, written, code, cell: SettingsCell::new() });
        register(Arc::new(Arc::downgrade(&cell)));
        Self { layer: Some(cell) }
    }

    #[inline]
    pub(crate) fn of<'a>(&self, written: &'a C) -> Effective<'a, C> {
        self.layer.as_ref().map_or(Effective::Written(written), |layer| layer.cell.of(written))
    }
}

impl<C: Overridable> LayerCell<C> {
    fn merged(&self, set: &OverrideSet) -> Result<Merged<C>, MergeProblem> {
        merge(set, &self.section, &self.written, self.code)
    }
}

impl<C: Overridable> Target for Weak<LayerCell<C>> {
    fn attribute(&self) -> &'static str {
        C::ATTRIBUTE
    }
    fn section(&self) -> String {
        self.upgrade().map_or_else(String::new, |layer| layer.section.clone())
    }
    fn location(&self) -> SourceLocation {
        SourceLocation::POLICY
    }
    fn is_alive(&self) -> bool {
        self.strong_count() > 0
    }
    fn values(&self, set: &OverrideSet) -> Vec<TracedValue> {
        self.upgrade().map_or_else(Vec::new, |layer| traced(set, &layer.section, &layer.written, layer.code))
    }
    fn passed_over(&self, set: &OverrideSet) -> Vec<PassedOver> {
        let of = |layer: Arc<LayerCell<C>>| passed_over(set, &layer.section, &layer.written, layer.code);
        self.upgrade().map_or_else(Vec::new, of)
    }
    fn check(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        self.upgrade().map_or(Ok(()), |layer| layer.merged(set).map(|_| ()))
    }
    fn apply(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        let Some(layer) = self.upgrade() else { return Ok(()) };
        let merged = layer.merged(set);
        layer.cell.put(&layer.written, merged.as_ref().map_or(layer.written, |merged| merged.in_force()));
        merged.map(|_| ())
    }
}
