// One play of an episode, from its packed bytes: who was where, what happened, sums so far.
// A *stop* is a moment between nights: stop 0 is the start, stop k the end of the k-th night.
'use strict';

{
  const { unpacked } = explore.tools;

  const [SAFE, BURNING, RUINED] = [0, 1, 2];
  const [STATE, EXTINGUISHED] = [3, 4];
  const [HOUSE, WORKS, SIGNAL] = [31, 32, 64];
  const MOST_SHORT = 1 << 16;

  function play(entry) {
    const { nights, agents } = entry;
    const houses = entry.start.length;
    const packed = unpacked(entry.houses, Uint8Array);
    const acts = unpacked(entry.acts, Uint8Array);
    const short = entry.values.length <= MOST_SHORT;
    const payoffs = unpacked(entry.payoffs, short ? Uint16Array : Uint32Array);

    const states = new Uint8Array((nights + 1) * houses);
    states.set(entry.start);
    for (let i = 0; i < packed.length; i++) {
      states[houses + i] = packed[i] & STATE;
    }
    const at = (stop) => states.subarray(stop * houses, (stop + 1) * houses);

    // Sums up to each stop, a row a stop.
    const [total, worked, lied] = [Float64Array, Uint16Array, Uint16Array].map(
      (Kind) => new Kind((nights + 1) * agents),
    );
    for (let i = 0; i < nights * agents; i++) {
      const works = (acts[i] & WORKS) !== 0;
      const lies = works !== ((acts[i] & SIGNAL) !== 0);
      total[i + agents] = total[i] + entry.values[payoffs[i]];
      worked[i + agents] = worked[i] + (works ? 1 : 0);
      lied[i + agents] = lied[i] + (lies ? 1 : 0);
    }
    const saved = new Uint32Array(nights + 1);
    for (let night = 0; night < nights; night++) {
      let count = saved[night];
      for (let house = 0; house < houses; house++) {
        const here = night * houses + house;
        count += states[here] === BURNING && states[here + houses] === SAFE ? 1 : 0;
      }
      saved[night + 1] = count;
    }

    return {
      entry,
      nights,
      agents,
      houses,
      states: at,

      // What an agent did on the night that ends at a stop; before all nights, it is at home.
      act(stop, agent) {
        if (stop === 0) {
          return { house: agent % houses, works: null, signal: null };
        }
        const act = acts[(stop - 1) * agents + agent];
        return { house: act & HOUSE, works: (act & WORKS) !== 0, signal: (act & SIGNAL) !== 0 };
      },

      // What became of a house on the night that ends at a stop, in a word or two, or nothing.
      event(stop, house) {
        if (stop === 0) {
          return '';
        }
        const [before, now] = [states[(stop - 1) * houses + house], states[stop * houses + house]];
        const put = (packed[(stop - 1) * houses + house] & EXTINGUISHED) !== 0;
        if (now === BURNING && (before === SAFE || put)) {
          return put ? 'caught again' : 'caught fire';
        }
        if (now === RUINED && before !== RUINED) {
          return 'burned down';
        }
        return put ? 'saved' : '';
      },

      // Sums of a seat up to a stop.
      sums(stop, seat) {
        const here = stop * agents + seat;
        return {
          payoff: total[here],
          tonight: stop === 0 ? null : entry.values[payoffs[here - agents]],
          worked: worked[here],
          lied: lied[here],
        };
      },

      // Payoffs of a seat at every stop.
      line(seat) {
        return Array.from({ length: nights + 1 }, (_, stop) => total[stop * agents + seat]);
      },

      // How many houses are in each state at a stop, and how many were saved up to it.
      counts(stop) {
        const counts = [0, 0, 0];
        at(stop).forEach((state) => counts[state]++);
        return { counts, saved: saved[stop] };
      },
    };
  }

  // Where two plays of the same luck part: the first stop at which an act differs, the first at
  // which a house does (null for never), and the houses that differ at a stop. Nothing is compared
  // once one of them is over.
  function comparison(a, b) {
    const last = Math.min(a.nights, b.nights);
    const differing = (stop) => {
      if (stop > last) {
        return [];
      }
      const [left, right] = [a.states(stop), b.states(stop)];
      return [...left.keys()].filter((house) => left[house] !== right[house]);
    };
    const actsDiffer = (stop) => {
      for (let agent = 0; agent < a.agents; agent++) {
        const [left, right] = [a.act(stop, agent), b.act(stop, agent)];
        if (['house', 'works', 'signal'].some((part) => left[part] !== right[part])) {
          return true;
        }
      }
      return false;
    };
    const differs = new Uint8Array(last + 1);
    let [firstAct, firstHouse] = [null, null];
    for (let stop = 1; stop <= last; stop++) {
      differs[stop] = differing(stop).length;
      if (firstHouse === null && differs[stop] > 0) {
        firstHouse = stop;
      }
      if (firstAct === null && actsDiffer(stop)) {
        firstAct = stop;
      }
    }
    return { firstAct, firstHouse, differs, differing };
  }

  Object.assign(explore.tools, { play, comparison });
}
