//! The specialist: looks after the houses that it owns, and after no others.

use super::{Action, Place, Sight};

pub(super) fn act(sight: &Sight<'_>) -> Action {
    let place = Place::new(sight.agent, sight.layout.houses, sight.layout.agents);
    let lowest = |houses: usize| (houses != 0).then_some(houses.trailing_zeros() as usize);
    let fire = lowest(place.owned & sight.burning as usize);
    let house = fire.or(lowest(place.owned)).unwrap_or(place.home);
    Action { house, works: fire.is_some(), signal: fire.is_some() }
}

/// The chance to work at each house.
pub(super) fn chances(sight: &Sight<'_>, works: &mut [f64]) {
    let act = act(sight);
    works.fill(0.0);
    works[act.house] = f64::from(u8::from(act.works));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::counts::Layout;

    #[test]
    fn its_lowest_burning_house_comes_first() {
        // Agent 1 of 3 on a ring of 7 owns houses 1 and 4.
        let layout = Layout { houses: 7, agents: 3 };
        let sight =
            |agent, burning| Sight { layout, agent, night: 0, burning, ruined: 0, last: &[] };
        let works = |house| Action { house, works: true, signal: true };
        let rests = |house| Action { house, works: false, signal: false };
        assert_eq!(act(&sight(1, 0b111_1111)), works(1));
        assert_eq!(act(&sight(1, 0b101_0001)), works(4));
        assert_eq!(act(&sight(1, 0b110_1101)), rests(1));
        // Who owns nothing rests at home.
        let layout = Layout { houses: 2, agents: 4 };
        assert_eq!(act(&Sight { layout, ..sight(3, 0b11) }), rests(1));
    }
}
