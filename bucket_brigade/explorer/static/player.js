// The clock of a replay, and what drives it: play and pause, a step, a scrubber, a speed.
'use strict';

{
  const { el, svg, text, isStill } = explore.tools;

  const SPEEDS = [0.5, 1, 2, 4, 8, 30, 120, 500];
  const USUAL = 2;
  const ICONS = {
    first: 'M5 5V19M19 5L8 12L19 19Z',
    back: 'M16 5L6 12L16 19Z',
    play: 'M7 4L20 12L7 20Z',
    pause: 'M7 4H10.5V20H7ZM14 4H17.5V20H14Z',
    next: 'M8 5L18 12L8 19Z',
    last: 'M19 5V19M5 5L16 12L5 19Z',
  };

  const icon = (name) =>
    svg(
      'svg',
      { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' },
      svg('path', { d: ICONS[name] }),
    );

  // `draw(time)` is called with a time from 0 to `end`, whole where the clock stands still, and
  // `told(stop)` gives the words for a stop.
  function player({ end, draw, told }) {
    let [time, playing, speed, before] = [0, false, USUAL, null];

    const button = (name, label, onclick, more = {}) => {
      const attributes = { type: 'button', 'aria-label': label, title: label, onclick, ...more };
      return el('button', attributes, icon(name));
    };
    const first = button('first', 'To the start', () => seek(0));
    const back = button('back', 'A night back', () => step(-1));
    const toggler = button('play', 'Play', () => toggle(), { class: 'main' });
    const next = button('next', 'A night on', () => step(1));
    const last = button('last', 'To the end', () => seek(end));
    const scrubber = el('input', {
      type: 'range',
      min: 0,
      max: end,
      step: 1,
      value: 0,
      'aria-label': 'Night',
      oninput: () => seek(Number(scrubber.value)),
    });
    const speeds = el(
      'select',
      { 'aria-label': 'Nights a second', onchange: () => (speed = Number(speeds.value)) },
      SPEEDS.map((each) => {
        const told = `${each < 1 ? '½' : each} a second`;
        return el('option', { value: each, selected: each === USUAL }, told);
      }),
    );
    const where = el('span', { class: 'where' });
    const element = el(
      'div',
      { class: 'player', role: 'group', 'aria-label': 'Playback' },
      el('div', { class: 'buttons' }, first, back, toggler, next, last),
      where,
      speeds,
      scrubber,
    );

    function show() {
      const stop = Math.round(time);
      if (Number(scrubber.value) !== stop) {
        scrubber.value = stop;
      }
      text(where, told(stop));
      if (scrubber.ariaValueText !== where.textContent) {
        scrubber.ariaValueText = where.textContent;
      }
      draw(isStill() && playing ? Math.floor(time) : time);
    }

    function setPlaying(now) {
      playing = now;
      before = null;
      toggler.replaceChildren(icon(playing ? 'pause' : 'play'));
      toggler.setAttribute('aria-label', playing ? 'Pause' : 'Play');
      toggler.title = playing ? 'Pause' : 'Play';
      if (playing) {
        requestAnimationFrame(frame);
      }
    }

    function frame(now) {
      if (!playing) {
        return;
      }
      time = Math.min(end, time + (before === null ? 0 : ((now - before) / 1000) * speed));
      before = now;
      if (time >= end) {
        setPlaying(false);
      }
      show();
      if (playing) {
        requestAnimationFrame(frame);
      }
    }

    function toggle() {
      if (!playing && time >= end) {
        time = 0;
      }
      setPlaying(!playing);
      if (!playing) {
        time = Math.round(time);
        show();
      }
    }

    function seek(stop) {
      setPlaying(false);
      time = Math.max(0, Math.min(end, stop));
      show();
    }

    const step = (nights) => seek(Math.round(time) + nights);

    function faster(by) {
      const place = Math.max(0, Math.min(SPEEDS.length - 1, SPEEDS.indexOf(speed) + by));
      speed = SPEEDS[place];
      speeds.value = speed;
    }

    const KEYS = {
      ' ': toggle,
      ArrowRight: (event) => step(event.shiftKey ? 10 : 1),
      ArrowLeft: (event) => step(event.shiftKey ? -10 : -1),
      Home: () => seek(0),
      End: () => seek(end),
      '+': () => faster(1),
      '-': () => faster(-1),
    };

    show();
    return {
      element,
      seek,
      show,
      pause: () => setPlaying(false),
      key(event) {
        KEYS[event.key]?.(event);
        return event.key in KEYS;
      },
    };
  }

  const PLAYER_KEYS = [
    ['Space', 'play or pause'],
    ['← →', 'a night back or on; with Shift, ten'],
    ['Home, End', 'to the start, to the end'],
    ['− +', 'slower, faster'],
  ];

  Object.assign(explore.tools, { player, PLAYER_KEYS });
}
