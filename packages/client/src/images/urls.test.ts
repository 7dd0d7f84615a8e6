import assert from 'node:assert/strict';
import { it } from 'node:test';
import { DEFAULT_PRESETS } from './presets.ts';
import { createUrls } from './urls.ts';

it('srcset names each width once, for an image that is smaller than its presets', () => {
  const { srcset } = createUrls({ presets: () => DEFAULT_PRESETS });
  const image = { status: 'ready', width: 300, height: 200, description: null, filename: 'a.jpg' } as const;
  const renditions = { thumb: '/thumb', small: '/small', medium: '/medium', large: '/large' };
  const { src, srcSet } = srcset({ ...image, renditions });
  assert.deepEqual([src, srcSet], ['/large', '/thumb 256w, /large 300w']);
});
