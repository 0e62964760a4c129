//! Hand-written charts; each has a table twin beside it.

use leptos::prelude::*;
use palate_shared::infer::Trait;
use palate_shared::stats::Share;

use crate::locale;

/// Width and height of the curve's drawing, in its own units.
const CURVE: (f64, f64) = (640.0, 220.0);
/// Room for the labels at the left and at the bottom.
const PAD: (f64, f64) = (64.0, 12.0);

/// Points of a curve at the most: more would not be seen.
const MOST_POINTS: usize = 240;

/// Weight, lower and upper end, turned so that the weight points to the right: the words already say which way it leans.
fn turned(found: &Trait) -> (f64, f64, f64) {
    if found.weight < 0.0 {
        (-found.high, -found.weight, -found.low)
    } else {
        (found.low, found.weight, found.high)
    }
}

/// What the drawing of several traits spans; holds zero and every interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    from: f64,
    to: f64,
}

impl Scale {
    /// Of these traits.
    pub(crate) fn of(traits: &[Trait]) -> Self {
        let ends = traits
            .iter()
            .map(turned)
            .filter(|(low, _, high)| low.is_finite() && high.is_finite());
        ends.fold(
            Self {
                from: -0.1,
                to: 0.5,
            },
            |scale, (low, _, high)| Self {
                from: scale.from.min(low),
                to: scale.to.max(high),
            },
        )
    }

    /// Where a value lies, in percent of the width.
    fn at(self, value: f64) -> f64 {
        ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0) * 100.0
    }
}

/// A bar from zero to the weight, with its interval. Decoration: the words and the table say the same.
pub(crate) fn interval_bar(found: &Trait, scale: Scale) -> AnyView {
    let (low, weight, high) = turned(found);
    let (low, mid, high, zero) = (
        scale.at(low),
        scale.at(weight),
        scale.at(high),
        scale.at(0.0),
    );
    let x = |value: f64| format!("{value:.2}%");
    let width = (mid - zero).max(0.0);
    view! {
        <svg class="interval" aria-hidden="true" width="100%" height="20">
            <line class="interval__zero" x1=x(zero) x2=x(zero) y1="0" y2="20"></line>
            <rect class="interval__bar" x=x(zero) y="5" width=x(width) height="10" rx="2"></rect>
            <line class="interval__range" x1=x(low) x2=x(high) y1="10" y2="10"></line>
            <line class="interval__range" x1=x(low) x2=x(low) y1="6" y2="14"></line>
            <line class="interval__range" x1=x(high) x2=x(high) y1="6" y2="14"></line>
        </svg>
    }
    .into_any()
}

/// A share of a whole as a bar.
pub(crate) fn share_bar(share: f64) -> AnyView {
    let width = format!("{:.2}%", share.clamp(0.0, 1.0) * 100.0);
    view! {
        <svg class="share" aria-hidden="true" width="100%" height="10">
            <rect class="share__track" width="100%" height="10" rx="5"></rect>
            <rect class="share__bar" width=width height="10" rx="5"></rect>
        </svg>
    }
    .into_any()
}

/// A share between none and all, with its interval; the stroke in the middle is the coin.
pub(crate) fn odds_bar(share: Share) -> AnyView {
    let x = |value: f64| format!("{:.2}%", value * 100.0);
    view! {
        <svg class="interval odds" aria-hidden="true" width="100%" height="14">
            <rect class="share__track" y="4" width="100%" height="6" rx="3"></rect>
            <line class="interval__zero" x1="50%" x2="50%" y1="0" y2="14"></line>
            <line class="odds__range" x1=x(share.low) x2=x(share.high) y1="7" y2="7"></line>
            <circle class="odds__value" cx=x(share.value) cy="7" r="5"></circle>
        </svg>
    }
    .into_any()
}

/// A running share of a method.
pub(crate) struct Line<'a> {
    /// Number of its dash and colour.
    pub(crate) look: usize,
    /// After each vote.
    pub(crate) shares: &'a [Share],
    /// Whether its interval is drawn as a band.
    pub(crate) with_band: bool,
}

