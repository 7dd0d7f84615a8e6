import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutCredentials } from './credentials.ts';

const ID = '0123456789abcdef';
const KEY = `safelight_${ID}_hunter2hunter2hunter2`;
const TOKEN = 'slu_hunter2hunter2.hunter2-hunter2';
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.hunter2_hunter2-hunter2';

const everyCharacter = (text: string): string => [...text].map((one) => `%${one.charCodeAt(0).toString(16)}`).join('');
const ENCODINGS: Record<string, (text: string) => string> = {
  'as it is': (text) => text,
  'with an encoded underscore and dot': (text) => text.replaceAll('_', '%5F').replaceAll('.', '%2e'),
  'with every character encoded': everyCharacter,
  'encoded twice': (text) => encodeURIComponent(everyCharacter(text)),
  'with every character encoded twice': (text) => everyCharacter(everyCharacter(text)),
  'encoded thrice, and cut': (text) => encodeURIComponent(encodeURIComponent(everyCharacter(text))).slice(0, -20),
};

describe('a credential in a text', () => {
  for (const [how, encode] of Object.entries(ENCODINGS)) {
    it(`is cut ${how}, and nothing else`, () => {
      for (const around of ['/images/*/metadata', 'expected a route; got /*', '"*"'])
        for (const [credential, left] of [
          [KEY, `safelight_${ID}_…`],
          [TOKEN, 'slu_…'],
          [TOKEN.replace('slu_', 'slv_'), 'slv_…'],
          [JWT, 'eyJ…'],
        ] as const) {
          const [before, after = ''] = around.split('*');
          const logged = withoutCredentials(`${before}${encode(credential)}${after}`);
          assert.ok(logged.startsWith(`${before}${left}`) && logged.endsWith(after), logged);
          assert.doesNotMatch(logged, /hunter2|hunte|aHVudGVy|%68%75|eyJzdWIi/);
        }
    });
  }

  it('is nothing that only resembles one', () => {
    const texts = [
      '/images/a%20b%2Fc.jpeg',
      'hockeyJerseyNumbers.jpeg',
      '/eyJ.png',
      '%',
      '%zz%2',
      'safelight_x',
      '100 % sure',
    ];
    for (const text of texts) assert.equal(withoutCredentials(text), text);
  });

  it('takes linear time to find', () => {
    for (const part of ['%25', '%', 'eyJ', 'eyJ_', 'safelight_', `safelight_${ID}_`, 'slu_', '%2525', '%25%32%35'])
      withoutCredentials(part.repeat(20_000)); // a slow pattern would never end
  });
});
