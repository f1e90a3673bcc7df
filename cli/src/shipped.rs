//! The scenarios that ship in the binary.

use seedbed_engine::scenario;

/// A scenario that ships in the binary.
pub(crate) struct Shipped {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// All of them, from the simplest on.
pub(crate) const SHIPPED: &[Shipped] = &[
    Shipped { name: "minimal", text: include_str!("../../scenarios/minimal.yaml") },
    Shipped { name: "members", text: include_str!("../../scenarios/members.yaml") },
    Shipped { name: "saas", text: include_str!("../../scenarios/saas.yaml") },
    Shipped { name: "shop", text: include_str!("../../scenarios/shop.yaml") },
    Shipped { name: "ledger", text: include_str!("../../scenarios/ledger.yaml") },
    Shipped { name: "tpch", text: include_str!("../../scenarios/tpch.yaml") },
    Shipped { name: "wide", text: include_str!("../../scenarios/wide.yaml") },
];

/// The shipped scenario of that name.
pub(crate) fn find(name: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|shipped| shipped.name == name)
}

/// Their names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|shipped| shipped.name)
}

impl Shipped {
    /// The sentence that the scenario says about itself.
    pub(crate) fn about(&self) -> String {
        scenario::read(self.text).ok().and_then(|scenario| scenario.about).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seedbed_engine::{Plan, Settings};

    #[test]
    fn every_shipped_scenario_is_right_and_says_what_it_is() {
        for shipped in SHIPPED {
            let plan = Plan::compile(shipped.text, &Settings::default()).unwrap();
            assert_eq!(plan.model().name, shipped.name);
            assert!(!shipped.about().is_empty(), "{}", shipped.name);
        }
    }
}
