/** The button that goes through the colours: as the system, light, dark. */
import { byId } from './dom.js';

const order = ['auto', 'light', 'dark'] as const;
type Theme = (typeof order)[number];

const names: Record<Theme, string> = {
  auto: 'Colours: auto',
  light: 'Colours: light',
  dark: 'Colours: dark',
};

function current(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === 'light' || theme === 'dark' ? theme : 'auto';
}

function remember(theme: Theme): void {
  try {
    if (theme === 'auto') localStorage.removeItem('theme');
    else localStorage.setItem('theme', theme);
  } catch {
    // Then it lasts as long as the page.
  }
}

/** Wires the button; `changed` is called when the page has other colours, by the system too. */
export function themeButton(changed: () => void): void {
  const button = byId('theme', HTMLButtonElement);
  const show = () => {
    button.textContent = names[current()];
  };
  button.addEventListener('click', () => {
    const next = order[(order.indexOf(current()) + 1) % order.length]!;
    if (next === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    remember(next);
    show();
    changed();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
  show();
}
