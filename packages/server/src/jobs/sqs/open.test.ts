import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NO_FAUXQS } from '../../../../../test/servers/fauxqs.ts';
import { freePort } from '../../../../../test/servers/free-port.ts';
import { startFront } from '../../../../../test/servers/front.ts';
import { createQueue, type TestQueueOptions } from '../../../../../test/servers/queue.ts';
import { type SqsForTests, sqsForTests } from '../../../../../test/servers/sqs-for-tests.ts';
import { AppError } from '../../domain/errors.ts';
import { makeCertificate, NO_CERTIFICATE, startStoreFront } from '../../object-store/s3/store-front.fixture.ts';
import { hearing } from '../../observe/observer/hearing.fixture.ts';
import { JOB_CODEC } from '../../run/jobs.ts';
import { takeOne } from '../job-queue-harness.fixture.ts';
import { sampleJob } from '../sample-job.fixture.ts';
import { queueAttributes } from './attributes.ts';
import { regionOf } from './client.ts';
import { diagnose } from './diagnosis.ts';
import { type OpenSqsOptions, openSqsJobQueue } from './open.ts';

const PATH = '/000000000000/jobs';
const ARN = 'arn:aws:sqs:us-east-1:000000000000:dead';

/** They only end a hang. */
const timeouts = { connectMs: 120_000, answerMs: 120_000 };

const openOptions = (url: string): OpenSqsOptions => ({
  url,
  region: 'us-east-1',
  endpoint: null,
  credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  caBundle: null,
  codec: JOB_CODEC,
  clock: { elapsedMs: () => performance.now() },
  observe: () => undefined,
  timeouts,
});

/** The error or the warnings that an operator gets when opening the queue. */
async function toldBy(url: string, options: Partial<OpenSqsOptions> = {}): Promise<string> {
  const warnings: string[] = [];
  const asked = {
    ...openOptions(url),
    observe: hearing('warning', ({ sentence }) => warnings.push(sentence)),
    ...options,
  };
  try {
    await using _jobs = await openSqsJobQueue(asked);
    return warnings.join() || 'opened';
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'unavailable', String(error));
    return error.detail;
  }
}

const answering = (status: number, type: string, body: string) =>
  startFront((_, outgoing) => void outgoing.writeHead(status, { 'Content-Type': type }).end(body));

const answeringAttributes = (Attributes: object) =>
  answering(200, 'application/x-amz-json-1.0', JSON.stringify({ Attributes }));

describe('opening a queue', { skip: NO_FAUXQS }, () => {
  let server: SqsForTests;
  before(async () => {
    server = await sqsForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('needs only its URL, and makes it usable', async () => {
    await using queue = await createQueue(server.sqs);
    await using jobs = await openSqsJobQueue(openOptions(queue.url));
    const job = sampleJob();
    await jobs.send(job);
    const delivery = await takeOne(jobs);
    assert.deepEqual(delivery.job, job);
    await delivery.finish();
  });

  it('uses the endpoint instead of the host in the URL', async () => {
    await using queue = await createQueue(server.sqs);
    const url = new URL(new URL(queue.url).pathname, 'https://sqs.us-east-1.amazonaws.com').href;
    assert.equal(await toldBy(url, { endpoint: server.sqs.url }), 'opened');
  });

  const named = (sentence: string, url: string) => sentence.replaceAll('NAME', url.split('/').at(-1) ?? '');
  const flaws: Readonly<Record<string, readonly [TestQueueOptions['attributes'] & object, sentence: string]>> = {
    'without a dead letter queue': [
      { RedrivePolicy: undefined },
      'The queue NAME has no dead letter queue: run npm run admin -- provision',
    ],
    'that gives up too early': [
      { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: ARN, maxReceiveCount: 12 }) },
      'The queue NAME moves messages to dead letters after 12 receives, before the service can record a reason after 12 attempts: run npm run admin -- provision',
    ],
    'whose receive count is text': [
      { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: ARN, maxReceiveCount: '3' }) },
      'The queue NAME moves messages to dead letters after 3 receives, before the service can record a reason after 12 attempts: run npm run admin -- provision',
    ],
  };
  for (const [name, [attributes, sentence]] of Object.entries(flaws)) {
    it(`reports a queue ${name}`, async () => {
      await using queue = await createQueue(server.sqs, { attributes });
      assert.equal(await toldBy(queue.url), named(sentence, queue.url));
    });
  }

  it('fails for a missing queue', async () => {
    const url = `${server.sqs.url}/000000000000/nowhere`;
    assert.equal(
      await toldBy(url),
      `There is no queue nowhere at ${server.sqs.url}: make it by npm run admin -- provision, or set SQS_QUEUE_URL to the one that there is`,
    );
  });
});

const REFUSED = 'ENDPOINT refuses the credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of its own';
const CLOCK = "This machine's clock is wrong by more than a quarter of an hour: run timedatectl set-ntp true";
const MAY_NOT =
  'The credentials may not use the queue jobs: npm run admin -- provision --policies prints what they need';

