import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allowedCores, coresForEach } from './cores.ts';

describe('the cores of decoders', () => {
  it('are read from what Linux tells of this process', () => {
    const status = (list: string) => () =>
      `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed:\t1\n`;
    assert.deepEqual(allowedCores(status('0-3')), [0, 1, 2, 3]);
    assert.deepEqual(allowedCores(status('5')), [5]);
    assert.deepEqual(allowedCores(status('0,2-3,64-65')), [0, 2, 3, 64, 65]);
  });

  it('are none where nothing is told', () => {
    assert.deepEqual(
      allowedCores(() => 'Name:\tnode\n'),
      [],
    );
    const unreadable = () => {
      throw new Error('ENOENT');
    };
    assert.deepEqual(allowedCores(unreadable), []);
  });

  it('are one each, where these are all there are', () => {
    assert.deepEqual(coresForEach(3, [2, 4, 7]).toSorted(), [2, 4, 7]);
    const firsts = Array.from({ length: 100 }, () => coresForEach(3, [2, 4, 7])[0]);
    assert.deepEqual(new Set(firsts), new Set([2, 4, 7]));
  });

  it('are left to the system where there are more or fewer, or only one', () => {
    assert.deepEqual(coresForEach(2, [0, 1, 2, 3]), []);
    assert.deepEqual(coresForEach(2, [0]), []);
    assert.deepEqual(coresForEach(2, []), []);
    assert.deepEqual(coresForEach(1, [0]), []);
  });
});
