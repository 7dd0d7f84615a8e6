import { useEffect, useRef } from 'react';
import { type Caller, whoOf } from './caller.ts';
import type { Tokens } from './tokens.ts';

interface Visit {
  readonly caller: Caller;
  readonly tokens: Tokens;
}

/**
 * While somebody is signed in, new tabs of the browser get the sign-in from this one. `onLeft`: the same person has
 * signed out in another tab. Browsers without locks, and pages by plain http, have a sign-in for each tab.
 */
export function useOtherTabs(visit: Visit | undefined, onLeft: () => void): void {
  const latest = useRef(onLeft);
  latest.current = onLeft;
  const { caller, tokens } = visit ?? {};
  useEffect(() => {
    if (!caller || !tokens || !navigator.locks) return;
    let leave: (() => void) | undefined;
    let isOver = false;
    const join = async (): Promise<void> => {
      const { joinTabs } = await import('./shared-sign-in.ts');
      if (!isOver) leave = joinTabs({ who: whoOf(caller), tokens, onLeft: () => latest.current() });
    };
    join().catch(() => undefined); // without its code, this tab is alone
    return () => {
      isOver = true;
      leave?.();
    };
  }, [caller, tokens]);
}
