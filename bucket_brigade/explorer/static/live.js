// The form of a page that a program serves: which game, who plays, and which episode.
'use strict';

{
  const { el, text, announce } = explore.tools;

  // `onFound(entries)` is given the plays that the program answers with.
  function liveForm({ asked, ask, onFound }) {
    const field = (name, label, value, more = {}) => {
      const input = el('input', { name, value, spellcheck: 'false', autocomplete: 'off', ...more });
      return { input, element: el('label', {}, label, input) };
    };
    const scenario = field('scenario', 'Scenario', asked.scenario, { list: 'scenarios' });
    const lineups = ['Line-up', 'Beside it'].map((label, side) =>
      field('lineup', label, asked.lineups[side] ?? '', { placeholder: side ? 'nobody' : '' }),
    );
    const changes = field('set', 'Changes', '', { placeholder: 'max_nights=500' });
    const seed = field('seed', 'Seed', asked.seed, { inputmode: 'numeric' });
    const episode = field('episode', 'Episode', asked.episode, { inputmode: 'numeric' });
    const trouble = el('p', { class: 'trouble', role: 'alert', hidden: true });
    const names = el(
      'datalist',
      { id: 'scenarios' },
      asked.scenarios.map((name) => el('option', { value: name })),
    );
    const button = (label, onclick, told) =>
      el('button', { type: 'button', onclick, 'aria-label': told }, label);
    const element = el(
      'form',
      { class: 'card live', 'aria-label': 'Which episode', onsubmit: (event) => submit(event) },
      [scenario, ...lineups, changes, seed, episode].map((each) => each.element),
      el(
        'div',
        { class: 'buttons' },
        el('button', { class: 'main' }, 'Show'),
        button('‹', () => another(-1), 'The episode before'),
        button('›', () => another(1), 'The next episode'),
      ),
      trouble,
      names,
    );

    // Only the latest question counts, whatever order answers come in.
    let latest = 0;
    async function show() {
      const mine = ++latest;
      const fields = [...new FormData(element)];
      const params = fields.filter(([name, value]) => name !== 'lineup' || value.trim());
      element.setAttribute('aria-busy', 'true');
      try {
        const entries = await ask('episode', params);
        if (mine === latest) {
          trouble.hidden = true;
          onFound(entries);
        }
      } catch (error) {
        if (mine === latest) {
          trouble.hidden = false;
          const gone = error instanceof TypeError;
          text(trouble, gone ? 'The program behind this page does not answer.' : error.message);
        }
      } finally {
        element.removeAttribute('aria-busy');
      }
    }

    function submit(event) {
      event.preventDefault();
      show();
    }

    // Numbers go up to 2^64, beyond what scripts count to by themselves.
    function another(by) {
      if (/^\d+$/.test(episode.input.value)) {
        const number = BigInt(episode.input.value) + BigInt(by);
        episode.input.value = String(number < 0n ? 0n : number);
        announce(`Episode ${episode.input.value}`);
      }
      show();
    }

    const KEYS = { n: () => another(1), p: () => another(-1) };
    return {
      element,
      show,
      keys: [['n p', 'the next episode, the one before']],
      key(event) {
        KEYS[event.key]?.();
        return event.key in KEYS;
      },
    };
  }

  Object.assign(explore.tools, { liveForm });
}
