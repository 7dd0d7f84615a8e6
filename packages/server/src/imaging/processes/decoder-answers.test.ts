import assert from 'node:assert/strict';
import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Recipe } from '../../domain/rendition/recipe.ts';
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
  ...{ blur: null, sharpen: null, format: 'webp', quality: null },
};

const done = (result: unknown): string => `${JSON.stringify({ kind: 'done', result })}\n`;
const sound = (image: object = {}): string => done({ outcome: 'sound', image: { ...IMAGE, ...image } });
const refused = (rejection: unknown): string => done({ outcome: 'refused', rejection });
const rendered = (rendition: unknown): string => done([rendition]);

const UNSOUND_INSPECTIONS: Record<string, string> = {
  'null for a reply': 'null\n',
  'null for a result': done(null),
  'no JSON': 'sound\n',
  'a message of Node itself': '{"cmd":"NODE_HANDLE_ACK"}\n',
  'that it is ready, again': '{"kind":"ready","confinement":"unconfined","reason":""}\n',
  'that it has started, twice': '{"kind":"started"}\n',
  'a failure without words': '{"kind":"failed","systemCode":null}\n',
  'a failure of no known system': '{"kind":"failed","systemCode":"no such thing","message":""}\n',
  'another type than was declared': sound({ contentType: 'image/jpeg' }),
  'a type that is none': sound({ contentType: 'text/html' }),
  'no width': sound({ width: 0 }),
  'a width that is no whole number': sound({ width: 1.5 }),
  'a height that is text': sound({ height: '30' }),
  'a height past the limits': sound({ height: 16_385 }),
  'a placeholder that is too long': sound({ placeholder: 'A'.repeat(40) }),
  'a placeholder that is not base64': sound({ placeholder: '<script>alert(1)</script>' }),
  'a color that is none': sound({ dominantColor: 'red' }),
  'a refusal of no known code': refused({ code: 'forbidden', detail: 'no' }),
  'a refusal with control characters': refused({ code: 'unreadable-image', detail: 'no\u001b[2J' }),
  'a refusal without end': refused({ code: 'unreadable-image', detail: 'no'.repeat(1_000) }),
  'a line without end': 'x'.repeat(2_000_000),
};

const UNSOUND_RENDERINGS: Record<string, string> = {
  'null for a result': done(null),
  'a rendition that was not asked for': done([{ outcome: 'refused' }, {}]),
  'no rendition': done([]),
  'another type than was asked for': rendered({ outcome: 'made', contentType: 'image/png', width: 40, height: 30 }),
  'a size of none': rendered({ outcome: 'made', contentType: 'image/webp', width: 0, height: 30 }),
  'a refusal of no known code': rendered({ outcome: 'refused', refusal: { code: 'forbidden', detail: 'no' } }),
  'a rendition that it did not write': rendered({
    outcome: 'made',
    ...{ contentType: 'image/webp', width: 40, height: 30 },
  }),
};

it('a decoder may take 600 MB for an inspection, 900 MB for a rendering', () => {
  const limits = DEFAULT_LIMITS;
  const source = { path: 'source', contentType: 'image/png' } as const;
  const [inspection, rendering]: [DecodeJob, DecodeJob] = [
    { kind: 'inspect', path: 'source', declaredType: 'image/png', limits },
    { kind: 'render', source, outputs: [], limits },
  ];
  assert.equal(DECODE_JOB_TERMS.maxMemoryBytes(inspection), 600 * 1_048_576);
  assert.equal(DECODE_JOB_TERMS.maxMemoryBytes(rendering), 900 * 1_048_576);
});

describe("a decoder's answers", () => {
  let folder: string;
  let files = 0;
  let imaging: Imaging;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'answers-'));
    imaging = createImaging({
      timeoutSeconds: 20,
      folder: join(folder, 'decoders'),
      levels: ['unconfined'],
      childFile: new URL('lying-child.fixture.ts', import.meta.url),
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
  const render = async (lie: Lie, output = path()) => {
    const source = { path: await lying(lie), contentType: 'image/png' } as const;
    return imaging.render(source, [{ recipe: RECIPE, path: output }], { urgency: 'request' });
  };
  const isBlamed = { code: 'decoder-failed' };

  it('are accepted if sound', async () => {
    assert.deepEqual(await inspect(sound()), { outcome: 'sound', image: IMAGE });
    const rejection = { code: 'unreadable-image', detail: 'expected a picture; got none' };
    assert.deepEqual(await inspect(refused(rejection)), { outcome: 'refused', rejection });
  });

  for (const [what, says] of Object.entries(UNSOUND_INSPECTIONS))
    it(`kill the decoder if one contains ${what}`, async () => {
      const [before] = await childrenOf(process.pid);
      await assert.rejects(inspect(says), isBlamed);
      await until(async () => before === undefined || !(await childrenOf(process.pid)).includes(before));
    });

  for (const [what, says] of Object.entries(UNSOUND_RENDERINGS))
    it(`kill the decoder if one contains for a rendition ${what}`, async () => {
      await assert.rejects(render({ says }), isBlamed);
    });

  it('kill a decoder that writes without a job, and keep the job it had', async () => {
    assert.equal((await inspect(sound() + sound())).outcome, 'sound');
    await until(async () => (await childrenOf(process.pid)).length === 0);
    assert.equal((await inspect(sound())).outcome, 'sound');
  });

  it('refer to no file except those that the decoder wrote', async () => {
    const [output, secret] = [path(), path()];
    await writeFile(secret, 'a secret');
    const says = rendered({ outcome: 'made', contentType: 'image/webp', width: 40, height: 30 });
    await assert.rejects(render({ says, linksTo: secret }, output), isBlamed);
    await assert.rejects(access(output), { code: 'ENOENT' });
  });

  it("leave nothing in the decoders' folder when all have ended", async () => {
    await imaging[Symbol.asyncDispose]();
    assert.ok(!(await readdir(folder)).includes('decoders'));
  });
});
