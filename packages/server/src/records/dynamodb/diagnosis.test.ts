import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { freePort } from '../../../../../test/servers/free-port.ts';
import { startFront } from '../../../../../test/servers/front.ts';
import { makeCertificate, NO_CERTIFICATE, startStoreFront } from '../../object-store/s3/store-front.fixture.ts';
import { createDynamodbClient, type DynamodbClientOptions } from './client.ts';
import { diagnose } from './diagnosis.ts';
import { dynamodbFault } from './fault.ts';

const AT = { table: 'images', region: 'eu-central-1' };

/** The message for an operator after a request to an endpoint. */
async function toldBy(endpoint: string | null, options: Partial<DynamodbClientOptions> = {}): Promise<string> {
  const client = await createDynamodbClient({
    region: AT.region,
    endpoint,
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    caBundle: null,
    ...options,
  });
  try {
    await client.send(new DescribeTableCommand({ TableName: AT.table }));
    return 'answered';
  } catch (error) {
    const told = diagnose(error, { ...AT, endpoint });
    assert.equal(
      diagnose(dynamodbFault(error), { ...AT, endpoint }),
      told,
      'expected the same diagnosis of the translated error',
    );
    return told ?? 'nothing';
  } finally {
    client.destroy();
  }
}

const answering = (status: number, type: string, body: string) =>
  startFront((_, outgoing) => void outgoing.writeHead(status, { 'Content-Type': type }).end(body));

const REFUSED = 'ENDPOINT refuses the credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of its own';
const CLOCK = "This machine's clock is wrong by more than a quarter of an hour: run timedatectl set-ntp true";

/** Responses of Amazon, because local substitutes check neither keys nor clocks. */
const AMAZON: readonly (readonly [name: string, message: string, sentence: string])[] = [
  ['UnrecognizedClientException', 'The security token included in the request is invalid.', REFUSED],
  [
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided.',
    REFUSED,
  ],
  ['InvalidSignatureException', 'Signature expired: 20200101T000000Z is now earlier than 20200101T001500Z', CLOCK],
  [
    'InvalidSignatureException',
    'Signature not yet current: 20200101T000000Z is still later than 20191231T000000Z',
    CLOCK,
  ],
  [
    'InvalidSignatureException',
    "Credential should be scoped to a valid region, not 'eu-central-1'. ",
    'ENDPOINT is not in eu-central-1: set AWS_REGION to its region',
  ],
  [
    'InvalidSignatureException',
    "Credential should be scoped to a valid region, expecting 'eu-west-1'. ",
    'ENDPOINT is not in eu-central-1: set AWS_REGION to eu-west-1',
  ],
  [
    'ExpiredTokenException',
    'The security token included in the request is expired',
    'The credentials have expired: run aws sso login, or set AWS_SESSION_TOKEN and its key anew',
  ],
  [
    'AccessDeniedException',
    'User: somebody is not authorized to perform: dynamodb:DescribeTable',
    'The credentials may not use the table images: npm run admin -- provision --policies prints what they need',
  ],
  [
    'ResourceNotFoundException',
    'Requested resource not found: Table: images not found',
    'There is no table images at ENDPOINT: make it by npm run admin -- provision',
  ],
  ['ValidationException', 'One or more parameter values were invalid', 'nothing'],
];

describe('the diagnosis of a failed request explains', { concurrency: true }, () => {
  for (const [name, message, sentence] of AMAZON) {
    it(`${name}: ${message}`, async () => {
      const body = JSON.stringify({ __type: `com.amazon.coral.service#${name}`, message });
      await using front = await answering(400, 'application/x-amz-json-1.0', body);
      assert.equal(await toldBy(front.url), sentence.replace('ENDPOINT', front.url));
    });
  }

  it('an address without a listener', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    assert.equal(
      await toldBy(endpoint),
      `${endpoint} can't be reached (ECONNREFUSED): check AWS_ENDPOINT_URL_DYNAMODB`,
    );
  });

  it('a host that does not exist', async () => {
    assert.match(
      await toldBy('http://tables.invalid'),
      /^http:\/\/tables\.invalid can't be reached \(\w+\): check AWS_ENDPOINT_URL_DYNAMODB$/,
    );
  });

  it('a region of Amazon that does not exist', () => {
    const error = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    assert.equal(
      diagnose(error, { ...AT, endpoint: null }),
      "Amazon DynamoDB in eu-central-1 can't be reached (ENOTFOUND): check AWS_REGION",
    );
  });

  it('a server that never answers', async () => {
    await using front = await startFront(() => undefined);
    assert.equal(
      await toldBy(front.url, { timeouts: { connectMs: 1_000, answerMs: 20 } }),
      `${front.url} does not answer: check AWS_ENDPOINT_URL_DYNAMODB, and that nothing is in between`,
    );
  });

  for (const [what, status, body] of [
    ['S3', 405, '<?xml version="1.0"?><Error><Code>MethodNotAllowed</Code></Error>'],
    ['a page', 200, '<html></html>'],
  ] as const) {
    it(`a server of another kind: ${what}`, async () => {
      await using front = await answering(status, 'text/html', body);
      assert.equal(
        await toldBy(front.url),
        `${front.url} is not DynamoDB: set AWS_ENDPOINT_URL_DYNAMODB to where it is`,
      );
    });
  }

  it('a certificate of an unknown CA, until the CA is configured', { skip: NO_CERTIFICATE }, async () => {
    await using certificate = await makeCertificate();
    await using behind = await answering(200, 'application/x-amz-json-1.0', '{"Table":{}}');
    await using front = await startStoreFront({ to: behind.url, certificate });
    assert.equal(
      await toldBy(front.url),
      `${front.url} has a certificate of a CA that isn't trusted: set AWS_CA_BUNDLE to that CA's certificates`,
    );
    assert.equal(await toldBy(front.url, { caBundle: certificate.path }), 'answered');
  });

  it('a server without TLS at an https URL', async () => {
    await using front = await answering(200, 'application/x-amz-json-1.0', '{}');
    assert.match(
      await toldBy(front.url.replace('http:', 'https:')),
      /doesn't speak TLS: set AWS_ENDPOINT_URL_DYNAMODB/,
    );
  });

  it('missing credentials', () => {
    const error = Object.assign(new Error('no keys'), { name: 'CredentialsProviderError' });
    assert.match(diagnose(error, { ...AT, endpoint: null }) ?? '', /^There are no credentials: set AWS_ACCESS_KEY_ID/);
  });
});
