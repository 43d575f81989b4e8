//! The names of the settings that may override those of each attribute.

use syn::LitStr;

use super::{Checker, Layer};

/// Its own `config`, else the first one of the stack.
pub(crate) fn sections(above: &[Layer], layers: &[Layer]) -> Vec<Option<LitStr>> {
    let of_stack = above.iter().chain(layers).find_map(|layer| layer.config.clone());
    layers.iter().map(|layer| layer.config.clone().or_else(|| of_stack.clone())).collect()
}

pub(crate) fn check_sections(above: &[Layer], layers: &[Layer], checker: &Checker<'_>) {
    let sections = sections(above, layers);
    for (index, (layer, section)) in layers.iter().zip(&sections).enumerate() {
        let Some(section) = section else { continue };
        let is_same = |(other, others): (&Layer, &Option<LitStr>)| {
            other.name() == layer.name()
                && !other.has_name
                && others.as_ref().is_some_and(|name| name.value() == section.value())
        };
        let has_own_settings = layer.has_name || layer.name() == "fallback";
        if !has_own_settings && layers.iter().zip(&sections).take(index).any(is_same) {
            let (attribute, name) = (layer.name(), section.value());
            checker.diagnostics.error(
                layer.span,
                format_args!(
                    "two `#[{attribute}]` would take the settings of `{name}`; give this one settings of its own, such as \
                     `config = \"{name}-inner\"`"
                ),
            );
        }
    }
}
