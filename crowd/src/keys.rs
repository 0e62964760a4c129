//! Numbers in place of names: candidates and raters, and the key of a cell.

use std::collections::HashMap;

/// Names in order of their first coming.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    places: HashMap<String, u32>,
    pub(crate) list: Vec<String>,
}

impl Names {
    /// The place of a name, a new one if it is new.
    pub(crate) fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = u32::try_from(self.list.len()).expect("fewer names than 2^32 fit into memory");
        self.places.insert(name.to_owned(), place);
        self.list.push(name.to_owned());
        place
    }

    /// The place of a name that has come.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.places.get(name).copied()
    }
}

/// A pair, lower place first, and the difference of covariates on the grid.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) first: u32,
    pub(crate) second: u32,
    pub(crate) difference: Box<[i32]>,
}

/// The key with the lower place first, and whether sides were swapped for it.
pub(crate) fn oriented(first: u32, second: u32, mut difference: Box<[i32]>) -> (Key, bool) {
    let is_mirrored = first > second;
    if is_mirrored {
        difference.iter_mut().for_each(|step| *step = -*step);
    }
    let key = Key {
        first: first.min(second),
        second: first.max(second),
        difference,
    };
    (key, is_mirrored)
}
