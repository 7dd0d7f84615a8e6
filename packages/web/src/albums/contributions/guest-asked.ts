const ASKED = 'safelight-guest';

/** Asks the album that is shown to select all pictures of that guest. */
export const askForGuest = (guest: string): boolean => dispatchEvent(new CustomEvent(ASKED, { detail: guest }));

export function onGuestAsked(listener: (guest: string) => void): () => void {
  const heard = (event: Event): void => listener((event as CustomEvent<string>).detail);
  addEventListener(ASKED, heard);
  return () => removeEventListener(ASKED, heard);
}
