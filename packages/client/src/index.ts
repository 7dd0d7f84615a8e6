/** For browsers and workers; Node has its own entry, node.ts, with the same names. */
import { type ClientOptions, createClientOn, type SafelightClient } from './client.ts';
import { pause } from './http/retry.ts';
import { inBrowser } from './queue/in-browser.ts';
import { digestInMemory } from './upload/hash.ts';
import { sendByFetch } from './upload/send.ts';
import { sendByXhr } from './upload/send-by-xhr.ts';

export * from './exports.ts';

/** A client of one service. */
export const createClient = (options: ClientOptions = {}): SafelightClient =>
  createClientOn(
    {
      send: typeof XMLHttpRequest === 'function' ? () => sendByXhr : sendByFetch,
      digest: digestInMemory,
      pause,
      queue: inBrowser,
    },
    options,
  );
