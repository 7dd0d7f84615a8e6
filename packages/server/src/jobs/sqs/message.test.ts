import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { imageIdOfIncoming, incomingKey } from '../../domain/image/object-key.ts';
import { JOB_CODEC } from '../../run/jobs.ts';
import { sampleJob, sampleJobs } from '../sample-job.fixture.ts';
import {
  AMAZON_TEST_EVENT,
  amazonRecord,
  cephRecord,
  eventBridgeEvent,
  formEncoded,
  snsEnvelope,
} from './bucket-events.fixture.ts';
import { readMessage } from './message.ts';

const { imageId } = sampleJob();
const key = incomingKey('ada', imageId);
const NOTHING = { kind: 'nothing' };
const READ = { kind: 'job', job: { kind: 'arrival', arrivals: [{ bucket: 'images', keys: [key] }] } };

const readText = (body: string) => readMessage(body, JOB_CODEC);
const read = (body: unknown) => readText(JSON.stringify(body));
const records = (...Records: unknown[]) => ({ Records });

/** The keys of the one arrival in the event. */
function keysIn(event: unknown): readonly string[] {
  const message = read(event);
  assert.ok(message.kind === 'job' && message.job.kind === 'arrival');
  const [arrival, ...others] = message.job.arrivals;
  assert.deepEqual(others, []);
  return arrival?.keys ?? [];
}

describe('a message of our own', () => {
  for (const job of sampleJobs()) {
    it(`is read as the sent job: ${job.kind}`, () => {
      assert.deepEqual(readText(JOB_CODEC.encode(job)), { kind: 'job', job });
    });
  }
});

describe("a bucket's event", () => {
  const shapes = {
    "Amazon's": records(amazonRecord({ key })),
    "Ceph's": records(cephRecord({ key })),
    "MinIO's": records(amazonRecord({ key: encodeURIComponent(key), eventName: 's3:ObjectCreated:Put' })),
    'of a form upload': records(amazonRecord({ key, eventName: 'ObjectCreated:Post' })),
    'of a copy': records(amazonRecord({ key, eventName: 'ObjectCreated:Copy' })),
    'of a multipart upload': records(amazonRecord({ key, eventName: 'ObjectCreated:CompleteMultipartUpload' })),
    'of a later version': records(amazonRecord({ key, eventVersion: '2.5' })),
    "Amazon's, through SNS": snsEnvelope(records(amazonRecord({ key }))),
    "Amazon's, through EventBridge": eventBridgeEvent({ key }),
  };
  for (const [name, event] of Object.entries(shapes)) {
    it(`is read as an arrival: ${name}`, () => assert.deepEqual(read(event), READ));
  }

  it('may contain several objects in several buckets', () => {
    const other = incomingKey('bob', sampleJob().imageId);
    const foreign = amazonRecord({ key: 'logs/today' });
    const removed = amazonRecord({ key, eventName: 'ObjectRemoved:Delete' });
    const both = records(removed, amazonRecord({ key }), foreign, amazonRecord({ key: other, bucket: 'spare' }));
    assert.deepEqual(read(both), {
      kind: 'job',
      job: {
        kind: 'arrival',
        arrivals: [
          { bucket: 'images', keys: [key] },
          { bucket: 'spare', keys: [other] },
        ],
      },
    });
  });
});

describe('an event without work', () => {
  const events = {
    'the test event': AMAZON_TEST_EVENT,
    'the test event, through SNS': snsEnvelope(AMAZON_TEST_EVENT),
    'an event without records': records(),
    'a removal': records(amazonRecord({ key, eventName: 'ObjectRemoved:Delete' })),
    'a removal, through EventBridge': eventBridgeEvent({ key, eventName: 'Object Deleted' }),
    'a change of tags': records(amazonRecord({ key, eventName: 'ObjectTagging:Put' })),
    'an unrelated object': records(amazonRecord({ key: 'logs/today' })),
    'an original': records(amazonRecord({ key: `images/ada/${imageId}/1/a.png` })),
    'an object below an upload': records(amazonRecord({ key: `${key}/more` })),
    'an upload without an image id': records(amazonRecord({ key: 'incoming/ada/1' })),
    'a key that is not canonically encoded': records(amazonRecord({ key: `incoming/a b/${imageId}` })),
    'a key that is not valid UTF-8 once decoded': records(amazonRecord({ key: 'incoming/%FF/1' })),
  };
  for (const [name, event] of Object.entries(events)) {
    it(`is ignored: ${name}`, () => assert.deepEqual(read(event), NOTHING));
  }
});

describe('a message with a job of another version', () => {
  const { imageId } = sampleJob();
  for (const [what, body, named] of [
    ['of a later kind', { kind: 'repaint', image_id: imageId }, 'repaint'],
    ['with a source', { kind: 'repaint', source: 'aws.s3' }, 'repaint'],
    ['with an event', { kind: 'repaint', Event: 's3:TestEvent' }, 'repaint'],
    ['with records', { kind: 'repaint', Records: [amazonRecord({ key })] }, 'repaint'],
    ['with a message', { kind: 'repaint', Type: 'Notification', Message: '{}' }, 'repaint'],
    ['whose kind is long', { kind: 'x'.repeat(1_000) }, 'x'.repeat(40)],
  ] as const) {
    it(`is recognized as an unknown job: ${what}`, () => assert.deepEqual(read(body), { kind: 'unknown-job', named }));
  }
});

