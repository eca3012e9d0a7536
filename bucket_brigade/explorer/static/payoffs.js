// The view of results: one scenario at a time, with all that was found about it side by side, and
// a card for each equilibrium, judgement, optimum or payoff matrix.
'use strict';

{
  const { el, format, announce } = explore.tools;

  const VERDICTS = { certified: '✓', refuted: '✕', 'not certified': '✕', undecided: '?' };

  // A number with its last digit within reach: what is shown is rounded, the title is not. What is
  // far below a thousandth of a point is rounding.
  function number(value, digits = 2) {
    const told = value !== null && Math.abs(value) < 1e-6 ? 0 : value;
    return el('td', value === null ? {} : { title: String(value) }, format.number(told, digits));
  }

  const words = (value) => el('td', { class: 'words' }, value);
  const cell = (value) => typeof value === 'string' ? words(value) : number(value);

  const LEFT = ['plays', 'found', 'from', 'strategy', 'seats', 'best (p, q)'];
  const head = (names) =>
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        names.map((name) =>
          el('th', { scope: 'col', class: LEFT.includes(name) ? 'words' : null }, name)
        ),
      ),
    );

  // A table of a bundle: {caption, head, rows}, the first column naming the rows.
  function table({ caption, head: names, rows }) {
    return el(
      'div',
      { class: 'wide' },
      el(
        'table',
        {},
        el('caption', {}, caption),
        head(names),
        el(
          'tbody',
          {},
          rows.map(([first, ...others]) =>
            el(
              'tr',
              {},
              el('th', { scope: 'row', class: 'words' }, String(first)),
              others.map(cell),
            )
          ),
        ),
      ),
    );
  }

  function verdict(entry) {
    if (!entry.verdict) {
      return null;
    }
    const kind = entry.verdict.replaceAll(' ', '-');
    return el(
      'span',
      { class: `verdict ${kind}` },
      `${VERDICTS[entry.verdict] ?? ''} ${entry.verdict}`,
    );
  }

  function fact(name, value, exact) {
    return el(
      'div',
      {},
      el('dt', {}, name),
      el('dd', exact === undefined || exact === null ? {} : { title: String(exact) }, value),
    );
  }

  // The interval of a regret; far less than a thousandth of a point is as good as none.
  function told({ lower, upper, epsilon }) {
    const limit = (value) => format.number(value < 1e-6 ? 0 : value, 4);
    return `${limit(lower)} to ${upper === null ? 'unknown' : limit(upper)}, allowed ${epsilon}`;
  }

  function facts(entry) {
    if (entry.payoff === undefined) {
      return null;
    }
    const error = entry.payoff_stderr ? ` ± ${format.number(entry.payoff_stderr, 2)}` : '';
    const { interval } = entry;
    return el(
      'dl',
      { class: 'facts' },
      fact('payoff, points an episode', format.number(entry.payoff, 2) + error, entry.payoff),
      fact('nights of an episode', format.number(entry.nights, 1), entry.nights),
      fact('payoff a night', format.number(entry.payoff_a_night, 2), entry.payoff_a_night),
      interval ? fact('regret, points an episode', told(interval), interval.upper) : null,
    );
  }

  // Payoffs of rows against columns as a table whose cells are shaded by payoff.
  function shaded({ caption, corner, rows, columns, values, errors, digits, best }) {
    const { cividis, css, legibleOn, extent } = explore.tools;
    const [low, high] = extent(values.flat().filter((value) => value !== null)) ?? [0, 0];
    const body = rows.map((name, i) =>
      el(
        'tr',
        {},
        el('th', { scope: 'row', class: 'words' }, name),
        values[i].map((value, j) => {
          const error = errors?.[i][j];
          const answer = best?.[i][j];
          const shade = cividis(high > low ? (value - low) / (high - low) : 0.5);
          const one = el(
            'td',
            { title: String(value), class: answer ? 'shaded best' : 'shaded' },
            `${answer ? '★ ' : ''}${format.number(value, digits)}`,
            error ? el('small', {}, ` ± ${format.number(error, 2)}`) : null,
          );
          one.style.background = css(shade);
          one.style.color = legibleOn(shade);
          return one;
        }),
      )
    );
    return el(
      'div',
      { class: 'wide' },
      el(
        'table',
        { class: 'matrix' },
        el('caption', {}, caption),
        head([corner, ...columns]),
        el('tbody', {}, body),
      ),
    );
  }

  function restrictedGame(game) {
    const others = game.players - 1;
    const stand = game.players < game.agents ? `, who stand for all ${game.agents - 1}` : '';
    const reduced = game.reduced
      ? ` Only columns are shown in which all others play the same, of ${
        format.count(game.compositions)
      }.`
      : '';
    const mean = game.of_mean
      ? ' The strategy examined is the mean of those that its equilibrium plays.'
      : '';
    return el(
      'section',
      {},
      el('h3', {}, 'The restricted game'),
      el(
        'p',
        { class: 'muted' },
        `Each row is a strategy that the search brought in; each column, what the other ${others} play${stand}. ★ marks the best reply of a column.${reduced}${mean}`,
      ),
      shaded({
        caption: 'Payoff of the row, points an episode',
        corner: 'strategy, share in its equilibrium',
        rows: game.symbols.map((symbol, i) =>
          `${symbol}: ${game.names[i]}, ${format.number(game.weights[i], 3)}`
        ),
        columns: game.columns,
        values: game.payoffs,
        errors: game.stderr,
        digits: game.digits,
        best: game.best,
      }),
    );
  }

  function matrix({ names, who, mean, stderr, nights }) {
    const parts = { corner: 'plays \\ others play', rows: names, columns: names };
    return [
      shaded({
        ...parts,
        caption: `Payoff of the row (${who}), points an episode`,
        values: mean,
        errors: stderr,
        digits: 1,
      }),
      shaded({ ...parts, caption: 'Nights of an episode', values: nights, digits: 1 }),
    ];
  }

  function card(entry) {
    return el(
      'article',
      { class: 'card result' },
      el('h3', {}, entry.title, ' ', verdict(entry)),
      entry.plays ? el('p', { class: 'plays' }, entry.plays) : null,
      entry.words ? el('p', {}, entry.words) : null,
      facts(entry),
      entry.surfaces?.length
        ? el(
          'section',
          {},
          el(
            'p',
            { class: 'muted' },
            'The map shows what one player gains (bright) or loses (dark) by playing another (p, q) than the equilibrium has, while all others stay.',
          ),
          el(
            'div',
            { class: 'columns' },
            entry.surfaces.map((each) => explore.tools.surface(each)),
          ),
        )
        : null,
      entry.restricted_game ? restrictedGame(entry.restricted_game) : null,
      entry.seats?.rows ? table(entry.seats) : null,
      entry.matrix ? matrix(entry.matrix) : null,
      entry.deviations
        ? el('details', {}, el('summary', {}, 'What was compared'), table(entry.deviations))
        : null,
      entry.source ? el('p', { class: 'muted' }, `from ${entry.source}`) : null,
    );
  }

  // All results of one scenario, payoffs and nights side by side.
  function comparison(entries) {
    const rows = entries.filter((entry) => entry.payoff !== undefined);
    if (rows.length < 2) {
      return null;
    }
    const named = rows.some((entry) => entry.source);
    const largest = Math.max(...rows.map((entry) => Math.abs(entry.payoff ?? 0)), 1);
    return el(
      'div',
      { class: 'card wide' },
      el(
        'table',
        {},
        el('caption', {}, 'Payoffs beside the nights of an episode: longer episodes pay more'),
        head([
          'found',
          ...(named ? ['from'] : []),
          'payoff',
          '',
          'nights',
          'payoff a night',
          'any policy gains',
        ]),
        el(
          'tbody',
          {},
          rows.map((entry) => {
            const bar = el('span', { class: entry.payoff < 0 ? 'bar below' : 'bar' });
            bar.style.width = `${(100 * Math.abs(entry.payoff ?? 0)) / largest}px`;
            return el(
              'tr',
              {},
              el(
                'th',
                { scope: 'row', class: 'words' },
                `${entry.title}: ${format.short(entry.plays ?? '', 60)}`,
              ),
              named ? words(entry.source ?? '') : null,
              number(entry.payoff),
              el('td', { class: 'bars', 'aria-hidden': 'true' }, bar),
              number(entry.nights, 1),
              number(entry.payoff_a_night),
              number(entry.exploitability ?? null),
            );
          }),
        ),
      ),
    );
  }

  // Entries by scenario, in the order in which these come.
  function byScenario(entries) {
    const groups = new Map();
    for (const entry of entries) {
      const key = JSON.stringify(entry.scenario);
      groups.set(key, [...(groups.get(key) ?? []), entry]);
    }
    return [...groups.values()];
  }

  function mount(element, { results }) {
    const groups = byScenario(results);
    const names = explore.tools.gameNames(groups.map(([first]) => first));
    const name = (entries) => names[groups.indexOf(entries)];
    const room = el('div', { class: 'view' });
    const buttons = [];
    let shown = -1;

    function show(index) {
      if (index === shown || !groups[index]) {
        return;
      }
      shown = index;
      const entries = groups[index];
      const { scenario } = entries[0];
      buttons.forEach((button, i) => button.setAttribute('aria-pressed', String(i === index)));
      room.replaceChildren(
        el(
          'header',
          {},
          el('h2', {}, name(entries)),
          el(
            'p',
            { class: 'muted' },
            `${format.plural(scenario.num_houses, 'house')}, ${
              format.plural(scenario.num_agents, 'agent')
            }, at most ${
              format.plural(scenario.max_nights, 'night')
            }; ${scenario.night_order}, ${scenario.end_rule}. ${scenario.description}`,
          ),
        ),
        explore.tools.parameters(entries[0].parameters),
        ...[comparison(entries)].filter(Boolean),
        ...entries.map(card),
      );
    }

    function row(entries, index) {
      const first = entries.find((entry) => entry.payoff !== undefined) ?? entries[0];
      const button = el(
        'button',
        {
          type: 'button',
          onclick: () => {
            show(index);
            announce(`Showing ${name(entries)}`);
          },
        },
        name(entries),
      );
      buttons.push(button);
      return el(
        'tr',
        {},
        el('th', { scope: 'row' }, button),
        el('td', { class: 'words' }, format.short(first.plays ?? first.title, 60)),
        number(first.payoff ?? null, 1),
        number(first.nights ?? null, 1),
        el('td', {}, verdict(first)),
        number(first.exploitability ?? null, 1),
      );
    }

    element.append(
      el(
        'p',
        { class: 'lead' },
        'Which behaviour is stable: what was found for each scenario, what it pays, and what a player could still gain by leaving it.',
      ),
    );
    if (groups.length > 1) {
      element.append(
        el(
          'div',
          { class: 'card wide' },
          el(
            'table',
            { class: 'picker' },
            el('caption', {}, 'Choose a scenario. Payoffs are points an episode, mean over seats.'),
            head([
              'scenario',
              'plays',
              'payoff',
              'nights',
              'verdict of the search',
              'any policy gains',
            ]),
            el('tbody', {}, groups.map(row)),
          ),
        ),
      );
    }
    element.append(room);
    show(0);
    return {
      keys: groups.length > 1 ? [['n, p', 'the next or the previous scenario']] : [],
      key(event) {
        const step = { n: 1, p: -1 }[event.key];
        if (!step || groups.length < 2) {
          return false;
        }
        show((shown + step + groups.length) % groups.length);
        announce(`Showing ${name(groups[shown])}`);
        return true;
      },
    };
  }

  Object.assign(explore.tools, { table });

  explore.view({
    name: 'results',
    title: 'Equilibria',
    order: 20,
    accepts: (bundle) => bundle.results.length > 0,
    mount,
  });
}
