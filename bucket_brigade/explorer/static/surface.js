// What one player gains over an equilibrium at every (p, q): a heat map on a canvas, in bands as
// wide as their borders, with a crosshair that the pointer and the arrow keys move.
'use strict';

{
  const { el, svg, text, format, announce, colour, onTheme, onWidth } = explore.tools;

  // Cividis: even steps look even, to colour-blind people and in grey, too.
  const CIVIDIS = [
    [0, 34, 78],
    [26, 56, 111],
    [67, 78, 108],
    [97, 101, 111],
    [125, 124, 120],
    [155, 148, 118],
    [188, 174, 108],
    [222, 201, 88],
    [254, 232, 56],
  ];
  const MARGIN = { left: 52, right: 14, top: 12, bottom: 46 };
  const STEP = 0.01;
  const BORDER = [20, 20, 20];

  // The colour of a share from 0, dark, to 1, bright.
  function cividis(share) {
    const at = Math.min(Math.max(share, 0), 1) * (CIVIDIS.length - 1);
    const low = Math.min(Math.floor(at), CIVIDIS.length - 2);
    return CIVIDIS[low].map((x, i) => Math.round(x + (at - low) * (CIVIDIS[low + 1][i] - x)));
  }

  const css = (rgb) => `rgb(${rgb.join(' ')})`;

  // Black or white, whichever is legible on a colour.
  const on = ([r, g, b]) => (0.3 * r + 0.59 * g + 0.11 * b > 120 ? '#000' : '#fff');

  // Chebyshev polynomials T_0 … T_n at 2 x − 1.
  function chebyshev(x, n) {
    const t = [1, 2 * x - 1];
    for (let i = 2; i <= n; i++) {
      t.push(2 * t[1] * t[i - 1] - t[i - 2]);
    }
    return t.slice(0, n + 1);
  }

  const dot = (one, other) => {
    let sum = 0;
    for (let i = 0; i < one.length; i++) {
      sum += one[i] * other[i];
    }
    return sum;
  };

  // For a p, the coefficients of the Chebyshev polynomials in q.
  function alongQ(coefficients, p) {
    const powers = chebyshev(p, coefficients.length - 1);
    return coefficients[0].map((_, j) =>
      powers.reduce((sum, power, i) => sum + power * coefficients[i][j], 0)
    );
  }

  // Which band a gain is in: 0 below the first border.
  function band(levels, gain) {
    let count = 0;
    while (count < levels.length && gain >= levels[count]) {
      count++;
    }
    return count;
  }

  // A gain with its sign, and what is far below a thousandth of a point as none.
  function signed(gain, digits = 2) {
    const told = gain !== null && Math.abs(gain) < 1e-6 ? 0 : gain;
    return (told > 0 ? '+' : '') + format.number(told, digits);
  }

  // A border between bands, a round number.
  const border = (level) =>
    `${level > 0 ? '+' : ''}${level.toLocaleString('en')}`.replace('-', '−');

  function surface({ title, coefficients, levels, stderr, error, points, episodes, marks }) {
    const degree = coefficients[0].length - 1;
    const gain = (p, q) => dot(alongQ(coefficients, p), chebyshev(q, degree));
    const shades = Array.from({ length: levels.length + 1 }, (_, i) => cividis(i / levels.length));
    const best = marks.find((mark) => mark.kind === 'best');

    const canvas = el('canvas', {
      tabindex: '0',
      role: 'img',
      'aria-label':
        `${title}: gain in points an episode by p, across, and q, up. Arrow keys read it.`,
    });
    const told = el('p', { class: 'readout' });
    const context = canvas.getContext('2d');
    const cross = { p: best?.p ?? 1, q: best?.q ?? 1 };
    let [width, height, image] = [0, 0, null];

    const x = (p) => MARGIN.left + p * (width - MARGIN.left - MARGIN.right);
    const y = (q) => height - MARGIN.bottom - q * (height - MARGIN.top - MARGIN.bottom);

    // The bands, a pixel of the screen each, with a dark line where they meet.
    function paint(columns, rows) {
      const pixels = new ImageData(columns, rows);
      const up = Array.from({ length: rows }, (_, row) => chebyshev(1 - row / (rows - 1), degree));
      const bands = new Uint8Array(columns * rows);
      for (let column = 0; column < columns; column++) {
        const along = alongQ(coefficients, column / (columns - 1));
        for (let row = 0; row < rows; row++) {
          bands[row * columns + column] = band(levels, dot(along, up[row]));
        }
      }
      for (let i = 0; i < bands.length; i++) {
        const above = i >= columns && bands[i] !== bands[i - columns];
        const beside = i % columns > 0 && bands[i] !== bands[i - 1];
        const shade = above || beside ? BORDER : shades[bands[i]];
        for (let part = 0; part < 3; part++) {
          pixels.data[4 * i + part] = shade[part];
        }
        pixels.data[4 * i + 3] = 255;
      }
      const whole = document.createElement('canvas');
      [whole.width, whole.height] = [columns, rows];
      whole.getContext('2d').putImageData(pixels, 0, 0);
      return whole;
    }

    function outlined(words, px, py) {
      context.lineWidth = 3.5;
      context.lineJoin = 'round';
      context.strokeStyle = '#000c';
      context.strokeText(words, px, py);
      context.fillStyle = '#fff';
      context.fillText(words, px, py);
    }

    function drawAxes() {
      context.fillStyle = colour('muted');
      context.strokeStyle = colour('line');
      context.lineWidth = 1;
      context.font = '12px system-ui, sans-serif';
      context.textBaseline = 'middle';
      for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
        context.textAlign = 'center';
        context.fillText(String(tick), x(tick), height - MARGIN.bottom + 13);
        context.textAlign = 'right';
        context.fillText(String(tick), MARGIN.left - 7, y(tick));
      }
      context.textAlign = 'center';
      const narrow = width < 420;
      context.fillText(
        narrow ? 'p: how often it works' : 'p: how often it works (share of nights)',
        (x(0) + x(1)) / 2,
        height - 12,
      );
      context.save();
      context.translate(12, (y(0) + y(1)) / 2);
      context.rotate(-Math.PI / 2);
      context.fillText(
        narrow
          ? 'q: stays at its burning home'
          : 'q: how often it then stays at its own burning home',
        0,
        0,
      );
      context.restore();
    }

    function drawMark({ kind, name, p, q, weight }) {
      context.beginPath();
      context.lineWidth = 2;
      context.strokeStyle = '#000';
      context.fillStyle = '#fff';
      const [px, py] = [x(p), y(q)];
      if (kind === 'best') {
        for (const [tone, wide] of [['#fff', 5], ['#000', 2.2]]) {
          context.beginPath();
          context.strokeStyle = tone;
          context.lineWidth = wide;
          context.moveTo(px - 5, py - 5);
          context.lineTo(px + 5, py + 5);
          context.moveTo(px - 5, py + 5);
          context.lineTo(px + 5, py - 5);
          context.stroke();
        }
        return;
      }
      if (kind === 'played') {
        context.arc(px, py, 5 + 6 * Math.sqrt(weight), 0, 2 * Math.PI);
      } else if (kind === 'archetype') {
        context.moveTo(px, py - 6);
        context.lineTo(px + 6, py);
        context.lineTo(px, py + 6);
        context.lineTo(px - 6, py);
        context.closePath();
      } else {
        context.arc(px, py, 4.5, 0, 2 * Math.PI);
      }
      context.fill();
      context.stroke();
      context.font = kind === 'played'
        ? 'bold 12px system-ui, sans-serif'
        : '12px system-ui, sans-serif';
      context.textBaseline = 'middle';
      context.textAlign = p > 0.6 ? 'right' : 'left';
      const below = kind === 'played' ? (q > 0.5 ? 17 : -17) : 0;
      outlined(format.short(name, width < 420 ? 22 : 34), px + (p > 0.6 ? -13 : 13), py + below);
    }

    function draw() {
      if (width < 160) {
        return;
      }
      const scale = window.devicePixelRatio || 1;
      [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
      [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
      image ??= paint(Math.round((x(1) - x(0)) * scale), Math.round((y(0) - y(1)) * scale));
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      context.drawImage(image, x(0), y(1), x(1) - x(0), y(0) - y(1));
      drawAxes();
      context.setLineDash([4, 3]);
      for (const [tone, wide] of [['#fff', 2.5], ['#000', 1]]) {
        context.beginPath();
        context.strokeStyle = tone;
        context.lineWidth = wide;
        context.moveTo(x(cross.p), y(0));
        context.lineTo(x(cross.p), y(1));
        context.moveTo(x(0), y(cross.q));
        context.lineTo(x(1), y(cross.q));
        context.stroke();
      }
      context.setLineDash([]);
      marks.forEach(drawMark);
    }

    function read() {
      const here = gain(cross.p, cross.q);
      return `At p = ${cross.p.toFixed(2)}, q = ${cross.q.toFixed(2)} it gains ${
        signed(here)
      } points an episode.`;
    }

    function move(p, q) {
      cross.p = Math.min(Math.max(p, 0), 1);
      cross.q = Math.min(Math.max(q, 0), 1);
      text(told, read());
      draw();
    }

    canvas.addEventListener('pointermove', (event) => {
      const box = canvas.getBoundingClientRect();
      const [px, py] = [event.clientX - box.left, event.clientY - box.top];
      move((px - x(0)) / (x(1) - x(0)), (y(0) - py) / (y(0) - y(1)));
    });
    canvas.addEventListener('keydown', (event) => {
      const by =
        { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (by) {
        event.preventDefault();
        event.stopPropagation();
        const step = event.shiftKey ? 10 * STEP : STEP;
        move(cross.p + step * by[0], cross.q + step * by[1]);
        announce(read());
      }
    });

    text(told, read());
    const element = el('figure', { class: 'surface' });
    element.append(
      el('figcaption', {}, title),
      canvas,
      told,
      scale(levels, shades),
      signs(marks),
      el('p', { class: 'muted' }, how({ stderr, error, points, episodes })),
      numbers(title, gain),
    );
    onWidth(element, (now) => {
      [width, height, image] = [now, Math.round(Math.min(Math.max(now * 0.62, 300), 440)), null];
      draw();
    });
    onTheme(element, draw);
    return element;
  }

  // What the colours mean, from the largest loss to the largest gain.
  function scale(levels, shades) {
    const swatch = (shade) =>
      svg(
        'svg',
        { class: 'swatch', viewBox: '0 0 16 16', 'aria-hidden': 'true' },
        svg('rect', { width: 16, height: 16, fill: css(shade) }),
      );
    const words = (i) => `${border(levels[i - 1])} to ${border(levels[i])}`;
    // The first and the last border lie beyond all gains.
    const within = shades.slice(1, -1).map((shade, i) => [shade, words(i + 1)]);
    return el(
      'div',
      { class: 'scale' },
      el('span', { class: 'muted' }, 'gain over the equilibrium, points an episode:'),
      el(
        'ul',
        { class: 'legend' },
        within.map(([shade, told]) => el('li', {}, swatch(shade), told)),
      ),
    );
  }

  function signs(marks) {
    const named = {
      played: '● played',
      best: '✕ best response found',
      archetype: '◆ archetypes',
      other: '• what others play',
    };
    return el(
      'ul',
      { class: 'legend' },
      Object.entries(named)
        .filter(([kind]) => marks.some((mark) => mark.kind === kind))
        .map(([kind, told]) => {
          const of = marks.filter((mark) => mark.kind === kind);
          const best = kind === 'best' ? `, ${of[0].name}: ${signed(of[0].gain)}` : '';
          return el('li', {}, told + best);
        }),
    );
  }

  function how({ stderr, error, points, episodes }) {
    return episodes > 0
      ? `Sampled at ${points} points, ${format.count(episodes)} episodes each, standard error ${
        format.number(stderr, 2)
      }.`
      : `Exact at ${points} points; a polynomial between them, within ${
        Math.max(error, 1e-9).toExponential(0)
      } points.`;
  }

  // The same as a table, in steps.
  function numbers(title, gain) {
    const [across, up] = [[0, 0.2, 0.4, 0.6, 0.8, 1], [1, 0.75, 0.5, 0.25, 0]];
    return el(
      'details',
      { class: 'as-table' },
      el('summary', {}, 'The numbers'),
      el(
        'table',
        {},
        el('caption', {}, `${title}: gain in points an episode`),
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            el('th', { scope: 'col' }, 'q \\ p'),
            across.map((p) => el('th', { scope: 'col' }, String(p))),
          ),
        ),
        el(
          'tbody',
          {},
          up.map((q) =>
            el(
              'tr',
              {},
              el('th', { scope: 'row' }, String(q)),
              across.map((p) => el('td', {}, signed(gain(p, q)))),
            )
          ),
        ),
      ),
    );
  }

  Object.assign(explore.tools, { surface, cividis, css, legibleOn: on });
}
