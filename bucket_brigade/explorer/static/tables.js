// Policies and values as the bundle has them, unpacked: functions of seat, state and night.
'use strict';

{
  async function inflated(packed) {
    const bytes = explore.tools.unpacked(packed, Uint8Array);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return new Response(stream).arrayBuffer();
  }

  // A table of one seat: chances of acts, 0 to rest or 1 + h to work at house h, as a function of
  // state and night.
  async function unpackedActs({ count, until, acts, row, rows, whole, drawn }, houses) {
    const [counts, ends, does, rowOf] = [
      new Uint16Array(await inflated(count)),
      new Uint16Array(await inflated(until)),
      new Uint8Array(await inflated(acts)),
      new Uint32Array(await inflated(row)),
    ];
    const chancesOf = new (whole > 255 ? Uint16Array : Uint8Array)(await inflated(rows));
    const rowCount = chancesOf.length / (houses + 1);
    const first = new Uint32Array(counts.length + 1);
    counts.forEach((runs, state) => {
      first[state + 1] = first[state] + runs;
    });
    const drawnBefore = new Uint32Array(does.length + 1);
    does.forEach((act, run) => {
      drawnBefore[run + 1] = drawnBefore[run] + (act === drawn ? 1 : 0);
    });
    return (state, night) => {
      let run = first[state];
      while (ends[run] <= night) {
        run++;
      }
      const chances = new Array(houses + 1).fill(0);
      if (does[run] === drawn) {
        const at = rowOf[drawnBefore[run]];
        chances.forEach((_, act) => {
          chances[act] = chancesOf[act * rowCount + at] / whole;
        });
      } else {
        chances[does[run]] = 1;
      }
      return chances;
    };
  }

  // Values by seat and state, from the differences between states.
  async function unpackedValues({ planes, count }, step, states, seats) {
    const bytes = new Uint8Array(await inflated(planes));
    const values = new Float64Array(states * seats);
    for (let seat = 0; seat < seats; seat++) {
      let whole = 0;
      for (let state = 0; state < states; state++) {
        const i = seat * states + state;
        let coded = 0;
        for (let plane = count - 1; plane >= 0; plane--) {
          coded = 256 * coded + bytes[plane * states * seats + i];
        }
        whole += coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
        values[i] = whole * step;
      }
    }
    return (seat, state) => values[seat * states + state];
  }

  async function unpackedLineup(lineup, browser) {
    const { num_houses: houses, num_agents: seats } = browser.scenario;
    return {
      ...lineup,
      acts: await Promise.all(lineup.seats.map((seat) => unpackedActs(seat, houses))),
      value: await unpackedValues(lineup.values, browser.step, 3 ** houses, seats),
    };
  }

  Object.assign(explore.tools, { unpackedLineup });
}
