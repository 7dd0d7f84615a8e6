/** What the signed-in tabs of a browser tell each other. Only pages of this origin hear it. */
export type TabMessage =
  /** A tab without a sign-in asks those of this person. */
  | { readonly type: 'ask'; readonly who: string; readonly id: string }
  | {
      readonly type: 'answer';
      readonly id: string;
      readonly kind: 'pasted' | 'issuer';
      readonly token: string;
    }
  /** The service refused this token. */
  | { readonly type: 'renew'; readonly who: string; readonly refused: string }
  | { readonly type: 'renewed'; readonly who: string; readonly token: string }
  | { readonly type: 'left'; readonly who: string; readonly tab: string };

const HERE = 'safelight-signed-in ';

/** Whoever has signed in, as one text: tabs of another person have another one. */
export const lockOf = (who: string): string => HERE + who;

export const openChannel = (): BroadcastChannel => new BroadcastChannel('safelight-tabs');

/** Names this page, which doesn't hear itself. */
export const TAB = Math.random().toString(36).slice(2);

/**
 * Who is signed in in other tabs; undefined: nobody, several persons, or a browser that can't tell. Each of them holds
 * a lock, which ends with it.
 */
export async function onlyOneHere(): Promise<string | undefined> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  const names = new Set(held.flatMap(({ name = '' }) => (name.startsWith(HERE) ? [name.slice(HERE.length)] : [])));
  return names.size === 1 ? [...names][0] : undefined;
}

/** A sign-out in one tab is one in all. */
export function tellLeft(who: string): void {
  const channel = openChannel();
  channel.postMessage({ type: 'left', who, tab: TAB } satisfies TabMessage);
  channel.close();
}
