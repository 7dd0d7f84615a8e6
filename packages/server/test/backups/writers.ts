import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { Random } from '../chance/random.ts';

/** An image that was uploaded. Times in milliseconds. */
export interface Written {
  readonly imageId: string;
  readonly bytes: Uint8Array;
  readonly acknowledgedAt: number;
  /** When its deletion was asked for; infinite: never. */
  deletedAt: number;
}

const WRITES_PER_SECOND = 100;
const CLIENTS = 8;

/** Clients of an open service, which upload, change and delete: so often, if the machine can. */
export function createWriters(origin: string, random: Random) {
  const written: Written[] = [];
  /** What a client changes at the moment: another one might have deleted it. */
  const taken = new Set<Written>();
  let writes = 0;

  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const answer = await fetch(`${origin}${path}`, init);
    assert(answer.ok, `${init.method} ${path}: ${answer.status}`);
    writes += 1;
    return answer;
  };

  async function upload(): Promise<void> {
    const bytes = new Uint8Array(
      await testImage({ type: 'image/png', width: 64, height: 48, seed: written.length + 1 }),
    );
    const form = new FormData();
    form.set('user_id', 'ada');
    form.set('file', new Blob([bytes], { type: 'image/png' }), 'a.png');
    const answer = await send('/images', { method: 'POST', body: form });
    const { image_id: imageId } = (await answer.json()) as { image_id: string };
    written.push({ imageId, bytes, acknowledgedAt: Date.now(), deletedAt: Number.POSITIVE_INFINITY });
  }

  async function change(): Promise<void> {
    const living = written.filter((one) => one.deletedAt === Number.POSITIVE_INFINITY && !taken.has(one));
    const one = living[random.below(living.length)];
    if (!one) return;
    taken.add(one);
    if (random.chance(0.05)) {
      one.deletedAt = Date.now();
      await send(`/images/${one.imageId}`, { method: 'DELETE' });
    } else {
      const headers = { 'Content-Type': 'application/json' };
      const body = JSON.stringify({ tags: [`t${random.below(1_000)}`] });
      await send(`/images/${one.imageId}`, { method: 'PATCH', headers, body });
    }
    taken.delete(one);
  }

  return {
    upload,
    written: (): readonly Written[] => written,
    /** Returns how many writes that were. */
    async writeUntil(signal: AbortSignal): Promise<string> {
      const [before, start] = [writes, performance.now()];
      let next = start;
      const client = async (): Promise<void> => {
        while (!signal.aborted) {
          const now = performance.now();
          next = Math.max(next, now - 1_000) + 1_000 / WRITES_PER_SECOND; // after a pause no more than a second is made up for
          await delay(next - now);
          await (random.chance(0.1) ? upload() : change());
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
      const [count, seconds] = [writes - before, (performance.now() - start) / 1000];
      return `${count} writes in ${seconds.toFixed(0)} s, ${(count / seconds).toFixed(0)} a second`;
    },
  };
}
