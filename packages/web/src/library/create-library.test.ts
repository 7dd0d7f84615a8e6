import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createClient } from '@safelight/client';
import { createLibrary } from './create-library.ts';

it('pictures are read once more if they are refreshed while the first ones are under way', async (t) => {
  const asked: PromiseWithResolvers<Response>[] = [];
  const client = createClient({
    baseUrl: 'http://localhost',
    fetch: () => {
      const answer = Promise.withResolvers<Response>();
      asked.push(answer);
      return answer.promise;
    },
  });
  const library = createLibrary({ client, user: undefined, order: 'upload' });
  t.after(library.close);
  const answered = async (count: number): Promise<void> => {
    for (let n = 0; n < 100 && asked.length < count; n += 1) await new Promise(setImmediate);
    assert.equal(asked.length, count);
    asked.at(-1)?.resolve(Response.json({ images: [], next_cursor: null }));
  };
  library.refresh();
  await answered(1);
  await answered(2);
});
