// The frame: a tab for every view that has something to show, the theme, and the keys.
'use strict';

{
  const { el, text, announce, themeChanged } = explore.tools;
  const bundle = JSON.parse(document.getElementById('bundle').textContent);
  const [tabs, main] = ['tabs', 'main'].map((id) => document.getElementById(id));

  // --- Data from the program that serves the page, where one does.

  async function ask(path, params) {
    const answer = await fetch(`${path}?${new URLSearchParams(params)}`);
    const found = await answer.json();
    if (!answer.ok) {
      throw new Error(found.error);
    }
    return found;
  }
  const tools = { ...explore.tools, ask: bundle.live ? ask : undefined };

  // --- The theme: as the system has it, or the other.

  const THEMES = ['auto', 'light', 'dark'];
  const themeButton = document.getElementById('theme');
  function setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    text(themeButton, `Theme: ${theme}`);
    themeChanged();
  }
  themeButton.addEventListener('click', () => {
    const now = document.documentElement.dataset.theme;
    setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
  });

  // --- Tabs: one panel is shown, and made when it is first.

  const views = explore.views
    .filter((view) => view.accepts(bundle))
    .sort((a, b) => a.order - b.order)
    .map((view) => {
      const tab = el(
        'button',
        {
          type: 'button',
          role: 'tab',
          id: `tab-${view.name}`,
          'aria-controls': `panel-${view.name}`,
          'aria-selected': 'false',
          tabindex: '-1',
          onclick: () => show(view.name),
        },
        view.title,
      );
      const panel = el('section', {
        role: 'tabpanel',
        id: `panel-${view.name}`,
        class: `view view-${view.name}`,
        'aria-labelledby': `tab-${view.name}`,
        hidden: true,
      });
      tabs.append(tab);
      main.append(panel);
      return { ...view, tab, panel, mounted: null };
    });
  let shown = null;

  function show(name) {
    const next = views.find((view) => view.name === name) ?? views[0];
    if (!next || next === shown) {
      return;
    }
    shown?.mounted?.hidden?.();
    for (const view of views) {
      const on = view === next;
      view.tab.setAttribute('aria-selected', String(on));
      view.tab.tabIndex = on ? 0 : -1;
      view.panel.hidden = !on;
    }
    shown = next;
    next.mounted ??= next.mount(next.panel, bundle, tools) ?? {};
    next.mounted.shown?.();
    if (location.protocol !== 'about:') {
      // Within a notebook, a page has no address.
      history.replaceState(null, '', `#${next.name}`);
    }
  }

  tabs.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const now = views.indexOf(shown);
    const beside = step && (now + step + views.length) % views.length;
    const to = { Home: 0, End: views.length - 1 }[event.key] ?? beside;
    if (to !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      show(views[to].name);
      views[to].tab.focus();
    }
  });
  window.addEventListener('hashchange', () => show(location.hash.slice(1)));

  // --- Keys.

  const keys = document.getElementById('keys');
  function showKeys() {
    const all = [
      ...(shown?.mounted?.keys ?? []),
      ['← → on the tabs', 'go to another view'],
      ['t', 'change the theme'],
      ['?', 'show these keys'],
    ];
    keys.replaceChildren(
      el('h2', { id: 'keys-title' }, 'Keys'),
      el('dl', {}, all.map(([key, told]) => el('div', {}, el('dt', {}, key), el('dd', {}, told)))),
      el('button', { type: 'button', onclick: () => keys.close() }, 'Close'),
    );
    keys.showModal();
  }
  document.getElementById('help').addEventListener('click', showKeys);

  // What takes keys itself: all of them, or those that press it.
  const FIELDS = 'textarea, select, input:not([type=range], [type=checkbox])';
  const PRESSED = 'button, summary, a, [role=button], [type=checkbox]';
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest?.(FIELDS);
    const pressing = [' ', 'Enter'].includes(event.key) && event.target.closest?.(PRESSED);
    if (keys.open || typing || pressing || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key === '?') {
      showKeys();
    } else if (event.key === 't') {
      themeButton.click();
      announce(themeButton.textContent);
    } else if (shown?.mounted?.key?.(event)) {
      event.preventDefault();
    }
  });

  // --- Begin.

  const { software_version: software, rules_version: rules } = bundle.made;
  text(document.getElementById('foot'), `Bucket Brigade ${software}, rules version ${rules}`);
  setTheme('auto');
  tabs.hidden = views.length < 2;
  if (views.length === 0) {
    main.append(el('p', { class: 'note' }, 'There is nothing to show.'));
  } else {
    show(location.hash.slice(1));
  }
}
