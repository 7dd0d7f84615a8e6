// Runs before the page is painted, so that a chosen theme doesn't follow a flash of the system's. vite.config.ts puts
// it into the page.
try {
  const chosen = localStorage.getItem('safelight-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // The browser keeps nothing for this page.
}
