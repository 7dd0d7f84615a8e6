import { cp } from 'node:fs/promises';
import { API_KEYS, createKey } from './credentials.ts';
import { BUSY_OWNER, dataset } from './dataset.ts';
import { listAnswer, listRequest, PAGE } from './list-pages.ts';
import { type LoadRequest, load } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { SILENT, startService } from './program.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
const SECONDS = 4;
const WARM_SECONDS = 8;
const IMAGES = 1_000;
const GOAL = { atLeast: 0.9 };

/** A user's list, whose URLs of presets are signed, against the same list in open mode, where they aren't. */
export async function signedList(): Promise<readonly Measurement[]> {
  const images = await dataset(IMAGES);
  await using folders = new AsyncDisposableStack();
  const copy = async (): Promise<string> => {
    const folder = folders.use(await temporaryFolder());
    await cp(images, folder.path, { recursive: true });
    return folder.path;
  };
  const folder = await copy();
  await using signed = await startService({ folder, environment: { ...SILENT, ...API_KEYS } });
  await using open = await startService({ folder: await copy(), environment: SILENT });
  const token = await createKey({ origin: signed.origin, folder }, { owner: BUSY_OWNER, scopes: ['images:read'] });

  const request = listRequest({ user_id: BUSY_OWNER });
  await requireUrls(signed.origin, { ...request, token }, true);
  await requireUrls(open.origin, request, false);
  const perSecondOf = (origin: string, asked: LoadRequest, connections: number) => async () =>
    (await load({ origin, requests: [asked], connections, seconds: SECONDS })).perSecond;
  for (const [origin, asked] of [
    [signed.origin, { ...request, token }],
    [open.origin, request],
  ] as const)
    await load({ origin, requests: [asked], connections: 8, seconds: WARM_SECONDS });

  const measured: Measurement[] = [];
  for (const connections of [1, 8]) {
    const rounds = await alternate(ROUNDS, {
      subject: perSecondOf(signed.origin, { ...request, token }, connections),
      floor: perSecondOf(open.origin, request, connections),
    });
    const how = `${connections} ${connections === 1 ? 'connection' : 'connections'}`;
    measured.push(compare(`signed-list, ${how}, signed URLs / open mode`, rounds, { unit: perSecond, goal: GOAL }));
  }
  return measured;
}

async function requireUrls(origin: string, request: LoadRequest, areSigned: boolean): Promise<void> {
  const { count, images } = await listAnswer(origin, request);
  if (count !== PAGE) throw new Error(`expected ${PAGE} images; got ${count}`);
  for (const { renditions } of images) {
    const urls = Object.values(renditions ?? {});
    if (urls.length === 0 || urls.some((url) => url.includes('&sig=') !== areSigned))
      throw new Error(`expected ${areSigned ? 'signed' : 'unsigned'} URLs; got ${urls[0]}`);
  }
}
