// A replay on the screen: one or two stages with a clock, all nights at a glance, and payoffs as
// they add up.
'use strict';

{
  const { el, format, seatColour, seatDash } = explore.tools;

  const SIDES = ['Left', 'Right'];

  function parted(plays, found) {
    const night = (stop) => plays[0].entry.first + stop - 1;
    const act =
      found.firstAct === null
        ? 'Nobody ever acts differently'
        : `Somebody acts differently first on night ${night(found.firstAct)}`;
    const house =
      found.firstHouse === null
        ? 'the houses are the same on every night'
        : `houses differ first at the end of night ${night(found.firstHouse)}`;
    const [left, right] = plays.map((play) => play.nights);
    const [side, nights] = left < right ? [SIDES[0], left] : [SIDES[1], right];
    const over = `${side} is over after ${format.plural(nights, 'night')}, and no more compared.`;
    return `Same luck. ${act}; ${house}.${left === right ? '' : ` ${over}`}`;
  }

  function payoffLines(plays) {
    const two = plays.length > 1;
    const end = Math.max(...plays.map((play) => play.nights));
    const series = plays.flatMap((play, side) =>
      play.entry.seats.map((_, seat) => {
        const line = play.line(seat);
        const rest = new Array(end - play.nights).fill(null);
        return {
          sign: format.seat(seat),
          label: two ? `${format.seat(seat)} ${SIDES[side].toLowerCase()}` : format.seat(seat),
          values: [...line, ...rest],
          colour: seatColour(seat),
          dash: two ? (side ? [6, 4] : []) : seatDash(seat),
        };
      }),
    );
    const stops = Array.from({ length: end + 1 }, (_, stop) => stop);
    return { x: { label: 'nights played', values: stops }, series };
  }

  function scene(entries, { lineup }, tools) {
    const plays = entries.map((entry) => tools.play(entry));
    const two = plays.length > 1;
    const end = Math.max(...plays.map((play) => play.nights));
    const [first] = plays;
    const found = two ? tools.comparison(...plays) : null;
    const differing = (stop) => (found ? found.differing(stop) : []);

    const stages = plays.map((play, side) =>
      tools.stage(play, lineup(play.entry), two ? SIDES[side] : null),
    );
    const lines = plays.map((play, side) =>
      tools.timeline({
        play,
        stops: end + 1,
        differs: side === plays.length - 1 ? found?.differs : null,
        label: [lineup(play.entry), `${play.houses} houses`, `${play.nights} nights`].join(', '),
        onSeek: (stop) => player.seek(stop),
      }),
    );
    const chart = tools.chart({
      label: 'Payoff of each seat so far, by nights played',
      ...payoffLines(plays),
      y: { label: 'points' },
      onPick: (index) => player.seek(index),
    });

    let stop = 0;
    const player = tools.player({
      end,
      told(at) {
        const nights = format.plural(end, 'night');
        const night = first.entry.first + at - 1;
        return at === 0 ? `Start of ${nights}` : `Night ${night}, of ${nights}`;
      },
      draw(time) {
        stop = Math.round(time);
        stages.forEach((each) => each.show(time, differing));
        lines.forEach((each) => each.move(time));
        chart.mark(time);
      },
    });

    function nextDifference() {
      const after = found?.differs.findIndex((count, at) => at > stop && count > 0) ?? -1;
      if (after > 0) {
        player.seek(after);
      }
    }
    const button = (label, onclick) => el('button', { type: 'button', onclick }, label);
    const difference =
      two &&
      el(
        'div',
        { class: 'parted' },
        el('p', {}, parted(plays, found)),
        found.firstHouse !== null && [
          button('First difference', () => player.seek(found.firstHouse)),
          button('Next difference', nextDifference),
        ],
      );

    const signs = [
      ['safe', 'safe'],
      ['burning', 'burning'],
      ['ruined', 'ruined'],
      ['works says-work', 'works, and says so'],
      ['rests says-rest', 'rests, and says so'],
      ['works says-rest lies', 'lies: says rest, works'],
      ['rests says-work lies', 'lies: says work, rests'],
    ];
    const elements = [
      player.element,
      ...(difference ? [difference] : []),
      el('div', { class: 'columns' }, stages.map((each) => each.element)),
      tools.legend(signs),
      el(
        'section',
        { class: 'card' },
        el('h3', {}, 'All nights'),
        el(
          'p',
          { class: 'muted' },
          'A row a house, a column a night',
          two && '; beneath, nights on which the two differ',
          '. Click to go there.',
        ),
        lines.map((each, side) =>
          el('div', {}, two && el('p', { class: 'side' }, SIDES[side]), each.element),
        ),
      ),
      el('section', { class: 'card' }, el('h3', {}, 'Payoffs as they add up'), chart.element),
    ];
    return {
      elements,
      player,
      told: () => stages.map((each) => each.story(stop)).join(' '),
      key(event) {
        if (event.key === 'd' && found) {
          nextDifference();
          return true;
        }
        return player.key(event);
      },
    };
  }

  Object.assign(explore.tools, { scene });
}