/// Votes of a curve that are drawn: all, or evenly spread ones with the last.
fn drawn(votes: usize) -> Vec<usize> {
    let points = votes.min(MOST_POINTS);
    let last = points.saturating_sub(1).max(1);
    (0..points)
        .map(|at| at * votes.saturating_sub(1) / last)
        .collect()
}

/// Points of a curve over `votes` votes, in the drawing's units.
fn points(shares: &[Share], votes: usize, end: fn(&Share) -> f64) -> Vec<String> {
    let steps = votes.saturating_sub(1).max(1) as f64;
    let (width, height) = (CURVE.0 - PAD.0 - 8.0, CURVE.1 - PAD.1 - 8.0);
    drawn(shares.len())
        .into_iter()
        .map(|at| {
            format!(
                "{:.1},{:.1}",
                PAD.0 + width * at as f64 / steps,
                8.0 + height * (1.0 - end(&shares[at]))
            )
        })
        .collect()
}

/// Running shares of several methods; each line has its own dash and colour, named in a legend.
pub(crate) fn curves(label: &'static str, lines: &[Line<'_>]) -> AnyView {
    let votes = lines
        .iter()
        .map(|line| line.shares.len())
        .max()
        .unwrap_or(0);
    let bands: Vec<AnyView> = lines
        .iter()
        .filter(|line| line.with_band)
        .map(|line| {
            let mut outline = points(line.shares, votes, |share| share.high);
            outline.extend(
                points(line.shares, votes, |share| share.low)
                    .into_iter()
                    .rev(),
            );
            view! { <polygon class="curve__band" points=outline.join(" ")></polygon> }.into_any()
        })
        .collect();
    let curves: Vec<AnyView> = lines
        .iter()
        .map(|line| {
            let points = points(line.shares, votes, |share| share.value).join(" ");
            view! { <polyline class=format!("curve curve--{}", line.look) points=points></polyline> }.into_any()
        })
        .collect();
    let height = CURVE.1 - PAD.1 - 8.0;
    let grid: Vec<AnyView> = [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")]
        .map(|(share, name)| {
            let y = 8.0 + height * (1.0 - share);
            view! {
                <line class="curve__grid" x1=PAD.0.to_string() x2=(CURVE.0 - 8.0).to_string() y1=y.to_string() y2=y.to_string()></line>
                <text class="curve__label" x=(PAD.0 - 6.0).to_string() y=(y + 4.0).to_string() text-anchor="end">{name}</text>
            }
            .into_any()
        })
        .into_iter().collect::<Vec<AnyView>>();
    view! {
        <svg class="curves" viewBox=format!("0 0 {} {}", CURVE.0, CURVE.1) role="img" aria-label=label>
            {bands}
            {grid}
            {curves}
        </svg>
    }
    .into_any()
}

/// Means with their intervals, one after each number of examples.
pub(crate) struct Stepped<'a> {
    /// Number of its dash and colour.
    pub(crate) look: usize,
    /// Mean, lower and upper end.
    pub(crate) values: &'a [[f64; 3]],
    /// Whether its interval is drawn, as a band with a stroke at each number of examples.
    pub(crate) with_band: bool,
}

/// Room for the numbers below a stepped curve.
const BELOW: f64 = 28.0;

/// Points of a stepped curve whose numbers lie between 0 and `most`.
fn stepped_points(values: &[[f64; 3]], which: usize, most: f64) -> Vec<(f64, f64)> {
    let steps = values.len().saturating_sub(1).max(1) as f64;
    let (width, height) = (CURVE.0 - PAD.0 - 8.0, CURVE.1 - BELOW - 8.0);
    let values = values.iter().enumerate();
    values
        .map(|(at, value)| {
            (
                PAD.0 + width * at as f64 / steps,
                8.0 + height * (1.0 - (value[which] / most).clamp(0.0, 1.0)),
            )
        })
        .collect()
}

