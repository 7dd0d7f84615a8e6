import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutFilenames } from './filenames.ts';

const FOLDER = 'images/ada%40example.org/0190a0a0-0000-7000-8000-000000000001/0190a0a0-0000-7000-8000-000000000002/';

describe('the name of an uploaded file in a text', () => {
  it('is cut from keys and paths, however they are encoded, and nothing else', () => {
    for (const folder of [FOLDER, `/data/objects/safelight/${FOLDER}`])
      for (const encode of [String, encodeURIComponent, (text: string) => encodeURIComponent(encodeURIComponent(text))])
        for (const name of ['ill.jpg', 'why%3F%20ill.jpg', '%E7%97%85~0123.jpg'])
          for (const [before, after] of [
            ['', ''],
            ["ENOENT: no such file, open '", "'"],
            ['"', '" and more'],
          ])
            assert.equal(
              withoutFilenames(`${before}${encode(`${folder}${name}`)}${after}`),
              `${before}${encode(folder)}…${after}`,
            );
    for (const text of ['/images/0190a0a0-0000-7000-8000-000000000001/renditions/thumb', FOLDER, 'images/a/b/c/d'])
      assert.equal(withoutFilenames(text), text);
  });

  it('takes linear time to find', () => {
    for (const part of ['images/', 'images/a', FOLDER.slice(0, -4), 'images%2f', '%252f', 'images/%2f'])
      withoutFilenames(part.repeat(20_000)); // a slow pattern would never end
  });
});
