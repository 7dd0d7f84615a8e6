/** In the viewer the page below is inert. */
const PLACES = ['[aria-modal="true"]', 'main'];

/** When what has the focus goes, and nothing else takes it, the view gets it: a keyboard continues there. */
export function catchLostFocus(): () => void {
  let last: Element | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onFocus = ({ target }: FocusEvent): void => {
    last = target instanceof Element ? target : undefined;
  };
  const forget = (): void => {
    last = undefined; // a press on nothing takes the focus away on purpose
  };
  const give = (): void => {
    if (document.activeElement !== document.body) return;
    const places = PLACES.flatMap((place) => document.querySelector<HTMLElement>(place) ?? []);
    places[0]?.focus({ preventScroll: true });
  };
  const watcher = new MutationObserver(() => {
    if (!last || last.isConnected) return;
    clearTimeout(timer);
    timer = setTimeout(give); // who knows a better place has taken the focus until then
  });
  document.addEventListener('focusin', onFocus);
  document.addEventListener('pointerdown', forget);
  watcher.observe(document.body, { childList: true, subtree: true });
  return () => {
    document.removeEventListener('focusin', onFocus);
    document.removeEventListener('pointerdown', forget);
    watcher.disconnect();
    clearTimeout(timer);
  };
}