fn joined(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let points = points.into_iter().map(|(x, y)| format!("{x:.1},{y:.1}"));
    points.collect::<Vec<_>>().join(" ")
}

/// Curves over a few numbers of examples, which stand at equal distances; upwards from zero.
pub(crate) fn stepped(label: &'static str, examples: &[usize], lines: &[Stepped<'_>]) -> AnyView {
    let values = lines.iter().flat_map(|line| line.values);
    let highest = values.map(|value| value[2]).fold(0.0, f64::max);
    let most = (highest * 2.0).ceil().max(1.0) / 2.0;
    let bands: Vec<AnyView> = lines
        .iter()
        .filter(|line| line.with_band)
        .map(|line| {
            let above = stepped_points(line.values, 2, most);
            let below = stepped_points(line.values, 1, most).into_iter().rev();
            let outline = joined(above.into_iter().chain(below));
            view! { <polygon class="curve__band" points=outline></polygon> }.into_any()
        })
        .collect();
    let whiskers: Vec<AnyView> = lines
        .iter()
        .filter(|line| line.with_band)
        .flat_map(|line| {
            let below = stepped_points(line.values, 1, most);
            below.into_iter().zip(stepped_points(line.values, 2, most))
        })
        .map(|((x, low), (_, high))| {
            let x = x.to_string();
            view! { <line class="interval__range" x1=x.clone() x2=x y1=low.to_string() y2=high.to_string()></line> }
                .into_any()
        })
        .collect();
    let curves: Vec<AnyView> = lines
        .iter()
        .map(|line| {
            let points = joined(stepped_points(line.values, 0, most));
            view! { <polyline class=format!("curve curve--{}", line.look) points=points></polyline> }.into_any()
        })
        .collect();
    let grid: Vec<AnyView> = (0..=(most * 2.0) as usize)
        .map(|half| {
            let value = half as f64 / 2.0;
            let (_, y) = stepped_points(&[[value; 3]], 0, most)[0];
            view! {
                <line class="curve__grid" x1=PAD.0.to_string() x2=(CURVE.0 - 8.0).to_string() y1=y.to_string() y2=y.to_string()></line>
                <text class="curve__label" x=(PAD.0 - 6.0).to_string() y=(y + 4.0).to_string() text-anchor="end">{locale::decimal(value, 1)}</text>
            }
            .into_any()
        })
        .collect();
    let places = stepped_points(&vec![[0.0; 3]; examples.len()], 0, most);
    let below: Vec<AnyView> = examples
        .iter()
        .zip(places)
        .map(|(count, (x, _))| {
            view! { <text class="curve__label" x=x.to_string() y=(CURVE.1 - 4.0).to_string() text-anchor="middle">{count.to_string()}</text> }
                .into_any()
        })
        .collect();
    view! {
        <svg class="curves" viewBox=format!("0 0 {} {}", CURVE.0, CURVE.1) role="img" aria-label=label>
            {bands}
            {grid}
            {below}
            {curves}
            {whiskers}
        </svg>
    }
    .into_any()
}

/// A number under its name.
pub(crate) struct Bar {
    /// Its name.
    pub(crate) name: String,
    /// The number.
    pub(crate) value: u64,
    /// Whether it has its full colour.
    pub(crate) is_full: bool,
}

/// Bars at the most: more would not be seen, so the last ones are drawn.
const MOST_BARS: usize = 40;

