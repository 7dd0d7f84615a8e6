export type Theme = 'light' | 'dark' | 'system';

const KEY = 'safelight-theme';

/** `system` if nothing was chosen. src/ui/chosen-looks.js has shown it before the page was painted. */
export function chosenTheme(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice holds until a reload.
  }
}
