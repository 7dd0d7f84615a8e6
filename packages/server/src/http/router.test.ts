import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Hono } from 'hono';
import { LiteralFirstRouter } from './router.ts';

const PATHS = [
  ...['/', '/images', '/images/uploads', '/images/:id', '/images/:id/renditions/:preset', '/objects/*'],
  ...['/s/:id/:link_id', '/s/albums/:album_id/:link_id'],
];

/** The matching route and its parameters. */
async function taken(asked: string): Promise<unknown> {
  const app = new Hono({ router: new LiteralFirstRouter() });
  for (const path of PATHS) app.all(path, (c) => c.json([path, c.req.param()]));
  const answer = await app.request(asked);
  return answer.status === 404 ? 'nothing' : answer.json();
}

describe('routes', () => {
  it('match literal segments before parameters', async () => {
    assert.deepEqual(await taken('/'), ['/', {}]);
    assert.deepEqual(await taken('/images'), ['/images', {}]);
    assert.deepEqual(await taken('/images/uploads'), ['/images/uploads', {}]);
    assert.deepEqual(await taken('/images/upload'), ['/images/:id', { id: 'upload' }]);
    assert.deepEqual(await taken('/images/a/renditions/b'), [
      '/images/:id/renditions/:preset',
      { id: 'a', preset: 'b' },
    ]);
    assert.deepEqual(await taken('/s/albums/b'), ['/s/:id/:link_id', { id: 'albums', link_id: 'b' }]);
    assert.deepEqual(await taken('/s/albums/a/b'), ['/s/albums/:album_id/:link_id', { album_id: 'a', link_id: 'b' }]);
    assert.equal(await taken('/s/a/b/c'), 'nothing');
  });

  it('with a wildcard match every path below their folder', async () => {
    for (const asked of ['/objects', '/objects/', '/objects/a', '/objects/a/b?c']) {
      const [path] = (await taken(asked)) as [string];
      assert.equal(path, '/objects/*', asked);
    }
  });

  it('match no path with missing, extra or empty segments', async () => {
    const others = [
      '/image',
      '/images/',
      '/images/a/',
      '/images//renditions/b',
      '/images/a/renditions',
      '/objectsa',
      '//',
    ];
    for (const asked of others) assert.equal(await taken(asked), 'nothing', asked);
  });

  it('decode their parameters', async () => {
    assert.deepEqual(await taken('/images/a%20b'), ['/images/:id', { id: 'a b' }]);
    assert.deepEqual(await taken('/images/a%2Fb'), ['/images/:id', { id: 'a/b' }]);
  });

  it('cannot be limited to one method', () => {
    assert.throws(() => new Hono({ router: new LiteralFirstRouter() }).get('/images', (c) => c.text('')), /got GET/);
  });
});
