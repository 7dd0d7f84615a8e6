import { setTimeout as delay } from 'node:timers/promises';
import { shareOut } from './clients.ts';
import { load } from './load.ts';
import { compare, judge, type Measurement, milliseconds, perSecond } from './measurement.ts';
import { photographs } from './photographs.ts';
import { SILENT, startService } from './program.ts';
import { createPictureClient, signedRenders, uploadPicture } from './render-client.ts';
import { mixedRender } from './render-mix.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 4;
const RENDERING_CLIENTS = 8;
/** More than can be made in all rounds. */
const RENDERS = 10_000;

interface Rendered {
  readonly made: number;
  readonly refused: number;
  readonly seconds: number;
}

/** The latency of GET metadata while every core makes renditions, against its idle latency. */
export async function metadataUnderLoad(): Promise<readonly Measurement[]> {
  const { all, about } = await photographs();
  await using folder = await temporaryFolder();
  await using service = await startService({ folder: folder.path, environment: SILENT });
  const { origin } = service;
  const ids = await Promise.all(all.map((bytes) => uploadPicture(origin, bytes, 'image/jpeg')));
  const renders = Array.from({ length: RENDERS }, (_, index) => mixedRender(ids[index % ids.length] ?? '', index));
  const paths = (await signedRenders(origin, renders)).values();

  const requests = [{ method: 'GET', path: `/images/${ids[0]}/metadata` }] as const;
  const p99 = async () => (await load({ origin, requests, connections: CONNECTIONS, seconds: SECONDS })).p99Ms;
  const rendered: Rendered[] = [];
  const underLoad = async () => {
    await using rendering = renderOn(origin, paths);
    const late = await p99();
    rendered.push(await rendering.end());
    return late;
  };
  await p99();
  const rounds = await alternate(ROUNDS, { subject: underLoad, floor: p99 });
  const made = rendered.map((round) => round.made / round.seconds);
  const refused = rendered.reduce((sum, round) => sum + round.refused, 0);
  const clients = `${RENDERING_CLIENTS} clients let ${about} be rendered`;
  return [
    compare(`metadata-under-load, ${CONNECTIONS} connections, p99 while ${clients} / idle`, rounds, {
      unit: milliseconds,
      goal: { atMost: 10 },
    }),
    judge(`metadata-under-load, renditions meanwhile, ${refused} refused with 429`, made, { unit: perSecond }),
  ];
}

interface Rendering extends AsyncDisposable {
  /** Waits for all answers. Errors: an answer other than 200 and 429; no rendition was made. */
  end(): Promise<Rendered>;
}

/** Clients that request new renditions, from now on until the end. */
function renderOn(origin: string, paths: Iterator<string>): Rendering {
  const client = createPictureClient(origin);
  const ending = new AbortController();
  const start = performance.now();
  const counts = { made: 0, refused: 0 };
  const next = (): IteratorResult<string> => {
    if (ending.signal.aborted) return { done: true, value: undefined };
    const path = paths.next();
    if (path.done) throw new Error(`expected fewer than ${RENDERS} renditions to be made in all; got to their end`);
    return path;
  };
  const items = { [Symbol.iterator]: () => ({ next }) };
  const work = shareOut(items, RENDERING_CLIENTS, async (path) => {
    const { status, bytes, retryAfter } = await client.get(path);
    if (status === 200) counts.made += 1;
    else if (status !== 429) throw new Error(`expected 200 or 429 to ${path}; got ${status} ${bytes}`);
    else {
      counts.refused += 1;
      await delay(retryAfter * 1000, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  });
  work.catch(() => undefined); // reported by `end`
  const end = async (): Promise<Rendered> => {
    ending.abort();
    await work;
    if (counts.made === 0) throw new Error('expected renditions to be made meanwhile; none was');
    return { ...counts, seconds: (performance.now() - start) / 1000 };
  };
  return {
    end,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await work.catch(() => undefined);
      client[Symbol.dispose]();
    },
  };
}
