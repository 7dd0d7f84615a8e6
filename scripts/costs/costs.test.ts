import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { combinationsOf, EMF_METRICS } from '../../packages/server/src/observe/telemetry/emf/emf-metrics.ts';
import { readTemplate, type TemplateResource } from '../../test/servers/cloudformation.ts';
import { costOptions } from './cost-options.ts';
import { ASSUMED, awsBill, CACHED, DEFAULTS, type Month, otherPrices, total } from './costs.ts';
import { documented } from './documented.ts';
import { AWS, OTHERS, priceOf } from './prices.ts';

const month = (images: number, rest: Partial<Month> = {}): Month => ({
  ...DEFAULTS,
  images,
  uploads: images / 12,
  views: images * 100,
  cached: CACHED[rest.bytes ?? DEFAULTS.bytes],
  ...rest,
});
const cents = (usd: number | null | undefined): string => (usd ?? Number.NaN).toFixed(2);

describe('the costs, computed by hand from the price lists', () => {
  const million = awsBill(month(1e6));
  const most = awsBill(month(1e8));

  // 1e6 x (3,000,000 + 2 x 60,000) bytes are 2,905.73 GB, at $0.023.
  it('S3 keeps a million images', () => assert.equal(cents(million['S3: storage']), '66.83'));
  // 290,572.64 GB: 51,200 at $0.023, the rest at $0.022.
  it('S3 keeps a hundred million images, in two steps', () => assert.equal(cents(most['S3: storage']), '6443.80'));
  // 83,333 uploads at $10.80 a million, 166,667 writes at $5, 1e8 reads at $0.40.
  it('S3 takes requests', () => assert.equal(cents(million['S3: requests']), '41.73'));
  // 1e8 x 60,000 bytes are 5,587.94 GB, 100 of them free, at $0.09.
  it('S3 sends pictures', () => assert.equal(cents(million['S3: traffic']), '493.91'));
  // 558,793.54 GB: 10,140 at $0.09, 40,960 at $0.085, 102,400 at $0.07, 405,193.54 at $0.05.
  it('S3 sends many pictures, in four steps', () => assert.equal(cents(most['S3: traffic']), '31821.88'));
  // 83,333 x $30.75, 100,083,333 x $0.13 and 43,200 x $2.63, each a million.
  it('DynamoDB answers', () => assert.equal(cents(million['DynamoDB: requests']), '15.69'));
  // 633.86 GB less 25 at $0.25, and 306.68 GB at $0.20.
  it('DynamoDB keeps a hundred million records', () => assert.equal(cents(most['DynamoDB: storage']), '213.55'));
  // 100,293,200 calls less a million at $0.20 a million; 3,143,266.67 s x 2 GB less 400,000 at $13.3334 a million.
  it('Lambda runs', () => assert.equal(cents(million['Lambda']), '98.35'));
  // 100,166,667 requests at $1 a million.
  it('the HTTP API takes requests', () => assert.equal(cents(million['HTTP API']), '100.17'));
  // 100,166,667 requests less ten million at $0.01 for 10,000; 5,588.10 GB less 1,024 at $0.085.
  it('CloudFront sends pictures itself', () =>
    assert.equal(cents(awsBill(month(1e6, { bytes: 'stream' }))['CloudFront']), '478.11'));
  // 10,016,666,667 x 600 and 10,025,043,200 x 600 bytes are 11,199.18 GB of logs, less 5 at $0.50; 36 metrics less 10
  // at $0.30; 23 of alarms less 10 at $0.10.
  it('CloudWatch keeps logs and watches', () => assert.equal(cents(most['CloudWatch']), '5606.19'));
  // Ten blocks of 100,000 at $5, and 1e8 views at $1 for 100,000.
  it('Cloudflare Images', () => assert.equal(cents(otherPrices(month(1e6))['Cloudflare Images']), '1050.00'));
  // $25; 2,793.97 GB less 100 at $0.021; 558.79 GB less 250 at $0.09; 5,029.14 GB less 250 at $0.03; 999,900 originals
  // at $5 for 1,000.
  it('Supabase Storage', () => assert.equal(cents(otherPrices(month(1e6))['Supabase Storage']), '5252.24'));
});

