//! The answer to "which would I prefer?".

use leptos::prelude::*;
use palate_shared::infer::Compared;

use crate::components::reveal;
use crate::state::App;
use crate::strings;
use crate::words::{percent, sigmoid};

/// Half width of a 90 % interval in standard deviations.
const Z90: f64 = 1.645;

/// Probability behind a margin with uncertainty, by the probit approximation (MacKay 1992, eq. 10).
pub(crate) fn probability(mean: f64, sd: f64) -> f64 {
    sigmoid(mean / (1.0 + std::f64::consts::PI * sd * sd / 8.0).sqrt())
}

/// The verdict with its interval, reasons and every method's forecast.
pub(crate) fn verdict(app: App, found: &Compared) -> AnyView {
    let (mean, sd) = found.margin;
    let p_first = probability(mean, sd);
    let first = p_first >= 0.5;
    let p = if first { p_first } else { 1.0 - p_first };
    let ends = [mean - Z90 * sd, mean + Z90 * sd].map(sigmoid);
    let (low, high) = if first {
        (ends[0], ends[1])
    } else {
        (1.0 - ends[1], 1.0 - ends[0])
    };
    let side = if first {
        strings::compare_first()
    } else {
        strings::compare_second()
    };
    let reasons: Vec<AnyView> = found
        .reasons
        .iter()
        .take(6)
        .map(|(words, weight)| {
            let words = strings::arrived(words);
            view! { <li><span>{words}</span>" "<span class="tag">{strings::speaks_for(*weight > 0.0)}</span></li> }.into_any()
        })
        .collect();
    let why = if reasons.is_empty() {
        view! { <p class="quiet">{strings::compare_no_reason()}</p> }.into_any()
    } else {
        view! { <ul class="reasons">{reasons}</ul> }.into_any()
    };
    let new_here = app
        .events
        .with_untracked(Vec::is_empty)
        .then(|| view! { <p class="notice">{strings::compare_new_here()}</p> }.into_any());
    view! {
        <section class="card verdict" aria-labelledby="verdict">
            <h2 id="verdict" tabindex="-1">{strings::verdict(side, strings::strength(p), percent(p))}</h2>
            {new_here}
            <p>{strings::how_much(mean)}" "{strings::verdict_interval(percent(low), percent(high))}</p>
            <h3>{strings::compare_why()}</h3>
            {why}
            {reveal::forecasts(app, found.predictions.clone())}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uncertainty_pulls_towards_one_half() {
        assert!((probability(2.0, 0.0) - sigmoid(2.0)).abs() < 1e-12);
        assert!(probability(2.0, 3.0) < probability(2.0, 1.0));
        assert!((probability(1.3, 0.7) + probability(-1.3, 0.7) - 1.0).abs() < 1e-12);
    }
}
