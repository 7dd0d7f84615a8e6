import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaType } from '../../../domain/image/media-type.ts';
import { DEFAULT_LIMITS, type Limits } from '../../limits.ts';
import { inspect } from '../inspect.ts';

/** Inspects bytes like an upload. Returns `undefined` if they are sound, else the reason of the refusal. */
export async function refusalOf(
  bytes: Uint8Array,
  declaredType: MediaType,
  limits: Partial<Limits> = {},
): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'structure-'));
  try {
    const path = join(folder, 'upload');
    await writeFile(path, bytes);
    const inspection = await inspect({ path, declaredType, limits: { ...DEFAULT_LIMITS, ...limits } });
    if (inspection.outcome === 'sound') return undefined;
    assert.match(inspection.rejection.detail, /^expected .+; got .+/);
    return inspection.rejection.detail;
  } finally {
    await rm(folder, { recursive: true });
  }
}