describe('an unreadable message', () => {
  const { s3, ...without } = amazonRecord({ key });
  const bodies: Readonly<Record<string, readonly [body: string, reason: RegExp]>> = {
    'empty text': ['', /no JSON object$/],
    text: ['hello', /no JSON object$/],
    'a list': ['[]', /no JSON object$/],
    null: ['null', /no JSON object$/],
    'an object that is neither': ['{"id":1}', /neither a job nor an event of a bucket$/],
    'a kind that is not text': ['{"kind":1}', /neither a job nor an event of a bucket$/],
    'a known job without its image': ['{"kind":"maintain"}', /neither a job nor an event of a bucket$/],
    'a known job with other fields': [
      JSON.stringify({ kind: 'finalize', images: [sampleJob().imageId] }),
      /neither a job nor an event of a bucket$/,
    ],
    'records that are not a list': ['{"Records":{}}', /neither a job nor an event of a bucket$/],
    'a null record': ['{"Records":[null]}', /a record of the version undefined; expected 2\.x$/],
    'a record of another version': [
      JSON.stringify(records(amazonRecord({ key, eventVersion: '3.0' }))),
      /a record of the version "3\.0"; expected 2\.x$/,
    ],
    'a record with an invalid event name': [
      JSON.stringify(records(amazonRecord({ key, eventName: 1 }))),
      /a record of the event 1$/,
    ],
    'a record without an object': [JSON.stringify(records(without)), /a record without bucket and key$/],
    'a record without a key': [JSON.stringify(records(amazonRecord({}))), /a record without bucket and key$/],
    'several unreadable records': [
      JSON.stringify(records({ ...without, s3: { ...s3, bucket: null } }, amazonRecord({ key, eventVersion: '3.0' }))),
      /a record without bucket and key$/,
    ],
    'an envelope around invalid JSON': [
      JSON.stringify({ ...snsEnvelope(null), Message: 'hello' }),
      /no JSON object in the message of SNS$/,
    ],
    'an event of EventBridge without a key': [JSON.stringify(eventBridgeEvent({})), /an event without bucket and key$/],
    'an event of EventBridge from another source': [
      JSON.stringify({ ...eventBridgeEvent({ key }), source: 'aws.ec2' }),
      /neither a job nor an event of a bucket$/,
    ],
  };
  it('is still an arrival if other records in it are readable', () => {
    const good = amazonRecord({ key });
    assert.deepEqual(read(records(without, good)), read(records(good)));
    assert.equal(read(records(good)).kind, 'job');
  });

  for (const [name, [body, reason]] of Object.entries(bodies)) {
    it(`has a reason: ${name}`, () => {
      const message = readText(body);
      assert.ok(message.kind === 'unreadable');
      assert.match(message.reason, /^expected a job or an event of a bucket; got neither/);
      assert.match(message.reason, reason);
    });
  }

  it('has a short reason, even if the message is long', () => {
    const message = read(records(amazonRecord({ key, eventVersion: 'x'.repeat(100_000) })));
    assert.ok(message.kind === 'unreadable' && message.reason.length < 200);
  });

  it('never causes an exception, for arbitrary bodies', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (body) => void readText(body)));
    const record = fc.record({
      eventVersion: fc.constantFrom('2.1', 2),
      eventName: fc.constant('ObjectCreated:Put'),
      s3: fc.jsonValue(),
    });
    fc.assert(fc.property(fc.array(fc.oneof(fc.jsonValue(), record)), (Records) => void read({ Records })));
  });
});

const imageIds: fc.Arbitrary<ImageId> = fc.constant(null).map(() => {
  const id = parseImageId(v7());
  assert.ok(id);
  return id;
});
/** User ids, including ones that look encoded. */
const userIds = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 128 }),
  fc
    .array(fc.constantFrom('a', '%', '%25', '%40', '%2F', '+', ' ', '/', '.', '~', '@', 'é', '😀'), { minLength: 1 })
    .map((parts) => parts.join('')),
);
const isWellFormed = (text: string) => text.isWellFormed();

describe('the keys of an event', () => {
  const writings = {
    unencoded: (text: string) => text,
    'form-encoded': formEncoded,
    'with encoded slashes': encodeURIComponent,
  };
  for (const [how, write] of Object.entries(writings)) {
    it(`include the key of the upload if it is written ${how}, and none of another image`, () => {
      fc.assert(
        fc.property(userIds.filter(isWellFormed), imageIds, (userId, id) => {
          const own = incomingKey(userId, id);
          const keys = keysIn(records(amazonRecord({ key: write(own) })));
          assert.ok(keys.includes(own), `${own} in ${keys.join(' and ')}`);
          assert.ok(keys.length <= 2);
          assert.deepEqual([...new Set(keys.map(imageIdOfIncoming))], [id]);
        }),
      );
    });
  }

  it('are two if both decodings are valid', () => {
    assert.deepEqual(keysIn(records(amazonRecord({ key: `incoming/ada%2540x.test/${imageId}` }))), [
      incomingKey('ada%40x.test', imageId),
      incomingKey('ada@x.test', imageId),
    ]);
  });

  it('are one if only one decoding is possible', () => {
    assert.deepEqual(keysIn(records(cephRecord({ key: `incoming/ada%40x.test/${imageId}` }))), [
      incomingKey('ada@x.test', imageId),
    ]);
  });
});
