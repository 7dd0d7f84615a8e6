import { type CountRows, rowsInFolder } from './count-rows.ts';
import { type LoadRequest, load } from './load.ts';
import type { RunningProgram } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

const USERS = 200;

/** One of each user. */
export const GRANTS = Array.from({ length: USERS }, (_, index) => ({
  method: 'POST',
  path: '/images/upload',
  json: {
    user_id: `user-${index}`,
    content_type: 'image/jpeg',
    filename: `IMG_${index}.jpg`,
    tags: ['holiday', 'sea'],
    description: 'The harbour in the morning',
    metadata: { camera: 'Nikon Z 6' },
  },
})) satisfies readonly LoadRequest[];

/** A program that must have a record for every answered grant. */
export interface RecordedGrants extends AsyncDisposable {
  /** Grants a second. */
  load(connections: number, seconds: number): Promise<number>;
  /** Errors: fewer records than answers. */
  requireRecords(): Promise<void>;
}

interface Started {
  readonly program: RunningProgram;
  readonly requests: readonly LoadRequest[];
  /** Of its records; those in its folder if unset. */
  readonly countRows?: CountRows;
}

/** On a folder of its own. */
export async function recordedGrants(start: (folder: string) => Promise<Started>): Promise<RecordedGrants> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const { program, requests, countRows = rowsInFolder(folder.path) } = await start(folder.path);
  stack.use(program);
  const held = stack.move();
  let answered = 0;
  return {
    async load(connections, seconds) {
      const seen = await load({ origin: program.origin, requests, connections, seconds });
      answered += seen.requests;
      return seen.perSecond;
    },
    async requireRecords() {
      const records = await countRows('images');
      if (records < answered) throw new Error(`expected a record for each of ${answered} grants; got ${records}`);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
