// What every view builds with: elements, numbers, colours, packed arrays, and the list of views.
// All text reaches the page by textContent and attributes by setAttribute; nothing is parsed.
'use strict';

const explore = {
  views: [],

  // A view: {name, title, order, accepts(bundle), mount(element, bundle, tools)}. What `mount`
  // returns may have shown(), hidden(), key(event) (true if it used the key) and keys, a list of
  // [key, what it does] for the dialog of keys.
  view(view) {
    explore.views.push(view);
  },

  tools: {},
};

{
  const SVG = 'http://www.w3.org/2000/svg';

  // An element with attributes and children: strings become text, null and false nothing. An
  // attribute that is a function listens to the event of its name, as in {onclick: show}.
  function build(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (typeof value === 'function') {
        element.addEventListener(name.slice(2), value);
      } else if (value === true) {
        element.setAttribute(name, '');
      } else if (value !== false && value !== null && value !== undefined) {
        element.setAttribute(name, value);
      }
    }
    element.append(...children.flat().filter((child) => child !== null && child !== false));
    return element;
  }

  const el = (name, attributes, ...children) =>
    build(document.createElement(name), attributes, children);

  const svg = (name, attributes, ...children) =>
    build(document.createElementNS(SVG, name), attributes, children);

  // Sets the text of an element where it is another, which spares the browser work.
  function text(element, value) {
    const told = String(value);
    if (element.textContent !== told) {
      element.textContent = told;
    }
    return element;
  }

  const format = {
    // A number for people: with thousands apart, a true minus sign and as many digits as asked.
    number(value, digits = 1) {
      if (value === null || value === undefined || Number.isNaN(value)) {
        return '–';
      }
      const size = Math.abs(value);
      if (size >= 1e9 || (size > 0 && size < 10 ** -digits / 2)) {
        return value.toExponential(2).replace('-', '−');
      }
      const told = size.toLocaleString('en', {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
      return value < 0 ? `−${told}` : told;
    },

    count(value) {
      return format.number(value, 0);
    },

    share(value, digits = 0) {
      return `${format.number(100 * value, digits)}%`;
    },

    // The beginning of a long name.
    short(name, most = 40) {
      const signs = [...String(name)];
      return signs.length <= most ? String(name) : `${signs.slice(0, most - 1).join('')}…`;
    },

    plural(count, one, many = `${one}s`) {
      return `${format.count(count)} ${count === 1 ? one : many}`;
    },

    // The letter of a seat, as everywhere in this project: a, b, c, …
    seat(seat) {
      return String.fromCharCode('a'.charCodeAt(0) + seat);
    },
  };

  // The numbers, of a kind such as Uint16Array, whose bytes are given in base 64, low byte first.
  function unpacked(packed, Kind) {
    const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
    const get = `get${Kind.name.replace('Array', '')}`;
    const [view, size] = [new DataView(bytes.buffer), Kind.BYTES_PER_ELEMENT];
    return Kind.from({ length: bytes.length / size }, (_, i) => view[get](i * size, true));
  }

  // A colour of the style sheet, such as 'burning', as the theme has it now; for canvases.
  const probe = el('span', { class: 'hidden' });
  function colour(name) {
    if (!probe.isConnected) {
      document.body.append(probe);
    }
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  }

  // Calls back whenever the theme changes, for as long as something has the element.
  const drawings = new WeakMap();
  let themed = [];
  function onTheme(element, draw) {
    drawings.set(element, draw);
    themed = themed.filter((each) => each.deref());
    themed.push(new WeakRef(element));
  }
  function themeChanged() {
    themed.forEach((each) => drawings.get(each.deref())?.());
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', themeChanged);

  // Calls back with the width of an element whenever that changes, and once it is hidden or removed.
  function onWidth(element, draw, leave = null) {
    let last = 0;
    new ResizeObserver((entries) => {
      const width = Math.floor(entries[0].contentRect.width);
      if (width > 0 && width !== last) {
        last = width;
        draw(width);
      } else if (width === 0 && leave) {
        last = 0;
        leave();
      }
    }).observe(element);
  }

  // Tells whoever listens to the page rather than sees it.
  function announce(told) {
    text(document.getElementById('said'), told);
  }

  const stillness = matchMedia('(prefers-reduced-motion: reduce)');

  Object.assign(explore.tools, {
    el,
    svg,
    text,
    format,
    unpacked,
    colour,
    onTheme,
    onWidth,
    announce,
    isStill: () => stillness.matches,
    themeChanged,
    // The colour and the dashes of a seat's line; sixteen seats are told apart by both.
    seatColour: (seat) => `seat-${seat % 8}`,
    seatDash: (seat) => [[], [8, 4], [2, 3], [10, 3, 2, 3]][Math.floor(seat / 8) * 2 + (seat % 2)],
  });
}
