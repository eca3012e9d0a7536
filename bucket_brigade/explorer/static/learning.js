// The view of learning: payoff of learned policies over training beside payoffs to compare with, their
// exploitability, and every other number of the log in a chart of its own.
'use strict';

{
  const { el, format } = explore.tools;

  const LABELS = {
    payoff: 'payoff',
    gain: 'gain of a seat that leaves',
    nights: 'nights of an episode',
    update: 'update',
    played: 'nights played',
  };
  const label = (name) => Object.hasOwn(LABELS, name) ? LABELS[name] : name.replaceAll('_', ' ');
  const DASHES = [[6, 4], [2, 3], [10, 3, 2, 3], [1, 6]];

  function last(values) {
    return values.findLast((value) => value !== null) ?? null;
  }

  // How far it came, in a sentence.
  function summary({ columns, known }) {
    const [payoff, gain] = [last(columns.payoff), last(columns.gain)];
    const parts = Object.entries(known).map(
      ([name, value]) => `${format.share(payoff / value)} of ${name} (${format.number(value)})`,
    );
    const compared = payoff > 0 && parts.length > 0 ? `, ${parts.join(', ')}` : '';
    return (
      `In the end: ${format.number(payoff)} points an episode${compared}; ` +
      `a seat that leaves gains ${format.number(gain)} at most.`
    );
  }

  function card(log, tools) {
    const { columns, known, scenario, source } = log;
    const played = columns.played?.every((value, i) =>
      value !== null && (i === 0 || value > columns.played[i - 1])
    );
    const by = played ? 'played' : 'update';
    const x = { label: label(by), values: columns[by] };
    const line = (name, colour) => ({
      label: label(name),
      values: columns[name],
      colour,
      points: true,
      digits: 2,
    });
    const main = tools.chart({
      label: `Payoff by ${label(by)}`,
      x,
      series: [
        line('payoff', 'seat-0'),
        ...Object.entries(known).map(([name, value], i) => ({
          label: name,
          values: x.values.map(() => value),
          colour: 'muted',
          dash: DASHES[i % DASHES.length],
          width: 1.2,
          digits: 2,
        })),
      ],
      y: { label: 'points an episode', digits: 2 },
      height: 320,
    });
    // On an axis of its own, as payoffs are often far from 0.
    const gain = tools.chart({
      label: `Exploitability by ${label(by)}`,
      x,
      series: [{ ...line('gain', 'seat-1'), dash: [8, 4] }],
      y: { label: 'gain of a seat that leaves, points an episode', digits: 2 },
      height: 240,
    });
    const others = Object.keys(columns).filter((name) =>
      !['update', 'played', 'payoff', 'gain'].includes(name)
    );
    return el(
      'article',
      { class: 'card result' },
      el('h2', {}, scenario ? scenario.name : source ?? 'Training log'),
      el('p', {}, summary(log)),
      main.element,
      gain.element,
      el(
        'div',
        { class: 'columns' },
        others.map((name) =>
          tools.chart({
            label: label(name),
            x,
            series: [line(name, 'seat-2')],
            y: { label: label(name), digits: 2 },
          }).element
        ),
      ),
      source ? el('p', { class: 'muted' }, `from ${source}`) : null,
    );
  }

  explore.view({
    name: 'learning',
    title: 'Learning',
    order: 50,
    accepts: (bundle) => bundle.learning.length > 0,
    mount(element, { learning }, tools) {
      element.append(
        el(
          'p',
          { class: 'lead' },
          'How far learning came: what the learned policies pay, and what one seat could still gain by leaving them, as the log has it.',
        ),
        ...learning.map((log) => card(log, tools)),
      );
    },
  });
}