describe('the costs', () => {
  it('of an idle service are those of alarms and metrics alone', () => {
    const bill = awsBill(month(0));
    assert.equal(cents(total(bill)), cents((bill['CloudWatch'] ?? 0) + (bill['DynamoDB: requests'] ?? 0)));
    assert.equal(cents(bill['CloudWatch']), '9.10');
  });

  it('count the metrics that the functions write', () => {
    assert.equal(
      ASSUMED.functionMetrics,
      EMF_METRICS.map(combinationsOf).reduce((sum, count) => sum + count),
    );
  });

  it('count the metrics of the alarms that the template has', () => {
    const alarms = Object.values(readTemplate('service').Resources).filter(
      ({ Type }) => Type === 'AWS::CloudWatch::Alarm',
    );
    const metricsOf = ({ Properties: { MetricName, Metrics } }: TemplateResource): number =>
      MetricName === undefined
        ? (Metrics as { MetricStat?: object }[]).filter(({ MetricStat }) => MetricStat).length
        : 1;
    const count = alarms.reduce((sum, alarm) => sum + metricsOf(alarm), 0);
    assert.equal(ASSUMED.alarmMetrics, count);
  });

  it('of plans end with the largest one whose price is known', () => {
    const small = otherPrices(month(1_000));
    assert.deepEqual([small['Cloudinary'], small['UploadThing']], [0, 10]);
    const large = otherPrices(month(1e6));
    assert.deepEqual([large['Cloudinary'], large['UploadThing']], [null, null]);
  });

  it('never fall with more of anything', () => {
    const base = total(awsBill(month(1e6, { cached: 0.9 })));
    for (const more of [
      { images: 2e6 },
      { views: 2e8 },
      { size: 6e6 },
      { uploads: 5e5 },
      { rendition: 1e5 },
      { cached: 0.5 },
    ])
      assert.ok(total(awsBill({ ...month(1e6), cached: 0.9, ...more })) > base, JSON.stringify(more));
  });

  it('have no gap and no jump between the steps of a price', () => {
    for (const price of [...Object.values(AWS), OTHERS.supabaseStorage]) {
      assert.equal(priceOf(0, price), 0);
      assert.equal(priceOf(price.free, price), 0);
      for (const { upTo } of price.steps.filter(({ upTo }) => Number.isFinite(upTo))) {
        const [before, at, after] = [upTo - 1e-6, upTo, upTo + 1e-6].map((amount) => priceOf(amount, price)) as [
          number,
          number,
          number,
        ];
        assert.ok(before <= at && at <= after && after - before < 1e-3);
      }
    }
  });

  it('come from rows that docs/capacity.md has', () => {
    const { dollars, bytes } = documented();
    assert.deepEqual(
      [dollars('S3 requests'), dollars('all of an upload, 5 tags'), bytes('in all')],
      [10.8, 30.75, 6806],
    );
    assert.throws(() => dollars('no such access'), /expected a row "no such access"/);
  });
});

describe('scripts/costs.ts', () => {
  it('takes numbers and sizes', () => {
    assert.deepEqual(costOptions(['--images', '1e6', '--views', '1e8', '--size', '3MB']), month(1e6));
    const all = ['--uploads', '5', '--rendition', '60KB', '--renditions', '0', '--cached', '1', '--bytes', 'stream'];
    const { uploads, rendition, renditions, cached, bytes } = costOptions(['--images', '1', '--views', '0', ...all]);
    assert.deepEqual([uploads, rendition, renditions, cached, bytes], [5, 60_000, 0, 1, 'stream']);
  });

  it('takes what CloudFront can keep: no redirects, but most pictures', () => {
    const cachedOf = (bytes: string) => costOptions(['--images', '1', '--views', '1', '--bytes', bytes]).cached;
    assert.deepEqual([cachedOf('redirect'), cachedOf('stream')], [0, 0.9]);
  });

  for (const [args, expected] of [
    [['--views', '1'], /expected --images with a number from 0 to .*; got none/],
    [['--images', '', '--views', '1'], /expected --images with a number/],
    [['--images', '-1', '--views', '1'], /expected --images with a number|argument is ambiguous/],
    [['--images', '1e13', '--views', '1'], /expected --images with a number from 0 to 1000000000000; got 1e13/],
    [['--images', '1', '--views', 'many'], /expected --views with a number .*; got many/],
    [
      ['--images', '1', '--views', '1', '--size', '3 apples'],
      /expected --size with a size, as 3MB or 60KB; got 3 apples/,
    ],
    [['--images', '1', '--views', '1', '--size', '0'], /expected --size with a size/],
    [['--images', '1', '--views', '1', '--cached', '1.1'], /expected --cached with a number from 0 to 1; got 1.1/],
    [['--images', '1', '--views', '1', '--bytes', 'both'], /expected --bytes redirect or stream; got both/],
    [['--imagse', '1'], /Unknown option '--imagse'/],
  ] as const) {
    it(`refuses ${JSON.stringify(args)}`, () => assert.throws(() => costOptions(args), expected));
  }
});
