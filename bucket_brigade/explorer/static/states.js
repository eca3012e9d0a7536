// The view of policies: a ring whose houses are clicked to set a state; what each line-up does there
// and is worth; and the states where policies differ most from the heuristic, by how often they get
// there.
'use strict';

{
  const { el, text, format, announce } = explore.tools;

  const SIGNS = '.*#';
  // Shares of acts below this are not told, and policies closer than this are called alike.
  const LEAST = 0.0005;

  const codesOf = (state, houses) =>
    Array.from({ length: houses }, (_, h) => Math.floor(state / 3 ** h) % 3);
  const numberOf = (codes) => codes.reduce((sum, code, h) => sum + code * 3 ** h, 0);
  const signsOf = (codes) => codes.map((code) => SIGNS[code]).join('');

  const act = (index) => (index === 0 ? 'rest' : `house ${index - 1}`);

  // What is done, the likeliest first, with shares where it is drawn.
  function told(chances) {
    const drawn = chances
      .map((chance, index) => [chance, index])
      .filter(([chance]) => chance > LEAST)
      .sort((a, b) => b[0] - a[0]);
    if (drawn.length === 1) {
      return act(drawn[0][1]);
    }
    const most = drawn.slice(0, 4).map(([chance, index]) =>
      `${act(index)} ${format.share(chance, 1)}`
    );
    return most.join(', ') + (drawn.length > 4 ? `, and ${drawn.length - 4} more` : '');
  }

  const distance = (one, other) =>
    one.reduce((sum, chance, i) => sum + Math.abs(chance - other[i]), 0) / 2;

  function count(codes, code, noun) {
    return format.plural(codes.filter((each) => each === code).length, noun);
  }

  function browse(room, browser, lineups) {
    const { num_houses: houses, num_agents: seats, max_nights: nights } = browser.scenario;
    // What a line-up is compared with; nothing if it is what the others are.
    const compared = (lineup) => lineup.is_base ? null : lineups[lineup.other];
    const codes = codesOf(0, houses);
    const digits = browser.step < 1 ? 1 : 0;

    const ring = explore.tools.ring({
      houses,
      agents: seats,
      owners: true,
      label: 'The ring of houses. Press a house to make it safe, burning or ruined, in turn.',
      onHouse(house) {
        codes[house] = (codes[house] + 1) % 3;
        show();
        announce(`House ${house} is ${explore.tools.STATES[codes[house]]}`);
      },
    });
    const signs = el('input', {
      type: 'text',
      size: houses + 2,
      maxlength: houses,
      spellcheck: 'false',
      autocomplete: 'off',
      id: 'state-signs',
      onchange() {
        const typed = [...signs.value].map((sign) => SIGNS.indexOf(sign));
        const right = typed.length === houses && !typed.includes(-1);
        if (right) {
          typed.forEach((code, house) => {
            codes[house] = code;
          });
        }
        show();
        if (!right) {
          text(where, `A state has ${houses} signs, each . (safe), * (burning) or # (ruined).`);
          announce(where.textContent);
        }
      },
    });
    const night = el('input', {
      type: 'range',
      min: 0,
      max: nights - 1,
      value: 0,
      id: 'state-night',
      oninput: () => show(),
    });
    const nightTold = el('output', { for: 'state-night' });
    const where = el('p', { class: 'readout' });
    const body = el('tbody', {});
    const chosen = el(
      'select',
      { id: 'state-lineup', onchange: () => choose() },
      lineups.map((each, i) => el('option', { value: String(i) }, each.name)),
    );
    const burning = el('input', {
      type: 'checkbox',
      id: 'state-burning',
      onchange: () => choose(),
    });
    const list = el('div', { class: 'card' });
    const listed = () => lineups[Number(chosen.value)];
    const states = () =>
      (listed().is_base ? [] : listed().states).filter(([number]) =>
        !burning.checked || codesOf(number, houses).includes(1)
      );

    function row(lineup) {
      const number = numberOf(codes);
      const cells = lineup.acts.map((acts, seat) => {
        const chances = acts(number, Number(night.value));
        const apart = lineup.is_base
          ? 0
          : distance(chances, compared(lineup).acts[seat](number, Number(night.value)));
        return el(
          'td',
          { class: apart > LEAST ? 'words apart' : 'words' },
          el('span', { class: 'act' }, told(chances)),
          el(
            'span',
            { class: 'value', title: 'expected points of an episode that begins here' },
            format.number(lineup.value(seat, number), digits),
          ),
          apart > LEAST
            ? el('span', { class: 'differs' }, apart > 0.995 ? '≠' : `≠ ${format.share(apart)}`)
            : null,
        );
      });
      return el(
        'tr',
        { class: lineup === listed() ? 'on' : null },
        el('th', { scope: 'row', class: 'words' }, lineup.name),
        cells,
      );
    }

    function show() {
      const number = numberOf(codes);
      const agents = listed().acts.map((acts, seat) => {
        const chances = acts(number, Number(night.value));
        const likeliest = chances.indexOf(Math.max(...chances));
        const works = likeliest > 0;
        return { house: works ? likeliest - 1 : seat % houses, works, signal: works };
      });
      ring.show({ states: codes, agents });
      signs.value = signsOf(codes);
      text(nightTold, night.value);
      text(
        where,
        `${count(codes, 1, 'fire')}, ${
          count(codes, 2, 'ruin')
        }, on night ${night.value}. Agents stand where ${listed().name} would most likely send them.`,
      );
      body.replaceChildren(...lineups.map(row));
      for (const button of list.querySelectorAll('button')) {
        button.setAttribute('aria-pressed', String(button.value === String(number)));
      }
    }

    function goTo(to, on = night.value) {
      codesOf(to, houses).forEach((code, house) => {
        codes[house] = code;
      });
      night.value = String(on);
      show();
    }

    function choose() {
      const lineup = listed();
      if (lineup.is_base) {
        list.replaceChildren(
          el(
            'p',
            { class: 'muted' },
            'Others are compared with this line-up. Choose another one to see where it differs.',
          ),
        );
      } else {
        list.replaceChildren(
          el('h3', {}, 'Where it differs most'),
          el(
            'p',
            { class: 'muted' },
            `An episode lasts ${
              format.number(lineup.nights, 1)
            } nights; seats act otherwise than ${compared(lineup).name} on ${
              lineup.differs.map((each) => format.number(each, 1)).join(', ')
            } of them. Press a state, or the keys n and p, to see it.`,
          ),
          el(
            'div',
            { class: 'fields' },
            burning,
            el('label', { for: 'state-burning' }, 'only states where something burns'),
          ),
          el(
            'div',
            { class: 'scroll' },
            el(
              'table',
              { class: 'picker' },
              el(
                'caption',
                {},
                'Expected nights of an episode; “otherwise” is added up over seats. . safe, * burning, # ruined',
              ),
              el(
                'thead',
                {},
                el(
                  'tr',
                  {},
                  ['houses from 0', 'nights there', 'otherwise'].map((name) =>
                    el('th', { scope: 'col' }, name)
                  ),
                ),
              ),
              el(
                'tbody',
                {},
                states().map(([number, met, differ, on]) => {
                  const ofState = signsOf(codesOf(number, houses));
                  return el(
                    'tr',
                    {},
                    el(
                      'th',
                      { scope: 'row' },
                      el('button', {
                        type: 'button',
                        class: 'signs',
                        value: String(number),
                        'aria-pressed': 'false',
                        onclick: () => goTo(number, on),
                      }, ofState),
                    ),
                    el('td', { title: String(met) }, format.number(met, 3)),
                    el('td', { title: String(differ) }, format.number(differ, 3)),
                  );
                }),
              ),
            ),
          ),
        );
      }
      show();
    }

    room.append(
      el(
        'div',
        { class: 'columns' },
        el(
          'div',
          { class: 'card' },
          ring.element,
          where,
          el(
            'div',
            { class: 'fields' },
            el('label', { for: 'state-signs' }, 'state'),
            signs,
            el('button', { type: 'button', onclick: () => goTo(0) }, 'All safe'),
            el('label', { for: 'state-night' }, 'night'),
            night,
            nightTold,
          ),
        ),
        el(
          'div',
          { class: 'stack' },
          el(
            'div',
            { class: 'card fields' },
            el('label', { for: 'state-lineup' }, 'on the ring'),
            chosen,
          ),
          list,
        ),
      ),
      el(
        'div',
        { class: 'card wide' },
        el(
          'table',
          { class: 'acts' },
          el(
            'caption',
            {},
            `What each seat does in this state on this night, and the points it expects of an episode that begins here, rounded to ${browser.step}. ≠ marks acts that differ from the first row, or of best responses, from the line-up that they answer, with the share of draws that do.`,
          ),
          el(
            'thead',
            {},
            el(
              'tr',
              {},
              el('th', { scope: 'col' }, 'line-up'),
              Array.from(
                { length: seats },
                (_, seat) =>
                  el(
                    'th',
                    { scope: 'col', class: 'words' },
                    `seat ${format.seat(seat)} (${seat})`,
                  ),
              ),
            ),
          ),
          body,
        ),
      ),
      lineups.some((each) => each.alone)
        ? el(
          'p',
          { class: 'muted' },
          'A best response is what a seat plays and gets if it alone leaves the line-up, so each seat’s number is of another line-up.',
        )
        : '',
    );
    chosen.value = String(Math.max(lineups.findIndex((each) => !each.is_base), 0));
    choose();
    const [first, , , on] = states()[0] ?? [0, 0, 0, 0];
    goTo(first, on);

    return {
      key(event) {
        if (/^\d$/.test(event.key) && Number(event.key) < houses) {
          codes[Number(event.key)] = (codes[Number(event.key)] + 1) % 3;
          show();
          announce(`House ${event.key} is ${explore.tools.STATES[codes[Number(event.key)]]}`);
          return true;
        }
        const step = { n: 1, p: -1 }[event.key];
        const all = states();
        if (!step || all.length === 0) {
          return false;
        }
        const at = all.findIndex(([number]) => number === numberOf(codes));
        const next = at < 0 ? 0 : (at + step + all.length) % all.length;
        goTo(all[next][0], all[next][3]);
        list.querySelector('[aria-pressed=true]')?.scrollIntoView({ block: 'nearest' });
        announce(`State ${signsOf(codes)}, ${next + 1} of ${all.length}`);
        return true;
      },
    };
  }

  function mount(element, { policies }) {
    const room = el('div', { class: 'view' });
    let now = null;

    async function open(browser) {
      room.replaceChildren(el('p', { class: 'muted' }, 'Unpacking …'));
      const lineups = await Promise.all(
        browser.lineups.map((lineup) => explore.tools.unpackedLineup(lineup, browser)),
      );
      room.replaceChildren(explore.tools.parameters(browser.parameters));
      now = browse(room, browser, lineups);
    }

    element.append(
      el(
        'p',
        { class: 'lead' },
        'What policies do in every state of the ring: press houses to make them safe, burning or ruined, and read what each line-up does there and what that is worth.',
      ),
    );
    if (policies.length > 1) {
      const names = explore.tools.gameNames(policies);
      const choice = el(
        'select',
        { id: 'state-scenario', onchange: () => open(policies[Number(choice.value)]) },
        names.map((name, i) => el('option', { value: String(i) }, name)),
      );
      element.append(
        el('div', { class: 'fields' }, el('label', { for: 'state-scenario' }, 'scenario'), choice),
      );
    }
    element.append(room);
    open(policies[0]);
    return {
      keys: [
        ['0 to 9', 'make that house safe, burning or ruined, in turn'],
        ['n, p', 'the next or the previous state where policies differ'],
      ],
      key: (event) => now?.key(event) ?? false,
    };
  }

  explore.view({
    name: 'states',
    title: 'Policies',
    order: 30,
    accepts: (bundle) => bundle.policies.length > 0,
    mount,
  });
}