/// Upright bars from zero, each with its number above and its name below, where there is room.
pub(crate) fn bars(label: &'static str, bars: &[Bar]) -> AnyView {
    let bars = &bars[bars.len().saturating_sub(MOST_BARS)..];
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1) as f64;
    let (width, height) = (CURVE.0 / bars.len().max(4) as f64, CURVE.1 - 2.0 * BELOW);
    let every = bars.len().div_ceil(12).max(1);
    let drawn: Vec<AnyView> = bars
        .iter()
        .enumerate()
        .map(|(at, bar)| {
            let tall = height * bar.value as f64 / most;
            let (left, top) = (width * at as f64, BELOW + height - tall);
            let middle = format!("{:.1}", left + width / 2.0);
            let class = if bar.is_full { "bars__bar" } else { "bars__bar bars__bar--open" };
            let names = at.is_multiple_of(every).then(|| {
                view! {
                    <text class="curve__label" x=middle.clone() y=format!("{:.1}", top - 6.0) text-anchor="middle">{bar.value}</text>
                    <text class="curve__label" x=middle y=(CURVE.1 - 4.0).to_string() text-anchor="middle">{bar.name.clone()}</text>
                }
                .into_any()
            });
            view! {
                <rect class=class x=format!("{:.1}", left + width * 0.15) y=format!("{top:.1}") width=format!("{:.1}", width * 0.7) height=format!("{tall:.1}") rx="3"></rect>
                {names}
            }
            .into_any()
        })
        .collect();
    let floor = (CURVE.1 - BELOW).to_string();
    view! {
        <svg class="curves bars" viewBox=format!("0 0 {} {}", CURVE.0, CURVE.1) role="img" aria-label=label>
            {drawn}
            <line class="curve__grid" x1="0" x2=CURVE.0.to_string() y1=floor.clone() y2=floor></line>
        </svg>
    }
    .into_any()
}

/// A short piece of a curve's line, for the legend.
pub(crate) fn legend_line(look: usize) -> AnyView {
    view! {
        <svg class="legend-line" aria-hidden="true" width="28" height="10" viewBox="0 0 28 10">
            <polyline class=format!("curve curve--{look}") points="1,5 27,5"></polyline>
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(weight: f64, low: f64, high: f64) -> Trait {
        Trait {
            feature: String::new(),
            name: String::new(),
            words: String::new(),
            weight,
            low,
            high,
        }
    }

    #[test]
    fn weights_point_to_the_right_and_keep_their_interval() {
        assert_eq!(turned(&found(-1.0, -1.5, 0.2)), (-0.2, 1.0, 1.5));
        assert_eq!(turned(&found(1.0, -0.2, 1.5)), (-0.2, 1.0, 1.5));
        let scale = Scale::of(&[found(-1.0, -1.5, 0.5)]);
        assert_eq!(
            [scale.at(-0.5), scale.at(0.0), scale.at(1.5), scale.at(9.0)],
            [0.0, 25.0, 100.0, 100.0]
        );
    }

    #[test]
    fn a_curve_spans_the_width_and_grows_upwards() {
        let share = |value: f64| Share {
            value,
            low: value / 2.0,
            high: 1.0,
            n: 1,
        };
        let value = |shares: &[Share], votes| points(shares, votes, |share| share.value);
        let both = [share(0.0), share(1.0)];
        assert_eq!(value(&both, 2), ["64.0,208.0", "632.0,8.0"]);
        assert_eq!(
            value(&both, 3),
            ["64.0,208.0", "348.0,8.0"],
            "it began later"
        );
        assert_eq!(value(&[share(0.5)], 1), ["64.0,108.0"]);
        assert_eq!(points(&[share(0.5)], 1, |share| share.low), ["64.0,158.0"]);
        assert!(value(&[], 0).is_empty());
    }

    #[test]
    fn a_stepped_curve_hangs_from_its_highest_number() {
        let values = [[1.0, 0.5, 2.0], [0.0, 0.0, 1.0]];
        assert_eq!(
            joined(stepped_points(&values, 0, 2.0)),
            "64.0,100.0 632.0,192.0"
        );
        assert_eq!(
            joined(stepped_points(&values, 2, 2.0)),
            "64.0,8.0 632.0,100.0"
        );
    }

    #[test]
    fn a_long_curve_is_drawn_with_few_points_up_to_its_end() {
        assert_eq!(drawn(3), [0, 1, 2]);
        assert_eq!(drawn(1), [0]);
        let many = drawn(10_000);
        assert_eq!(
            (many.len(), many[0], many[MOST_POINTS - 1]),
            (MOST_POINTS, 0, 9_999)
        );
        assert!(many.is_sorted());
    }
}
