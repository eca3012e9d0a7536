// The ring of houses with agents, as SVG: states are told apart by shape and pattern, not by
// colour alone.
'use strict';

{
  const { el, svg, format } = explore.tools;

  const STATES = ['safe', 'burning', 'ruined'];
  const RADIUS = 150;
  const HALF = 216;

  // Shapes of 40 units around the origin.
  const SHAPES = {
    safe: [['wall', 'M-14 16V-4L0-17L14-4V16Z'], ['door', 'M-4 16V6H4V16Z']],
    burning: [
      ['wall', 'M-14 16V-4L0-17L14-4V16Z'],
      ['flame', 'M0-12C3-5 9-3 9 5A9 9 0 0 1-9 5C-9 1-6-1-5-5C-3-3-2-2-1.5 0C0-4 1-7 0-12Z'],
      ['core', 'M0 2C2 5 4 6 4 9A4 4 0 0 1-4 9C-4 6-1 5 0 2Z'],
    ],
    ruined: [
      ['rubble', 'M-16 16L-14 3L-9 8L-6-3L-1 6L4-1L8 9L13 4L16 16Z'],
      ['crack', 'M-9 16L-7 10M-1 16L1 9M8 16L9 12'],
    ],
  };

  function ring({ houses, agents = 0, label, owners = false, onHouse = null, radius = RADIUS }) {
    const size = Math.min(1, (2 * Math.PI * radius) / houses / 46);
    const angle = (house) => (2 * Math.PI * house) / houses;
    const at = (house, r) => [r * Math.sin(angle(house)), -r * Math.cos(angle(house))];
    const place = (house, r) => at(house, r).map((x) => x.toFixed(2)).join(' ');

    const picture = svg('svg', {
      class: 'ring',
      viewBox: `${-HALF} ${-HALF} ${2 * HALF} ${2 * HALF}`,
      role: onHouse ? 'group' : 'img',
      'aria-label': label,
    });
    picture.append(svg('circle', { class: 'street', r: radius }));
    picture.append(svg('circle', { class: 'commons', r: radius - 42 }));

    const seen = Array.from({ length: houses }, (_, house) => {
      const shape = svg('g', { class: 'shape', transform: `scale(${size.toFixed(3)})` });
      const group = svg('g', { class: 'house', transform: `translate(${place(house, radius)})` });
      group.append(svg('circle', { class: 'halo', r: (23 * size).toFixed(1) }), shape);
      const owner = owners && agents ? ` ${format.seat(house % agents)}` : '';
      // Above the name in the upper half of the ring, and else beneath it.
      const above = Math.cos(angle(house)) > 0.2 ? -13 : 13;
      const beside = `translate(${place(house, radius + 39)})`;
      const note = svg('text', { class: 'note', transform: beside, y: above });
      const name = svg('text', { class: 'name', transform: beside });
      name.append(`${house}`, svg('tspan', { class: 'owner' }, owner));
      if (onHouse) {
        group.setAttribute('role', 'button');
        group.setAttribute('tabindex', '0');
        group.addEventListener('click', () => onHouse(house));
        group.addEventListener('keydown', (event) => {
          if (event.key === 'Enter' || event.key === ' ') {
            event.preventDefault();
            onHouse(house);
          }
        });
      }
      picture.append(group, name, note);
      return { group, shape, note, state: null, mark: '', differs: false };
    });

    const people = Array.from({ length: agents }, (_, agent) => {
      const body = svg('circle', { class: 'body', r: 9.5 });
      const letter = svg('text', { class: 'letter' }, format.seat(agent));
      const flag = svg('path', { class: 'flag', d: 'M7-7V-19M7-19H17L14-15.5L17-12H7' });
      const lie = svg('text', { class: 'lie', x: 21, y: -15 }, '!');
      const group = svg('g', { class: `agent seat-${agent % 8}` }, flag, lie, body, letter);
      group.append(svg('title'));
      picture.append(group);
      return { group, told: null };
    });

    function showHouse(house, state, mark, differs) {
      const one = seen[house];
      if (one.state !== state) {
        one.state = state;
        one.group.setAttribute('class', `house ${STATES[state]}`);
        one.shape.replaceChildren(
          ...SHAPES[STATES[state]].map(([name, d]) => svg('path', { class: name, d })),
        );
        const told = `house ${house}: ${STATES[state]}`;
        one.group.setAttribute('aria-label', told);
        one.shape.append(svg('title', {}, told));
      }
      if (one.mark !== mark) {
        one.mark = mark;
        explore.tools.text(one.note, mark);
        one.note.setAttribute('class', `note ${mark.replaceAll(' ', '-')}`);
      }
      if (one.differs !== differs) {
        one.differs = differs;
        one.group.toggleAttribute('data-differs', differs);
      }
    }

    // Where the agents stand that are at these houses: side by side before them, inwards.
    function spots(atHouses) {
      const present = new Array(houses).fill(0);
      atHouses.forEach((house) => present[house]++);
      const apart = Math.min(28, (radius - 56) / Math.ceil(Math.max(...present) / 2));
      const placed = new Array(houses).fill(0);
      return atHouses.map((house) => {
        const rank = placed[house]++;
        const aside = present[house] === 1 ? 0 : rank % 2 === 0 ? -15 : 15;
        const [x, y] = at(house, radius - 44 - apart * Math.floor(rank / 2));
        const turn = angle(house);
        return [x + aside * Math.cos(turn), y + aside * Math.sin(turn)];
      });
    }

    return {
      element: picture,
      spots,

      // states: a number a house; marks: words beside houses, by house; differs: houses to mark.
      houses(states, marks = {}, differs = []) {
        for (let house = 0; house < houses; house++) {
          showHouse(house, states[house], marks[house] ?? '', differs.includes(house));
        }
      },

      // An agent at a spot: {x, y, house, works, signal}; works null before it has done anything.
      agent(agent, { x, y, house, works, signal }) {
        const one = people[agent];
        one.group.setAttribute('transform', `translate(${x.toFixed(2)} ${y.toFixed(2)})`);
        const told = `${house}/${works}/${signal}`;
        if (one.told === told) {
          return;
        }
        one.told = told;
        const mode = works === null ? 'waits' : works ? 'works' : 'rests';
        const claim = works === null ? '' : signal ? 'says-work' : 'says-rest';
        const lies = works !== null && works !== signal ? 'lies' : '';
        one.group.setAttribute('class', `agent seat-${agent % 8} ${mode} ${claim} ${lies}`);
        const signals = `, signals ${signal ? 'work' : 'rest'}${lies ? ', a lie' : ''}`;
        const said = works === null ? '' : signals;
        explore.tools.text(
          one.group.querySelector('title'),
          `agent ${format.seat(agent)} ${mode} at house ${house}${said}`,
        );
      },

      // Houses and agents at once, without walking: agents are {house, works, signal}.
      show({ states, agents: shown = [], marks, differs }) {
        this.houses(states, marks, differs);
        const where = spots(shown.map((one) => one.house));
        shown.forEach((one, agent) => {
          this.agent(agent, { ...one, x: where[agent][0], y: where[agent][1] });
        });
      },
    };
  }

  // One sign of the picture by itself, for legends: a state, or what an agent does.
  function sign(kind) {
    const picture = svg('svg', {
      class: 'ring sign',
      viewBox: '-21 -21 42 42',
      'aria-hidden': 'true',
    });
    if (STATES.includes(kind)) {
      const shape = SHAPES[kind].map(([name, d]) => svg('path', { class: name, d }));
      picture.append(svg('g', { class: `house ${kind}` }, shape));
    } else {
      picture.append(
        svg(
          'g',
          { class: `agent seat-0 ${kind}`, transform: 'translate(-4 5)' },
          svg('path', { class: 'flag', d: 'M7-7V-19M7-19H17L14-15.5L17-12H7' }),
          svg('text', { class: 'lie', x: 21, y: -15 }, '!'),
          svg('circle', { class: 'body', r: 9.5 }),
          svg('text', { class: 'letter' }, 'a'),
        ),
      );
    }
    return picture;
  }

  // A legend of signs: [[kind, words], …].
  function legend(signs) {
    return el(
      'ul',
      { class: 'legend' },
      signs.map(([kind, words]) => el('li', {}, sign(kind), words)),
    );
  }

  Object.assign(explore.tools, { ring, legend, STATES });
}
