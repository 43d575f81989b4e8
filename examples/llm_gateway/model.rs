//! The two language models, by name and price.

use std::fmt;

/// The price of one call in dollars: some 600 tokens of a large and of a small model.
const PRIMARY_PRICE: f64 = 0.0060;
const SMALL_PRICE: f64 = 0.0004;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    Primary,
    Small,
}

impl Model {
    /// The name in the `model` field of a request.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Primary => "atlas-large",
            Self::Small => "atlas-mini",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Primary, Self::Small].into_iter().find(|model| model.name() == name)
    }

    pub(crate) const fn price(self) -> f64 {
        match self {
            Self::Primary => PRIMARY_PRICE,
            Self::Small => SMALL_PRICE,
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
