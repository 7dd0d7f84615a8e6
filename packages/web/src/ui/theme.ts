export type Theme = 'light' | 'dark' | 'system';

const KEY = 'safelight-theme';
const DARK = '(prefers-color-scheme: dark)';

/** `system` if nothing was chosen, or the browser keeps nothing for this page. */
export function chosenTheme(): Theme {
  const kept = read();
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice holds until a reload.
  }
  show(theme);
}

/** Shows the chosen theme from now on, also when the system's changes. */
export function followTheme(): void {
  show(chosenTheme());
  matchMedia(DARK).addEventListener('change', () => show(chosenTheme()));
}

function show(theme: Theme): void {
  document.documentElement.dataset['theme'] =
    theme === 'system' ? (matchMedia(DARK).matches ? 'dark' : 'light') : theme;
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
