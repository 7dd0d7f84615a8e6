import assert from 'node:assert/strict';
import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NOTHING_SAID } from '../../domain/facts/facts.ts';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { ServiceEvent } from '../../observe/observer/observer.ts';
import { createImaging } from '../create-imaging.ts';
import type { Imaging } from '../imaging.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { DecodeJob } from './decode-job.ts';
import { DECODE_JOB_TERMS } from './job-terms.ts';
import type { Lie } from './lying-child.fixture.ts';
import { childrenOf, until } from './process-list.fixture.ts';

const IMAGE = {
  contentType: 'image/png',
  width: 40,
  height: 30,
  placeholder: 'YJqGPQw7sFlslqhFafSE+Q6oJ1h2iHB2Rw==',
  dominantColor: '#a1b2c3',
};
const RECIPE: Recipe = {
  ...{ page: 0, crop: null, rotate: 0, flip: 'none', scaled: null, window: null, canvas: null, background: null },
  ...{
    pixelate: null,
    colors: null,
    radius: null,
    blur: null,
    sharpen: null,
    format: 'webp',
    quality: null,
    maxBytes: null,
    trim: null,
    watermark: null,
  },
};

const done = (result: unknown): string => `${JSON.stringify({ kind: 'done', result })}\n`;
const sound = (image: object = {}): string => done({ outcome: 'sound', image: { ...IMAGE, ...image } });
const refused = (rejection: unknown): string => done({ outcome: 'refused', rejection });
const rendered = (rendition: unknown): string => done([rendition]);
const MADE = { outcome: 'made', contentType: 'image/webp', width: 40, height: 30 };
const sent = (sizes: unknown, bytes: string, result: unknown = [MADE]): string =>
  `${JSON.stringify({ kind: 'done', result, sizes })}\n${bytes}`;

const UNSOUND_INSPECTIONS: Record<string, string> = {
  'null as a reply': 'null\n',
  'null as a result': done(null),
  'invalid JSON': 'sound\n',
  'a message of Node itself': '{"cmd":"NODE_HANDLE_ACK"}\n',
  'a second ready message': '{"kind":"ready","confinement":"unconfined","reason":""}\n',
  'a second started message': '{"kind":"started"}\n',
  'a failure without a message': '{"kind":"failed","systemCode":null}\n',
  'a failure with an unknown system code': '{"kind":"failed","systemCode":"no such thing","message":""}\n',
  'another type than was declared': sound({ contentType: 'image/jpeg' }),
  'an invalid type': sound({ contentType: 'text/html' }),
  'a width of 0': sound({ width: 0 }),
  'a fractional width': sound({ width: 1.5 }),
  'a height that is text': sound({ height: '30' }),
  'a height above the limits': sound({ height: 16_385 }),
  'a placeholder that is too long': sound({ placeholder: 'A'.repeat(40) }),
  'a placeholder that is not base64': sound({ placeholder: '<script>alert(1)</script>' }),
  'an invalid color': sound({ dominantColor: 'red' }),
  'a refusal with an unknown code': refused({ code: 'forbidden', detail: 'no' }),
  'a refusal with control characters': refused({ code: 'unreadable-image', detail: 'no\u001b[2J' }),
  'a refusal that is too long': refused({ code: 'unreadable-image', detail: 'no'.repeat(1_000) }),
  'bytes of an output': sent([5], 'bytes', { outcome: 'sound', image: IMAGE }),
  'an endless line': 'x'.repeat(2_000_000),
};

const UNSOUND_FACTS: Record<string, string> = {
  'null as a result': done(null),
  'a list as a result': done([MADE]),
  'bytes of an output': sent([5], 'bytes', NOTHING_SAID),
};

const UNSOUND_RENDERINGS: Record<string, string> = {
  'null as a result': done(null),
  'a rendition that was not requested': done([{ outcome: 'refused' }, {}]),
  'no rendition': done([]),
  'another type than requested': rendered({ outcome: 'made', contentType: 'image/png', width: 40, height: 30 }),
  'a width of 0': rendered({ outcome: 'made', contentType: 'image/webp', width: 0, height: 30 }),
  'a refusal with an unknown code': rendered({ outcome: 'refused', refusal: { code: 'forbidden', detail: 'no' } }),
  'a rendition that it did not write': rendered(MADE),
  'a rendition that it neither wrote nor sent': sent([null], ''),
  'bytes of a refused rendition': sent([5], 'bytes', [
    { outcome: 'refused', refusal: { code: 'unreadable-image', detail: 'expected a picture; got none' } },
  ]),
  'more sizes than outputs': sent([5, 4], 'bytesmore'),
  'a size of 0': sent([0], ''),
  'a size that is text': sent(['5'], 'bytes'),
  'a negative size': sent([-5], ''),
  'sizes that are no list': sent(5, 'bytes'),
  'more than a megabyte': sent([1_048_577], 'x'.repeat(1_048_577)),
};

it('a decoder may use 600 MB for an inspection or for facts, and 900 MB for a rendering', () => {
  const limits = DEFAULT_LIMITS;
  const source = { path: 'source', contentType: 'image/png' } as const;
  const [inspection, rendering]: [DecodeJob, DecodeJob] = [
    { kind: 'inspect', path: 'source', declaredType: 'image/png', limits },
    { kind: 'render', source, outputs: [], limits },
  ];
  assert.equal(DECODE_JOB_TERMS.maxMemoryBytes(inspection), 600 * 1_048_576);
  const facts: DecodeJob = { kind: 'facts', path: 'source', type: 'image/heic' };
  assert.equal(DECODE_JOB_TERMS.maxMemoryBytes(facts), 600 * 1_048_576);
  assert.equal(DECODE_JOB_TERMS.maxMemoryBytes(rendering), 900 * 1_048_576);
});

