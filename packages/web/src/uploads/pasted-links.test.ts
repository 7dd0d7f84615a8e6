import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { linkName, linksIn, MAX_LINKS } from './pasted-links.ts';

describe('a pasted text', () => {
  it('is links if each of its lines is one', () => {
    assert.deepEqual(linksIn(' https://a.test/1.jpg?w=2#x \r\n\r\nHTTPS://b.test\nhttps://b.test/ä b'), []);
    assert.deepEqual(linksIn(' https://a.test/1.jpg?w=2#x \r\n\r\nHTTPS://b.test\nhttps://a.test/1.jpg?w=2#x\n'), [
      'https://a.test/1.jpg?w=2#x',
      'HTTPS://b.test',
    ]);
    for (const text of [
      '',
      ' \n',
      'sea',
      'see https://a.test/1.jpg',
      'ftp://a.test/1',
      'javascript:alert(1)',
      'https://',
    ])
      assert.deepEqual(linksIn(text), [], text);
    assert.deepEqual(linksIn(`https://a.test/${'a'.repeat(2_048)}`), []);
  });

  it('has one more than the most at most', () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => `https://a.test/${index}`);
    assert.equal(linksIn(lines.join('\n')).length, MAX_LINKS + 1);
  });
});

it('a link is named by the last part of its path, or its host', () => {
  for (const [link, name] of [
    ['https://a.test/b/sun%20set.jpg?c=d/e', 'sun set.jpg'],
    ['https://a.test/b/', 'a.test'],
    ['https://a.test', 'a.test'],
    ['https://a.test/%20', 'a.test'],
    ['https://a.test/%ff.jpg', '%ff.jpg'],
    ['https://a.test/%3Cb%3E', '<b>'],
  ] as const)
    assert.equal(linkName(link), name);
});
