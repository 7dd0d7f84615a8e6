import { type Credential, pastedCredential } from './credential.ts';
import { lockOf, openChannel, TAB, type TabMessage } from './tabs.ts';
import type { Tokens } from './tokens.ts';

/** A tab in the background may be slow; one that is frozen never answers. */
const ANSWER_MS = 1_000;
/** A borrowed token may be an older one than that of the tab that renews it, which answers first. */
const AFTER_OWNER_MS = 300;
/** An issuer answers the tab that asks it. */
const RENEWAL_MS = 10_000;

/** Those that ask another tab for the next token. They would ask each other for ever. */
const BORROWED = new WeakSet<Credential>();

/** The credential of another tab of this person; undefined: none has answered. */
export async function askTabs(who: string): Promise<Credential | undefined> {
  const id = crypto.randomUUID();
  const channel = openChannel();
  const answered = heardOn(channel, ANSWER_MS, (message) =>
    message.type === 'answer' && message.id === id ? message : undefined,
  );
  channel.postMessage({ type: 'ask', who, id } satisfies TabMessage);
  const answer = await answered;
  channel.close();
  if (!answer) return undefined;
  return answer.kind === 'pasted' ? pastedCredential(answer.token) : borrowed(answer.token, who);
}

/** An access token of another tab, which alone has what renews it. */
function borrowed(first: string, who: string): Credential {
  let token = first;
  const credential: Credential = {
    kind: 'issuer',
    token: () => token,
    async renew() {
      const refused = token;
      const channel = openChannel();
      const renewed = heardOn(channel, RENEWAL_MS, (message) =>
        message.type === 'renewed' && message.who === who && message.token !== refused ? message.token : undefined,
      );
      channel.postMessage({ type: 'renew', who, refused } satisfies TabMessage);
      const next = await renewed;
      channel.close();
      token = next ?? token;
      return next !== undefined;
    },
    end: async () => undefined,
  };
  BORROWED.add(credential);
  return credential;
}

export interface TabOfPerson {
  readonly who: string;
  readonly tokens: Pick<Tokens, 'credential'>;
  /** The person has signed out in another tab. */
  readonly onLeft: () => void;
}

/** Answers the other tabs, until the returned function is called or the page ends. */
export function joinTabs({ who, tokens, onLeft }: TabOfPerson): () => void {
  const channel = openChannel();
  const leaving = new AbortController();
  const gone = new Promise<void>((resolve) => leaving.signal.addEventListener('abort', () => resolve()));
  const say = (message: TabMessage): void => {
    if (!leaving.signal.aborted) channel.postMessage(message);
  };
  void navigator.locks
    .request(lockOf(who), { mode: 'shared', signal: leaving.signal }, () => gone)
    .catch(() => undefined); // left before it had the lock

  /** Several tabs are refused at once, and one of them asks the issuer. */
  async function renew(refused: string): Promise<void> {
    await navigator.locks.request(`safelight-renewal ${who}`, async () => {
      const credential = tokens.credential();
      if (credential.token() === refused) await credential.renew().catch(() => false);
    });
    const token = tokens.credential().token();
    if (token !== refused) say({ type: 'renewed', who, token });
  }

  channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => {
    if (data.type === 'left') {
      if (data.who === who && data.tab !== TAB) onLeft();
    } else if (data.type === 'ask' && data.who === who) {
      const credential = tokens.credential();
      const answer = () => say({ type: 'answer', id: data.id, kind: credential.kind, token: credential.token() });
      if (BORROWED.has(credential)) setTimeout(answer, AFTER_OWNER_MS);
      else answer();
    } else if (data.type === 'renew' && data.who === who && !BORROWED.has(tokens.credential())) {
      void renew(data.refused);
    }
  });
  return () => {
    leaving.abort();
    channel.close();
  };
}

/** The first message that is waited for; undefined: none came in time. */
function heardOn<Heard>(
  channel: BroadcastChannel,
  withinMs: number,
  heard: (message: TabMessage) => Heard | undefined,
): Promise<Heard | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), withinMs);
    channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => {
      const found = heard(data);
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
}
