//! One module for each page.

pub(crate) mod compare;
pub(crate) mod data;
pub(crate) mod guidelines;
pub(crate) mod home;
pub(crate) mod me;
pub(crate) mod method;
pub(crate) mod not_found;
pub(crate) mod rank;
