/**
 * What an issuer has sent somebody back with, if the page is `/signed-in`. This module is the first that main.tsx
 * imports: the code leaves the address before anything else reads it.
 */
let returned = location.pathname === '/signed-in' ? new URLSearchParams(location.search) : undefined;
if (returned) history.replaceState(null, '', '/');

/** Once: a code is for one use. */
export function takeReturned(): URLSearchParams | undefined {
  const taken = returned;
  returned = undefined;
  return taken;
}
