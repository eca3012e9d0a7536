// The view of sweeps: a phase diagram, a cell a point, with lines where a verdict changes; panels over
// a third axis; and the whole row of the cell that is chosen.
'use strict';

{
  const { el, text, format, announce } = explore.tools;

  // The width of all cells of a single panel, and of one of several, about, in pixels.
  const [WIDTH, NARROW] = [380, 190];
  const MOST_PANELS = 24;
  // Numbers are written into cells where there are so few in a row, and so few panels.
  const [MOST_WRITTEN, MOST_WRITTEN_PANELS] = [12, 2];

  const key = (values) => JSON.stringify(values);
  const short = (label) => label.split(',')[0];

  // The table of a sweep, by points.
  function reader({ axes, columns }) {
    const count = axes.length > 0 ? columns[axes[0].name].length : 0;
    const at = new Map();
    for (let row = 0; row < count; row++) {
      if (columns.origin[row] === 'plan') {
        at.set(key(axes.map(({ name }) => columns[name][row])), row);
      }
    }
    return {
      count,
      value: (row, name) => (row === undefined ? undefined : columns[name][row]),
      // The row of a point of the plan, given by axis.
      row: (point) => at.get(key(axes.map(({ name }) => point[name]))),
    };
  }

  // Where between the middles of cells a place on an axis lies.
  function along(values, place) {
    const after = values.findIndex((value) => value >= place);
    if (after <= 0) {
      return after === 0 ? 0.5 : values.length - 0.5;
    }
    const [low, high] = [values[after - 1], values[after]];
    return after - 0.5 + (place - low) / (high - low);
  }

  function browse(room, entry) {
    const { phase, scaleOf, scaleLegend, toldValue } = explore.tools;
    const table = reader(entry);
    const long = entry.axes.filter((axis) => axis.values.length > 1);
    const none = { name: '', label: '', values: [null] };
    const columns = Object.fromEntries(entry.results.map((column) => [column.name, column]));
    const fixed = Object.fromEntries(entry.axes.map((axis) => [axis.name, axis.values[0]]));
    // Which axis goes across, up, and from panel to panel.
    let roles = [long[0] ?? entry.axes[0], long[1] ?? none, long[2] ?? none];
    let column = columns[entry.first] ?? entry.results[0];
    let panels = [];

    const picture = el('div', { class: 'panels' });
    const scaleRoom = el('div', {});
    const lines = el('div', {});
    const detail = el('div', { class: 'card wide detail' });
    const numbers = el('details', { class: 'as-table', ontoggle: () => fillNumbers() });
    const others = el('div', { class: 'fields' });
    const summary = el('p', { class: 'muted' });

    function point(x, y, z) {
      const here = { ...fixed };
      [x, y, z].forEach((value, i) => {
        if (roles[i].name) {
          here[roles[i].name] = value;
        }
      });
      return here;
    }

    // What boundaries are drawn between: the verdict beside numbers, or the words themselves.
    function verdict(row) {
      const name = column.words ? column.name : column.verdict;
      return name ? table.value(row, name) ?? null : null;
    }

    // Lines of a panel: at thresholds where these were looked for, or else between cells.
    function boundaries(panel) {
      const [across, up] = [roles[0].values, roles[1].values];
      const drawn = [];
      const which = entry.sought ? roles.findIndex(({ name }) => name === entry.sought.axis) : -1;
      if (which === 0 || which === 1) {
        const other = roles[1 - which];
        other.values.forEach((value, j) => {
          const place = { ...fixed, [other.name]: value, [roles[2].name]: panel.z };
          const here = entry.thresholds.filter(({ values }) =>
            Object.entries(values).every(([name, x]) => key(x) === key(place[name]))
          );
          for (const { low, high } of here) {
            const at = along(roles[which].values, (low + high) / 2);
            drawn.push(which === 0 ? [at, j, at, j + 1] : [j, at, j + 1, at]);
          }
        });
        return drawn;
      }
      up.forEach((_, j) =>
        across.forEach((_, i) => {
          const here = verdict(panel.rows[j][i]);
          const differs = (row) => here !== null && verdict(row) !== null && verdict(row) !== here;
          if (i + 1 < across.length && differs(panel.rows[j][i + 1])) {
            drawn.push([i + 1, j, i + 1, j + 1]);
          }
          if (j + 1 < up.length && differs(panel.rows[j + 1][i])) {
            drawn.push([i, j + 1, i + 1, j + 1]);
          }
        })
      );
      return drawn;
    }

    function describe(panel, i, j) {
      const row = panel.rows[j][i];
      const names = [[roles[0], roles[0].values[i]], [roles[1], roles[1].values[j]], [
        roles[2],
        panel.z,
      ]];
      const place = names.filter(([axis]) => axis.name).map(([axis, value]) =>
        `${short(axis.label)} ${toldValue(value)}`
      );
      const value = row === undefined
        ? 'nothing there'
        : `${short(column.label)} ${toldValue(table.value(row, column.name))}`;
      return `${place.join(', ')}: ${value}`;
    }

    function draw(panel, scale) {
      const title = roles[2].name ? `${short(roles[2].label)} = ${toldValue(panel.z)}` : '';
      const [across, up] = roles;
      panel.picture = phase({
        label: `Phase diagram of ${column.label}${title ? `, ${title}` : ''}`,
        across,
        up,
        width: panels.length > 1 ? NARROW : WIDTH,
        scale,
        written: !column.words && across.values.length <= MOST_WRITTEN &&
          panels.length <= MOST_WRITTEN_PANELS,
        cell: (i, j) => ({
          value: table.value(panel.rows[j][i], column.name),
          failed: Boolean(table.value(panel.rows[j][i], 'failed')),
          told: describe(panel, i, j),
        }),
        boundaries: boundaries(panel),
        onChoose: (i, j) => choose(panel, i, j),
      });
      return el(
        'figure',
        { class: 'panel' },
        title ? el('figcaption', {}, title) : null,
        panel.picture.element,
      );
    }

    function choose(panel, i, j) {
      panels.forEach((each) => each.picture.mark(each === panel ? [i, j] : null));
      const row = panel.rows[j][i];
      announce(describe(panel, i, j));
      if (row === undefined) {
        detail.replaceChildren(el('p', {}, describe(panel, i, j)));
        return;
      }
      const listed = [...entry.axes, { name: 'origin', label: 'origin' }, {
        name: 'failed',
        label: 'failed',
      }, ...entry.results];
      detail.replaceChildren(
        el('h3', {}, 'The cell'),
        el(
          'table',
          { class: 'row' },
          el('caption', {}, describe(panel, i, j)),
          el(
            'tbody',
            {},
            listed.map(({ name, label }) => {
              const value = table.value(row, name);
              return el(
                'tr',
                { class: name === column.name ? 'on' : null },
                el('th', { scope: 'row', title: name }, label),
                el('td', {
                  class: 'words',
                  title: value === null || value === undefined ? null : String(value),
                }, toldValue(value)),
              );
            }),
          ),
        ),
      );
    }

    // All cells as tables, a panel each, once somebody asks for them.
    function fillNumbers() {
      const [across, up] = roles;
      const corner = [up, across].filter((axis) => axis.name).map((axis) => short(axis.label));
      const tables = !numbers.open ? [] : panels.map((panel) =>
        explore.tools.table({
          caption: roles[2].name
            ? `${short(roles[2].label)} = ${toldValue(panel.z)}`
            : column.label,
          head: [corner.join(' \\ '), ...across.values.map(toldValue)],
          rows: up.values.map((y, j) => [
            up.name ? toldValue(y) : short(column.label),
            ...panel.rows[j].map((row) => toldValue(table.value(row, column.name))),
          ]),
        })
      );
      numbers.replaceChildren(el('summary', {}, 'The numbers'), ...tables);
    }

    // Over one axis, numbers as lines: the chosen one, and where it is a payoff all of them.
    function oneAxis() {
      const axis = roles[0];
      if (roles[1].name || column.words || axis.values.some((value) => typeof value !== 'number')) {
        lines.replaceChildren();
        return;
      }
      const rows = Array.from({ length: table.count }, (_, row) => row)
        .filter((row) =>
          entry.axes.every(({ name }) =>
            name === axis.name || key(table.value(row, name)) === key(fixed[name])
          )
        )
        .sort((a, b) => table.value(a, axis.name) - table.value(b, axis.name));
      const alike = column.name.endsWith('_payoff')
        ? entry.results.filter(({ name }) => name.endsWith('_payoff'))
        : [column];
      const chart = explore.tools.chart({
        label: `${alike.map(({ label }) => label).join(', ')} by ${axis.label}`,
        x: { label: axis.label, values: rows.map((row) => table.value(row, axis.name)) },
        series: alike.map(({ name, label }, i) => ({
          label,
          values: rows.map((row) => table.value(row, name) ?? null),
          colour: `seat-${i % 8}`,
          dash: explore.tools.seatDash(i),
          points: true,
          digits: 3,
        })),
        y: { label: alike.length > 1 ? 'points an episode' : column.label, digits: 3 },
        height: 280,
        onPick(index) {
          const at = axis.values.findIndex((value) =>
            value === table.value(rows[index], axis.name)
          );
          if (at >= 0) {
            choose(panels[0], at, 0);
          }
        },
      });
      lines.replaceChildren(chart.element);
    }

    function show() {
      const [across, up, beside] = roles;
      panels = beside.values.slice(0, MOST_PANELS).map((z) => ({
        z,
        rows: up.values.map((y) => across.values.map((x) => table.row(point(x, y, z)))),
      }));
      const shown = panels.flatMap((panel) => panel.rows.flat()).map((row) =>
        table.value(row, column.name)
      );
      const scale = scaleOf(column, shown);
      picture.replaceChildren(...panels.map((panel) => draw(panel, scale)));
      scaleRoom.replaceChildren(scaleLegend(column, scale));
      const missing = shown.filter((value) => value === null || value === undefined).length;
      const cut = beside.values.length > MOST_PANELS
        ? ` Only the first ${MOST_PANELS} panels are shown.`
        : '';
      const bounds = column.words || column.verdict
        ? ' Black lines are where the verdict changes.'
        : '';
      text(
        summary,
        `${format.plural(shown.length, 'cell')}, ${
          format.count(missing)
        } of them with nothing there.${bounds}${cut}`,
      );
      oneAxis();
      fillNumbers();
      const first = panels[0];
      const at = first.rows.flatMap((rows, j) => rows.map((row, i) => [row, i, j])).find(([row]) =>
        row !== undefined
      );
      if (at) {
        choose(first, at[1], at[2]);
      }
    }

    function field(id, label, options, value, onchange) {
      const select = el(
        'select',
        { id, onchange: () => onchange(Number(select.value)) },
        options.map((name, i) => el('option', { value: String(i) }, name)),
      );
      select.value = String(value);
      return el('div', { class: 'pair' }, el('label', { for: id }, label), select);
    }

    // Axes that are not drawn have a value each.
    function showFixed() {
      const left = long.filter((axis) => !roles.includes(axis));
      others.replaceChildren(
        ...left.map((axis) =>
          field(
            `sweep-${axis.name}`,
            short(axis.label),
            axis.values.map(toldValue),
            axis.values.findIndex((value) => key(value) === key(fixed[axis.name])),
            (i) => {
              fixed[axis.name] = axis.values[i];
              show();
            },
          )
        ),
      );
    }

    const choices = [...long, none];
    function roleField(i, label) {
      const options = i === 0 ? long : choices;
      if (long.length < 2) {
        return [];
      }
      return field(
        `sweep-role-${i}`,
        label,
        options.map((axis) => (axis.name ? short(axis.label) : 'nothing')),
        options.indexOf(roles[i]),
        (at) => {
          const before = roles[i];
          // An axis that had another role gives it to the one whose place it takes.
          roles = roles.map((axis) => (axis === options[at] && axis.name ? before : axis));
          roles[i] = options[at];
          if (!roles[1].name && roles[2].name) {
            roles = [roles[0], roles[2], none];
          }
          open();
        },
      );
    }

    function open() {
      room.replaceChildren(
        ...(entry.parameters ? [explore.tools.parameters(entry.parameters)] : []),
        el(
          'div',
          { class: 'card fields' },
          field(
            'sweep-column',
            'colour',
            entry.results.map(({ label }) => label),
            entry.results.indexOf(column),
            (i) => {
              column = entry.results[i];
              show();
            },
          ),
          roleField(0, 'across'),
          roleField(1, 'up'),
          long.length > 2 ? roleField(2, 'panels') : [],
          others,
        ),
        el(
          'div',
          { class: roles[2].name ? 'view' : 'columns sweep' },
          el('div', { class: 'card result' }, lines, picture, scaleRoom, summary, numbers),
          detail,
        ),
      );
      showFixed();
      show();
    }

    if (entry.results.length === 0 || table.count === 0) {
      room.replaceChildren(el('p', {}, 'Nothing has been computed yet.'));
      return;
    }
    open();
  }

  function mount(element, { sweeps }) {
    const room = el('div', { class: 'view' });
    element.append(
      el(
        'p',
        { class: 'lead' },
        'How results move with the parameters of the game: each cell is one game, coloured by what was found there. Press a cell to see its whole row.',
      ),
    );
    if (sweeps.length > 1) {
      const choice = el(
        'select',
        { id: 'sweep-which', onchange: () => browse(room, sweeps[Number(choice.value)]) },
        sweeps.map((each, i) =>
          el('option', { value: String(i) }, each.source ?? `sweep ${i + 1}`)
        ),
      );
      element.append(
        el('div', { class: 'fields' }, el('label', { for: 'sweep-which' }, 'sweep'), choice),
      );
    }
    element.append(room);
    browse(room, sweeps[0]);
  }

  explore.view({
    name: 'sweeps',
    title: 'Sweeps',
    order: 40,
    accepts: (bundle) => bundle.sweeps.length > 0,
    mount,
  });
}
