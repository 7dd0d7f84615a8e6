import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../chance/random.ts';
import { testImage } from '../pictures/test-images.ts';

/** An image that was uploaded. Times in milliseconds. */
export interface Written {
  readonly imageId: string;
  readonly bytes: Uint8Array;
  readonly acknowledgedAt: number;
  /** When its deletion was asked for; infinite: never. */
  deletedAt: number;
}

/** Between two writes, so that the decoders don't take the whole machine. */
const PAUSE_MS = 8;

/** A client of an open service, which uploads, changes and deletes. */
export function createWriters(origin: string, random: Random) {
  const written: Written[] = [];
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
    const living = written.filter(({ deletedAt }) => deletedAt === Number.POSITIVE_INFINITY);
    const one = living[random.below(living.length)];
    if (!one) return;
    if (random.chance(0.2)) {
      one.deletedAt = Date.now();
      await send(`/images/${one.imageId}`, { method: 'DELETE' });
      return;
    }
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ tags: [`t${random.below(1_000)}`] });
    await send(`/images/${one.imageId}`, { method: 'PATCH', headers, body });
  }

  return {
    upload,
    written: (): readonly Written[] => written,
    /** Returns how many writes that were. */
    async writeUntil(signal: AbortSignal): Promise<string> {
      const [before, start] = [writes, performance.now()];
      while (!signal.aborted) {
        await (random.chance(0.3) ? upload() : change());
        await delay(PAUSE_MS);
      }
      const [count, seconds] = [writes - before, (performance.now() - start) / 1000];
      return `${count} writes in ${seconds.toFixed(0)} s, ${(count / seconds).toFixed(0)} a second`;
    },
  };
}
