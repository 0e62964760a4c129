//! Parts of pages.

pub(crate) mod account;
pub(crate) mod answer;
pub(crate) mod banners;
pub(crate) mod board;
pub(crate) mod chart;
pub(crate) mod consent;
pub(crate) mod description;
pub(crate) mod device;
pub(crate) mod dialog;
pub(crate) mod footer;
pub(crate) mod header;
pub(crate) mod outbox;
pub(crate) mod own_data;
pub(crate) mod pack;
pub(crate) mod portable;
pub(crate) mod race;
pub(crate) mod regret;
pub(crate) mod releases;
pub(crate) mod reveal;
pub(crate) mod say_more;
pub(crate) mod select;
pub(crate) mod shortcuts;
pub(crate) mod table;
pub(crate) mod taste_map;
pub(crate) mod topic;
pub(crate) mod verdict;
