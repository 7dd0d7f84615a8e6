import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageId } from '../packages/server/src/domain/image/image-id.ts';
import { acceptedType } from '../packages/server/src/domain/image/media-type.ts';
import { EVERY_ACCEPTED } from '../packages/server/src/domain/rendition/accepted-formats.ts';
import { fullSizeRecipe } from '../packages/server/src/domain/rendition/full-size-jpeg.ts';
import { planRendition, type Source } from '../packages/server/src/domain/rendition/plan-rendition.ts';
import type { Recipe } from '../packages/server/src/domain/rendition/recipe.ts';
import { parseTransform } from '../packages/server/src/domain/rendition/transform-parameters.ts';
import { MAX_MARK_PIXELS, type Mark } from '../packages/server/src/domain/rendition/watermark.ts';
import { inspect } from '../packages/server/src/imaging/inspect/inspect.ts';
import { DEFAULT_LIMITS } from '../packages/server/src/imaging/limits.ts';
import { restrictDecoder } from '../packages/server/src/imaging/open-picture.ts';
import { readHeader } from '../packages/server/src/imaging/pixels.ts';
import { render } from '../packages/server/src/imaging/render/render.ts';

/**
 * One job of a decoder in its own process: an inspection, one that makes the working copy too (`copy`), the JPEG in
 * full size (`full-size`), or a transform given as a query, whose watermark is the file `mark`. Prints its cost.
 */
const SIDE = Math.sqrt(MAX_MARK_PIXELS);
const MARK: Mark = { imageId: 'mark' as ImageId, sha256: 'mark', sizeBytes: 0, width: SIDE, height: SIDE };

const [path = '', type = '', query, folder = ''] = process.argv.slice(2);
const contentType = acceptedType(type);
if (!contentType) throw new Error(`expected an accepted type; got ${type}`);
restrictDecoder();
const outcome = await outcomeOf(query);
const { user, system } = process.cpuUsage();
const peakKilobytes = Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
console.log(JSON.stringify({ outcome, cpuMs: (user + system) / 1000, peakMb: peakKilobytes / 1024 }));

async function outcomeOf(job: string | undefined): Promise<string> {
  if (job === undefined) return inspected(undefined);
  if (job !== 'copy') return rendered(job);
  const copyTo = join(folder, 'result');
  writeFileSync(copyTo, '');
  return inspected(copyTo);
}

async function inspected(copyTo: string | undefined): Promise<string> {
  if (!contentType) return '';
  const inspection = await inspect({ path, declaredType: contentType, limits: DEFAULT_LIMITS, copyTo });
  if (inspection.outcome === 'refused') return inspection.rejection.detail;
  if (copyTo === undefined) return 'ready';
  return inspection.copy
    ? `ready, with a copy of ${statSync(copyTo).size.toLocaleString('en')} bytes`
    : 'ready, no copy';
}

async function rendered(text: string): Promise<string> {
  const header = await readHeader(path);
  if (!header || !contentType) throw new Error('expected a header; got none');
  const recipe = text === 'full-size' ? fullSizeRecipe(header) : planned(text, { ...header, contentType });
  const outputs = [{ recipe, path: join(folder, 'result') }];
  for (const { path: result } of outputs) writeFileSync(result, '');
  const marks = [{ sha256: MARK.sha256, path: join(folder, 'mark'), contentType: 'image/avif' } as const];
  const [one] = await render({ source: { path, contentType, marks }, outputs, limits: DEFAULT_LIMITS });
  return one?.outcome === 'made' ? 'made' : (one?.refusal.detail ?? 'nothing');
}

function planned(text: string, source: Omit<Source, 'focalPoint'>): Recipe {
  const transform = parseTransform(new URLSearchParams(text), (name) => name);
  return planRendition({ ...source, focalPoint: null }, transform, EVERY_ACCEPTED, MARK);
}
