import { createContext, useContext } from 'react';
import type { GuestSource } from './guest-source.ts';

const GuestSourceContext = createContext<GuestSource | undefined>(undefined);
export const GuestSourceProvider = GuestSourceContext.Provider;

export function useGuestSource(): GuestSource {
  const source = useContext(GuestSourceContext);
  if (!source) throw new Error('expected useGuestSource within <GuestSourceProvider>; got none');
  return source;
}
