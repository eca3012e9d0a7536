// Parameters of games as tables, and names that tell games apart.
'use strict';

{
  // Parameters of a game: those that are not as in the catalogue, and all of them, folded.
  function parameters({ all, changed }) {
    const { el, toldValue } = explore.tools;
    const others = (changed ?? []).map(([label, value, usual]) =>
      `${label}: ${toldValue(value)} instead of ${toldValue(usual)}`
    );
    const summary = changed === null
      ? 'Parameters'
      : others.length > 0
      ? `Parameters, not all as in the catalogue: ${others.join('; ')}`
      : 'Parameters, all as in the catalogue';
    return el(
      'details',
      { class: 'parameters' },
      el('summary', {}, summary),
      el(
        'table',
        {},
        el('caption', {}, 'Parameters of the game'),
        el(
          'tbody',
          {},
          all.map(([label, value]) =>
            el(
              'tr',
              {},
              el('th', { scope: 'row', class: 'words' }, label),
              el('td', {}, toldValue(value)),
            )
          ),
        ),
      ),
    );
  }

  // Names of games that differ in parameters although their scenario has one name: with what is not
  // as in the catalogue, and numbered where that does not tell them apart either.
  function gameNames(entries) {
    const { toldValue } = explore.tools;
    const orders = new Set(entries.map(({ scenario }) => scenario.night_order)).size > 1;
    const plain = entries.map(({ scenario }) =>
      orders ? `${scenario.name}, ${scenario.night_order}` : scenario.name
    );
    const shared = (names, i) => names.filter((name) => name === names[i]).length > 1;
    const longer = plain.map((name, i) => {
      const changed = shared(plain, i) ? entries[i].parameters.changed ?? [] : [];
      return [name, ...changed.map(([label, value]) =>
        `${label.split(',')[0]} ${toldValue(value)}`
      )].join(', ');
    });
    return longer.map((name, i) => shared(longer, i) ? `${name} #${i + 1}` : name);
  }

  Object.assign(explore.tools, { parameters, gameNames });
}
