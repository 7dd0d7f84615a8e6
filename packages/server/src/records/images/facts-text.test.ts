import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../../test/repeats.ts';
import { sampleDetails, sampleFacts } from '../../domain/facts/facts.fixture.ts';
import { NO_EXPOSURE } from '../../domain/facts/facts.ts';
import { details, facts } from './arbitrary-images.fixture.ts';
import { detailsText, factsText, storedDetails, storedFacts } from './facts-text.ts';

const numRuns = repeatsOf('properties').count;

const silent = {
  reader: 0,
  taken: null,
  camera: null,
  lens: null,
  exposure: NO_EXPOSURE,
  isAiGenerated: false,
  hasC2pa: false,
};

describe('the text of facts', () => {
  it('has every member, and those of a later version', () => {
    fc.assert(
      fc.property(facts, (one) => assert.deepEqual(storedFacts(factsText(one)), one)),
      { numRuns },
    );
  });

  it('is short', () => {
    assert.equal(
      factsText(sampleFacts),
      '{"v":1,"t":["2024-07-14T18:22:31.120","+02:00","exif-original"],"c":"Apple iPhone 15 Pro","l":"iPhone 15 Pro back triple camera 6.765mm f/1.78","x":[0.004,1.78,80,6.765]}',
    );
    assert.equal(factsText({ ...silent, reader: 1 }), '{"v":1}');
    assert.equal(factsText(silent), '{}');
  });

  for (const text of ['', 'no JSON', 'null', '[]', '7'])
    it(`has none if it is ${text || 'empty'}`, () => assert.equal(storedFacts(text), null));

  for (const [member, forms] of Object.entries({
    v: [-1, 'new'],
    t: [
      ['2024-02-30T00:00:00.000', null, 'gps'],
      ['2024-07-14T18:22:31.120', '+99:00', 'gps'],
      ['2024-07-14T18:22:31.120', null, 'sun'],
      5,
    ],
    c: [7],
    l: [{}],
    x: [[1, 2, 3], [0, 1, 2, 3], ['1', null, null, null], 'long'],
    a: [true],
    p: ['yes'],
    h: ['2024', 5],
  }))
    it(`says nothing by ${member} in another form, and keeps it and all else`, () => {
      for (const form of forms) {
        const known = JSON.parse(factsText(sampleFacts));
        const text = JSON.stringify({ ...known, a: 1, p: 1, h: null, [member]: form });
        const read = storedFacts(text);
        const others = { ...JSON.parse(text) };
        delete others[member];
        assert.deepEqual(read?.unknown, { [member]: form });
        assert.deepEqual(
          { ...read, unknown: undefined },
          { ...storedFacts(JSON.stringify(others)), unknown: undefined },
        );
        assert.deepEqual(read && JSON.parse(factsText(read)), JSON.parse(text));
      }
    });

  it('has a member as it was set, whatever form it had before', () => {
    const read = storedFacts('{"c":7,"z":8}');
    assert.ok(read);
    assert.deepEqual(JSON.parse(factsText({ ...read, camera: 'X100' })), { c: 'X100', z: 8 });
  });
});

describe('the text of details', () => {
  it('has every member, and those of a later version', () => {
    fc.assert(
      fc.property(details, (one) => assert.deepEqual(storedDetails(detailsText(one)), one)),
      { numRuns },
    );
  });

  it('says nothing by a member in another form, and keeps it and all else', () => {
    for (const [name, form] of Object.entries({
      position: { latitude: 91, longitude: 0 },
      title: 7,
      keywords: 'sea',
    })) {
      const text = JSON.stringify({ ...sampleDetails, [name]: form });
      const read = storedDetails(text);
      const { [name]: _, ...others } = JSON.parse(text);
      assert.deepEqual(read, { ...storedDetails(JSON.stringify(others)), unknown: { [name]: form } });
      assert.deepEqual(read && JSON.parse(detailsText(read)), JSON.parse(text));
    }
    assert.equal(storedDetails('[]'), null);
  });
});
