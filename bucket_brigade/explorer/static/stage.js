// One play on its stage: the ring with agents walking from house to house, who earned what, and
// what happened in words.
'use strict';

{
  const { el, text, format, ring } = explore.tools;

  // Parts of a night: agents walk until the first, and houses change at the second.
  const [ARRIVED, CHANGED] = [0.55, 0.7];

  const smooth = (x) => x * x * (3 - 2 * x);

  // "a and b put out house 4; house 5 caught fire; d says work and rests": a night in words.
  function story(play, stop) {
    if (stop === 0) {
      return 'Before the first night. Agents are at home.';
    }
    const told = [];
    const events = {};
    for (let house = 0; house < play.houses; house++) {
      const event = play.event(stop, house);
      if (event) {
        (events[event] ??= []).push(house);
      }
    }
    const words = {
      saved: 'saved',
      'caught fire': 'caught fire',
      'caught again': 'caught fire again after being put out',
      'burned down': 'burned down',
    };
    for (const [event, houses] of Object.entries(events)) {
      told.push(`${houses.length > 1 ? 'houses' : 'house'} ${houses.join(', ')} ${words[event]}`);
    }
    const [at, lying] = [new Map(), []];
    for (let agent = 0; agent < play.agents; agent++) {
      const act = play.act(stop, agent);
      if (act.works) {
        at.set(act.house, [...(at.get(act.house) ?? []), format.seat(agent)]);
      }
      if (act.works !== act.signal) {
        lying.push(format.seat(agent));
      }
    }
    const working = [...at].map(([house, seats]) => `${seats.join(', ')} at ${house}`);
    const acts = [
      working.length ? `working: ${working.join('; ')}` : 'nobody works',
      lying.length ? `lying: ${lying.join(', ')}` : null,
    ];
    const sentences = [...acts.filter(Boolean), ...told];
    return sentences.map((words) => `${words[0].toUpperCase()}${words.slice(1)}.`).join(' ');
  }

  function seatTable(play) {
    const heads = ['Seat', 'Plays', 'Worked', 'Lied', 'This night', 'Payoff'];
    const rows = play.entry.seats.map((name, seat) => {
      const cells = Array.from({ length: 4 }, () => el('td'));
      const badge = el('span', { class: `badge seat-${seat % 8}` }, format.seat(seat));
      const plays = el('td', { class: 'plays', title: name }, format.short(name, 36));
      const row = el('tr', {}, el('th', { scope: 'row' }, badge, ` ${seat}`), plays, cells);
      return { row, cells };
    });
    const element = el(
      'table',
      { class: 'seats' },
      el('caption', { class: 'hidden' }, 'What each seat plays, did and earned so far'),
      el('thead', {}, el('tr', {}, heads.map((head) => el('th', { scope: 'col' }, head)))),
      el('tbody', {}, rows.map(({ row }) => row)),
    );
    function show(stop) {
      rows.forEach(({ cells }, seat) => {
        const sums = play.sums(stop, seat);
        text(cells[0], format.count(sums.worked));
        text(cells[1], format.count(sums.lied));
        text(cells[2], format.number(sums.tonight, 1));
        text(cells[3], format.number(sums.payoff, 1));
      });
    }
    return { element, show };
  }

  function stage(play, title, side) {
    const picture = ring({
      houses: play.houses,
      agents: play.agents,
      owners: true,
      label: `${title}: the ring of houses`,
    });
    const table = seatTable(play);
    const counts = el('p', { class: 'counts' });
    const words = el('p', { class: 'story' });
    const element = el(
      'section',
      { class: side ? 'card stage' : 'card stage alone', 'aria-label': title },
      el('h3', {}, side ? el('span', { class: 'side' }, side) : null, title),
      picture.element,
      el('div', { class: 'told' }, counts, words, el('div', { class: 'wide' }, table.element)),
    );
    let [lastHouses, lastStop, from, to] = [null, null, null, null];

    function spots(stop) {
      const acts = Array.from({ length: play.agents }, (_, agent) => play.act(stop, agent));
      return { stop, acts, places: picture.spots(acts.map((act) => act.house)) };
    }

    function showHouses(stop, marked, differs) {
      const key = `${stop}/${marked}/${differs}`;
      if (key === lastHouses) {
        return;
      }
      lastHouses = key;
      const marks = {};
      for (let house = 0; marked && house < play.houses; house++) {
        marks[house] = play.event(stop, house);
      }
      picture.houses(play.states(stop), marks, differs);
    }

    function showWords(stop) {
      if (stop === lastStop) {
        return;
      }
      lastStop = stop;
      const { counts: [safe, burning, ruined], saved } = play.counts(stop);
      const told = [`${safe} safe`, `${burning} burning`, `${ruined} ruined`];
      told.push(`${format.count(saved)} saved so far`);
      if (stop === play.nights && play.entry.ended) {
        told.push(`ended: ${play.entry.ended.replaceAll('_', ' ')}`);
      }
      text(counts, told.join(' · '));
      text(words, story(play, stop));
      table.show(stop);
    }

    return {
      element,
      // The story of a stop, for those who listen.
      story: (stop) => story(play, Math.min(stop, play.nights)),

      // Shows a time: at a whole one, the end of a night; between two, agents on their way.
      show(time, differing) {
        const now = Math.min(time, play.nights);
        const stop = Math.floor(now);
        const part = now - stop;
        if (from?.stop !== stop) {
          from = to?.stop === stop ? to : spots(stop);
        }
        if (part > 0 && to?.stop !== stop + 1) {
          to = spots(stop + 1);
        }
        const share = smooth(Math.min(1, part / ARRIVED));
        const acts = part > 0 ? to.acts : from.acts;
        acts.forEach((act, agent) => {
          const [x, y] = from.places[agent];
          const [toX, toY] = part > 0 ? to.places[agent] : from.places[agent];
          picture.agent(agent, { ...act, x: x + share * (toX - x), y: y + share * (toY - y) });
        });
        const shown = part >= CHANGED ? stop + 1 : stop;
        const compared = time > play.nights ? Math.ceil(time) : shown; // when this one is over
        showHouses(shown, part === 0 || part >= CHANGED, differing(compared));
        showWords(shown);
      },
    };
  }

  Object.assign(explore.tools, { stage });
}
