//! Counts by day as columns; a table twin stands beside it.

use leptos::prelude::*;

/// Width and height of the drawing, in its own units.
const SIZE: (f64, f64) = (640.0, 220.0);
/// Room at the left for the highest number, and below for the first and the last day.
const PAD: (f64, f64) = (64.0, 28.0);

/// Days since 1970 of a day like 2026-11-23 (Hinnant, "chrono-compatible low-level date algorithms", days_from_civil).
fn day_number(day: &str) -> Option<i64> {
    let mut parts = day.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// Left end, upper end, width and height of each column; days without any leave a gap.
fn placed(days: &[(&str, u64)]) -> Vec<[f64; 4]> {
    let most = days
        .iter()
        .map(|(_, count)| *count)
        .max()
        .unwrap_or(0)
        .max(1);
    let numbers: Vec<i64> = days.iter().filter_map(|(day, _)| day_number(day)).collect();
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
        return vec![];
    };
    let (width, height) = (SIZE.0 - PAD.0 - 8.0, SIZE.1 - PAD.1 - 8.0);
    let step = width / (last - first + 1).max(1) as f64;
    // One day is no wall.
    let column = (step * 0.8).clamp(1.0, 48.0);
    days.iter()
        .zip(&numbers)
        .map(|((_, count), day)| {
            let tall = (height * *count as f64 / most as f64).max(1.0);
            let middle = PAD.0 + step * ((day - first) as f64 + 0.5);
            [middle - column / 2.0, 8.0 + height - tall, column, tall]
        })
        .collect()
}

/// Columns over the days, which are in order.
pub(crate) fn columns(label: &'static str, days: &[(&str, u64)]) -> AnyView {
    let most = days.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let drawn: Vec<AnyView> = placed(days)
        .into_iter()
        .map(|place| {
            let [x, y, width, height] = place.map(|value| format!("{value:.1}"));
            view! { <rect class="share__bar" x=x y=y width=width height=height></rect> }.into_any()
        })
        .collect();
    let floor = SIZE.1 - PAD.1;
    let grid: Vec<AnyView> = [(8.0, most), (floor, 0)]
        .map(|(y, count)| {
            view! {
                <line class="curve__grid" x1=PAD.0.to_string() x2=(SIZE.0 - 8.0).to_string() y1=y.to_string() y2=y.to_string()></line>
                <text class="curve__label" x=(PAD.0 - 6.0).to_string() y=(y + 5.0).to_string() text-anchor="end">{count.to_string()}</text>
            }
            .into_any()
        })
        .into_iter()
        .collect();
    let below = |x: f64, anchor: &'static str, day: &str| {
        view! { <text class="curve__label" x=x.to_string() y=(SIZE.1 - 4.0).to_string() text-anchor=anchor>{day.to_owned()}</text> }
            .into_any()
    };
    let ends: Vec<AnyView> = match days {
        [] => vec![],
        [(only, _)] => vec![below((PAD.0 + SIZE.0 - 8.0) / 2.0, "middle", only)],
        [(first, _), .., (last, _)] => {
            vec![
                below(PAD.0, "start", first),
                below(SIZE.0 - 8.0, "end", last),
            ]
        }
    };
    view! {
        <svg class="curves" viewBox=format!("0 0 {} {}", SIZE.0, SIZE.1) role="img" aria-label=label>
            {grid}
            {drawn}
            {ends}
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_numbers() {
        for (day, number) in [
            ("1970-01-01", 0),
            ("2000-03-01", 11_017),
            ("2026-11-23", 20_780),
        ] {
            assert_eq!(day_number(day), Some(number));
        }
        for wrong in ["", "2026", "2026-11", "a-b-c"] {
            assert_eq!(day_number(wrong), None);
        }
    }

    #[test]
    fn days_without_votes_leave_a_gap_and_the_highest_column_reaches_the_top() {
        let found = placed(&[("2026-11-20", 5), ("2026-11-23", 10)]);
        let [first, last] = found.as_slice() else {
            panic!("two days have votes");
        };
        assert_eq!((last[1], last[3]), (8.0, 184.0));
        assert_eq!(first[3], 92.0);
        assert!(last[0] - first[0] > 3.0 * first[2], "two days lie between");
        assert!(placed(&[]).is_empty());
    }
}