/** Responses of Amazon, because local substitutes check neither keys nor clocks. */
const AMAZON: readonly (readonly [name: string, message: string, sentence: string])[] = [
  ['InvalidClientTokenId', 'The security token included in the request is invalid.', REFUSED],
  ['SignatureDoesNotMatch', 'The request signature we calculated does not match the signature you provided.', REFUSED],
  ['SignatureDoesNotMatch', 'Signature expired: 20200101T000000Z is now earlier than 20200101T001500Z', CLOCK],
  ['RequestExpired', 'The request was too late', CLOCK],
  [
    'SignatureDoesNotMatch',
    "Credential should be scoped to a valid region, not 'us-east-1'. ",
    'ENDPOINT is not in us-east-1: set AWS_REGION to its region',
  ],
  [
    'InvalidSignatureException',
    "Credential should be scoped to a valid region, expecting 'eu-west-1'. ",
    'ENDPOINT is not in us-east-1: set AWS_REGION to eu-west-1',
  ],
  [
    'ExpiredToken',
    'The security token included in the request is expired',
    'The credentials have expired: run aws sso login, or set AWS_SESSION_TOKEN and its key anew',
  ],
  ['AccessDenied', 'User is not authorized to perform: sqs:getqueueattributes', MAY_NOT],
  ['AccessDeniedException', 'User is not authorized to perform: sqs:getqueueattributes', MAY_NOT],
  [
    'AWS.SimpleQueueService.NonExistentQueue',
    'The specified queue does not exist.',
    'There is no queue jobs at ENDPOINT: make it by npm run admin -- provision, or set SQS_QUEUE_URL to the one that there is',
  ],
  [
    'InvalidAddress',
    'The address is not valid for this endpoint.',
    'ENDPOINT/000000000000/jobs is no queue of ENDPOINT: set SQS_QUEUE_URL to what npm run admin -- provision prints',
  ],
];

describe('the diagnosis of a failed request explains', { concurrency: true }, () => {
  for (const [name, message, sentence] of AMAZON) {
    it(`${name}: ${message}`, async () => {
      const body = JSON.stringify({ __type: `com.amazonaws.sqs#${name}`, message });
      await using front = await answering(400, 'application/x-amz-json-1.0', body);
      assert.equal(await toldBy(front.url + PATH), sentence.replaceAll('ENDPOINT', front.url));
    });
  }

  it('a FIFO queue, to which no bucket can send', async () => {
    assert.equal(
      await toldBy('http://127.0.0.1:1/000000000000/jobs.fifo'),
      "The queue jobs.fifo is a FIFO queue, to which a bucket can't send: set SQS_QUEUE_URL to a standard queue, which npm run admin -- provision makes",
    );
  });

  it('an address without a listener', async () => {
    const origin = `http://127.0.0.1:${await freePort()}`;
    assert.equal(await toldBy(origin + PATH), `${origin} can't be reached (ECONNREFUSED): check SQS_QUEUE_URL`);
    assert.equal(
      await toldBy(`https://sqs.us-east-1.amazonaws.com${PATH}`, { endpoint: origin }),
      `${origin} can't be reached (ECONNREFUSED): check AWS_ENDPOINT_URL_SQS`,
    );
  });

  it('a server that never answers', async () => {
    await using front = await startFront(() => undefined);
    assert.equal(
      await toldBy(front.url + PATH, { timeouts: { ...timeouts, answerMs: 20 } }),
      `${front.url} does not answer: check SQS_QUEUE_URL, and that nothing is in between`,
    );
  });

  it('a server of another kind', async () => {
    await using front = await answering(200, 'text/html', '<html></html>');
    assert.equal(await toldBy(front.url + PATH), `${front.url} is not SQS: set SQS_QUEUE_URL to where it is`);
  });

  it('a certificate of an unknown CA, until the CA is configured', { skip: NO_CERTIFICATE }, async () => {
    await using certificate = await makeCertificate();
    await using behind = await answeringAttributes(queueAttributes({ deadLetterQueueArn: ARN }));
    await using front = await startStoreFront({ to: behind.url, certificate });
    assert.equal(
      await toldBy(front.url + PATH),
      `${front.url} has a certificate of a CA that isn't trusted: set AWS_CA_BUNDLE to that CA's certificates`,
    );
    assert.equal(await toldBy(front.url + PATH, { caBundle: certificate.path }), 'opened');
    assert.match(
      await toldBy(front.url + PATH, { caBundle: '/nowhere.pem' }),
      /^The certificates can't be read \(.*\): set AWS_CA_BUNDLE to a file$/,
    );
  });

  it('a server without TLS at an https URL', async () => {
    await using front = await answeringAttributes({});
    assert.match(
      await toldBy(front.url.replace('http:', 'https:') + PATH),
      /doesn't speak TLS: set SQS_QUEUE_URL to its http address/,
    );
  });

  it('missing credentials', () => {
    const error = Object.assign(new Error('no keys'), { name: 'CredentialsProviderError' });
    const at = { url: `https://sqs.eu-west-1.amazonaws.com${PATH}`, region: 'eu-west-1', endpoint: null };
    assert.match(diagnose(error, at) ?? '', /^There are no credentials: set AWS_ACCESS_KEY_ID/);
  });
});

describe("a queue's region", () => {
  const urls = {
    'https://sqs.eu-west-1.amazonaws.com/1/q': 'eu-west-1',
    'https://sqs.cn-north-1.amazonaws.com.cn/1/q': 'cn-north-1',
    'https://vpce-1-a.sqs.eu-west-1.vpce.amazonaws.com/1/q': 'eu-west-1',
    'http://127.0.0.1:4566/1/q': 'us-east-1',
    'http://sqs.eu-west-1.localhost:4566/1/q': 'us-east-1',
    'https://sqs.eu-west-1.amazonaws.com.other.test/1/q': 'us-east-1',
  };
  for (const [url, region] of Object.entries(urls)) {
    it(`is ${region} for ${url}`, () => assert.equal(regionOf({ url, region: 'us-east-1' }), region));
  }
});
