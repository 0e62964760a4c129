//! `/guidelines`: how to judge.

use leptos::prelude::*;

use crate::pages::method::prose;
use crate::strings;

/// The page.
pub(crate) fn page() -> AnyView {
    prose(
        strings::GUIDELINES_HEADING,
        strings::GUIDELINES_LEAD,
        strings::GUIDELINES_SECTIONS,
    )
}
