// One panel of a phase diagram as SVG: cells coloured by a column, with boundaries and axes, of which
// one is chosen by pointer or keyboard; and the legend of its colours.
'use strict';

{
  const { el, svg, format } = explore.tools;

  // The palette of Okabe and Ito, for words. Where there are more, they have numbers as well.
  const WORDS = [
    '#0072b2',
    '#e69f00',
    '#009e73',
    '#cc79a7',
    '#56b4e9',
    '#d55e00',
    '#f0e442',
    '#999',
  ];
  // The room around the cells, and their size at least and at most, in pixels.
  const ROOM = { left: 74, right: 12, top: 10, bottom: 52 };
  const [LEAST_SIDE, MOST_SIDE] = [8, 96];
  const MOST_TICKS = 8;

  // A value of an axis or a column for people.
  function told(value) {
    if (value === null || value === undefined) {
      return '–';
    }
    if (typeof value === 'number') {
      const rounded = Number(value.toPrecision(6));
      return rounded.toLocaleString('en', { maximumFractionDigits: 6 }).replace('-', '−');
    }
    return Array.isArray(value) ? value.map(told).join(', ') : String(value);
  }

  // The least and the largest of any number of numbers; null if there is none.
  function extent(values) {
    let found = null;
    for (const value of values) {
      found = found === null
        ? [value, value]
        : [Math.min(found[0], value), Math.max(found[1], value)];
    }
    return found;
  }

  // Colours of a column: words by palette, numbers from the least to the largest.
  function scaleOf(column, values) {
    const given = values.filter((value) => value !== null && value !== undefined);
    const { cividis, css, legibleOn } = explore.tools;
    if (column.words) {
      const words = [...new Set(given.map(String))].sort();
      const at = new Map(words.map((word, i) => [word, i]));
      const of = (value) => WORDS[at.get(String(value)) % WORDS.length];
      const sign = (value) =>
        words.length > WORDS.length ? String(at.get(String(value)) + 1) : null;
      return { of, sign, ink: () => '#000', words };
    }
    const [low, high] = extent(given) ?? [null, null];
    const shade = (value) => cividis(high > low ? (value - low) / (high - low) : 0.5);
    return { of: (value) => css(shade(value)), ink: (value) => legibleOn(shade(value)), low, high };
  }

  function scaleLegend(column, scale) {
    const swatch = (fill) =>
      svg(
        'svg',
        { class: 'swatch', viewBox: '0 0 16 16', 'aria-hidden': 'true' },
        svg('rect', { width: 16, height: 16, fill }),
      );
    const missing = el('li', {}, el('span', { class: 'swatch missing' }), 'nothing there');
    if (scale.words) {
      const named = (word) => scale.sign(word) ? `${scale.sign(word)}: ${word}` : word;
      return el(
        'ul',
        { class: 'legend' },
        scale.words.map((word) => el('li', {}, swatch(scale.of(word)), named(word))),
        missing,
      );
    }
    if (scale.low === null) {
      return el('ul', { class: 'legend' }, missing);
    }
    const steps = Array.from(
      { length: 24 },
      (_, i) => scale.low + ((scale.high - scale.low) * i) / 23,
    );
    return el(
      'ul',
      { class: 'legend' },
      el(
        'li',
        {},
        el('span', { class: 'whole' }, format.number(scale.low, 3)),
        svg(
          'svg',
          {
            class: 'gradient',
            viewBox: '0 0 24 2',
            preserveAspectRatio: 'none',
            'aria-hidden': 'true',
          },
          steps.map((value, i) =>
            svg('rect', { x: i, width: 1.05, height: 2, fill: scale.of(value) })
          ),
        ),
        el('span', { class: 'whole' }, format.number(scale.high, 3)),
        ` ${column.label}`,
      ),
      missing,
    );
  }

  function ticks(values) {
    const step = Math.ceil(values.length / MOST_TICKS);
    return values.map((value, i) => [value, i]).filter(([, i]) => i % step === 0);
  }

  // A panel: {label, across, up, width, scale, cell(i, j), boundaries, onChoose(i, j)}. Axes have a
  // label and values; an axis up without a name is not drawn. A cell is {value, failed, told}, and
  // boundaries are [x1, y1, x2, y2] in cells from the lower left.
  function phase({ label, across, up, width, scale, written, cell, boundaries, onChoose }) {
    const [columns, rows] = [across.values.length, up.values.length];
    const fitting = Math.round(width / Math.max(columns, rows));
    const side = Math.min(Math.max(fitting, LEAST_SIDE), MOST_SIDE);
    const [wide, high] = [columns * side, rows * side];
    const x = (i) => ROOM.left + i * side;
    const y = (j) => ROOM.top + high - j * side;
    const image = svg('svg', {
      class: 'phase',
      viewBox: `0 0 ${ROOM.left + wide + ROOM.right} ${ROOM.top + high + ROOM.bottom}`,
      tabindex: '0',
      role: 'application',
      'aria-label': `${label}. Arrow keys choose a cell.`,
    });
    image.style.maxWidth = `${1.25 * (ROOM.left + wide + ROOM.right)}px`;
    const words = (text, attributes) => image.append(svg('text', attributes, text));

    const places = new Map();
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++) {
        const { value, failed, told: about } = cell(i, j);
        const known = value !== null && value !== undefined;
        const shape = svg('rect', {
          class: known ? 'cell' : 'cell missing',
          x: x(i),
          y: y(j + 1),
          width: side,
          height: side,
          fill: known ? scale.of(value) : null,
        });
        places.set(shape, [i, j]);
        shape.append(svg('title', {}, about));
        image.append(shape);
        const middle = { class: 'in-cell', x: x(i + 0.5), y: y(j + 0.5) };
        if (failed) {
          words('✕', middle);
        } else if (written && known) {
          words(String(Number(value.toPrecision(3))), { ...middle, fill: scale.ink(value) });
        } else if (known && scale.sign?.(value)) {
          words(scale.sign(value), { ...middle, fill: scale.ink(value) });
        }
      }
    }
    const lines = boundaries.map(([x1, y1, x2, y2]) => `M${x(x1)} ${y(y1)}L${x(x2)} ${y(y2)}`);
    for (const name of ['boundary under', 'boundary']) {
      image.append(svg('path', { class: name, d: lines.join('') }));
    }
    for (const [value, i] of ticks(across.values)) {
      words(format.short(told(value), 10), { class: 'tick', x: x(i + 0.5), y: y(0) + 15 });
    }
    const below = format.short(across.label, Math.max(20, Math.round(wide / 6.5)));
    words(below, { class: 'axis', x: x(columns / 2), y: y(0) + 38 });
    if (up.name) {
      for (const [value, j] of ticks(up.values)) {
        words(format.short(told(value), 7), { class: 'tick up', x: ROOM.left - 7, y: y(j + 0.5) });
      }
      const beside = format.short(up.label, Math.max(16, Math.round(high / 6)));
      const turned = `translate(14 ${y(rows / 2)}) rotate(-90)`;
      words(beside, { class: 'axis', transform: turned });
    }
    const frame = svg('rect', { class: 'chosen', width: side, height: side, visibility: 'hidden' });
    image.append(frame);

    image.addEventListener('click', (event) => {
      const place = places.get(event.target);
      if (place) {
        onChoose(...place);
      }
    });
    let at = null;
    image.addEventListener('keydown', (event) => {
      const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      const by = steps[event.key];
      if (by) {
        event.preventDefault();
        event.stopPropagation();
        const [i, j] = at ? [at[0] + by[0], at[1] + by[1]] : [0, 0];
        onChoose(Math.min(Math.max(i, 0), columns - 1), Math.min(Math.max(j, 0), rows - 1));
      }
    });

    return {
      element: image,
      // Frames a cell, or none if it is null.
      mark(cell) {
        at = cell;
        frame.setAttribute('visibility', cell ? 'visible' : 'hidden');
        if (cell) {
          frame.setAttribute('x', x(cell[0]));
          frame.setAttribute('y', y(cell[1] + 1));
        }
      },
    };
  }

  Object.assign(explore.tools, { phase, scaleOf, scaleLegend, toldValue: told, extent });
}
