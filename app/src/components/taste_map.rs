//! Where a person is among others: a map with the space that their votes leave.

use leptos::prelude::*;
use palate_shared::infer::{Place, TasteMap};

use crate::strings;
use crate::words::percent;

/// Width of the drawing, and its height, in its own units.
const SIZE: f64 = 320.0;
/// Room around what is drawn.
const ROOM: f64 = 14.0;
/// Standard deviations that hold 90 % of a Gaussian on a plane.
const HOLDS_90: f64 = 2.146;

/// The map with what it means.
pub(crate) fn taste_map(map: &TasteMap) -> AnyView {
    let frame = Frame::of(map);
    let people: Vec<AnyView> = map
        .people
        .iter()
        .map(|[x, y]| {
            let (cx, cy) = frame.at(*x, *y);
            view! { <circle class="map__person" cx=cx cy=cy r="2.5"></circle> }.into_any()
        })
        .collect();
    let (x, y) = frame.at(map.now.x, map.now.y);
    let now = strings::map_now(percent(share_of_before(map)));
    let ends: Vec<AnyView> = ["right", "left", "top", "bottom"]
        .into_iter()
        .zip(&map.words)
        .filter(|(_, words)| !words.is_empty())
        .map(|(side, words)| {
            let class = format!("map__end map__end--{side}");
            view! { <span class=class>{strings::arrived(words)}</span> }.into_any()
        })
        .collect();
    let side = SIZE.to_string();
    let box_of_view = format!("0 0 {SIZE} {SIZE}");
    view! {
        <section data-testid="map">
            <h2>{strings::map_heading()}</h2>
            <p>{strings::map_note()}</p>
            <div class="map">
                {ends}
                <svg class="map__drawing" role="img" aria-label=now.clone() viewBox=box_of_view width=side.clone() height=side>
                    {people}
                    {ring("map__before", &frame, map.before)}
                    {ring("map__now", &frame, map.now)}
                    <circle class="map__you" cx=x cy=y r="5"></circle>
                </svg>
            </div>
            <p class="quiet">{now}</p>
        </section>
    }
    .into_any()
}

/// How large the space is that votes leave, against that before them.
fn share_of_before(map: &TasteMap) -> f64 {
    let area = |place: Place| (place.xx * place.yy - place.xy * place.xy).max(0.0).sqrt();
    (area(map.now) / area(map.before).max(1e-12)).clamp(0.0, 1.0)
}

/// Half axes of the ellipse that holds 90 % of a Gaussian, the longer first, and its direction in radians.
fn ellipse(place: Place) -> (f64, f64, f64) {
    let middle = (place.xx + place.yy) / 2.0;
    let apart = ((place.xx - place.yy) / 2.0).hypot(place.xy);
    let half = |variance: f64| HOLDS_90 * variance.max(0.0).sqrt();
    let turn = 0.5 * (2.0 * place.xy).atan2(place.xx - place.yy);
    (half(middle + apart), half(middle - apart), turn)
}

fn ring(class: &'static str, frame: &Frame, place: Place) -> AnyView {
    let (long, short, turn) = ellipse(place);
    let (x, y) = frame.at(place.x, place.y);
    // Upwards is downwards in a drawing.
    let turned = format!("rotate({:.1} {x:.1} {y:.1})", -turn.to_degrees());
    let (rx, ry) = (long * frame.scale, short * frame.scale);
    view! { <ellipse class=class cx=x cy=y rx=rx ry=ry transform=turned></ellipse> }.into_any()
}

/// From the plane to the drawing.
struct Frame {
    /// Of the plane, at the middle of the drawing.
    middle: [f64; 2],
    /// Units of the drawing in one of the plane.
    scale: f64,
}

impl Frame {
    /// Holds everybody, and both rings.
    fn of(map: &TasteMap) -> Self {
        let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
        let mut hold = |x: f64, y: f64| {
            for (at, value) in [x, y].into_iter().enumerate() {
                low[at] = low[at].min(value);
                high[at] = high[at].max(value);
            }
        };
        for [x, y] in &map.people {
            hold(*x, *y);
        }
        for place in [map.now, map.before] {
            let (wide, tall) = (HOLDS_90 * place.xx.sqrt(), HOLDS_90 * place.yy.sqrt());
            hold(place.x - wide, place.y - tall);
            hold(place.x + wide, place.y + tall);
        }
        let width = (high[0] - low[0]).max(high[1] - low[1]).max(1e-6);
        Self {
            middle: [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0],
            scale: (SIZE - 2.0 * ROOM) / width,
        }
    }

    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (
            SIZE / 2.0 + (x - self.middle[0]) * self.scale,
            SIZE / 2.0 - (y - self.middle[1]) * self.scale,
        )
    }
}

#[cfg(test)]
mod tests {
    use palate_shared::ids::MethodId;

    use super::*;

    fn map(now: Place) -> TasteMap {
        TasteMap {
            method: MethodId("vpl".to_owned()),
            people: vec![[-1.0, 0.0], [1.0, 0.5]],
            now,
            before: Place {
                xx: 1.0,
                yy: 1.0,
                ..Place::default()
            },
            words: vec![],
        }
    }

    #[test]
    fn an_ellipse_lies_along_what_is_open() {
        let (long, short, turn) = ellipse(Place {
            xx: 2.5,
            xy: 1.5,
            yy: 2.5,
            ..Place::default()
        });
        assert!((long - HOLDS_90 * 2.0).abs() < 1e-9);
        assert!((short - HOLDS_90).abs() < 1e-9);
        assert!((turn.to_degrees() - 45.0).abs() < 1e-9);
    }

    #[test]
    fn everything_lies_inside_the_drawing_and_votes_leave_less_space() {
        let now = Place {
            x: 0.5,
            y: -0.5,
            xx: 0.25,
            xy: 0.0,
            yy: 0.25,
        };
        let map = map(now);
        let frame = Frame::of(&map);
        for [x, y] in [[-1.0, 0.0], [-HOLDS_90, 0.0], [0.0, HOLDS_90]] {
            let (x, y) = frame.at(x, y);
            let inside = ROOM - 1e-9..=SIZE - ROOM + 1e-9;
            assert!(inside.contains(&x) && inside.contains(&y), "{x} {y}");
        }
        assert!((share_of_before(&map) - 0.25).abs() < 1e-9);
    }
}
