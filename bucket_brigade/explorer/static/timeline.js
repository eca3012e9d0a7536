// All nights of a play at a glance: a row a house, a column a night. A fire fills its row, a ruin
// is a line through it, and safe houses leave it empty, so that no colour is needed to read it.
'use strict';

{
  const { el, colour, onTheme, onWidth } = explore.tools;

  const ROW = 9;

  const rgb = (name) => colour(name).match(/[\d.]+/g).map(Number);

  // The rows of a house, of three, that a state paints.
  const PAINTED = [[], [0, 1, 2], [1]];

  function timeline({ play, stops, label, differs = null, onSeek }) {
    const canvas = el('canvas', { class: 'nights', role: 'img', 'aria-label': label });
    const cursor = el('div', { class: 'mark-line' });
    const element = el('div', { class: 'timeline' }, canvas, cursor);
    const rows = play.houses * 3 + (differs ? 4 : 0);
    const height = play.houses * ROW + (differs ? 8 : 0);
    let [width, stop] = [0, 0];

    // The picture with a pixel a night, which is then stretched or shrunk to the width.
    function painted() {
      const image = new ImageData(stops, rows);
      const paint = (x, y, [r, g, b], alpha = 255) =>
        image.data.set([r, g, b, alpha], 4 * (y * stops + x));
      const colours = ['safe', 'flame', 'ruined'].map(rgb);
      const mark = rgb('differs');
      for (let x = 0; x < stops; x++) {
        const alpha = x > play.nights ? 70 : 255; // what is left when it is over
        play.states(Math.min(x, play.nights)).forEach((state, house) =>
          PAINTED[state].forEach((row) => paint(x, 3 * house + row, colours[state], alpha)),
        );
        if (differs?.[x]) {
          [1, 2, 3].forEach((row) => paint(x, 3 * play.houses + row, mark));
        }
      }
      const small = new OffscreenCanvas(stops, rows);
      small.getContext('2d').putImageData(image, 0, 0);
      return small;
    }

    function draw() {
      if (width === 0) {
        return;
      }
      const scale = window.devicePixelRatio || 1;
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.height = `${height}px`;
      const context = canvas.getContext('2d');
      context.fillStyle = colour('line');
      for (let house = 1; house < play.houses; house++) {
        context.fillRect(0, Math.round(house * ROW * scale), canvas.width, 1);
      }
      context.imageSmoothingEnabled = stops > canvas.width;
      context.drawImage(painted(), 0, 0, canvas.width, canvas.height);
      move(stop);
    }

    function move(to) {
      stop = to;
      cursor.style.transform = `translateX(${(((to + 0.5) / stops) * width).toFixed(1)}px)`;
    }

    const seek = (event) => {
      const box = canvas.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      onSeek(Math.max(0, Math.min(stops - 1, Math.floor(share * stops))));
    };
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      seek(event);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) {
        seek(event);
      }
    });

    onTheme(element, draw);
    onWidth(element, (now) => {
      width = now;
      draw();
    });
    return { element, move };
  }

  Object.assign(explore.tools, { timeline });
}
