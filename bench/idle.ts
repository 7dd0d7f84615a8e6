import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../test/pictures/test-images.ts';
import { judge, type Measurement, megabytes } from './measurement.ts';
import { memoryOfTree, ownNode, processTree, settled } from './memory.ts';
import { NPM_START, startProgram } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

const UPLOADS = 24;
const AT_ONCE = 6;
/** The service itself and the one decode process that it keeps. */
const PROCESSES_AT_REST = 2;
const LONGEST_REST_SECONDS = 120;

const GOAL = { unit: megabytes, goal: { atMost: 200 * 1_048_576 } };

/** Memory of all processes of `npm start`, except npm's own. */
export async function idle(): Promise<readonly Measurement[]> {
  await using folder = await temporaryFolder();
  await using service = await startProgram({
    command: ownNode(folder.path),
    args: NPM_START,
    folder: folder.path,
    environment: { DATA_DIR: join(folder.path, 'data') },
  });
  const memory = () => memoryOfTree(service.id);
  const fresh = await settled(memory);
  await uploadSome(service.origin);
  await restBegins(service.id);
  const rested = await settled(memory);
  return [judge('idle, fresh', [fresh], GOAL), judge(`idle, rested after ${UPLOADS} uploads`, [rested], GOAL)];
}

/** Pictures of 12 megapixels, like a camera's. */
async function uploadSome(origin: string): Promise<void> {
  const bytes = new Uint8Array(await testImage({ type: 'image/jpeg', width: 4_000, height: 3_000 }));
  for (let first = 0; first < UPLOADS; first += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        const headers = { 'Content-Type': 'image/jpeg' };
        const answer = await fetch(`${origin}/images/upload?user_id=ada`, { method: 'POST', headers, body: bytes });
        if (answer.status !== 200)
          throw new Error(`expected 200 to an upload; got ${answer.status} ${await answer.text()}`);
      }),
    );
  }
}

async function restBegins(service: number): Promise<void> {
  for (const end = performance.now() + LONGEST_REST_SECONDS * 1000; performance.now() < end; await delay(1000)) {
    if ((await processTree(service)).length <= PROCESSES_AT_REST) return;
  }
  throw new Error(`expected ${PROCESSES_AT_REST} processes at rest; got ${(await processTree(service)).length}`);
}
