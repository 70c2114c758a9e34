//! One test binary: on two cores, linking once is what counts.

#[cfg(test)]
mod cli;
#[cfg(test)]
mod floor;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod station_properties;
