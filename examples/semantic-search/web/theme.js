/** The switch between the system's theme, light and dark. */
import { byId } from './dom.js';

const themes = ['system', 'light', 'dark'];
const names = { system: 'as the system', light: 'light', dark: 'dark' };

/** @param {() => void} onChange Also when the system's theme changes. */
export function createThemeSwitch(onChange) {
  const button = byId('theme-button', HTMLButtonElement);
  const icon = button.querySelector('use');
  const show = () => {
    const theme = current();
    const label = `Theme: ${names[theme]}`;
    icon?.setAttribute('href', `#icon-${theme}`);
    button.setAttribute('aria-label', label);
    button.title = label;
  };
  button.addEventListener('click', () => {
    choose(themes[(themes.indexOf(current()) + 1) % themes.length]);
    show();
    onChange();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
  show();
}

/** @returns {keyof typeof names} */
function current() {
  const { theme } = document.documentElement.dataset;
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

/** @param {string} [theme] */
function choose(theme) {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  try {
    localStorage.setItem('anyvec-theme', theme ?? 'system');
  } catch {
    // Then it holds until the page is left.
  }
}
