//! One test binary: on two cores, linking once is what counts.

#[cfg(test)]
mod cli;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod end_to_end;
#[cfg(test)]
mod floor;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod shift;
#[cfg(test)]
mod station_properties;
