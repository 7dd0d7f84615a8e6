import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { imageIdOfIncoming, incomingKey } from '../../domain/image/object-key.ts';
import { JOB_CODEC } from '../../jobs.ts';
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

/** The arrival of the one object in the event. */
function keysIn(event: unknown): readonly string[] {
  const message = read(event);
  assert.ok(message.kind === 'job' && message.job.kind === 'arrival');
  const [arrival, ...others] = message.job.arrivals;
  assert.deepEqual(others, []);
  return arrival?.keys ?? [];
}

describe('a message of our own', () => {
  for (const job of sampleJobs()) {
    it(`is the job that was sent: to ${job.kind}`, () => {
      assert.deepEqual(readText(JOB_CODEC.encode(job)), { kind: 'job', job });
    });
  }
});

describe("a bucket's event", () => {
  const shapes = {
    "Amazon's": records(amazonRecord({ key })),
    "Ceph's": records(cephRecord({ key })),
    "MinIO's": records(amazonRecord({ key: encodeURIComponent(key), eventName: 's3:ObjectCreated:Put' })),
    'one of a form': records(amazonRecord({ key, eventName: 'ObjectCreated:Post' })),
    'one of a copy': records(amazonRecord({ key, eventName: 'ObjectCreated:Copy' })),
    'one of an upload in parts': records(amazonRecord({ key, eventName: 'ObjectCreated:CompleteMultipartUpload' })),
    'one of a later version': records(amazonRecord({ key, eventVersion: '2.5' })),
    "Amazon's, by SNS": snsEnvelope(records(amazonRecord({ key }))),
    "Amazon's, by EventBridge": eventBridgeEvent({ key }),
  };
  for (const [name, event] of Object.entries(shapes)) {
    it(`is an arrival: ${name}`, () => assert.deepEqual(read(event), READ));
  }

  it('may tell of several objects, in several buckets', () => {
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

describe('nobody has to do anything about', () => {
  const events = {
    'the test event': AMAZON_TEST_EVENT,
    'the test event, by SNS': snsEnvelope(AMAZON_TEST_EVENT),
    'an event without records': records(),
    'a removal': records(amazonRecord({ key, eventName: 'ObjectRemoved:Delete' })),
    'a removal, by EventBridge': eventBridgeEvent({ key, eventName: 'Object Deleted' }),
    'a change of tags': records(amazonRecord({ key, eventName: 'ObjectTagging:Put' })),
    'an object of nobody': records(amazonRecord({ key: 'logs/today' })),
    'an original': records(amazonRecord({ key: `images/ada/${imageId}/1/a.png` })),
    'an object below an upload': records(amazonRecord({ key: `${key}/more` })),
    'an upload of no image': records(amazonRecord({ key: 'incoming/ada/1' })),
    'a key that no grant makes': records(amazonRecord({ key: `incoming/a b/${imageId}` })),
    'a key that is no text once decoded': records(amazonRecord({ key: 'incoming/%FF/1' })),
  };
  for (const [name, event] of Object.entries(events)) {
    it(name, () => assert.deepEqual(read(event), NOTHING));
  }
});

describe('a message with a job of another version', () => {
  const { imageId } = sampleJob();
  for (const [what, body, named] of [
    ['of a kind to come', { kind: 'repaint', image_id: imageId }, 'repaint'],
    ['with a source', { kind: 'repaint', source: 'aws.s3' }, 'repaint'],
    ['with an event', { kind: 'repaint', Event: 's3:TestEvent' }, 'repaint'],
    ['with records', { kind: 'repaint', Records: [amazonRecord({ key })] }, 'repaint'],
    ['with a message', { kind: 'repaint', Type: 'Notification', Message: '{}' }, 'repaint'],
    ['whose kind is long', { kind: 'x'.repeat(1_000) }, 'x'.repeat(40)],
  ] as const) {
    it(`is told from others: one ${what}`, () => assert.deepEqual(read(body), { kind: 'unknown-job', named }));
  }
});

describe('a message that cannot be read', () => {
  const { s3, ...without } = amazonRecord({ key });
  const bodies: Readonly<Record<string, readonly [body: string, reason: RegExp]>> = {
    nothing: ['', /no JSON object$/],
    text: ['hello', /no JSON object$/],
    'a list': ['[]', /no JSON object$/],
    null: ['null', /no JSON object$/],
    'an object of neither': ['{"id":1}', /neither a job nor an event of a bucket$/],
    'a kind that is no text': ['{"kind":1}', /neither a job nor an event of a bucket$/],
    'a job of ours without its image': ['{"kind":"tend"}', /neither a job nor an event of a bucket$/],
    'a job of ours of another shape': [
      JSON.stringify({ kind: 'finalize', images: [sampleJob().imageId] }),
      /neither a job nor an event of a bucket$/,
    ],
    'records that are no list': ['{"Records":{}}', /neither a job nor an event of a bucket$/],
    'a record of nothing': ['{"Records":[null]}', /a record of the version undefined; expected 2\.x$/],
    'a record of another version': [
      JSON.stringify(records(amazonRecord({ key, eventVersion: '3.0' }))),
      /a record of the version "3\.0"; expected 2\.x$/,
    ],
    'a record of no event': [JSON.stringify(records(amazonRecord({ key, eventName: 1 }))), /a record of the event 1$/],
    'a record of no object': [JSON.stringify(records(without)), /a record without bucket and key$/],
    'a record without a key': [JSON.stringify(records(amazonRecord({}))), /a record without bucket and key$/],
    'several such records': [
      JSON.stringify(records({ ...without, s3: { ...s3, bucket: null } }, amazonRecord({ key, eventVersion: '3.0' }))),
      /a record without bucket and key$/,
    ],
    'an envelope around no JSON': [
      JSON.stringify({ ...snsEnvelope(null), Message: 'hello' }),
      /no JSON object in the message of SNS$/,
    ],
    'an event of EventBridge without a key': [JSON.stringify(eventBridgeEvent({})), /an event without bucket and key$/],
    "EventBridge's of another source": [
      JSON.stringify({ ...eventBridgeEvent({ key }), source: 'aws.ec2' }),
      /neither a job nor an event of a bucket$/,
    ],
  };
  it('takes nothing from those beside it that can be read', () => {
    const good = amazonRecord({ key });
    assert.deepEqual(read(records(without, good)), read(records(good)));
    assert.equal(read(records(good)).kind, 'job');
  });

  for (const [name, [body, reason]] of Object.entries(bodies)) {
    it(`tells why: ${name}`, () => {
      const message = readText(body);
      assert.ok(message.kind === 'unreadable');
      assert.match(message.reason, /^expected a job or an event of a bucket; got neither/);
      assert.match(message.reason, reason);
    });
  }

  it('is short about it, however long it is itself', () => {
    const message = read(records(amazonRecord({ key, eventVersion: 'x'.repeat(100_000) })));
    assert.ok(message.kind === 'unreadable' && message.reason.length < 200);
  });

  it('is the worst of any body at all', () => {
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
/** Also such as look encoded already. */
const userIds = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 128 }),
  fc
    .array(fc.constantFrom('a', '%', '%25', '%40', '%2F', '+', ' ', '/', '.', '~', '@', 'é', '😀'), { minLength: 1 })
    .map((parts) => parts.join('')),
);
const isWellFormed = (text: string) => text.isWellFormed();

describe('the keys that an event may mean', () => {
  const writings = {
    'as it is': (text: string) => text,
    'like a form': formEncoded,
    'with its slashes': encodeURIComponent,
  };
  for (const [how, write] of Object.entries(writings)) {
    it(`hold the one of the upload, written ${how}, and none of another image`, () => {
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

  it('are two where a user may be called either', () => {
    assert.deepEqual(keysIn(records(amazonRecord({ key: `incoming/ada%2540x.test/${imageId}` }))), [
      incomingKey('ada%40x.test', imageId),
      incomingKey('ada@x.test', imageId),
    ]);
  });

  it('are one where only one can be', () => {
    assert.deepEqual(keysIn(records(cephRecord({ key: `incoming/ada%40x.test/${imageId}` }))), [
      incomingKey('ada@x.test', imageId),
    ]);
  });
});
