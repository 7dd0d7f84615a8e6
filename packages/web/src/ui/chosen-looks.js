// Runs before the page is painted, so that a chosen theme doesn't follow a flash of the system's, and rows have their
// height at once. vite.config.ts puts it into the page.
try {
  const { dataset } = document.documentElement;
  const theme = localStorage.getItem('safelight-theme');
  if (theme === 'light' || theme === 'dark') dataset.theme = theme;
  const density = localStorage.getItem('safelight-density');
  if (density === 'smaller' || density === 'larger') dataset.density = density;
} catch {
  // The browser keeps nothing for this page.
}
