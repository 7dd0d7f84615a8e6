import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { MediaType } from '../../domain/image/media-type.ts';
import { planRendition } from '../../domain/rendition/plan-rendition.ts';
import { type Recipe, type Trim, UNCHANGED } from '../../domain/rendition/recipe.ts';
import type { Size } from '../../domain/rendition/transform.ts';
import { parseTransform } from '../../domain/rendition/transform-parameters.ts';
import type { RenderAnswer, RenderRefusal } from '../imaging.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { render } from './render.ts';
import type { Bitmap } from './slow-render.fixture.ts';

const NONE = { avif: false, webp: false };

/** The recipe of a query, for a client that names no accepted format. */
export const recipeOf = (query: string, source: Size & { readonly contentType: MediaType }): Recipe =>
  planRendition(
    { ...source, focalPoint: null },
    parseTransform(new URLSearchParams(query), (name) => name),
    NONE,
  );

/** A change of encoding only. */
export const RECIPE: Recipe = { ...UNCHANGED, page: null, format: 'png', quality: null };

export interface Made {
  readonly rendered: Extract<RenderAnswer, { outcome: 'made' }>;
  readonly bytes: Buffer;
}

/** A folder for renders; `renders` makes many in one call, `make` and `refusal` one. */
export interface Renderer extends AsyncDisposable {
  readonly folder: string;
  renders(
    bytes: Uint8Array,
    type: MediaType,
    recipes: readonly Partial<Recipe>[],
    limits?: Partial<Limits>,
  ): Promise<readonly RenderAnswer[]>;
  make(bytes: Uint8Array, type: MediaType, recipe?: Partial<Recipe>): Promise<Made>;
  makeAll(bytes: Uint8Array, type: MediaType, recipes: readonly Partial<Recipe>[]): Promise<readonly Made[]>;
  /** The reason of a refusal, which must leave its file empty. */
  refusal(
    bytes: Uint8Array,
    type: MediaType,
    recipe?: Partial<Recipe>,
    limits?: Partial<Limits>,
  ): Promise<RenderRefusal>;
}

export async function createRenderer(): Promise<Renderer> {
  const folder = await mkdtemp(join(tmpdir(), 'render[1] é-'));
  let jobs = 0;
  const pathOf = (job: number, place: number): string => join(folder, `result-${job}-${place}`);

  const renders: Renderer['renders'] = async (bytes, contentType, recipes, limits = {}) => {
    const job = ++jobs;
    const source = { path: join(folder, `source-${job}`), contentType };
    await writeFile(source.path, bytes);
    const outputs = recipes.map((recipe, place) => ({ recipe: { ...RECIPE, ...recipe }, path: pathOf(job, place) }));
    await Promise.all(outputs.map(({ path }) => writeFile(path, '')));
    return render({ source, outputs, limits: { ...DEFAULT_LIMITS, ...limits } });
  };

  const makeAll: Renderer['makeAll'] = async (bytes, type, recipes) => {
    const all = await renders(bytes, type, recipes);
    const job = jobs;
    return Promise.all(
      all.map(async (rendered, place) => {
        assert.ok(rendered.outcome === 'made', JSON.stringify(rendered));
        return { rendered, bytes: await readFile(pathOf(job, place)) };
      }),
    );
  };

  return {
    folder,
    renders,
    makeAll,
    make: async (bytes, type, recipe = {}) => {
      const [made] = await makeAll(bytes, type, [recipe]);
      assert.ok(made);
      return made;
    },
    refusal: async (bytes, type, recipe = {}, limits = {}) => {
      const [rendered] = await renders(bytes, type, [recipe], limits);
      assert.ok(rendered?.outcome === 'refused', JSON.stringify(rendered));
      assert.match(rendered.refusal.detail, /^expected .+; got .+/);
      assert.ok(!rendered.refusal.detail.includes(folder), 'no local path in what users see');
      assert.equal((await readFile(pathOf(jobs, 0))).length, 0);
      return rendered.refusal;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

const COLORS = [
  [230, 40, 30],
  [30, 200, 60],
  [40, 60, 220],
  [240, 210, 40],
] as const;

/**
 * Red and green above, blue and yellow below, each a gradient: any wrong turn or crop is visible. The frames of an
 * animation have them in different places. `alpha` is that of the left third.
 */
export function quadrants({ width, height }: Size, { alpha = 255, frame = 0 } = {}): Bitmap {
  const data = Buffer.alloc(width * height * 4);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const quadrant = (y * 2 < height ? 0 : 2) + (x * 2 < width ? 0 : 1);
      const [red, green, blue] = COLORS[(quadrant + frame) % 4] ?? COLORS[0];
      const shade = 1 - (0.4 * x) / width - (0.3 * y) / height;
      data.set([red * shade, green * shade, blue * shade, x * 3 < width ? alpha : 255], at);
    }
  }
  return { data, width, height };
}

export const toImage = ({ data, width, height }: Bitmap): Sharp => sharp(data, { raw: { width, height, channels: 4 } });

/** Without any other wish. */
export const TRIM: Trim = {
  ...{ threshold: 10, width: null, height: null, fit: 'inside', enlarge: false, radius: null },
  position: { x: 0.5, y: 0.5 },
  padding: { top: 0, right: 0, bottom: 0, left: 0 },
};
