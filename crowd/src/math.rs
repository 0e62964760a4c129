//! Exponential and logarithm in software, so that a server and a browser get the same bits.
//!
//! The standard library calls the platform's own, which may differ in the last place. Square roots are exact everywhere.

/// e to the power of `x`.
pub(crate) fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// Natural logarithm.
pub(crate) fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Standard normal quantile at 97.5 %.
pub(crate) const Z: f64 = 1.959_963_984_540_054;

/// The ends between which 95 % of `values` lie, interpolated linearly. `None` without values.
pub(crate) fn middle_95(values: &mut [f64]) -> Option<(f64, f64)> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let at = |share: f64| {
        let place = share * last as f64;
        let below = place.floor() as usize;
        let part = place - below as f64;
        values[below] + part * (values[(below + 1).min(last)] - values[below])
    };
    Some((at(0.025), at(0.975)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_hundred_and_one_numbers() {
        let mut values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(middle_95(&mut values), Some((2.5, 97.5)));
        assert_eq!(middle_95(&mut []), None);
        assert_eq!(middle_95(&mut [3.0]), Some((3.0, 3.0)));
    }
}
