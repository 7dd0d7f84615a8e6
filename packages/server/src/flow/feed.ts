import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Halt } from './halt.ts';

/**
 * Writes `body` into `parser`. Ends as soon as `wait` is halted, even while the sender is silent; a pipeline would wait
 * for it.
 */
export async function feed(parser: Writable, body: AsyncGenerator<Uint8Array>, wait: Halt['wait']): Promise<void> {
  try {
    for (;;) {
      const { done, value } = await wait(body.next());
      if (done) break;
      if (!parser.write(value)) await wait(once(parser, 'drain'));
    }
    parser.end();
    await wait(once(parser, 'finish'));
  } finally {
    body.return(undefined).catch(() => undefined); // the rest of the body is ignored
  }
}
