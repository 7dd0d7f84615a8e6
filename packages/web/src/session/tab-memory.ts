import { forgetFirstAnswers } from './first-answers.ts';

/**
 * What this tab keeps over a reload, and no other tab sees. Without storage (private windows, policies) it lives as
 * long as the page.
 */
const PREFIX = 'safelight-';
const kept = new Map<string, string>();

export type Remembered = 'credential' | 'sign-in' | 'own-user' | 'trash-user' | 'albums-user' | 'caller';

export function remember(name: Remembered, text: string | undefined): void {
  if (text === undefined) kept.delete(name);
  else kept.set(name, text);
  try {
    if (text === undefined) sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, text);
  } catch {
    // It stays in `kept`.
  }
}

export function remembered(name: Remembered): string | undefined {
  try {
    return sessionStorage.getItem(PREFIX + name) ?? kept.get(name);
  } catch {
    return kept.get(name);
  }
}

/** Nothing that this tab remembers of who was here stays, with the refusals of uploads. */
export function forgetAll(): void {
  forgetFirstAnswers();
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  } catch {
    // It has none.
  }
  const names = ['credential', 'sign-in', 'own-user', 'trash-user', 'albums-user', 'caller'] as const;
  for (const name of names) remember(name, undefined);
}
