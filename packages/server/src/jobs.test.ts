import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleJob, sampleJobs } from './job-queue/sample-job.fixture.ts';
import { JOB_CODEC } from './jobs.ts';

const { imageId } = sampleJob();

describe('the body of a job', () => {
  for (const job of sampleJobs()) {
    it(`is read as what it was made of: to ${job.kind}`, () => {
      assert.deepEqual(JOB_CODEC.decode(JOB_CODEC.encode(job)), { kind: 'job', job });
    });
  }

  it('is what other versions know', () => {
    const bodies = sampleJobs().map(({ kind }) => JOB_CODEC.encode({ kind, imageId }));
    assert.deepEqual(bodies, [
      `{"kind":"finalize","image_id":"${imageId}"}`,
      `{"kind":"tend","image_id":"${imageId}"}`,
    ]);
  });

  it('may say more than this version knows', () => {
    const job = sampleJob();
    const body = JSON.stringify({ ...JSON.parse(JOB_CODEC.encode(job)), urgency: 'high' });
    assert.deepEqual(JOB_CODEC.decode(body), { kind: 'job', job });
  });

  const others: Record<string, string> = {
    nothing: '',
    'no JSON': '{"kind":"finalize"',
    null: 'null',
    'a number': '1',
    'a list': '[]',
    'no kind': JSON.stringify({ image_id: imageId }),
    'a kind that is no text': JSON.stringify({ kind: ['tend'], image_id: imageId }),
    'no image': '{"kind":"finalize"}',
    'renditions of no image': '{"kind":"tend"}',
    'an image whose id is none': '{"kind":"finalize","image_id":"1"}',
    'a list of images': `{"kind":"finalize","image_id":["${imageId}"]}`,
    'an image whose id is a number': '{"kind":"finalize","image_id":1}',
  };
  for (const [what, body] of Object.entries(others)) {
    it(`is no job when it is ${what}`, () => assert.equal(JOB_CODEC.decode(body), undefined));
  }

  for (const [what, kind] of Object.entries({
    'to come': 'repaint',
    'that only a bucket sends': 'arrival',
    'that objects inherit': 'toString',
  })) {
    it(`is a job of another version when its kind is one ${what}`, () => {
      const body = JSON.stringify({ kind, image_id: imageId });
      assert.deepEqual(JOB_CODEC.decode(body), { kind: 'unknown-job', named: kind });
    });
  }
});
