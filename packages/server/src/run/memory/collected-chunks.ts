import type { ObjectStore } from '../../object-store/object-store.ts';
import type { Staging } from '../../object-store/staging.ts';
import type { ChunkCollector } from './chunk-collector.ts';

type Collector = Pick<ChunkCollector, 'look'>;

/** `store` with a check of the collector for each chunk that is read. */
export const collectRead = <Store extends Pick<ObjectStore, 'get'>>(store: Store, collector: Collector): Store => ({
  ...store,
  async get(...call: Parameters<ObjectStore['get']>) {
    const object = await store.get(...call);
    if (!object || object.body instanceof Uint8Array) return object;
    return { ...object, body: ReadableStream.from(passedBy(collector, object.body)) };
  },
});

/** `staging` with a check of the collector for each chunk that is received. */
export const collectStaged = <Port extends Pick<Staging, 'stage'>>(staging: Port, collector: Collector): Port => ({
  ...staging,
  stage: (body: AsyncIterable<Uint8Array>, options: Parameters<Staging['stage']>[1]) =>
    staging.stage(passedBy(collector, body), options),
});

/**
 * Checks the collector before each chunk is passed on, because one turn of a busy event loop receives 30 MB of them.
 * Not a generator: `return` on an unstarted generator runs no cleanup, so the body would stay open.
 */
const passedBy = (collector: Collector, body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]() {
    const chunks = body[Symbol.asyncIterator]();
    return {
      async next() {
        const next = await chunks.next();
        if (!next.done) collector.look();
        return next;
      },
      return: async () => (await chunks.return?.()) ?? { done: true, value: undefined },
    };
  },
});
