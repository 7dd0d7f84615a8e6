import { ASSUMED, awsBill, CACHED, DEFAULTS, type Month, otherPrices, total } from './costs.ts';
import { documented } from './documented.ts';
import { AWS, priceOf, SOURCES } from './prices.ts';

/** `1,234.50`; null: `not listed`. */
export const dollars = (usd: number | null): string =>
  usd === null ? 'not listed' : usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

const month = (images: number, bytes: Month['bytes']): Month => ({
  ...DEFAULTS,
  images,
  uploads: images / 12,
  views: images * 100,
  cached: CACHED[bytes],
  bytes,
});

const SIZES = [1_000, 1_000_000, 100_000_000];
const MONTHS: readonly Month[] = SIZES.flatMap((images) => [month(images, 'redirect'), month(images, 'stream')]);

/** A month of looks each 5 s: one of the four lanes of a sweep. */
const gateLooks = (): string =>
  dollars(((30 * 86_400) / 5 / 1e6) * (documented().dollars('sweep with nothing due') / 4));

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;

/** docs/costs.md. */
export function costsDocument(): string {
  const bills = MONTHS.map((one) => awsBill(one));
  const parts = Object.keys(bills[0] ?? {});
  const words = (count: number): string => count.toLocaleString('en-US');
  const head =
    row(['$ a month', ...MONTHS.map(({ images, bytes }) => `${words(images)} images, ${bytes}`)]) +
    row(['---', ...MONTHS.map(() => '---:')]);
  const own = parts.map((part) => row([part, ...bills.map((bill) => dollars(bill[part] ?? 0))])).join('');
  const sums = row(['**AWS, in all**', ...bills.map((bill) => `**${dollars(total(bill))}**`)]);
  const others = Object.keys(otherPrices(MONTHS[0] as Month));
  const elsewhere = others
    .map((name) => row([name, ...SIZES.map((images) => dollars(otherPrices(month(images, 'redirect'))[name] ?? null))]))
    .join('');
  return `<!-- Generated from scripts/costs/ by \`npm run generate\`; edit that. -->
# Costs

A month on AWS as [the templates](deploy-aws.md) deploy the service, by list prices on demand in us-east-1, before taxes. Frankfurt's
are a little higher. [Capacity](capacity.md) has the costs of processes and of each access to DynamoDB. For your own numbers:

\`\`\`sh
node scripts/node.js scripts/costs.ts --images 1e6 --views 1e8 --size 3MB
node scripts/node.js scripts/costs.ts --images 1e6 --views 1e8 --size 3MB --uploads 50000 --rendition 60KB --renditions 2 --cached 0.9 --bytes stream
\`\`\`

## On AWS

Images of ${DEFAULTS.size / 1e6} MB with five tags; a twelfth of them uploaded in the month; a hundred views of each, pictures of ${DEFAULTS.rendition / 1e3} KB; two
stored renditions of each. With \`BYTES=redirect\`, the functions' default, each view asks the function for a redirect to the bucket; with
\`stream\` pictures come through CloudFront, which answers ${CACHED.stream * 100} in 100 views itself. Functions run on arm64. Lists are not included.

${head}${own}${sums}
- **Traffic decides** from a million images on: \`BYTES=stream\` sends it through CloudFront, which costs less than S3 and
  has a terabyte free, if no picture exceeds 4.4 MB. Calls of the function (HTTP API, Lambda, logs) are next with
  \`redirect\`, storage with \`stream\`.
- **CloudFront's part of the views** (\`--cached\`) is high with \`stream\` for pictures that many look at, since it keeps
  them for a day; set it lower for others. A redirect is kept for 150 s at most, so the table counts none.
- **The functions' own metrics** cost $${dollars(priceOf(ASSUMED.functionMetrics, AWS.metrics))} a month, and ${ASSUMED.metricsLineBytes} bytes of logs for each request.
  \`LAMBDA_METRICS=off\` saves both ([metrics](metrics.md)); AWS's own metrics and the alarms on them stay.
- **On x86_64** Lambda's time costs a quarter more.
- **Gates** cost a worker that runs all the time $${gateLooks()} a month: it looks for held images every 5 s.
  The functions look each minute, with gates or without.
- **A nightly backup** isn't included: CodeBuild ($1.50 a month for 10 minutes each night), a read of the whole table,
  the storage of its target, a GET of each original and its copy once in 30 days ($0.80 for a million images), and
  the traffic if it runs outside the bucket's region.
- A customer's contract, CloudFront's flat-rate plans and its savings bundle cost less than list prices.

## Elsewhere

The same months at list prices. *Not listed*: no public list price for so much was found. These services differ in what they do:
UploadThing, say, transforms nothing.

${row(['$ a month', ...SIZES.map((images) => `${words(images)} images`)])}${row(['---', ...SIZES.map(() => '---:')])}${elsewhere}
- *Cloudflare Images*: stored in blocks of 100,000, and each view; traffic is free.
- *Cloudinary*: credits for GB stored, GB delivered and 1,000 transformations; larger plans by contract.
- *Supabase Storage*: the plan Pro at $25, which has a database too; each transformed original, storage, and traffic,
  of which the cached part, ${CACHED.stream * 100} in 100 as with \`stream\`, has a price of its own.
- *UploadThing*: by GB stored.

## Sources

These are stored copies and quotations: check them before you decide.

| price | source | date |
| --- | --- | --- |
${SOURCES.map(({ what, source, date }) => row([what, source, date])).join('')}
## What is assumed

| | |
| --- | ---: |
| HTTP function, a grant, a read or a redirect | ${ASSUMED.answerMs} ms |
| HTTP function, the first request of a rendition | ${ASSUMED.renderMs} ms |
| worker, an upload | ${ASSUMED.verifyMs} ms |
| worker, a sweep each minute | ${ASSUMED.sweepMs} ms |
| memory of both, on arm64 | ${ASSUMED.memoryGb} GB |
| requests of a client for an upload | ${ASSUMED.requestsOfUpload} |
| bytes of an answer without a picture | ${words(ASSUMED.answerBytes)} |
| bytes of the logs for a request | ${words(ASSUMED.logBytes)} |
| bytes of Lambda's own log lines for an invocation | ${words(ASSUMED.invocationLogBytes)} |
| empty receives of the queue by Lambda, a month | ${words(ASSUMED.emptyReceives)} |
| bytes of the line of metrics for an invocation | ${words(ASSUMED.metricsLineBytes)} |
| metrics that the functions write | ${ASSUMED.functionMetrics} |
| metrics that the alarms watch | ${ASSUMED.alarmMetrics} |

The times were not measured on AWS. Requests to S3, units of DynamoDB and bytes in the table are those of [capacity](capacity.md), which
tests compare with the service.
`;
}
