//! The prompts and answers of studies, as they are kept beside the database, and the comparisons that they make.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use palate_shared::pack::{PackItems, PackPrompt, PackResponse};

use crate::packs::read_kept_items;

/// Studies kept in memory; more are read again when they are asked for.
const MOST_KEPT: usize = 16;

/// A study's texts and comparisons.
#[derive(Debug)]
pub struct Pool {
    items: PackItems,
    /// Places of prompt, first and second answer; a comparison's own place is its number in the database.
    units: Vec<(usize, usize, usize)>,
}

impl Pool {
    /// All pairs of answers to one prompt, in the order of the file.
    pub fn of(items: PackItems) -> Self {
        let units = items
            .prompts
            .iter()
            .enumerate()
            .flat_map(|(at, prompt)| {
                let answers = prompt.responses.len();
                (0..answers)
                    .flat_map(move |a| (a + 1..answers).map(move |b| (at, a, b)))
            })
            .collect();
        Self { items, units }
    }

    /// How many comparisons there are.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The prompt and the answers of a comparison.
    pub fn unit(&self, unit: usize) -> Option<(&PackPrompt, [&PackResponse; 2])> {
        let (prompt, first, second) = *self.units.get(unit)?;
        let prompt = &self.items.prompts[prompt];
        Some((
            prompt,
            [&prompt.responses[first], &prompt.responses[second]],
        ))
    }
}

/// Texts of studies, read once.
#[derive(Debug, Default)]
pub struct Pools(Mutex<HashMap<String, Arc<Pool>>>);

impl Pools {
    /// The texts of the items file with this hash. Reads the file where it is not in memory.
    ///
    /// # Errors
    /// When it is missing or corrupt.
    pub async fn get(&self, data_dir: &Path, sha256: &str) -> anyhow::Result<Arc<Pool>> {
        if let Some(pool) = self.lock().get(sha256) {
            return Ok(pool.clone());
        }
        let (dir, name) = (data_dir.to_owned(), sha256.to_owned());
        let read = move || read_kept_items(&dir, &name).map(Pool::of);
        let pool = Arc::new(tokio::task::spawn_blocking(read).await??);
        let mut kept = self.lock();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(sha256.to_owned(), pool.clone());
        Ok(pool)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Pool>>> {
        // A map is whole whatever happened to who held it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
