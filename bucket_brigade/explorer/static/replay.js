// The view that replays episodes: one play, or two side by side on the same luck.
'use strict';

{
  const { format, parameters, PLAYER_KEYS } = explore.tools;

  // Plays of the same luck belong together: same game, seed and number.
  function grouped(entries) {
    const groups = new Map();
    entries.forEach((entry, place) => {
      const luck = entry.scenario ? [entry.scenario, entry.seed, entry.episode] : place;
      const key = JSON.stringify(luck);
      groups.set(key, [...(groups.get(key) ?? []), entry]);
    });
    return [...groups.values()];
  }

  function nameOf(entry) {
    if (!entry.scenario) {
      return 'Nights as given';
    }
    const changed = (entry.parameters.changed ?? []).map(
      ([label, value]) => `${label.split(',')[0]} ${explore.tools.toldValue(value)}`,
    );
    const game = [format.short(entry.scenario.name, 60), ...changed].join(', ');
    return `${game}: episode ${entry.episode} of seed ${entry.seed}`;
  }

  // "hero ×2, liar": the line-up in a line.
  function lineup(entry) {
    const counts = new Map();
    entry.seats.forEach((seat) => counts.set(seat, (counts.get(seat) ?? 0) + 1));
    const parts = [...counts].map(
      ([name, count]) => format.short(name, 28) + (count > 1 ? ` ×${count}` : ''),
    );
    return format.short(parts.join(', '), 90);
  }

  function mount(element, bundle, tools) {
    const { el, text, announce } = tools;
    let groups = grouped(bundle.episodes);
    const heading = el('h2');
    const select = (label, onchange) => el('select', { 'aria-label': label, onchange });
    const chooser = select('Which of these', () => open(chooser.selectedIndex));
    const sides = ['Left', 'Right'].map((side) => select(`${side} line-up`, () => openSides()));
    const choice = el('div', { class: 'choice' }, chooser, sides);
    const about = el('div');
    const body = el('div', { class: 'replay' });
    let [group, current] = [null, null];

    function fill(select, names, hidden) {
      select.replaceChildren(...names.map((name, i) => el('option', { value: i }, name)));
      select.hidden = hidden;
    }

    function open(place) {
      group = groups[place];
      text(heading, nameOf(group[0]));
      about.replaceChildren(...(group[0].scenario ? [parameters(group[0].parameters)] : []));
      sides.forEach((select, side) => {
        fill(select, group.map(lineup), group.length < 3);
        select.selectedIndex = Math.min(side, group.length - 1);
      });
      openSides();
    }

    function openSides() {
      current?.player.pause();
      const chosen = [...new Set(sides.map((select) => select.selectedIndex))];
      current = tools.scene(chosen.map((i) => group[i]), { lineup }, tools);
      body.replaceChildren(...current.elements);
    }

    function refresh(entries) {
      groups = grouped(entries);
      fill(chooser, groups.map((each) => nameOf(each[0])), groups.length < 2);
      choice.hidden = groups.length < 2 && groups.every((each) => each.length < 3);
      open(0);
    }

    // What is asked for comes before what was given, which stays.
    const onFound = (found) => {
      const told = new Set(found.map((entry) => JSON.stringify(entry)));
      refresh([...found, ...bundle.episodes.filter((entry) => !told.has(JSON.stringify(entry)))]);
    };
    const live = tools.ask ? tools.liveForm({ asked: bundle.asked, ask: tools.ask, onFound }) : null;
    element.append(el('div', { class: 'heading' }, heading, choice), about);
    element.append(...(live ? [live.element] : []), body);
    if (groups.length > 0) {
      refresh(bundle.episodes);
    } else {
      live.show();
    }
    return {
      hidden: () => current?.player.pause(),
      keys: [
        ...PLAYER_KEYS,
        ['d', 'to the next night on which the two differ'],
        ...(live?.keys ?? []),
      ],
      key(event) {
        if (live?.key(event)) {
          return true;
        }
        const used = current?.key(event);
        if (used) {
          announce(current.told());
        }
        return used;
      },
    };
  }

  explore.view({
    name: 'replay',
    title: 'Replay',
    order: 10,
    accepts: (bundle) => bundle.episodes.length > 0 || bundle.live,
    mount,
  });
}