describe("a decoder's answers", () => {
  let folder: string;
  let files = 0;
  let imaging: Imaging;
  const events: ServiceEvent[] = [];
  /** The reasons since the last call. */
  const takeDeaths = () => events.splice(0).flatMap((event) => (event.event === 'decoder-died' ? event.reason : []));
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'answers-'));
    imaging = createImaging({
      timeoutSeconds: 20,
      folder: join(folder, 'decoders'),
      levels: ['unconfined'],
      childFile: new URL('lying-child.fixture.ts', import.meta.url),
      observe: (event) => events.push(event),
    });
  });
  after(async () => {
    await imaging[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const path = () => join(folder, `${files++}`);
  const lying = async (lie: Lie): Promise<string> => {
    const file = path();
    await writeFile(file, JSON.stringify(lie));
    return file;
  };
  const inspect = async (says: string) => imaging.inspect(await lying({ says }), 'image/png');
  const read = async (says: string) =>
    imaging.readFacts(await lying({ says }), 'image/png', { latest: new Date('2024-07-14') });
  const render = async (lie: Lie, output = path()) => {
    const source = { path: await lying(lie), contentType: 'image/png' } as const;
    return imaging.render(source, [{ recipe: RECIPE, path: output }], { urgency: 'request' });
  };
  const isBlamed = { code: 'decoder-failed' };

  it('are accepted if sound', async () => {
    assert.deepEqual(await inspect(sound()), { outcome: 'sound', image: IMAGE, copy: null, facts: NOTHING_SAID });
    const rejection = { code: 'unreadable-image', detail: 'expected a picture; got none' };
    assert.deepEqual(await inspect(refused(rejection)), { outcome: 'refused', rejection });
    assert.deepEqual(takeDeaths(), []);
  });

  for (const [what, says] of Object.entries(UNSOUND_INSPECTIONS))
    it(`end its process if they contain ${what}`, async () => {
      const [before] = await childrenOf(process.pid);
      await assert.rejects(inspect(says), isBlamed);
      assert.deepEqual(takeDeaths(), ['crash']);
      await until(async () => before === undefined || !(await childrenOf(process.pid)).includes(before));
    });

  it("lose the facts that can't be true", async () => {
    const { facts } = NOTHING_SAID;
    const taken = { at: '2024-07-14T18:22:31.120', offset: null, source: 'exif-original' };
    const said = { facts: { ...facts, taken, camera: 'A\u001b[2J', lens: 'B' }, details: null };
    assert.deepEqual(await read(done(said)), { facts: { ...facts, lens: 'B' }, details: null });
    assert.deepEqual(takeDeaths(), []);
  });

  for (const [what, says] of Object.entries(UNSOUND_FACTS))
    it(`fail a reading of facts if they contain ${what}`, async () => {
      await assert.rejects(read(says), isBlamed);
      assert.deepEqual(takeDeaths(), ['crash']);
    });

  for (const [what, says] of Object.entries(UNSOUND_RENDERINGS))
    it(`fail a rendering if they contain ${what}`, async () => {
      await assert.rejects(render({ says }), isBlamed);
      assert.deepEqual(takeDeaths(), ['crash']);
    });

  it('contain the bytes of small outputs', async () => {
    for (const length of [1, 70_000, 1_048_576]) {
      const output = path();
      const [made] = await render({ says: sent([length], 'x'.repeat(length)) }, output);
      assert(made?.outcome === 'made' && made.bytes);
      assert.equal(Buffer.from(made.bytes).toString(), 'x'.repeat(length));
      assert.equal(made.bytes.buffer.byteLength, length, 'expected no other bytes to be kept alive');
      await assert.rejects(access(output), { code: 'ENOENT' });
    }
    assert.deepEqual(takeDeaths(), []);
  });

  it('end its process if more bytes than it announced follow', async () => {
    const [made] = await render({ says: sent([5], 'bytes and more\n') });
    assert(made?.outcome === 'made' && made.bytes);
    assert.equal(Buffer.from(made.bytes).toString(), 'bytes');
    await until(async () => (await childrenOf(process.pid)).length === 0);
    takeDeaths();
  });

  it('end its process if it writes without a job, and keep the result of its last job', async () => {
    assert.equal((await inspect(sound() + sound())).outcome, 'sound');
    await until(async () => (await childrenOf(process.pid)).length === 0);
    assert.equal((await inspect(sound())).outcome, 'sound');
  });

  it('are refused if an output is a symbolic link', async () => {
    const [output, secret] = [path(), path()];
    await writeFile(secret, 'a secret');
    const says = rendered({ outcome: 'made', contentType: 'image/webp', width: 40, height: 30 });
    await assert.rejects(render({ says, linksTo: secret }, output), isBlamed);
    await assert.rejects(access(output), { code: 'ENOENT' });
  });

  it('leave no folder behind once all decoders have ended', async () => {
    await imaging[Symbol.asyncDispose]();
    assert.ok(!(await readdir(folder)).includes('decoders'));
  });
});
