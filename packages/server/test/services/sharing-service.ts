import { after } from 'node:test';
import type { Imaging } from '../../src/imaging/imaging.ts';
import type { Overrides } from '../../src/run/compose/compose.ts';
import { createTestService } from './service.ts';
import { sharedImaging } from './shared-imaging.ts';

after(() => sharedImaging[Symbol.asyncDispose]());

const unchanged = (imaging: Imaging): Imaging => imaging;

/**
 * Like `createTestService`, with decode processes shared by all services of a test file: each takes a quarter of a
 * second to start.
 */
export const createSharingService: typeof createTestService = (options = {}) => {
  const { wrapImaging = unchanged, ...others }: Overrides = options.overrides ?? {};
  return createTestService({ ...options, overrides: { ...others, wrapImaging: () => wrapImaging(sharedImaging) } });
};
