import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { typeBySignature } from '../packages/server/src/domain/image/file-signature.ts';
import { planRendition } from '../packages/server/src/domain/rendition/plan-rendition.ts';
import { parseTransform } from '../packages/server/src/domain/rendition/transform-parameters.ts';
import { testImage } from '../test/pictures/test-images.ts';
import { shareOut } from './clients.ts';
import { compare, judge, type Measurement, milliseconds, perSecond } from './measurement.ts';
import { scaledDown } from './photographs.ts';
import { mixedRender } from './render-mix.ts';
import { alternate, median, percentile } from './rounds.ts';
import { createBombs } from './siege-bombs.ts';
import { table, withMeasured } from './table.ts';

describe('rounds', () => {
  it('alternate between the contenders', async () => {
    const order: string[] = [];
    const contender = (name: string) => async () => order.push(name);
    const rounds = await alternate(2, { subject: contender('A'), floor: contender('B') });
    assert.deepEqual(order, ['A', 'B', 'A', 'B']);
    assert.deepEqual(rounds, { subject: [1, 3], floor: [2, 4] });
  });

  it('have the middle value as their median, or the mean of the two middle ones', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([10, 1, 5, 7]), 6);
    assert.throws(() => median([]), /at least one value/);
  });
});

describe('a percentile', () => {
  it('is the smallest measured value that this share of the values doesn’t exceed', () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    assert.deepEqual(
      [0.01, 0.5, 0.99, 1].map((share) => percentile(values, share)),
      [2, 100, 198, 200],
    );
    assert.equal(percentile([7], 0.99), 7);
    assert.throws(() => percentile([], 0.99), /at least one value/);
  });
});

describe('bombs', async () => {
  const bombs = await createBombs();

  for (const { name, bytes, contentType } of bombs) {
    it(`are small, of their type, and different for each number: ${name}`, () => {
      assert.ok(bytes(0).length < 5_000_000);
      assert.notDeepEqual(bytes(0), bytes(1));
      assert.equal(bytes(0).length, bytes(999_999).length);
      assert.equal(typeBySignature(bytes(7)), contentType);
    });
  }
});

describe('a measurement', () => {
  const rounds = { subject: [100, 300, 260], floor: [100, 120, 130] };

  it('compares the medians, with the smallest and the largest ratio of a round as the spread', () => {
    assert.deepEqual(compare('grant', rounds, { unit: perSecond, goal: { atLeast: 2 } }), {
      what: 'grant',
      subject: '260/s',
      floor: '120/s',
      result: '2.17 (1.00–2.50)',
      goal: '≥ 2.00',
      isMet: true,
    });
  });

  it('meets a goal if it is on the right side of it, or equal', () => {
    const of = (goal: { atLeast: number } | { atMost: number }) =>
      compare('grant', { subject: [3], floor: [2] }, { unit: perSecond, goal }).isMet;
    assert.deepEqual([of({ atLeast: 1.5 }), of({ atLeast: 1.51 })], [true, false]);
    assert.deepEqual([of({ atMost: 1.5 }), of({ atMost: 1.49 })], [true, false]);
  });

  it('without a floor has the value as its result', () => {
    const { result, goal, isMet } = judge('start', [400, 650, 480], { unit: milliseconds, goal: { atMost: 500 } });
    assert.deepEqual([result, goal, isMet], ['480 ms (400–650 ms)', '≤ 500 ms', true]);
  });
});

describe('a rate per second', () => {
  it('has a decimal if rounding would hide too much', () => {
    assert.deepEqual([0.94, 4.46, 9.96, 10.4, 12_345.6].map(perSecond), [
      '0.9/s',
      '4.5/s',
      '10.0/s',
      '10/s',
      '12,346/s',
    ]);
  });
});

describe('clients', () => {
  it('take every item once, and each takes the next as soon as it has finished one', async () => {
    const taken: number[] = [];
    const first = Promise.withResolvers<void>();
    await shareOut([0, 1, 2, 3, 4].values(), 2, async (item) => {
      taken.push(item);
      if (item === 0) await first.promise;
      if (item === 4) first.resolve(); // the other client has arrived here alone
    });
    assert.deepEqual(taken, [0, 1, 2, 3, 4]);
  });

  it('are as many as requested, and end with the first failure', async () => {
    let atOnce = 0;
    let most = 0;
    await shareOut(Array(20).keys(), 3, async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise(setImmediate);
      atOnce -= 1;
    });
    assert.equal(most, 3);
    await assert.rejects(
      shareOut([1, 2, 3], 2, async (item) => {
        if (item === 2) throw new Error('no more');
      }),
      /no more/,
    );
  });
});

describe('a small photograph', () => {
  it('has at most 200 KB and 1,280 pixels a side, upright', async () => {
    const large = await testImage({ type: 'image/jpeg', width: 2_000, height: 1_500, orientation: 6 });
    const small = await scaledDown(large);
    const { format, width, height, orientation } = await sharp(small).metadata();
    assert.deepEqual([format, width, height, orientation], ['jpeg', 960, 1_280, undefined]);
    assert.ok(small.length <= 204_800 && small.length > 100_000, `${small.length} bytes`);
  });
});

describe('mixed renders', () => {
  const COUNT = 65_536;
  const textOf = (index: number): string => {
    const { image_id: _, ...parameters } = mixedRender('', index);
    return new URLSearchParams(
      Object.entries(parameters).map(([name, value]): [string, string] => [name, `${value}`]),
    ).toString();
  };

  it('are all different', () => {
    assert.equal(new Set(Array.from({ length: COUNT }, (_, index) => textOf(index))).size, COUNT);
  });

  it('are possible for an image of 220 x 160 pixels', () => {
    for (let index = 0; index < 2_000; index++) {
      const transform = parseTransform(new URLSearchParams(textOf(index)), (name) => name);
      const source = { width: 220, height: 160, contentType: 'image/jpeg', focalPoint: null } as const;
      assert.ok(planRendition(source, transform, { avif: false, webp: false }), textOf(index));
    }
  });

  it('combine every format with every fit and every change', () => {
    const met = new Set<string>();
    for (let index = 0; index < 7 * 5 * 8; index++) {
      const { format, fit, position, rotate, flip, blur, sharpen, crop } = mixedRender('', index);
      met.add([format, fit, position, rotate, flip, blur, sharpen, crop].join());
    }
    assert.equal(met.size, 4 * 5 * 6); // formats, fits with their positions, changes including none
  });
});

describe('the table', () => {
  const row: Measurement = { what: 'hot', subject: '9/s', floor: '10/s', result: '0.90', goal: '', isMet: undefined };

  it('has a row for each measurement, with missed goals in bold', () => {
    const rows = table([{ ...row, goal: '≥ 0.80', isMet: true }, { ...row, goal: '≥ 0.95', isMet: false }, row])
      .split('\n')
      .slice(2);
    assert.deepEqual(rows, [
      '| hot | 9/s | 10/s | 0.90 | ≥ 0.80 |',
      '| hot | 9/s | 10/s | 0.90 | **≥ 0.95** |',
      '| hot | 9/s | 10/s | 0.90 |  |',
    ]);
  });

  it('replaces the previous one, and nothing else', () => {
    const [begin, end] = ['<!-- Measured: written by `npm run bench`. -->', '<!-- End of what was measured. -->'];
    const page = (measured: string) => `# Benches\n${begin}\n${measured}\n${end}\nThe end.\n`;
    assert.equal(withMeasured(page('old'), 'new'), page('new'));
    assert.throws(() => withMeasured('# Benches\n', 'new'), /expected <!-- Measured/);
  });
});
