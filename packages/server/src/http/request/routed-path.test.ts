import assert from 'node:assert/strict';
import { it } from 'node:test';
import { routedPath } from './routed-path.ts';

const routed = (target: string): string => routedPath(new Request(`http://localhost${target}`));

it('a path is routed without one slash at its end, before the query', () => {
  for (const [target, path] of [
    ['/images/', '/images'],
    ['/images/?limit=1', '/images'],
    ['/images/upload/', '/images/upload'],
    ['/images/abc/renditions/thumb/?v=1/', '/images/abc/renditions/thumb'],
    ['/images/abc/render-url/', '/images/abc/render-url'],
    ['/images/abc/render/?w=1&sig=x/', '/images/abc/render'],
    ['/health/', '/health'],
    ['/docs/', '/docs'],
    ['/docs/problems/', '/docs/problems'],
    ['/', '/'],
    ['/images', '/images'],
  ] as const)
    assert.equal(routed(target), path, target);
});

it('the last slash counts in keys of objects and in files, after another slash and percent-encoded', () => {
  for (const path of [
    '/objects/',
    '/objects/safelight/images/a/',
    '/objects/a\u2028/',
    '/openapi.json/',
    '/docs/start.js/',
    '/redoc/redoc.standalone.js/',
    '//',
    '/images//',
  ])
    assert.equal(routed(encodeURI(path)), path, path);
  assert.equal(routed('/images%2F'), '/images%2F');
});
