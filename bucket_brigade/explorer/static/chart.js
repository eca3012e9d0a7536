// Lines over numbers: uPlot in the page's colours and as wide as there is room, with a table of
// the same numbers for whoever can't see lines.
'use strict';

{
  const { el, format, colour, onTheme, onWidth } = explore.tools;

  // Rows of the table; of more numbers, evenly spaced ones are taken.
  const MOST_ROWS = 120;

  // A chart of
  //   label     what it shows, in words
  //   x         {label, values}: numbers that rise
  //   series    [{label, values, colour, dash, sign, width, points, digits}]: colour names one of
  //             the style sheet, and sign is a letter on the line; values may hold null where there
  //             is none
  //   y         {label, digits}, both optional
  //   height    in pixels
  //   onPick    called with the index of the value that was clicked
  // It has element, update({x, series}), and mark(x) for a line at a number.
  function chart({ label, x, series, y = {}, height = 220, onPick = null }) {
    const room = el('div', { class: 'chart-room', role: 'img', 'aria-label': label });
    const rows = el('table', { class: 'numbers' });
    const details = el('details', { class: 'as-table' }, el('summary', {}, 'The numbers'), rows);
    const element = el('figure', { class: 'chart' }, room, details);
    let [over, lines] = [x, series];
    let [plot, line, width, marked, toldIndex] = [null, null, 0, null, null];

    const digits = y.digits ?? 1;
    const told = (each) => (_, value) => format.number(value, each.digits ?? digits);

    const tickText = (tick) =>
      tick === null ? '' : Number(tick.toPrecision(6)).toLocaleString('en').replace('-', '−');

    const widest = (told) => Math.max(4, ...(told ?? []).map((each) => each.length));

    // Letters on the lines, each elsewhere, so that no colour is needed to tell lines apart.
    function drawSigns({ ctx, valToPos }) {
      const size = 7 * devicePixelRatio;
      ctx.save();
      Object.assign(ctx, { textAlign: 'center', textBaseline: 'middle', lineWidth: 2 });
      ctx.setLineDash([]);
      ctx.font = `600 ${1.5 * size}px system-ui, sans-serif`;
      lines.forEach(({ sign, values, colour: name }, i) => {
        const last = values.findLastIndex((value) => value !== null);
        const at = Math.round(((i + 0.5) / lines.length) * last);
        if (!sign || last < 0 || values[at] === null) {
          return;
        }
        const [x, y] = [valToPos(over.values[at], 'x', true), valToPos(values[at], 'y', true)];
        Object.assign(ctx, { fillStyle: colour('card'), strokeStyle: colour(name) });
        ctx.beginPath();
        ctx.arc(x, y, size, 0, 2 * Math.PI);
        ctx.fill();
        ctx.stroke();
        ctx.fillStyle = colour('ink');
        ctx.fillText(sign, x, y);
      });
      ctx.restore();
    }

    function axis(of, side) {
      return {
        stroke: colour('muted'),
        grid: { stroke: colour('line'), width: 1 },
        ticks: { stroke: colour('line'), width: 1, size: 4 },
        font: '12px system-ui, sans-serif',
        labelFont: '12px system-ui, sans-serif',
        label: of.label,
        labelSize: 20,
        labelGap: 0,
        size: side === 'y' ? (_, told) => widest(told) * 7 + 14 : 30,
        values: (_, ticks) => ticks.map(tickText),
      };
    }

    function draw() {
      if (width === 0) {
        return;
      }
      plot?.destroy();
      const options = {
        width,
        height,
        padding: [10, 28, 0, 0],
        legend: { live: true },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
        scales: { x: { time: false } },
        axes: [axis(over, 'x'), axis(y, 'y')],
        hooks: {
          draw: [drawSigns],
          ready: [
            () => {
              toldIndex = null;
              mark(marked);
            },
          ],
        },
        series: [
          { label: over.label, value: (_, value) => (value === null ? '–' : String(value)) },
          ...lines.map((each) => ({
            label: format.short(each.label),
            stroke: colour(each.colour ?? 'accent'),
            width: each.width ?? 2,
            dash: each.dash,
            points: { show: each.points ?? false },
            value: told(each),
          })),
        ],
      };
      plot = new uPlot(options, [over.values, ...lines.map((each) => each.values)], room);
      [line, toldIndex] = [el('div', { class: 'mark-line' }), null];
      plot.over.append(line);
      mark(marked);
      if (onPick) {
        plot.over.addEventListener('click', () => {
          if (plot.cursor.idx !== null && plot.cursor.idx !== undefined) {
            onPick(plot.cursor.idx);
          }
        });
        plot.over.classList.add('picks');
      }
    }

    function mark(value) {
      marked = value;
      if (!plot || !line) {
        return;
      }
      line.hidden = value === null;
      if (value !== null) {
        line.style.transform = `translateX(${plot.valToPos(value, 'x').toFixed(1)}px)`;
        const index = plot.valToIdx(value);
        if (index !== toldIndex) {
          toldIndex = index;
          plot.setLegend({ idx: index });
        }
      }
    }

    function fillTable() {
      if (!details.open) {
        return;
      }
      const count = over.values.length;
      const step = Math.max(1, Math.ceil(count / MOST_ROWS));
      const head = [over, ...lines].map((each) => el('th', { scope: 'col' }, each.label ?? ''));
      const body = [];
      for (let i = 0; i < count; i += step) {
        const cells = lines.map((each) => el('td', {}, told(each)(null, each.values[i])));
        body.push(el('tr', {}, el('th', { scope: 'row' }, String(over.values[i])), cells));
      }
      rows.replaceChildren(
        el('caption', {}, step > 1 ? `${label} (every ${step}th)` : label),
        el('thead', {}, el('tr', {}, head)),
        el('tbody', {}, body),
      );
    }

    details.addEventListener('toggle', fillTable);
    onTheme(room, draw);
    // uPlot holds on to plots that are not destroyed, and so to all that they can call.
    const leave = () => {
      plot?.destroy();
      [plot, width] = [null, 0];
    };
    onWidth(
      room,
      (now) => {
        width = now;
        draw();
      },
      leave,
    );

    return {
      element,
      mark,
      update(now) {
        [over, lines] = [now.x ?? over, now.series ?? lines];
        if (now.label) {
          room.setAttribute('aria-label', now.label);
        }
        draw();
        fillTable();
      },
    };
  }

  Object.assign(explore.tools, { chart });
}
