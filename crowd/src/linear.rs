//! Symmetric positive definite systems, small and dense: the Cholesky factor, solutions and the inverse.

/// A square matrix, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Square {
    /// Rows and columns.
    pub(crate) size: usize,
    values: Vec<f64>,
}

impl Square {
    pub(crate) fn zeros(size: usize) -> Self {
        Self {
            size,
            values: vec![0.0; size * size],
        }
    }

    pub(crate) fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.size + column]
    }

    pub(crate) fn add(&mut self, row: usize, column: usize, value: f64) {
        self.values[row * self.size + column] += value;
    }

    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.size..(row + 1) * self.size]
    }
}

/// Lower factor L with L Lᵀ = A. Only the lower half of A is read.
#[derive(Clone, Debug)]
pub(crate) struct Cholesky(Square);

impl Cholesky {
    /// `None` where A is not positive definite.
    pub(crate) fn of(mut matrix: Square) -> Option<Self> {
        let size = matrix.size;
        for row in 0..size {
            let (above, rest) = matrix.values.split_at_mut(row * size);
            let own = &mut rest[..size];
            for column in 0..row {
                let other = &above[column * size..column * size + size];
                let sum = dot(&own[..column], &other[..column]);
                own[column] = (own[column] - sum) / other[column];
            }
            let left = own[row] - dot(&own[..row], &own[..row]);
            // Written so that NaN fails as well.
            if !(left > 0.0 && left.is_finite()) {
                return None;
            }
            own[row] = left.sqrt();
        }
        Some(Self(matrix))
    }

    /// x with A x = b.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let factor = &self.0;
        let mut x = right.to_vec();
        for row in 0..factor.size {
            let known = dot(&factor.row(row)[..row], &x[..row]);
            x[row] = (x[row] - known) / factor.at(row, row);
        }
        for row in (0..factor.size).rev() {
            x[row] /= factor.at(row, row);
            let value = x[row];
            for (earlier, l) in x[..row].iter_mut().zip(factor.row(row)) {
                *earlier -= l * value;
            }
        }
        x
    }

    /// A⁻¹.
    pub(crate) fn inverse(&self) -> Square {
        let size = self.0.size;
        let mut inverse = Square::zeros(size);
        let mut unit = vec![0.0; size];
        for column in 0..size {
            unit[column] = 1.0;
            inverse.values[column * size..(column + 1) * size].copy_from_slice(&self.solve(&unit));
            unit[column] = 0.0;
        }
        inverse
    }
}

/// Σ aᵢ bᵢ, in four strands so that the processor may work on them together; the order is fixed.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut strands = [0.0; 4];
    let (a_chunks, b_chunks) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a_chunks
        .remainder()
        .iter()
        .zip(b_chunks.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for (strand, (a, b)) in strands.iter_mut().zip(a.iter().zip(b)) {
            *strand += a * b;
        }
    }
    (strands[0] + strands[1]) + (strands[2] + strands[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solution_and_inverse_agree_with_the_matrix() {
        let rows = [
            [4.0, 1.0, 0.5, 0.0, 0.2],
            [1.0, 3.0, 0.0, 0.3, 0.0],
            [0.5, 0.0, 2.0, 0.1, 0.1],
            [0.0, 0.3, 0.1, 5.0, 0.0],
            [0.2, 0.0, 0.1, 0.0, 1.0],
        ];
        let mut matrix = Square::zeros(5);
        for (row, values) in rows.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                matrix.add(row, column, *value);
            }
        }
        let factor = Cholesky::of(matrix.clone()).expect("positive definite");
        let x = factor.solve(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        for (row, wanted) in [1.0, 2.0, 3.0, 4.0, 5.0].into_iter().enumerate() {
            assert!((dot(matrix.row(row), &x) - wanted).abs() < 1e-12);
        }
        let inverse = factor.inverse();
        assert!((dot(matrix.row(1), inverse.row(1)) - 1.0).abs() < 1e-12);
        assert!(dot(matrix.row(1), inverse.row(3)).abs() < 1e-12);
        assert!(Cholesky::of(Square::zeros(2)).is_none());
    }
}
