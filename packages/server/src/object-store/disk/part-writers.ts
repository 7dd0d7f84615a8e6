import { createHalt, type Halt } from '../../flow/halt.ts';

/** Who writes to which upload now. All calls of one process share it. */
export interface PartWriters {
  /**
   * Runs `write` once nobody else writes the part: a running writer, whose connection may be dead, is halted and
   * awaited. `write` itself may be halted with `SUPERSEDED`, and must not write afterwards.
   */
  write<T>(uploadId: string, number: number, write: (halt: Halt) => Promise<T>): Promise<T>;
  /** Runs `work` while nobody writes to the upload: running writers are halted and awaited, later ones wait. */
  alone<T>(uploadId: string, work: () => Promise<T>): Promise<T>;
}

export const SUPERSEDED = new Error('expected to be the only writer; got another');

interface Writer {
  readonly halt: Halt;
  readonly ended: Promise<void>;
}

/** An upload that somebody works on. */
interface Busy {
  /** The latest writer of each part; it ends after its predecessors. */
  readonly writers: Map<number, Writer>;
  /** The end of the latest work of `alone`, which ends after its predecessors. */
  alone: Promise<void> | undefined;
  users: number;
}

export function createPartWriters(): PartWriters {
  const uploads = new Map<string, Busy>();

  /** The upload stays known until it is disposed of. */
  function use(uploadId: string): { readonly busy: Busy } & Disposable {
    const busy = uploads.get(uploadId) ?? { writers: new Map(), alone: undefined, users: 0 };
    uploads.set(uploadId, busy);
    busy.users += 1;
    return {
      busy,
      [Symbol.dispose]() {
        busy.users -= 1;
        if (busy.users === 0) uploads.delete(uploadId);
      },
    };
  }

  return {
    async write(uploadId, number, write) {
      using used = use(uploadId);
      const { writers } = used.busy;
      while (used.busy.alone) await used.busy.alone;
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      const writer = { halt: createHalt(), ended };
      const before = writers.get(number);
      writers.set(number, writer);
      try {
        before?.halt.halt(SUPERSEDED);
        await before?.ended;
        await writer.halt.wait(Promise.resolve()); // halted meanwhile
        return await write(writer.halt);
      } finally {
        if (writers.get(number) === writer) writers.delete(number);
        end();
      }
    },

    async alone(uploadId, work) {
      using used = use(uploadId);
      const { busy } = used;
      const before = busy.alone;
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      busy.alone = ended;
      try {
        await before;
        for (const { halt } of busy.writers.values()) halt.halt(SUPERSEDED);
        await Promise.all([...busy.writers.values()].map((writer) => writer.ended));
        return await work();
      } finally {
        if (busy.alone === ended) busy.alone = undefined;
        end();
      }
    },
  };
}
