//! Texts as sparse rows, and the directions that most of them share.

use super::vocabulary::Vector;
use crate::random::Random;

/// Directions kept. Chosen by cross-validation among 20, 40, 60, 80 and 150.
pub(crate) const DIRECTIONS_N: usize = 40;
/// Rounds of subspace iteration; the kept directions no longer matter to accuracy beyond three.
const ROUNDS: usize = 4;

/// Many vectors.
pub(crate) struct Rows {
    pub rows: Vec<Vector>,
    /// How many letters and pairs there are.
    pub width: usize,
}

/// For each letter and pair its part in each of the [`DIRECTIONS_N`] directions, orthonormal.
pub(crate) type Directions = Vec<[f32; DIRECTIONS_N]>;

impl Rows {
    /// The directions in which the rows are longest (latent semantic analysis, Deerwester et al. 1990), by subspace
    /// iteration from a fixed beginning. Labels have no part in it, so texts without one help.
    pub fn directions(&self) -> Directions {
        let mut across = noise(self.rows.len());
        let mut directions = Vec::new();
        for _ in 0..ROUNDS {
            orthonormalize(&mut across);
            directions = self.gather(&across);
            across = self.project(&directions);
        }
        orthonormalize(&mut directions);
        directions
    }

    /// Each row's part in each direction.
    pub fn project(&self, directions: &Directions) -> Vec<[f32; DIRECTIONS_N]> {
        self.rows.iter().map(|row| project(row, directions)).collect()
    }

    fn gather(&self, across: &[[f32; DIRECTIONS_N]]) -> Directions {
        let mut directions = vec![[0.0; DIRECTIONS_N]; self.width];
        for (row, of_row) in self.rows.iter().zip(across) {
            for &(number, value) in row {
                let sum = &mut directions[number as usize];
                sum.iter_mut().zip(of_row).for_each(|(it, part)| *it += value * part);
            }
        }
        directions
    }
}

fn project(row: &Vector, directions: &Directions) -> [f32; DIRECTIONS_N] {
    let mut sum = [0.0; DIRECTIONS_N];
    for &(number, value) in row {
        sum.iter_mut().zip(&directions[number as usize]).for_each(|(it, part)| *it += value * part);
    }
    sum
}

/// Gram and Schmidt's way, column by column; a column that is nothing beside those before becomes zero.
fn orthonormalize(rows: &mut [[f32; DIRECTIONS_N]]) {
    for column in 0..DIRECTIONS_N {
        let mut shadows = [0.0; DIRECTIONS_N];
        for row in rows.iter() {
            let own = row[column];
            shadows[..column].iter_mut().zip(row).for_each(|(it, other)| *it += own * other);
        }
        let mut square = 0.0_f64;
        for row in rows.iter_mut() {
            let taken: f32 = shadows[..column].iter().zip(row.iter()).map(|(one, other)| one * other).sum();
            row[column] -= taken;
            square += f64::from(row[column]).powi(2);
        }
        #[expect(clippy::cast_possible_truncation, reason = "a length near those of the rows")]
        let length = square.sqrt() as f32;
        let scale = if length > 1e-4 { length.recip() } else { 0.0 };
        for it in rows.iter_mut() {
            it[column] *= scale;
        }
    }
}

/// Numbers without a pattern, the same each time.
fn noise(rows_n: usize) -> Vec<[f32; DIRECTIONS_N]> {
    let mut random = Random::of(1);
    (0..rows_n).map(|_| [(); DIRECTIONS_N].map(|()| signed(&mut random))).collect()
}

/// From -1 to 1.
fn signed(random: &mut Random) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "24 bits, which a float holds")]
    let upper = (random.roll() >> 40) as f32;
    upper / 8_388_608.0 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_texts_share_is_a_direction() {
        // Two kinds of rows that have nothing in common, and one number that is in none.
        let one: Vector = vec![(0, 0.8), (1, 0.6)];
        let other: Vector = vec![(2, 1.0)];
        let rows = Rows { rows: vec![one.clone(), other.clone(), one.clone(), one, other], width: 4 };
        let directions = rows.directions();
        let length_of = |row: &Vector| project(row, &directions).iter().map(|it| it * it).sum::<f32>();
        assert!((length_of(&rows.rows[0]) - 1.0).abs() < 1e-3);
        assert!((length_of(&rows.rows[1]) - 1.0).abs() < 1e-3);
        // Across what is shared nothing is left.
        assert!(length_of(&vec![(0, 0.6), (1, -0.8)]) < 1e-3);
        assert!(directions[3].iter().all(|it| *it == 0.0));
    }
}
