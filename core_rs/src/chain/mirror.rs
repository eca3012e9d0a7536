//! The ring seen from the other side.
//!
//! Homes are houses 0 … A−1. Reflecting the ring so that house `h` becomes `A−1−h` (modulo H) swaps
//! the agents at both ends, those next to them, and so on, and changes nothing else. So a line-up
//! and its reverse have the same counts, at reflected houses, and only one of them needs to be
//! followed. (With more agents than houses that holds only when all homes house equally many, and
//! is left alone; for policies that tell the houses they own apart only when all own equally many.)

use crate::game::counts::Layout;
use crate::policy::Policy;

/// Whether a line-up should be reversed: the first of two mirror images is the one to follow.
pub fn is_reversed(layout: Layout, policies: &[Policy]) -> bool {
    let (agents, houses) = (layout.agents, layout.houses);
    let own = policies.iter().any(Policy::tells_owned_apart);
    let mirrors = agents <= houses && (!own || houses.is_multiple_of(agents));
    mirrors && policies.iter().rev().map(Policy::key).lt(policies.iter().map(Policy::key))
}

/// Reverses what there is one of for each agent.
pub fn reversed<T: Copy>(of_agents: &[T]) -> Vec<T> {
    of_agents.iter().rev().copied().collect()
}

/// The count vector (or weights of counts) of the reversed line-up.
pub fn reflected(layout: Layout, counts: &[f64]) -> Vec<f64> {
    let (agents, houses) = (layout.agents, layout.houses);
    let mut to = counts.to_vec();
    to[layout.worked()..layout.safe()].reverse();
    for kind in [layout.safe(), layout.ruined(), layout.saved()] {
        for house in 0..houses {
            to[kind + house] = counts[kind + (agents + houses - 1 - house) % houses];
        }
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Firefighter, Heuristic};

    #[test]
    fn reflecting_twice_changes_nothing() {
        let layout = Layout { houses: 5, agents: 3 };
        let counts: Vec<f64> = (0..layout.counts()).map(|i| i as f64).collect();
        let once = reflected(layout, &counts);
        // Houses 0 1 2 3 4 become 2 1 0 4 3.
        assert_eq!(once[..9], [0.0, 3.0, 2.0, 1.0, 6.0, 5.0, 4.0, 8.0, 7.0]);
        assert_eq!(reflected(layout, &once), counts);
    }

    #[test]
    fn one_of_two_mirror_images_is_reversed() {
        let policy = |p| Policy::Heuristic(Heuristic::new(p, 0.5));
        let ahead = [policy(0.1), policy(0.7), policy(0.3)];
        let layout = Layout { houses: 5, agents: 3 };
        assert_ne!(is_reversed(layout, &ahead), is_reversed(layout, &reversed(&ahead)));
        assert!(!is_reversed(layout, &[policy(0.1), policy(0.7), policy(0.1)]));
        let crowded = Layout { houses: 2, agents: 3 };
        assert!(!is_reversed(crowded, &ahead) && !is_reversed(crowded, &reversed(&ahead)));
        // On a ring of five, three agents own 2, 2 and 1 houses; on one of six, 2 each.
        let own = [policy(0.1), policy(0.7), Policy::Firefighter(Firefighter::new(0.9, true))];
        assert!(!is_reversed(layout, &own) && !is_reversed(layout, &reversed(&own)));
        let even = Layout { houses: 6, agents: 3 };
        assert_ne!(is_reversed(even, &own), is_reversed(even, &reversed(&own)));
    }
}
